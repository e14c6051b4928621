// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package app

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"haidang/classify"
	"haidang/event"
)

// leakExit is one way out. check asks it as a viewer and complains of whatever
// the oracle does not give; of counts that chance gives, weight is this exit's.
type leakExit struct {
	name   string
	weight int
	check  func(r *leakRig, v *leakAsker, rng *rand.Rand) error
}

// leakExits is every way out. A new one is one line here.
var leakExits = []leakExit{
	{"events as JSON", 5, exitInFormat("json")},
	{"events as NDJSON", 3, exitInFormat("ndjson")},
	{"events as CSV", 3, exitInFormat("csv")},
	{"events as Parquet", 3, exitInFormat("parquet")},
	{"page after page", 1, exitPaging},
	{"counts", 6, exitCounting},
	{"aggregates", 6, exitGrouping},
	{"errors", 3, exitMistakes},
	{"rollups", 1, exitExactOnly("/api/v1/rollups?by=cert.rsit", nil)},
	{"quarantine", 1, exitOperatorsOnly("/api/v1/quarantine", "zqbad")},
	{"sensors", 1, exitOperatorsOnly("/api/v1/sensors", "zqenrolled")},
	{"accounting", 1, exitOperatorsOnly("/api/v1/sensors/zqenrolled/accounting", "zqenrolled")},
	{"what became of a batch", 2, exitBatch},
	{"now", 1, exitPublic("/api/v1/now")},
	{"figures", 3, exitPublic(leakFigures()...)},
	{"citations", 2, exitPublic("/f/aaaaaaaaaaaaaaaaaaaaaaaaaa", "/f/nothing.json", "/.well-known/haidang/figures.json", "/en/series", "/vi/chuoi-so-lieu/nothing", "/api/v1/series", "/api/v1/series/nothing?format=csv")},
	{"citing", 2, exitCiting},
	{"working a citation out again", 1, exitReplaying},
	{"live", 1, exitPublic("/live")},
	{"pages", 3, exitPublic("/vi/", "/en/", "/vi/qua-may-dat-tai", "/en/hosting", "/vi/do-phu", "/en/coverage", "/en/definitions", "/en/docs/", "/vi/words", "/robots.txt", "/nowhere")},
	{"pages of figures", 3, exitPublic(leakPages()...)},
	{"downloads", 2, exitPublic("/data/all.json", "/data/hosting.csv", "/data/hosting.json", "/data/kinds.csv", "/data/sectors.csv", "/data/nothing.csv")},
	{"interface's description", 1, exitPublic("/api/v1/openapi.json")},
	{"state", 1, exitPublic("/healthz", "/readyz", "/.well-known/haidang/checkpoint")},
	{"metrics", 1, exitMetrics},
	{"one's own account", 1, exitAccountPage},
	{"a member's own", 3, exitMy("/en/my", "/en/my/community", "/en/my/notices", "/en/my/export/incidents.csv", "/en/my/export/sightings.csv", "/en/my/export/incidents.json")},
	{"the desk", 3, exitDesk("/en/desk", "/en/desk?f=rule.id[prefix]=1", "/vi/ban-phan-tich", "/en/desk/organisations", "/en/desk/quarantine", "/en/desk/dry-run", "/en/desk/labels", "/vi/ban-phan-tich/nhan", "/en/desk/labels/new?sensor=hue-1", "/en/audit")},
}

// leakFigures are questions of the open lattice, over all the records' time.
func leakFigures() (out []string) {
	year := strconv.Itoa(testNow().UTC().Year())
	for _, q := range []string{"attacks?of=world&by=rule", "attacks?of=world&by=technique", "attacks?by=hosting", "incidents?by=kind,way", "states?of=world&by=country", "records?of=world",
		"hosted?of=world&by=country", "attacks?by=sector", "attacks?by=organisation", "incidents?of=world&by=rule", "records?of=world&by=rule", "events?by=user.name"} {
		out = append(out, "/api/v1/stats/"+q+"&zone=UTC&period="+year, "/api/v1/stats/"+q+"&format=csv")
	}
	return out
}

