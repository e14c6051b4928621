// SPDX-License-Identifier: Apache-2.0

package app

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"haidang/app/admin"
	"haidang/classify"
	"haidang/event"
)

// oracleFigures is how many random figures are compared; HAIDANG_ORACLE_FIGURES asks
// for more (10,000 take some minutes: final ones are written down).
const oracleFigures = 400

// rawLine is what the oracle reads of a record: the words that a sensor wrote.
type rawLine struct {
	EventID   string    `json:"eventid"`
	Timestamp time.Time `json:"timestamp"`
	SrcIP     string    `json:"src_ip"`
}

// oracleKinds says what each kind of record counts as, by hand.
var oracleKinds = map[string]string{
	"cowrie.login.failed": "intrusion-attempts/brute-force", "cowrie.session.connect": "information-gathering/scanner",
}

// oracleLines are raw records of a year and a half, many in few minutes.
func oracleLines(r *rand.Rand, now time.Time, n int) string {
	var b strings.Builder
	ips := []string{"202.96.128.86", "133.1.2.3", "168.126.63.1", "8.8.8.8", "8.8.4.4", "202.96.128.87"}
	ids := []string{"cowrie.login.failed", "cowrie.session.connect"}
	for i := range n {
		days := []int{2, 30, 100, 500}[r.IntN(4)]
		at := now.Add(-time.Duration(1+r.IntN(days*24)) * time.Hour).Truncate(time.Hour).Add(time.Duration(r.IntN(4)) * 20 * time.Second)
		fmt.Fprintf(&b, `{"eventid":%q,"username":"root","password":"x","message":"m","sensor":"pot","timestamp":%q,"src_ip":%q,"src_port":4000,"dst_ip":"203.162.4.190","dst_port":22,"session":"s%d","protocol":"ssh"}`+"\n",
			ids[r.IntN(2)], at.UTC().Format(time.RFC3339Nano), ips[r.IntN(len(ips))], i)
	}
	return b.String()
}

// oracle counts raw records one by one.
type oracle struct {
	lines     []rawLine
	countries map[string]string
}

// truth gives events and hosts by group: what shares kind, address and minute is one.
func (o *oracle) truth(from, to time.Time, by []string, hosting string) (events map[string]int64, hosts map[string]map[string]bool) {
	events, hosts, seen := map[string]int64{}, map[string]map[string]bool{}, map[string]bool{}
	for _, l := range o.lines {
		key := l.EventID + l.SrcIP + l.Timestamp.Truncate(time.Minute).String()
		if l.Timestamp.Before(from) || !l.Timestamp.Before(to) || seen[key] || hosting != "" && o.countries[l.SrcIP] != hosting {
			continue
		}
		seen[key] = true
		var group []string
		for _, d := range by {
			group = append(group, map[string]string{"kind": oracleKinds[l.EventID], "hosting": o.countries[l.SrcIP], "country": o.countries[l.SrcIP]}[d])
		}
		g := strings.Join(group, " ")
		if events[g]++; hosts[g] == nil {
			hosts[g] = map[string]bool{}
		}
		hosts[g][l.SrcIP] = true
	}
	return events, hosts
}

// oracleQuestion makes a random figure of the open lattice.
func oracleQuestion(r *rand.Rand, now time.Time, zone *time.Location, countries []string) event.FigureQuery {
	at := now.In(zone).AddDate(0, 0, -r.IntN(40)).Add(-time.Duration(r.IntN(24)) * time.Hour)
	if r.IntN(3) == 0 {
		at = at.AddDate(0, -r.IntN(14), 0)
	}
	q := event.FigureQuery{Zone: "local", Figure: "attacks", Of: "VN"}
	if zone == time.UTC {
		q.Zone = "UTC"
	}
	y, w := at.ISOWeek()
	q.Period = []string{
		at.Format("2006-01-02T15:04"), at.Format("2006-01-02T15"), at.Format("2006-01-02"), fmt.Sprintf("%d-W%02d", y, w), at.Format("2006-01"),
		fmt.Sprintf("%d-Q%d", at.Year(), (at.Month()+2)/3), fmt.Sprintf("%d-H%d", at.Year(), (at.Month()+5)/6), at.Format("2006"), at.Format("2006-YTD@2006-01-02"),
	}[r.IntN(9)]
	q.By = [][]string{nil, {"kind"}, {"hosting"}}[r.IntN(3)]
	if r.IntN(2) == 0 {
		q.Figure, q.Of, q.By = "hosted", countries[r.IntN(len(countries))], [][]string{nil, {"kind"}}[r.IntN(2)]
		if r.IntN(3) == 0 {
			q.Of, q.By = "world", [][]string{{"country"}, {"country", "kind"}}[r.IntN(2)]
		}
	}
	if r.IntN(3) == 0 && !strings.Contains(q.Period, "YTD") {
		q.Base = "previous"
	}
	return q
}

