// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"haidang/app/admin"
	"haidang/cite"
	"haidang/classify"
	"haidang/event"
)

// attackers are addresses in several countries.
var attackers = []string{"202.96.128.86", "133.1.2.3", "168.126.63.1", "8.8.8.8", "5.9.1.2", "194.2.0.20", "200.160.2.3", "1.1.1.1"}

// someLogins are logins of the days before yesterday, at random.
func someLogins(rng *rand.Rand, n int, until time.Time) string {
	out := make([]login, n)
	for i := range out {
		out[i] = login{until.Add(-time.Duration(rng.Int64N(int64(4 * 24 * time.Hour)))), attackers[rng.IntN(len(attackers))]}
	}
	return cowrieLines(out)
}

// someQuestion is a question of the open lattice about a period of those days.
func someQuestion(rng *rand.Rand, zone *time.Location, until time.Time) event.FigureQuery {
	pick := func(of ...string) string { return of[rng.IntN(len(of))] }
	q := event.FigureQuery{Figure: pick("attacks", "records", "hosted", "incidents", "states"), Zone: pick("local", "UTC"), Base: pick("", "previous", "year")}
	by := pick("", "kind", "way", "kind,way", "hosting", "country", "country,kind", "country,way", "country,kind,way", "technique")
	if by != "" {
		q.By = strings.Split(by, ",")
	}
	switch {
	case strings.HasPrefix(by, "country"), by == "technique":
		q.Of = "world"
	case by == "hosting":
		q.Of = pick("VN", "CN", "US")
	default:
		q.Of = pick("VN", "world", "CN", "US", "JP", "KR", "DE")
	}
	if q.Zone == "UTC" {
		zone = time.UTC
	}
	at := until.Add(-time.Duration(rng.Int64N(int64(4 * 24 * time.Hour)))).In(zone)
	q.Period = at.Format(pick("2006-01-02", "2006-01-02T15", "2006-01-02T15", "2006-01-02T15"))
	return q
}

// cited cites so many different figures.
func citedAtRandom(t *testing.T, a *App, rng *rand.Rand, n int, until time.Time) map[string]event.Citation {
	t.Helper()
	out := map[string]event.Citation{}
	for tries := 0; len(out) < n; tries++ {
		if tries > 20*n {
			t.Fatalf("%d of %d figures were found", len(out), n)
		}
		r, err := a.gate.Cite(t.Context(), classify.Nobody(), someQuestion(rng, a.zone, until), netip.Addr{})
		var wrong *classify.QuestionError
		if errors.As(err, &wrong) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		out[r.Value().ID] = r.Value()
	}
	return out
}

// replayAll works all figures out again and demands the same bytes.
func replayAll(t *testing.T, a *App, when string, all map[string]event.Citation, rollups bool) {
	t.Helper()
	for _, id := range slices.Sorted(maps.Keys(all)) {
		c := all[id]
		r, err := a.replayFigure(t.Context(), admin.Canonical{Canonical: c.Canonical, Rollups: rollups})
		if err != nil || !r.Same || r.FromRecords == rollups {
			t.Fatalf("%s, %s: %v %+v\nwas %s\nis  %s", when, id, err, r.Differences, c.Canonical, r.Canonical)
		}
		kept, err := a.citations.book.Get(t.Context(), id)
		if err != nil || !bytes.Equal(kept.Document, c.Document) {
			t.Fatalf("%s, %s: the document: %v", when, id, err)
		}
		if _, err := cite.Verify(kept.Document, a.citations.book.Keys()); err != nil {
			t.Fatalf("%s, %s: %v", when, id, err)
		}
	}
}

// few are some of them.
func few(all map[string]event.Citation, n int) map[string]event.Citation {
	out := map[string]event.Citation{}
	for _, id := range slices.Sorted(maps.Keys(all))[:min(n, len(all))] {
		out[id] = all[id]
	}
	return out
}

