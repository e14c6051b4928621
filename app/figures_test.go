// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"haidang/app/admin"
	"haidang/classify"
	"haidang/event"
)

// login is one record sent, as the independent count knows it.
type login struct {
	at time.Time
	ip string
}

// sentLogins are logins of two local days: repeats within a minute, one just after
// local midnight, which is the day before in UTC, and a tie of two countries.
func sentLogins(yesterday time.Time) (out []login) {
	add := func(ip string, day, hour, minute, second int) {
		out = append(out, login{yesterday.AddDate(0, 0, day).Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(second)*time.Second), ip})
	}
	for i := range 5 {
		add("202.96.128.86", 0, 8, i, 1)
		add("202.96.128.86", 0, 8, i, 40) // folds into the one before
	}
	for i := range 3 {
		add("133.1.2.3", 0, 9, i, 0)
		add("168.126.63.1", 0, 10, 2*i, 59)
	}
	add("8.8.8.8", 0, 0, 30, 0)
	for i := range 4 {
		add("202.96.128.86", -1, 20, i, 0)
		add("8.8.8.8", -1, 21, i, 0)
	}
	return out
}

func cowrieLines(all []login) string {
	var b strings.Builder
	for i, l := range all {
		fmt.Fprintf(&b, `{"eventid":"cowrie.login.failed","username":"root","password":"x%d","message":"login attempt","sensor":"pot","timestamp":%q,"src_ip":%q,"session":"s%d","protocol":"ssh"}`+"\n",
			i, l.at.UTC().Format(time.RFC3339Nano), l.ip, i)
	}
	return b.String()
}

// awake are records that are no attacks, one in each hour of two days: without them
// the sensor would not have been at work, and changes would rest on nothing.
func awake(yesterday time.Time) string {
	var b strings.Builder
	for hour := range 48 {
		fmt.Fprintf(&b, `{"eventid":"cowrie.session.closed","duration":"1.0","message":"closed","sensor":"pot","timestamp":%q,"src_ip":"8.8.8.8","session":"w%d","protocol":"ssh"}`+"\n",
			yesterday.AddDate(0, 0, -1).Add(time.Duration(hour)*time.Hour+time.Minute).UTC().Format(time.RFC3339Nano), hour)
	}
	return b.String()
}

// independent counts the logins by its own means: what shares address and minute
// is one attack. countries is where each address lies.
func independent(all []login, from, to time.Time, countries map[string]string) (attacks, records int64, by map[string]int64) {
	seen, by := map[string]bool{}, map[string]int64{}
	for _, l := range all {
		if l.at.Before(from) || !l.at.Before(to) {
			continue
		}
		records++
		if key := l.ip + l.at.Truncate(time.Minute).String(); !seen[key] {
			seen[key] = true
			attacks++
			by[countries[l.ip]]++
		}
	}
	return attacks, records, by
}

// stat is what the test reads of an answer.
type stat struct {
	Definition, Unit, Of, Status string
	Replay                       bool
	Ranked                       int
	Period                       struct{ Name, Zone, From, To string }
	Base                         *struct {
		Kind   string
		Period struct{ Name string }
	}
	Unconfirmed *int64 `json:"hosting_unconfirmed"`
	Rows        []struct {
		Group  []string
		Value  *int64
		Rank   int
		Change *struct {
			Value   int64 `json:"base_value"`
			Percent *float64
		}
	}
	Sentence *struct{ VI, EN string }
}

func askStats(t *testing.T, a *App, question string) (int, string) {
	t.Helper()
	resp, err := http.Get(a.Address() + "/api/v1/stats/" + question)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(raw)
}

func statOf(t *testing.T, a *App, question string) (s stat) {
	t.Helper()
	status, text := askStats(t, a, question)
	if status != 200 {
		t.Fatalf("%s: %d %s", question, status, text)
	}
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		t.Fatalf("%s: %v in %s", question, err, text)
	}
	return s
}

