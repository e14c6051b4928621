// SPDX-License-Identifier: Apache-2.0

package app

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"haidang/classify"
	"haidang/event"
)

// oracleFigures is how many random figures are compared; HAIDANG_ORACLE_FIGURES asks
// for more (10,000 take some minutes: final ones are written down) and
// HAIDANG_ORACLE_SEED for another world.
const oracleFigures = 400

var oracleTables = map[string][]string{ // by figure; "w:" are of the world alone, "c:" of a country
	"attacks":             {"", "kind", "way", "kind,way", "c:hosting", "w:country", "w:country,kind", "w:country,way", "w:country,kind,way", "w:technique", "w:sector", "w:sector,kind", "w:size", "w:band"},
	"incidents":           {"", "kind", "way", "kind,way", "w:country", "w:country,kind"},
	"states":              {"", "kind"},
	"records":             {"", "kind", "way", "c:hosting", "w:country", "w:technique"},
	"hosted":              {"", "kind", "way", "kind,way", "w:country", "w:country,kind", "w:country,way", "w:country,kind,way"},
	"attacked-addresses":  {"", "kind", "way", "kind,way", "w:country"},
	"active-participants": {"", "w:country", "c:sector"},
	"attacked-users":      {"", "kind", "way", "class", "w:country", "c:sector"},
	"infected":            {"", "w:country"},
	"share":               {"c:", "c:class", "w:country", "c:sector"},
	"world-share":         {"w:"},
	"rate":                {"c:", "w:country"},
}

// oracleQuestion makes a random figure of the open lattice.
func oracleQuestion(r *rand.Rand, now time.Time, zone *time.Location) event.FigureQuery {
	at := now.In(zone).AddDate(0, 0, -r.IntN(40)).Add(-time.Duration(r.IntN(24)) * time.Hour)
	if r.IntN(3) == 0 {
		at = at.AddDate(0, -r.IntN(14), 0)
	}
	figures := slices.Sorted(maps.Keys(oracleTables))
	q := event.FigureQuery{Zone: "local", Figure: figures[r.IntN(len(figures))], Of: []string{"world", "VN", "LA", "KH", "TH", "KR", "JP"}[r.IntN(7)]}
	table := oracleTables[q.Figure][r.IntN(len(oracleTables[q.Figure]))]
	place, by, tied := strings.Cut(table, ":")
	if !tied {
		by = table
	}
	if by != "" {
		q.By = strings.Split(by, ",")
	}
	switch {
	case tied && place == "w":
		q.Of = "world"
	case tied && q.Of == "world":
		q.Of = "VN"
	}
	if zone == time.UTC {
		q.Zone = "UTC"
	}
	y, w := at.ISOWeek()
	q.Period = []string{
		at.Format("2006-01-02T15:04"), at.Format("2006-01-02T15"), at.Format("2006-01-02"), fmt.Sprintf("%d-W%02d", y, w), at.Format("2006-01"),
		fmt.Sprintf("%d-Q%d", at.Year(), (at.Month()+2)/3), fmt.Sprintf("%d-H%d", at.Year(), (at.Month()+5)/6), at.Format("2006"), at.Format("2006-YTD@2006-01-02"),
	}[r.IntN(9)]
	if oracleGuarded(q.By) && r.IntN(4) > 0 {
		q.Zone, q.Period = "local", oracleSectorPeriod(r, now.In(zone))
	}
	if r.IntN(2) == 0 {
		q.Base = []string{"previous", "year", "week"}[r.IntN(3)]
	}
	return q
}

// oracleSectorPeriod is one that tables of sectors can be open for: a day, or whole
// months together.
func oracleSectorPeriod(r *rand.Rand, now time.Time) string {
	if r.IntN(2) == 0 {
		return now.AddDate(0, 0, -r.IntN(40)).Format(time.DateOnly)
	}
	at := time.Date(now.Year(), now.Month(), 0, 0, 0, 0, 0, now.Location()).AddDate(0, 0, -r.IntN(300)) // from the end of last month on
	return []string{
		at.Format("2006-01"), fmt.Sprintf("%d-Q%d", at.Year(), (at.Month()+2)/3), fmt.Sprintf("%d-H%d", at.Year(), (at.Month()+5)/6),
		at.Format("2006"), time.Date(at.Year(), at.Month()+1, 0, 0, 0, 0, 0, at.Location()).Format("2006-YTD@2006-01-02"),
	}[r.IntN(5)]
}