// A thousand published permalinks say the same, byte by byte, when they are worked
// out again: after merges, a restart, and after the roll-ups were counted anew; and
// from the records themselves, also when more came since.
func TestPermalinksReplayToTheSameBytes(t *testing.T) {
	data := t.TempDir()
	rng := rand.New(rand.NewPCG(5, 6))
	a := observatory(t, data)
	token := enrolled(t, a, "hue-1")
	until := testNow().UTC().Add(-24 * time.Hour).Truncate(24 * time.Hour)
	const batches, lines = 24, 60
	for i := range batches {
		if status, _ := send(t, a, token, fmt.Sprint("k", i), someLogins(rng, lines, until)); status != 200 {
			t.Fatal(status)
		}
		waitFor(t, a, int64((i+1)*lines)) // a commit each, so that there is something to merge
	}
	countsHold(t, a, batches*lines)
	permalinks := 1000
	if testing.Short() {
		permalinks = 100
	}
	all := citedAtRandom(t, a, rng, permalinks, until)
	if n := a.store.Stats().Segments; n >= batches {
		t.Errorf("%d segments: nothing was merged", n)
	}
	replayAll(t, a, "at once", few(all, 100), true)
	replayAll(t, a, "from records", few(all, 10), false)
	stop(t, a)

	a = observatory(t, data)
	replayAll(t, a, "after a restart", all, true)
	stop(t, a)
	if _, err := RebuildRollups(t.Context(), settingsOf(data), slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	a = observatory(t, data)
	defer func() { stop(t, a) }()
	replayAll(t, a, "after a rebuild", all, true)

	// Late records: what was cited stays, and can still be counted from records.
	if status, _ := send(t, a, token, "late", someLogins(rng, 400, until)); status != 200 {
		t.Fatal(status)
	}
	waitFor(t, a, batches*lines+400)
	replayAll(t, a, "with later records", few(all, 10), false)
}

// countsHold waits until the counts that readers see hold so many records.
func countsHold(t *testing.T, a *App, records int64) {
	t.Helper()
	q := event.RollupQuery{From: event.TimeUnset, To: event.TimeUnset, Stage: event.StageAttempt}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		r, err := newRollups(a.measure, testNow).Rollup(q)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Rows) > 0 && r.Rows[0].Records >= records {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%+v of %d records are counted", r.Rows, records)
		}
	}
}

// A figure that changed keeps its old address, which leads on to the new one and says
// what differs; its page, JSON and CSV are there in both languages.
func TestARevisedFigureKeepsItsAddress(t *testing.T) {
	a := observatory(t, t.TempDir())
	defer stop(t, a)
	token := enrolled(t, a, "hue-1")
	rng := rand.New(rand.NewPCG(7, 8))
	until := testNow().UTC().Add(-24 * time.Hour).Truncate(24 * time.Hour)
	send(t, a, token, "k1", someLogins(rng, 200, until))
	waitFor(t, a, 200)
	countsHold(t, a, 200)
	day := until.Add(-36 * time.Hour).Format(time.DateOnly)
	old := postCite(t, a, day)
	if again := postCite(t, a, day); again != old {
		t.Errorf("cited again: %s and %s", old, again)
	}
	send(t, a, token, "k2", someLogins(rng, 300, until))
	waitFor(t, a, 500)
	countsHold(t, a, 500)
	newer := postCite(t, a, day) // answers are remembered for a second
	for deadline := time.Now().Add(time.Minute); newer == old && time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		newer = postCite(t, a, day)
	}
	if newer == old {
		t.Fatal("the figure did not change")
	}
	for _, c := range []struct{ path, want string }{
		{old + "?lang=en", "Revised: see the newer figure."}, {old + "?lang=vi", "Đã điều chỉnh: xem số liệu mới hơn."},
		{old + ".json", `"revised_by":"` + newer}, {newer + ".json", `"revises":"` + old}, {old + ".csv", newer}, {newer + "?lang=vi", "Số liệu công bố trước đó"},
	} {
		status, text := getText(t, c.path, "text/html")
		if status != 200 || !strings.Contains(text, c.want) {
			t.Errorf("%s: %d, lacks %q: %.300s", c.path, status, c.want, text)
		}
	}
	if status, text := getText(t, old, "application/json"); status != 200 || !strings.HasPrefix(text, `{"figure":{"base":null`) {
		t.Errorf("%d %.200s", status, text)
	}
	status, text := getText(t, a.Address()+"/api/v1/stats/attacks?of=world&zone=UTC&period="+day, "")
	if status != 200 || !strings.Contains(text, `"permalink":"`+newer+`"`) {
		t.Errorf("the answer does not name its permalink: %d %s", status, text)
	}
	var told struct{ Detail string }
	if status, body := getText(t, a.Address()+"/f/nothing.json", ""); status != 404 || json.Unmarshal([]byte(body), &told) != nil || told.Detail == "" {
		t.Errorf("a file that is not there: %d %s", status, body)
	}
	if status, _ := getText(t, a.Address()+"/f/nothing", ""); status != 404 {
		t.Errorf("no such figure: %d", status)
	}
}

