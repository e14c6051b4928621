// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"slices"
	"strconv"
	"strings"

	"haidang/event"
	"haidang/figure"
	"haidang/share/internal/chart"
)

// The rule of surges, as the page states it: a day with more than surgeTimes the
// median of the same weekday in the surgeWeeks before, and at least surgeLeast
// above it. At least surgeKnown of those days must have figures.
const (
	surgeTimes = 3
	surgeWeeks = 8
	surgeKnown = 4
	surgeLeast = 100
)

// dayCount is one day's number; it is a gap where nothing was reported.
type dayCount struct {
	period figure.Period
	n      int64
	gap    bool
	status event.Figure
	median float64
	rated  bool // there were enough days to compare with
}

func (d *dayCount) surge() bool {
	return d.rated && !d.gap && float64(d.n) > surgeTimes*d.median && float64(d.n)-d.median >= surgeLeast
}

// days counts a period day by day, each with the median of its weekday before.
func (p *Portal) days(s spec) ([]*dayCount, error) {
	whole, err := figure.ParsePeriod(s.Period, p.cfg.Zone)
	if err != nil || partOf[whole.Kind] != figure.Day || s.Row != "" || len(s.By) > 0 {
		return nil, errNothing
	}
	parts := p.parts(whole)
	known := make(map[int64]*dayCount, len(parts)+7*surgeWeeks)
	count := func(at figure.Period) (*dayCount, error) {
		if d := known[at.From.Unix()]; d != nil {
			return d, nil
		}
		d, err := p.day(s, at)
		known[at.From.Unix()] = d
		return d, err
	}
	out := make([]*dayCount, 0, len(parts))
	before := make([]int64, 0, surgeWeeks)
	for _, at := range parts {
		d, err := count(at)
		if err != nil {
			return nil, err
		}
		before = before[:0]
		for week := 1; week <= surgeWeeks; week++ {
			b, err := count(figure.Containing(figure.Day, at.From.AddDate(0, 0, -7*week)))
			if err != nil {
				return nil, err
			}
			if !b.gap {
				before = append(before, b.n)
			}
		}
		d.median, d.rated = median(before), len(before) >= surgeKnown
		out = append(out, d)
	}
	return out, nil
}

func (p *Portal) day(s spec, at figure.Period) (*dayCount, error) {
	f, err := p.ask(event.FigureQuery{Figure: s.Figure, Of: s.Of, Period: at.String()})
	if absent(err) {
		return &dayCount{period: at, gap: true}, nil
	}
	if err != nil {
		return nil, err
	}
	d := &dayCount{period: at, n: f.Rows[0].Value, gap: f.Rows[0].Hidden, status: f}
	if d.n == 0 && !d.gap {
		d.gap, err = p.silent(at)
	}
	return d, err
}

func median(in []int64) float64 {
	if len(in) == 0 {
		return 0
	}
	slices.Sort(in)
	m := len(in) / 2
	if len(in)%2 == 1 {
		return float64(in[m])
	}
	return float64(in[m-1]+in[m]) / 2
}

// surges shows a period's days, and those that stand out.
func (d *drawing) surges(b *figureBlock) error {
	days, err := d.p.days(d.spec)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(days, func(c *dayCount) bool { return c.status.Definition != "" })
	if i < 0 {
		return errNothing
	}
	l, f := d.l, days[i].status
	b.Kicker = d.kicker(&f, nil) + ", " + l.T("part.day")
	b.Head = []string{l.T("column.day"), upper(d.unit(f.Definition)), l.T("surge.median"), l.T("surge.times"), l.T("surge.kind"), l.T("surge.from"), l.T("surge.hosts")}
	c := chart.Series{Scale: l.whole, Gap: l.T("gap")}
	for _, day := range days {
		c.Points = append(c.Points, l.surgePoint(day))
		if day.surge() {
			line, err := d.surgeLine(day)
			if err != nil {
				return err
			}
			b.Rows = append(b.Rows, line)
		}
	}
	b.Title = l.T("surge.none")
	if n := len(b.Rows); n > 0 {
		b.Title = l.T("surge.some", "n", l.Number(int64(n)), "day", b.Rows[n-1].Name)
	}
	b.Notes = append(b.Notes, l.T("surge.rule", "times", strconv.Itoa(surgeTimes), "weeks", strconv.Itoa(surgeWeeks), "known", strconv.Itoa(surgeKnown), "least", strconv.Itoa(surgeLeast)), l.T("surge.few"))
	d.closeSeries(b, f)
	c.Frame = d.frame(b, b.Title)
	c.Series = []string{upper(d.unit(f.Definition)), l.T("surge.median")}
	b.Chart = svg(c.SVG())
	return nil
}