// oracleLonger are the longer periods of the last year and a half that tables of
// sectors are open for, and some that are still running.
func oracleLonger(now time.Time) (out []string) {
	for y := now.Year() - 1; y <= now.Year(); y++ {
		out = append(out, fmt.Sprint(y))
		for m := time.January; m <= time.December; m++ {
			at := time.Date(y, m+1, 0, 0, 0, 0, 0, now.Location())
			if at.After(now) {
				continue
			}
			if out = append(out, at.Format("2006-01"), at.Format("2006-YTD@2006-01-02")); m%3 == 0 {
				out = append(out, fmt.Sprintf("%d-Q%d", y, m/3))
			}
			if m%6 == 0 {
				out = append(out, fmt.Sprintf("%d-H%d", y, m/6))
			}
		}
	}
	return out
}

// everyTable asks for each declared table: of days long final, of a month, of the
// year; and for what is hosted day by day.
func everyTable(now time.Time, zone *time.Location) (out []event.FigureQuery) {
	day := func(back int) string { return now.In(zone).AddDate(0, 0, -back).Format(time.DateOnly) }
	for _, figure := range slices.Sorted(maps.Keys(oracleTables)) {
		for _, table := range oracleTables[figure] {
			q := event.FigureQuery{Figure: figure, Of: "VN"}
			place, by, tied := strings.Cut(table, ":")
			if !tied {
				by = table
			} else if place == "w" {
				q.Of = "world"
			}
			if by != "" {
				q.By = strings.Split(by, ",")
			}
			for back := 5; back < 12; back++ {
				q.Period, q.Base = day(back), "previous"
				out = append(out, q)
			}
			q.Base = ""
			if figure == "attacks" && oracleGuarded(q.By) {
				for _, q.Period = range oracleLonger(now.In(zone)) {
					out = append(out, q)
				}
			}
			q.Period = now.In(zone).Format("2006")
			if out = append(out, q); figure == "hosted" {
				for back := 12; back < 40; back++ {
					q.Period, q.Base = day(back), "week"
					out = append(out, q)
				}
			}
		}
	}
	return out
}

// minutes asks for changes of single minutes in which something happened, and of
// those after them.
func (w *oracleWorld) minutes(n int) (out []event.FigureQuery) {
	for i := range w.records {
		r := &w.records[i]
		if r.Stage != "attempt" || w.now.Sub(r.At) > 6*24*time.Hour {
			continue
		}
		for _, at := range []time.Time{r.At, r.At.Add(time.Minute)} {
			if len(out) < n {
				out = append(out, event.FigureQuery{Figure: "attacks", Of: "VN", Period: at.In(w.zone).Format("2006-01-02T15:04"), Base: "previous"})
			}
		}
	}
	return out
}

// oracleCase is one figure beside what the oracle counted.
type oracleCase struct {
	w      *oracleWorld
	f      *event.Figure
	name   string
	now    map[string]*oracleLine
	before map[string]*oracleLine
	panel  map[string]bool // sensors at work in both periods, while lines are judged
	faults []string
}

func (c *oracleCase) fault(format string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, args...))
}

func (c *oracleCase) is(names ...string) bool { return slices.Contains(names, c.name) }

func (c *oracleCase) protected() bool { return oracleGuarded(c.f.By) }

// oracleGuarded tells tables that disclosure control is about.
func oracleGuarded(by []string) bool { return slices.Contains(by, "sector") || oracleSized(by) }

// oracleSized tells tables by the size of those attacked.
func oracleSized(by []string) bool { return slices.Contains(by, "size") || slices.Contains(by, "band") }

// compare counts a figure anew and lists what differs.
func (w *oracleWorld) compare(f *event.Figure) []string {
	c := &oracleCase{w: w, f: f}
	c.name, _, _ = strings.Cut(f.Definition, "/")
	count := func(p *event.FigurePeriod) map[string]*oracleLine {
		if c.is("active-participants", "attacked-users", "infected", "share", "world-share", "rate") {
			return w.people(c.name, f.Of, f.By, p.From.Std(), p.To.Std())
		}
		return w.events(c.name, f.Of, f.By, p.From.Std(), p.To.Std())
	}
	c.now = count(&f.Period)
	if f.Base != nil {
		c.before = count(f.Base)
	}
	c.status()
	switch {
	case c.is("share", "world-share", "rate"):
		c.ratios()
	case c.is("attacked-addresses") || c.protected() && !c.is("attacks"):
		c.noisy()
	case c.protected():
		c.suppressed()
	default:
		c.exact()
	}
	c.places()
	c.changes()
	c.apart()
	return c.faults
}