// whereTheyLie reads the countries of addresses off the stored records.
func whereTheyLie(t *testing.T, a *App) map[string]string {
	t.Helper()
	page, err := a.gate.Events(t.Context(), classify.OperatorNamed("test"), event.Query{From: event.TimeUnset, To: event.TimeUnset, Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	rows := page.Value().Rows
	var e event.Event
	for i := range rows.Rows() {
		rows.Row(i, &e)
		out[netip.AddrFrom16(e.Source.IP).Unmap().String()] = e.Source.Country.String()
	}
	return out
}

// From the door to the figure: what the open interface says of a day is what a
// count of our own over the records says.
func TestFiguresOverTheRecords(t *testing.T) {
	a := observatory(t, t.TempDir())
	defer stop(t, a)
	token, err := admin.Call[admin.Token](t.Context(), admin.Local(a.administration()), admin.MethodSensorEnrol, event.Sensor{Name: "hue-1", Country: "VN"})
	if err != nil {
		t.Fatal(err)
	}
	y, m, d := testNow().In(a.zone).Date()
	yesterday := time.Date(y, m, d-1, 0, 0, 0, 0, a.zone)
	sent := sentLogins(yesterday)
	_, batch := send(t, a, token.Token, "k1", cowrieLines(sent))
	if r, err := a.gate.Batch(t.Context(), classify.SensorNamed("hue-1"), batch, time.Minute); err != nil || r.Value().Stored != int64(len(sent)) {
		t.Fatalf("%+v %v", r.Value(), err)
	}
	_, batch = send(t, a, token.Token, "k2", awake(yesterday))
	if r, err := a.gate.Batch(t.Context(), classify.SensorNamed("hue-1"), batch, time.Minute); err != nil || r.Value().Stored != 48 {
		t.Fatalf("%+v %v", r.Value(), err)
	}
	countries := whereTheyLie(t, a)
	if distinct := slices.Compact(slices.Sorted(maps.Values(countries))); len(distinct) != 4 {
		t.Fatalf("the test needs four countries: %v", countries)
	}
	day := yesterday.Format(time.DateOnly)
	attacks, records, hosting := independent(sent, yesterday, yesterday.AddDate(0, 0, 1), countries)
	before, _, hostingBefore := independent(sent, yesterday.AddDate(0, 0, -1), yesterday, countries)
	question := "attacks?of=VN&base=previous&period=" + day
	got := statOf(t, a, question)
	for deadline := time.Now().Add(time.Minute); *got.Rows[0].Value != attacks && time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		got = statOf(t, a, question)
	}
	row := got.Rows[0]
	if *row.Value != attacks || row.Change.Value != before || fmt.Sprintf("%.2f", *row.Change.Percent) != fmt.Sprintf("%.2f", 100*float64(attacks-before)/float64(before)) {
		t.Errorf("%d attacks, %+v; counted are %d, and %d the day before", *row.Value, row.Change, attacks, before)
	}
	if got.Status != "provisional" || got.Definition != "attacks/1" || got.Unit != "attacks" || got.Period.Name != day || got.Base.Kind != "previous" ||
		got.Base.Period.Name != yesterday.AddDate(0, 0, -1).Format(time.DateOnly) || got.Replay || !strings.Contains(got.Sentence.VI, "Việt Nam") || !strings.Contains(got.Sentence.EN, "on the day before") {
		t.Errorf("%+v", got)
	}
	if got := statOf(t, a, "records/1?period="+day); *got.Rows[0].Value != records || got.Of != "VN" {
		t.Errorf("records: %+v, counted are %d", got, records)
	}
	checkRanking(t, statOf(t, a, "attacks/1?of=VN&by=hosting&base=day&period="+day), hosting, hostingBefore)
	checkRanking(t, statOf(t, a, "hosted?of=world&by=country&base=day&period="+day), hosting, hostingBefore)
	checkUTC(t, a, sent, day)
	checkTable(t, a, day, len(hosting))
}

// checkRanking compares with places given by definition: one more than the number
// of greater ones.
func checkRanking(t *testing.T, got stat, want, before map[string]int64) {
	t.Helper()
	type place struct {
		Country       string
		Value, Before int64
		Rank          int
	}
	var have, expect []place
	for _, r := range got.Rows {
		have = append(have, place{r.Group[0], *r.Value, r.Change.Value, r.Rank})
	}
	for c, n := range want {
		p := place{c, n, before[c], 1}
		for _, o := range want {
			if o > n {
				p.Rank++
			}
		}
		expect = append(expect, p)
	}
	slices.SortFunc(expect, func(x, y place) int { return cmp.Or(cmp.Compare(y.Value, x.Value), cmp.Compare(x.Country, y.Country)) })
	if d := gocmp.Diff(expect, have); d != "" || got.Ranked != len(want) || expect[1].Rank != expect[2].Rank || expect[3].Rank != 4 {
		t.Errorf("%s by hosting country, %d ranked: %s", got.Definition, got.Ranked, d)
	}
	if got.Unconfirmed == nil || *got.Unconfirmed != 0 {
		t.Errorf("unconfirmed: %v", got.Unconfirmed)
	}
}

// The login just after local midnight belongs to the day before in UTC.
func checkUTC(t *testing.T, a *App, sent []login, day string) {
	t.Helper()
	from, err := time.Parse(time.DateOnly, day)
	if err != nil {
		t.Fatal(err)
	}
	utc, _, _ := independent(sent, from, from.AddDate(0, 0, 1), nil)
	local, _, _ := independent(sent, from.In(a.zone).Add(-7*time.Hour), from.Add(17*time.Hour), nil)
	if got := statOf(t, a, "attacks?zone=UTC&period="+day); *got.Rows[0].Value != utc || utc == local || got.Period.Zone != "UTC" {
		t.Errorf("in UTC: %+v, counted are %d", got.Rows, utc)
	}
}

// As CSV each line alone says what its number means; what is not declared is
// refused with the nearest table.
func checkTable(t *testing.T, a *App, day string, countries int) {
	t.Helper()
	status, text := askStats(t, a, "attacks?of=VN&by=hosting&format=csv&period="+day)
	lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if status != 200 || err != nil || len(lines) != countries+1 || lines[1][0] != "attacks/1" || lines[1][3] != day || lines[1][7] != "provisional" {
		t.Errorf("%d %v %q", status, err, lines)
	}
	for _, c := range []struct{ question, want string }{
		{"attacks?of=VN&by=hosting,kind", "of=VN&by=hosting"},
		{"attacks?by=sector", "once they are final"},
		{"attacks?by=organisation", "protect"},
		{"attacks?from=2026-11-20", "from"},
		{"events", "attacks/1"},
		{"attacks?period=2026-11-20..21", "2026-W47"},
	} {
		if status, text := askStats(t, a, c.question); status != 422 || !strings.Contains(text, c.want) {
			t.Errorf("%s: %d %s, want %q", c.question, status, text, c.want)
		}
	}
}