// leakPages are the pages of figures, over all the records' time, and their blocks
// as data, as pictures and in frames.
func leakPages() (out []string) {
	year := strconv.Itoa(testNow().UTC().Year())
	for _, path := range []string{"/en/figures", "/en/country/VN", "/en/country/US", "/en/kinds", "/en/kinds/intrusion-attempts/ids-alert", "/en/ways", "/en/hosting/by-period", "/en/compare", "/en/sectors"} {
		out = append(out, path, path+"?period="+year)
	}
	for _, block := range []string{"bars/attacks?of=VN&by=kind,way", "bars/attacks?of=world&by=technique", "series/records?of=world", "panels/attacks?of=VN&by=hosting", "pair/attacks?of=VN&with=US", "bars/attacks?of=world&by=rule"} {
		out = append(out, "/embed/en/"+block+"&period="+year, "/chart/en/"+block+"&period="+year, "/data/figures/"+block+"&period="+year+"&format=csv", "/data/figures/"+block+"&period="+year+"&format=json")
	}
	return append(out, "/embed/en/losses", "/chart/vi/losses", "/vi/bao-cao", "/en/report/"+year+"-Q4", "/en/surges", "/en/feed.atom", "/vi/nguon-tin.atom")
}

// planted finds whatever was planted: words of records, people, organisations
// and refused records, and records' addresses.
var planted = regexp.MustCompile(`\bzq(?:\d+x[a-z]+|bad\d+[xy]|org\d+|person\d+|operator|health|` + strings.ReplaceAll(strings.Join(leakSensors, "|"), "zq", "") + `)\b|\b(?:23|45)(?:\.\d{1,3}){3}\b|\b2a(?:17|2d):[0-9a-f:]+`)

// nothingOf complains of planted words beside those that are allowed.
func nothingOf(a leakAnswer, allowed ...string) error {
	text := string(a.body)
	for name, values := range a.header {
		text += "\n" + name + ": " + strings.Join(values, ", ")
	}
	for _, word := range planted.FindAllString(text, -1) {
		if !slices.Contains(allowed, word) {
			return fmt.Errorf("status %d holds %q, which is not for this viewer: %.300s", a.status, word, text[max(0, strings.Index(text, word)-100):])
		}
	}
	return nil
}

// refused says what a viewer gets who may ask nothing at an address.
func refused(v *leakAsker, a leakAnswer) error {
	want := http.StatusForbidden
	if v.token == "" {
		want = http.StatusUnauthorized
	}
	if a.status != want {
		return fmt.Errorf("status %d, not %d: %.200s", a.status, want, a.body)
	}
	var p struct{ Detail string }
	if err := json.Unmarshal(a.body, &p); err != nil || p.Detail != "an operator token is needed for this question" {
		return fmt.Errorf("a refusal that tells more than another: %s", a.body)
	}
	return nothingOf(a)
}

// usual are the headers that answers have; none may tell more.
var usual = []string{"Content-Type", "Content-Length", "Date", "Link", "Haidang-Next", "X-Content-Type-Options", "Content-Security-Policy", "Cache-Control", "Transfer-Encoding", "Vary", "Haidang-Request"}

func exitInFormat(format string) func(*leakRig, *leakAsker, *rand.Rand) error {
	return func(r *leakRig, v *leakAsker, rng *rand.Rand) error {
		q := r.world.randomQuestion(rng)
		if len(q.fields) > 0 { // a lone empty cell is an empty line of CSV, which readers skip
			q.fields = append(q.fields, "event.id")
		}
		return r.oneFormat(v, q, format)
	}
}

func (r *leakRig) oneFormat(v *leakAsker, q *leakQuestion, format string) error {
	p := q.parameters()
	p.Set("format", format)
	path := "/api/v1/events?" + p.Encode()
	a := r.ask(v, path)
	if !v.asks() {
		return about(path, refused(v, a))
	}
	all := leakPage(v.seenBy["search"], q)
	return about(path, r.samePage(a, q, format, all))
}