// status: final after the delay, if the watermark has passed.
func (c *oracleCase) status() {
	want := event.FigureProvisional
	if end := c.f.Period.To.Std(); !c.f.At.Std().Before(end.Add(oracleDelay(&c.f.Period))) && !c.w.watermark().Before(end) {
		want = event.FigureFinal
	}
	if c.f.Status != want {
		c.fault("status %s, not %s", c.f.Status, want)
	}
}

// told gives the lines that are told by their groups.
func (c *oracleCase) told() map[string]*event.FigureRow {
	out := map[string]*event.FigureRow{}
	for i := range c.f.Rows {
		r := &c.f.Rows[i]
		g := strings.Join(r.Group, " ")
		if out[g] != nil {
			c.fault("%q stands there twice", g)
		}
		out[g] = r
	}
	return out
}

// exact compares numbers that have no noise, line by line.
func (c *oracleCase) exact() {
	told := c.told()
	for g, r := range told {
		want := int64(0)
		if l := c.now[g]; l != nil {
			want = l.Value
		}
		if r.Value != want || r.Hidden || r.Few || r.Estimated {
			c.fault("%q is %d, counted are %d", g, r.Value, want)
		}
		if l := c.now[g]; c.is("hosted") && r.Hosts != nil && l != nil {
			c.perturbed("hosts of "+g, r.Hosts.Count, l.Hosts)
		}
	}
	for g, l := range c.now {
		if told[g] == nil && l.Value != 0 {
			c.fault("%q is missing, counted are %d", g, l.Value)
		}
	}
}

// perturbed compares a number that has noise: -4 to +4, none on nought, and always
// the same for the same members.
func (c *oracleCase) perturbed(what string, told int64, members map[string]bool) {
	n := int64(len(members))
	if told < max(n-4, 0) || told > n+4 || n == 0 && told != 0 {
		c.fault("%s is %d, counted are %d", what, told, n)
	}
	key := strings.Join(slices.Sorted(maps.Keys(members)), " ")
	if before, ok := c.w.noise[key]; ok && before != told {
		c.fault("%s is %d, of the same members it was %d", what, told, before)
	}
	c.w.noise[key] = told
}

func (c *oracleCase) noisy() {
	told := c.told()
	for g, r := range told {
		l := c.now[g]
		if l == nil {
			l = &oracleLine{}
		}
		if r.Estimated || r.Hidden {
			c.fault("%q: %+v", g, r)
		}
		c.perturbed(g, r.Value, l.Members)
	}
	for g, l := range c.now {
		if told[g] == nil && len(l.Members) > 4 {
			c.fault("%q is missing, counted are %d", g, len(l.Members))
		}
	}
}

// ratios compares shares and rates with their parts, intervals and thresholds.
func (c *oracleCase) ratios() {
	told := c.told()
	for g, l := range c.now {
		r := told[g]
		if r == nil || r.Ratio == nil {
			c.fault("%q is missing", g)
			continue
		}
		least := c.w.limits.MinCountry
		if c.protected() {
			least = c.w.limits.MinSector
			c.perturbed("active of "+g, r.Ratio.Denominator, l.Active)
		} else if r.Ratio.Denominator != int64(len(l.Active)) {
			c.fault("%q: %d active, counted are %d", g, r.Ratio.Denominator, len(l.Active))
		}
		if few := len(l.Active) < least; r.Few != few {
			c.fault("%q: few is %t with %d active", g, r.Few, len(l.Active))
		}
		if r.Few {
			if r.Value != 0 || r.Ratio.Numerator != 0 || r.Ratio.Value != 0 || r.Rank != 0 {
				c.fault("%q tells of few: %+v %+v", g, r, r.Ratio)
			}
			continue
		}
		c.ratio(g, l, r)
	}
	for g := range told {
		if c.now[g] == nil {
			c.fault("%q has nobody", g)
		}
	}
}