func (l *language) surgePoint(day *dayCount) chart.Point {
	one := chart.Value{N: float64(day.n), Text: l.Number(day.n)}
	if day.gap {
		one = chart.Value{Text: l.T("gap"), State: chart.Missing}
	} else if !day.status.Period.Ended {
		one.State = chart.Open
	}
	other := chart.Value{N: day.median, Text: l.whole(day.median)}
	if !day.rated {
		other = chart.Value{State: chart.Missing}
	}
	return chart.Point{Name: upper(day.period.Name(l.Code)), Tick: l.tick(day.period), Values: []chart.Value{one, other}}
}

// surgeLine tells of a day what most of it was and whence: a few machines make
// most spikes.
func (d *drawing) surgeLine(day *dayCount) (figureLine, error) {
	times := strings.Replace(strconv.FormatFloat(float64(day.n)/max(day.median, 1), 'f', 1, 64), ".", d.l.Point, 1)
	line := figureLine{Name: upper(day.period.Name(d.l.Code)), Cells: []string{d.l.Number(day.n), d.l.whole(day.median), times + "×"}}
	for _, by := range []string{"kind", "hosting"} {
		f, err := d.p.ask(event.FigureQuery{Figure: d.spec.Figure, Of: d.spec.Of, By: []string{by}, Period: day.period.String()})
		if ignore(err) != nil {
			return line, err
		}
		cell := "–"
		if all, _ := total(f.Rows); all > 0 {
			cell = d.l.title(f.By, f.Rows[0].Group) + " (" + d.l.share(f.Rows[0].Value, all) + ")"
		}
		line.Cells = append(line.Cells, cell)
	}
	hosts, err := d.surgeHosts(day)
	line.Cells = append(line.Cells, hosts)
	return line, err
}

// surgeHosts is how many addresses stand behind a day's number: those attacked, or
// of what is hosted those that it came from.
func (d *drawing) surgeHosts(day *dayCount) (string, error) {
	q := event.FigureQuery{Of: d.spec.Of, Period: day.period.String()}
	switch d.spec.Figure {
	case "attacks":
		q.Figure = "attacked-addresses"
	case "hosted":
		q.Figure = "hosted"
	default:
		return "–", nil
	}
	f, err := d.p.ask(q)
	if err != nil || len(f.Rows) == 0 {
		return "–", ignore(err)
	}
	n := f.Rows[0].Hosts
	if q.Figure == "attacked-addresses" {
		n = &event.FigureUnits{Count: f.Rows[0].Value, Estimated: f.Rows[0].Estimated}
	}
	return d.l.hosts(n), nil
}

// surgesPage lists the days of a period that stand out.
func (p *Portal) surgesPage(o *opened) (string, figuresBody, error) {
	at, err := p.periodOf(o.asked, figure.Quarter)
	if err != nil {
		return "", figuresBody{}, err
	}
	if partOf[at.Kind] != figure.Day {
		return "", figuresBody{}, &unreadable{"days", "period", at.String()}
	}
	l, home := o.l, p.homeCode()
	b := figuresBody{Lead: l.T("surge.lead", "home", l.country(home))}
	b.Picker = p.picker(l, l.path(o.name), o.asked, at, []figure.Kind{figure.Month, figure.Quarter})
	for _, id := range []string{"attacks", "hosted", "incidents"} {
		if err := o.block(&b, id, spec{Form: formSurges, Figure: id, Of: home, Period: at.String()}); err != nil {
			return "", b, err
		}
	}
	for i := range b.Blocks {
		b.Blocks[i].Open = len(b.Blocks[i].Rows) > 0
	}
	title := l.T("surge.title", "home", l.country(home), "period", at.Name(l.Code))
	b.Data = o.dataset(title, at, b.Blocks)
	return title, b, nil
}