func postCite(t *testing.T, a *App, day string) string {
	t.Helper()
	q := url.Values{"figure": {"attacks"}, "of": {"world"}, "zone": {"UTC"}, "period": {day}}
	resp, err := http.Post(a.Address()+"/api/v1/cite?"+q.Encode(), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct{ Permalink string }
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || resp.StatusCode != 200 || !strings.HasPrefix(answer.Permalink, a.Address()+"/f/") {
		t.Fatalf("%d %v %+v", resp.StatusCode, err, answer)
	}
	return answer.Permalink
}

func getText(t *testing.T, address, accept string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", accept)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// From the file to the pages: series of others, with a revision, over a restart.
func TestSeriesOfOthers(t *testing.T) {
	data := t.TempDir()
	a := observatory(t, data)
	file := func(value string) admin.SeriesFile {
		columns := "series,name_vi,name_en,source,method_vi,method_en,licence,url,unit_vi,unit_en,population_vi,population_en,period,country,value,status\n"
		return admin.SeriesFile{Text: []byte(columns + "local,Mã độc,Malware,Vendor <A>,m,m,l,https://vendor.example/,lượt,detections,p,p,2024,VN,67422696,final\n" +
			"local,Mã độc,Malware,Vendor <A>,m,m,l,https://vendor.example/,lượt,detections,p,p,2025,VN," + value + ",final\n")}
	}
	if _, err := a.importSeries(t.Context(), file("110,004,727")); err == nil || !strings.Contains(err.Error(), "line 3") {
		t.Errorf("a broken file: %v", err)
	}
	for _, value := range []string{"110004000", "110004727"} {
		if _, err := a.importSeries(t.Context(), file(value)); err != nil {
			t.Fatal(err)
		}
	}
	stop(t, a)
	a = observatory(t, data)
	defer stop(t, a)
	for _, c := range []struct {
		path  string
		wants []string
	}{
		{"/en/series", []string{"Vendor &lt;A&gt;", "/en/series/local"}},
		{"/en/series/local", []string{"110,004,727", "63.16", "revised", "110,004,000", "Vendor &lt;A&gt;", "never added"}},
		{"/vi/chuoi-so-lieu/local", []string{"110.004.727", "63,16", "đã điều chỉnh", "Vendor &lt;A&gt;"}},
		{"/api/v1/series/local", []string{`"percent":"63.16"`, `"value":"110004000"`}},
		{"/vi/chuoi-so-lieu/nothing", []string{"Không có gì"}},
	} {
		_, text := getText(t, a.Address()+c.path, "text/html")
		if i := slices.IndexFunc(c.wants, func(w string) bool { return !strings.Contains(text, w) }); i >= 0 {
			t.Errorf("%s lacks %q: %.600s", c.path, c.wants[i], text)
		}
	}
}