func (c *oracleCase) ratio(g string, l *oracleLine, r *event.FigureRow) {
	n, d := r.Ratio.Numerator, r.Ratio.Denominator
	switch {
	case c.protected():
		c.perturbed("attacked of "+g, n, l.Members)
	case !c.protected() && n != l.Value:
		c.fault("%q: %d, counted are %d", g, n, l.Value)
	}
	if c.is("rate") {
		if want := oracleRounded(1000*n, d); r.Ratio.Value != want || r.Ratio.High != 0 {
			c.fault("%q: rate %+v, want %v", g, r.Ratio, want)
		}
		return
	}
	n = min(n, d) // noise makes no share of more than all
	low, high := oracleInterval(n, d)
	if r.Ratio.Value != oracleRounded(100*n, d) || math.Abs(r.Ratio.Low-100*low) > 0.0501 || math.Abs(r.Ratio.High-100*high) > 0.0501 {
		c.fault("%q: %+v, want %v in %v to %v", g, r.Ratio, oracleRounded(100*n, d), 100*low, 100*high)
	}
}

// Random figures against a count of our own over the raw records, which shares
// nothing with what counts them: events, different ones, shares and their
// intervals, ranks and who can be ranked, changes and on what they rest, what is
// withheld.
func TestRandomFiguresAgainstRawRecords(t *testing.T) {
	n, seed := oracleFigures, uint64(7)
	if more, err := strconv.Atoi(os.Getenv("HAIDANG_ORACLE_FIGURES")); err == nil {
		n = more
	}
	if other, err := strconv.ParseUint(os.Getenv("HAIDANG_ORACLE_SEED"), 10, 64); err == nil {
		seed = other
	}
	r := rand.New(rand.NewPCG(seed, 9))
	a, w := oracleObservatory(t, r)
	defer stop(t, a)
	questions := append(everyTable(w.now, a.zone), w.minutes(200)...)
	for range n {
		questions = append(questions, oracleQuestion(r, w.now, []*time.Location{a.zone, time.UTC}[r.IntN(2)]))
	}
	answered, faulty, seen := 0, 0, map[string]int{}
	for _, q := range questions {
		figure, err := oracleAnswer(t, a, q)
		question := new(classify.QuestionError)
		refused := errors.As(err, &question)
		if open, judged := w.sectorsOpen(q); judged && open == refused {
			t.Errorf("%+v: open is %t and the answer %v", q, open, err)
		}
		if refused {
			continue // minutes long gone, bases of periods that are still running
		}
		if err != nil {
			t.Fatalf("%+v: %v", q, err)
		}
		answered++
		f := figure.Value()
		seen[q.Figure+" by "+strings.Join(q.By, ",")]++
		for i := range f.Rows {
			w.note(seen, &f, &f.Rows[i])
		}
		if f.Period.Kind == "minute" && f.Panel != nil && f.Panel.Percent != nil {
			seen["panels of a minute"]++
		}
		if oracleSized(q.By) {
			seen["sizes of a "+f.Period.Kind]++
		}
		if slices.Contains(q.By, "sector") && q.Figure == "attacks" {
			seen["sectors of a "+f.Period.Kind]++
		}
		if faults := w.compare(&f); len(faults) > 0 {
			t.Errorf("%+v: %s", q, strings.Join(faults, "; "))
			if faulty++; faulty > 20 {
				t.FailNow()
			}
		}
	}
	t.Logf("%d of %d figures compared: %v", answered, len(questions), seen)
	if answered < len(questions)/2 {
		t.Errorf("only %d of %d questions were answered", answered, len(questions))
	}
	for figure, tables := range oracleTables {
		for _, table := range tables {
			if _, by, tied := strings.Cut(table, ":"); tied {
				table = by
			}
			if seen[figure+" by "+table] == 0 {
				t.Errorf("no %s by %q was answered", figure, table)
			}
		}
	}
	for _, what := range []string{"hidden", "shown", "ranked", "not ranked", "few", "plain", "panel", "break", "points", "panels of a minute", "a line plain", "a line break", "a line's panel", "a line's panel withheld", "sectors of a day", "sectors of a month", "sectors of a quarter", "sectors of a year", "sizes of a quarter"} {
		if what == "sectors of a year" && w.now.In(a.zone).Month() == time.January {
			continue // no month of it is over
		}
		if seen[what] == 0 {
			t.Errorf("the world had nothing %s: %v", what, seen)
		}
	}
}