func (o *oracle) compare(t *testing.T, f *event.Figure) {
	t.Helper()
	hosting := ""
	if f.Definition == "hosted/1" && f.Of != "world" {
		hosting = f.Of
	}
	want, hosts := o.truth(f.Period.From.Std(), f.Period.To.Std(), f.By, hosting)
	base := map[string]int64{}
	if f.Base != nil {
		base, _ = o.truth(f.Base.From.Std(), f.Base.To.Std(), f.By, hosting)
	}
	told := map[string]bool{}
	for _, r := range f.Rows {
		g := strings.Join(r.Group, " ")
		told[g] = true
		rank := 1
		for _, n := range want {
			if n > want[g] {
				rank++
			}
		}
		if r.Value != want[g] || r.Rank != 0 && r.Rank != rank || r.Change != nil && r.Change.Value != base[g] {
			t.Errorf("%s of %s by %v in %s: %q is %d, rank %d, %+v; counted are %d, rank %d, before %d", f.Definition, f.Of, f.By, f.Period.Name, g, r.Value, r.Rank, r.Change, want[g], rank, base[g])
		}
		if n := int64(len(hosts[g])); f.Definition == "hosted/1" && r.Hosts != nil && (r.Hosts.Count < n-4 || r.Hosts.Count > n+4 || r.Hosts.Estimated) {
			t.Errorf("%s by %v in %s: %q has %+v hosts, counted are %d", f.Definition, f.By, f.Period.Name, g, r.Hosts, n)
		}
	}
	for g := range want {
		if !told[g] {
			t.Errorf("%s of %s by %v in %s: %q is missing", f.Definition, f.Of, f.By, f.Period.Name, g)
		}
	}
}

// Random figures against a count of our own over the raw records, which shares
// nothing with what counts them.
func TestRandomFiguresAgainstRawRecords(t *testing.T) {
	a := observatory(t, t.TempDir())
	defer stop(t, a)
	token, err := admin.Call[admin.Token](t.Context(), admin.Local(a.administration()), admin.MethodSensorEnrol, event.Sensor{Name: "hue-1", Country: "VN"})
	if err != nil {
		t.Fatal(err)
	}
	r, now := rand.New(rand.NewPCG(7, 9)), time.Now().Add(-time.Hour)
	body := oracleLines(r, now, 3000)
	_, batch := send(t, a, token.Token, "k1", body)
	if s, err := a.gate.Batch(t.Context(), classify.SensorNamed("hue-1"), batch, time.Minute); err != nil || s.Value().Stored != 3000 {
		t.Fatalf("%+v %v", s.Value(), err)
	}
	o := &oracle{countries: whereTheyLie(t, a)}
	for line := range strings.Lines(body) {
		var l rawLine
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		o.lines = append(o.lines, l)
	}
	n := oracleFigures
	if more, err := strconv.Atoi(os.Getenv("HAIDANG_ORACLE_FIGURES")); err == nil {
		n = more
	}
	var countries []string
	for _, c := range o.countries {
		if !slices.Contains(countries, c) {
			countries = append(countries, c)
		}
	}
	slices.Sort(countries)
	answered := 0
	for range n {
		q := oracleQuestion(r, now, []*time.Location{a.zone, time.UTC}[r.IntN(2)], countries)
		f, err := a.gate.Figure(t.Context(), classify.Nobody(), q)
		if err != nil {
			continue // minutes long gone, bases of periods that are still running
		}
		answered++
		v := f.Value()
		if o.compare(t, &v); t.Failed() {
			t.FailNow()
		}
	}
	if answered < n/2 {
		t.Errorf("only %d of %d questions were answered", answered, n)
	}
	t.Logf("%d of %d figures compared", answered, n)
}