func about(path string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// samePage compares an answer with the records that the oracle gives, and its
// headers with what follows from these.
func (r *leakRig) samePage(a leakAnswer, q *leakQuestion, format string, all []*leakRecord) error {
	if a.status != http.StatusOK {
		return fmt.Errorf("status %d: %.300s", a.status, a.body)
	}
	want := all[:min(len(all), q.limit)]
	got, err := decodePage(a.body, format)
	if err != nil {
		return fmt.Errorf("%w: %.300s", err, a.body)
	}
	if err := sameRows(got, want, q.fields); err != nil {
		return err
	}
	for name := range a.header {
		if !slices.Contains(usual, name) {
			return fmt.Errorf("header %s is new: may it tell?", name)
		}
	}
	return sameNext(a, len(all) > len(want), want)
}

// sameNext checks the cursor: there is one only where the viewer may see more, and
// it holds nothing but the last record's time and id.
func sameNext(a leakAnswer, more bool, page []*leakRecord) error {
	next := a.header.Get("Haidang-Next")
	if (next != "") != more || (a.header.Get("Link") != "") != more {
		return fmt.Errorf("next %q, link %q; more for this viewer: %v", next, a.header.Get("Link"), more)
	}
	if !more {
		return nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(next)
	last := page[len(page)-1]
	id, _ := hex.DecodeString(strings.ReplaceAll(last.text["event.id"], "-", ""))
	if err != nil || len(raw) != 25 || !strings.HasSuffix(string(raw), string(id)) {
		return fmt.Errorf("cursor %x says more than the last record's time and id %x", raw, id)
	}
	return nil
}

// exitPaging reads to the end and meets every record once.
func exitPaging(r *leakRig, v *leakAsker, rng *rand.Rand) error {
	q := r.world.randomQuestion(rng)
	q.limit = 20 + rng.IntN(200)
	all := leakPage(v.seenBy["search"], q)
	if !v.asks() {
		return nil
	}
	p := q.parameters()
	for range 5 {
		path := "/api/v1/events?" + p.Encode()
		a := r.ask(v, path)
		if err := r.samePage(a, q, "json", all); err != nil {
			return about(path, err)
		}
		if all = all[min(len(all), q.limit):]; len(all) == 0 {
			return nil
		}
		p.Set("cursor", a.header.Get("Haidang-Next"))
	}
	return nil
}

func exitCounting(r *leakRig, v *leakAsker, rng *rand.Rand) error {
	q := r.world.randomQuestion(rng)
	q.limit, q.fields = 0, nil
	p := q.parameters()
	p.Set("metric", strings.Join(q.metrics, ","))
	path := "/api/v1/events/count?" + p.Encode()
	a := r.ask(v, path)
	if !v.asks() {
		return about(path, refused(v, a))
	}
	var got struct{ Counts map[string]int64 }
	if err := json.Unmarshal(a.body, &got); err != nil || a.status != http.StatusOK {
		return fmt.Errorf("%s: %d %.300s", path, a.status, a.body)
	}
	want := leakCells(v.seenBy["count"], q, nil)[""]
	for _, m := range q.metrics {
		if got.Counts[m] != want.value(m) {
			return fmt.Errorf("%s: %d %s, the oracle counts %d", path, got.Counts[m], m, want.value(m))
		}
	}
	return about(path, nothingOf(a))
}

func exitGrouping(r *leakRig, v *leakAsker, rng *rand.Rand) error {
	q := r.world.randomQuestion(rng)
	q.limit, q.fields = 10_000, nil
	p := q.parameters()
	p.Set("by", strings.Join(q.by, ","))
	p.Set("metric", strings.Join(q.metrics, ","))
	path := "/api/v1/events/aggregate?" + p.Encode()
	a := r.ask(v, path)
	if !v.asks() {
		return about(path, refused(v, a))
	}
	var got struct {
		Cells []struct {
			Group  []string
			Values []int64
		}
	}
	if err := json.Unmarshal(a.body, &got); err != nil || a.status != http.StatusOK {
		return fmt.Errorf("%s: %d %.300s", path, a.status, a.body)
	}
	want := leakCells(v.seenBy["count"], q, q.by)
	if len(got.Cells) != len(want) {
		return fmt.Errorf("%s: %d groups, the oracle has %d", path, len(got.Cells), len(want))
	}
	for _, c := range got.Cells {
		w := want[strings.Join(c.Group, "\x00")]
		if w == nil {
			return fmt.Errorf("%s: group %q is not for this viewer", path, c.Group)
		}
		for i, m := range q.metrics {
			if c.Values[i] != w.value(m) {
				return fmt.Errorf("%s: %q: %d %s, the oracle counts %d", path, c.Group, c.Values[i], m, w.value(m))
			}
		}
	}
	return nil
}

// exitMistakes asks what cannot be answered: the refusal repeats what was asked and
// nothing else.
func exitMistakes(r *leakRig, v *leakAsker, rng *rand.Rand) error {
	rec := r.world.records[rng.IntN(len(r.world.records))]
	name := secretWord(rec.n, "user.name")
	wrong := []string{
		"/api/v1/events?source.ip=" + name, "/api/v1/events?source.port[min]=" + name, "/api/v1/events?cert.rsit=" + name,
		"/api/v1/events?cursor=" + name, "/api/v1/events?" + name + "=1", "/api/v1/events?fields=" + name, "/api/v1/events/aggregate?by=" + name,
		"/api/v1/events/count?metric=" + name, "/api/v1/events?event.id=" + rec.text["event.id"] + "x", "/api/v1/events?from=" + name,
		"/api/v1/events?url.full[min]=" + name, "/api/v1/batches/" + name, "/api/v1/sensors/" + name + "/accounting?from=" + name, "/api/v1/rollups?by=" + name,
		"/api/v1/quarantine?cursor=" + name, "/api/v1/" + name, "/api/v1/events?format=" + name, "/api/v1/events?limit=" + name,
	}
	path := wrong[rng.IntN(len(wrong))]
	a := r.ask(v, path)
	if a.status < 400 || a.status >= 500 && a.status != 501 {
		// An operator may ask for the accounting of a sensor that is not there.
		if !(a.status == 200 && v.is("operator")) {
			return fmt.Errorf("%s: status %d %.200s", path, a.status, a.body)
		}
	}
	return about(path, nothingOf(a, name))
}

// exitExactOnly is for those who see every count.
func exitExactOnly(path string, allowed []string) func(*leakRig, *leakAsker, *rand.Rand) error {
	return func(r *leakRig, v *leakAsker, _ *rand.Rand) error {
		a := r.ask(v, path)
		if !v.exact() {
			return about(path, refused(v, a))
		}
		if a.status != http.StatusOK && !(v.made && a.status == http.StatusUnprocessableEntity) {
			return fmt.Errorf("%s: %d %.200s", path, a.status, a.body)
		}
		return about(path, nothingOf(a, allowed...))
	}
}

// exitOperatorsOnly is for those who run the machine; to them it holds a word.
func exitOperatorsOnly(path, holds string) func(*leakRig, *leakAsker, *rand.Rand) error {
	return func(r *leakRig, v *leakAsker, _ *rand.Rand) error {
		a := r.ask(v, path)
		if !v.is("operator") {
			return about(path, refused(v, a))
		}
		if a.status != http.StatusOK || !strings.Contains(string(a.body), holds) {
			// Quarantined bytes are base64.
			if holds != "zqbad" || a.status != http.StatusOK || !strings.Contains(string(a.body), "zqpartner") {
				return fmt.Errorf("%s: %d %.200s", path, a.status, a.body)
			}
		}
		return about(path, nothingOfRecords(a))
	}
}

// nothingOfRecords allows what operators see: sensors and refused records.
func nothingOfRecords(a leakAnswer) error {
	allowed := slices.Clone(leakSensors)
	for i := range 3 {
		allowed = append(allowed, fmt.Sprintf("zqbad%dx", i), fmt.Sprintf("zqbad%dy", i))
	}
	return nothingOf(a, append(allowed, "zqoperator")...)
}

// exitBatch is for the sensor that sent it, and for operators; another's is as if it
// were not there.
func exitBatch(r *leakRig, v *leakAsker, rng *rand.Rand) error {
	sensor := leakSensors[rng.IntN(3)]
	path := "/api/v1/batches/" + r.batches[sensor]
	a := r.ask(v, path)
	switch {
	case v.is("operator"), v.sensor == sensor:
		if a.status != http.StatusOK {
			return fmt.Errorf("%s: %d %.200s", path, a.status, a.body)
		}
		return about(path, nothingOf(a, sensor, "zqoperator"))
	case v.sensor != "":
		missing := r.ask(v, "/api/v1/batches/01K000000000000000000000XY")
		if a.status != http.StatusNotFound || missing.status != http.StatusNotFound || string(a.body) != string(missing.body) {
			return fmt.Errorf("%s: %d %s; one that is not there: %d %s", path, a.status, a.body, missing.status, missing.body)
		}
		return nil
	}
	return about(path, refused(v, a))
}

// exitPublic is for everybody alike: it holds nothing that was planted, whoever asks.
func exitPublic(paths ...string) func(*leakRig, *leakAsker, *rand.Rand) error {
	return func(r *leakRig, v *leakAsker, rng *rand.Rand) error {
		path := paths[rng.IntN(len(paths))]
		a := r.browse(v, path)
		if a.status >= 500 {
			return fmt.Errorf("%s: %d %.200s", path, a.status, a.body)
		}
		return about(path, nothingOf(a))
	}
}

// exitCiting cites a figure of a period that has ended, and reads it in each form.
func exitCiting(r *leakRig, v *leakAsker, rng *rand.Rand) error {
	for _, q := range leakFigures() {
		c, ok := r.cite(q)
		if rng.IntN(3) > 0 || !ok {
			continue
		}
		for _, suffix := range []string{"", ".json", ".csv", "?lang=en"} {
			if err := about(c.ID, nothingOf(r.browse(v, "/f/"+c.ID+suffix))); err != nil {
				return err
			}
		}
	}
	return nil
}

// cite cites a figure of an hour that has planted records, whatever the hour is now; ok
// is false where it cannot be cited.
func (r *leakRig) cite(q string) (c event.Citation, ok bool) {
	path, question, _ := strings.Cut(q, "?")
	if strings.Contains(question, "format=") {
		return c, false
	}
	question = strings.Replace(question, "period="+strconv.Itoa(testNow().UTC().Year()), "period="+leakStart.Add(9*time.Hour).UTC().Format("2006-01-02T15"), 1)
	cited, err := r.app.gate.Cite(context.Background(), classify.Nobody(), leakCited(path, question), netip.Addr{})
	if err != nil {
		return c, false
	}
	return cited.Value(), true
}

// exitReplaying has a citation worked out again: whoever reads for an organisation or
// works for the centre is told what it came to, nobody else anything.
func exitReplaying(r *leakRig, v *leakAsker, rng *rand.Rand) error {
	questions := leakFigures()
	for _, i := range rng.Perm(len(questions)) {
		c, ok := r.cite(questions[i])
		if !ok {
			continue
		}
		path := "/f/" + c.ID + "/replay"
		token := v.bearer()
		if v.made { // believed by the interface alone
			token = ""
		}
		a := r.get(path, "Authorization", token)
		switch want := http.StatusOK; {
		case token == "" || v.sensor != "":
			if want = http.StatusUnauthorized; a.status != want {
				return fmt.Errorf("%s: %d, not %d: %.200s", path, a.status, want, a.body)
			}
		case a.status != want && a.status != http.StatusTooManyRequests: // somebody else's is being worked out
			return fmt.Errorf("%s: %d, not %d: %.200s", path, a.status, want, a.body)
		}
		if a.status == http.StatusOK && !strings.Contains(string(a.body), `"records":`) {
			return fmt.Errorf("%s rests on no record: %s", path, a.body)
		}
		return about(path, nothingOf(a))
	}
	return errors.New("nothing could be cited")
}

// leakCited is a question of leakFigures as the gate is asked it.
func leakCited(path, question string) event.FigureQuery {
	q, _ := url.ParseQuery(question)
	out := event.FigureQuery{Figure: strings.TrimPrefix(path, "/api/v1/stats/"), Of: q.Get("of"), Period: q.Get("period"), Zone: q.Get("zone")}
	if by := q.Get("by"); by != "" {
		out.By = strings.Split(by, ",")
	}
	return out
}

// exitMetrics name sensors, and nothing of records or people.
func exitMetrics(r *leakRig, v *leakAsker, _ *rand.Rand) error {
	return about("/metrics", nothingOf(r.browse(v, "/metrics"), leakSensors...))
}

// exitAccountPage shows a person its own name and organisations, and nobody else's.
func exitAccountPage(r *leakRig, v *leakAsker, _ *rand.Rand) error {
	a := r.browse(v, "/en/account")
	i := slices.IndexFunc(r.askers, func(o *leakAsker) bool { return o == v })
	if v.cookie == "" {
		return about("/en/account", nothingOf(a))
	}
	allowed := []string{"zqperson" + strconv.Itoa(i), "zqhealth", "zq"}
	if org := leakPeople[i].org; org >= 0 {
		allowed = append(allowed, "zqorg"+strconv.Itoa(org))
	}
	if a.status != http.StatusOK || !strings.Contains(string(a.body), allowed[0]) {
		return fmt.Errorf("/en/account: %d %.200s", a.status, a.body)
	}
	return about("/en/account", nothingOf(a, allowed...))
}

// exitMy is the pages of members: they hold nothing of a record but what the oracle
// gives the member of it, and no organisation and nobody but their own.
func exitMy(paths ...string) func(*leakRig, *leakAsker, *rand.Rand) error {
	return func(r *leakRig, v *leakAsker, rng *rand.Rand) error {
		path := paths[rng.IntN(len(paths))]
		a := r.browse(v, path)
		if v.cookie == "" || !v.may("own") {
			if v.cookie == "" {
				return about(path, nothingOf(a))
			}
			return nil // a session has more rights than this viewer's token, by which it is judged
		}
		i := slices.IndexFunc(r.askers, func(o *leakAsker) bool { return o == v })
		allowed := []string{"zqperson" + strconv.Itoa(i), "zqhealth"}
		if org := leakPeople[i].org; org >= 0 {
			allowed = append(allowed, "zqorg"+strconv.Itoa(org))
		}
		if len(v.clients) > 0 {
			allowed = append(allowed, "zqorg2")
		}
		for _, rec := range slices.Concat(v.seenBy["search"], v.seenBy["own"]) {
			less := rec.copy() // the community's page tells networks of what is otherwise seen whole
			less.cut("source")
			less.cut("destination")
			for _, text := range slices.Concat(slices.Collect(maps.Values(rec.text)), slices.Collect(maps.Values(less.text))) {
				allowed = append(allowed, planted.FindAllString(text, -1)...)
			}
		}
		if a.status >= 500 {
			return fmt.Errorf("%s: %d %.200s", path, a.status, a.body)
		}
		return about(path, nothingOf(a, allowed...))
	}
}

// exitDesk is the pages of analysts, operators and auditors: nothing to anybody
// else; to an analyst organisations and what the oracle gives a search, to an
// operator sensors and refused records.
func exitDesk(paths ...string) func(*leakRig, *leakAsker, *rand.Rand) error {
	return func(r *leakRig, v *leakAsker, rng *rand.Rand) error {
		path := paths[rng.IntN(len(paths))]
		a := r.browse(v, path)
		if a.status >= 500 {
			return fmt.Errorf("%s: %d %.200s", path, a.status, a.body)
		}
		if v.cookie == "" {
			return about(path, nothingOf(a))
		}
		i := slices.IndexFunc(r.askers, func(o *leakAsker) bool { return o == v })
		allowed := []string{"zqperson" + strconv.Itoa(i)}
		if v.is("analyst") {
			allowed = append(allowed, "zqhealth")
			for org := range 5 {
				allowed = append(allowed, "zqorg"+strconv.Itoa(org))
			}
			for _, rec := range v.seenBy["search"] {
				for _, text := range rec.text {
					allowed = append(allowed, planted.FindAllString(text, -1)...)
				}
			}
		}
		if v.is("analyst") && !v.may("search") {
			return nil // a session has more rights than this viewer's token, by which it is judged
		}
		if v.is("analyst") && strings.Contains(path, "/labels") || v.is("analyst") && strings.HasSuffix(path, "/nhan") {
			allowed = append(allowed, leakSensors...) // what decisions are about
			for _, u := range r.world.rulings {
				allowed = append(allowed, u.host)
			}
		}
		if v.is("operator", "auditor") {
			allowed = append(allowed, leakSensors...)
			for n := range 100 {
				allowed = append(allowed, fmt.Sprintf("zqbad%dx", n), fmt.Sprintf("zqbad%dy", n))
			}
		}
		return about(path, nothingOf(a, allowed...))
	}
}