// oracleAnswer asks until it is decided which lines are shown, and has that decided.
func oracleAnswer(t *testing.T, a *App, q event.FigureQuery) (classify.Released[event.Figure], error) {
	t.Helper()
	for deadline := testNow().Add(10 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		figure, err := a.gate.Figure(t.Context(), classify.Nobody(), q)
		if later := new(classify.LimitError); !errors.As(err, &later) || testNow().After(deadline) {
			return figure, err
		}
		a.decide(t.Context())
	}
}

// sectorsOpen says whether a table of sectors is open: of local days and of whole
// months together, by size of quarters and what they make, once they are final. Other tables and changes are not judged.
func (w *oracleWorld) sectorsOpen(q event.FigureQuery) (open, judged bool) {
	if !oracleGuarded(q.By) || q.Figure != "attacks" || q.Base != "" {
		return false, false
	}
	if oracleSized(q.By) && !strings.Contains(q.Period, "-Q") && !strings.Contains(q.Period, "-H") && len(q.Period) != len("2006") {
		return false, true
	}
	end, final := oracleSectorsEnd(q.Period, w.zone)
	if q.Zone == "UTC" || end.IsZero() {
		return false, true
	}
	now := w.now.Add(time.Hour)
	if apart := now.Sub(end) - final; apart > -time.Hour && apart < time.Hour { // too close to call
		return false, false
	}
	return now.After(end.Add(final)) && !w.watermark().Before(end), true
}

// oracleSectorsEnd gives the end of a period that tables of sectors are open for, and
// how long after it it is final.
func oracleSectorsEnd(period string, zone *time.Location) (end time.Time, final time.Duration) {
	const day = 24 * time.Hour
	parse := func(layout string) bool {
		at, err := time.ParseInLocation(layout, period, zone)
		end = at
		return err == nil
	}
	if parse(time.DateOnly) {
		return end.AddDate(0, 0, 1), 2 * day
	}
	if parse("2006-01") {
		return end.AddDate(0, 1, 0), 7 * day
	}
	if parse("2006") {
		return end.AddDate(1, 0, 0), 15 * day
	}
	year, part, _ := strings.Cut(period, "-")
	y, err := strconv.Atoi(year)
	if err != nil || part == "" {
		return time.Time{}, 0
	}
	n := int(part[1] - '0')
	switch part[0] {
	case 'Q':
		return time.Date(y, time.Month(3*n+1), 1, 0, 0, 0, 0, zone), 15 * day
	case 'H':
		return time.Date(y, time.Month(6*n+1), 1, 0, 0, 0, 0, zone), 15 * day
	}
	if _, until, ok := strings.Cut(period, "-YTD@"); ok {
		if at, err := time.ParseInLocation(time.DateOnly, until, zone); err == nil && at.AddDate(0, 0, 1).Day() == 1 {
			return at.AddDate(0, 0, 1), 15 * day
		}
	}
	return time.Time{}, 0
}

// note counts what the questions met, so that none of it is missing.
func (w *oracleWorld) note(seen map[string]int, f *event.Figure, r *event.FigureRow) {
	what := map[string]bool{
		"hidden": r.Hidden, "shown": !r.Hidden && slices.Contains(f.By, "sector") && f.Definition == "attacks/1",
		"ranked": r.Rank > 0 && r.Ratio != nil, "not ranked": r.Rank == 0 && r.Ratio != nil && f.Of == "world", "few": r.Few, "points": r.Change != nil && r.Change.Points != 0,
	}
	if f.Panel != nil {
		what[f.Panel.Rests] = true
	}
	if s := r.Rests; s != nil {
		what["a line "+s.Rests], what["a line as the whole"], what["a line unlike the whole"] = true, s.Rests == f.Panel.Rests, s.Rests != f.Panel.Rests
		what["a line's panel"], what["a line's panel withheld"] = s.Percent != nil, s.Percent == nil && s.Rests != event.RestsOnNothing
	}
	for name, met := range what {
		if met {
			seen[name]++
		}
	}
}
