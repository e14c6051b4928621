// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"net/netip"

	"haidang/event"
	"haidang/figure"
)

type coverageBody struct {
	Line    string
	Sensors []sensorRow
	Counts  []figureRow
	Times   []timeRow
	Period  string
	Losses  figureBlock
	Blocks  []figureBlock // records hour by hour and day by day: silence is a gap
}

type sensorRow struct {
	Country, Number, State string
	Heard                  moment
	Alive                  bool
}

type figureRow struct{ Name, Value string }

type timeRow struct {
	Name string
	At   moment
}

func (p *Portal) coverage(l *language, pic *event.Picture) (string, any) {
	b := coverageBody{
		Line:   l.coverageLine(pic),
		Period: l.T("period.today", "time", l.clock(pic.At).Text),
		Counts: []figureRow{
			{l.T("coverage.records"), l.Number(pic.World.Records)},
			{l.T("coverage.attacks"), l.Number(pic.World.Attacks)},
			{l.T("coverage.incidents"), l.Number(pic.World.Incidents)},
			{l.T("coverage.states"), l.Number(pic.World.States)},
			{l.T("coverage.context"), l.Number(pic.World.Context)},
			{l.T("coverage.excluded"), l.Number(pic.World.Excluded)},
		},
		Times: []timeRow{
			{l.T("coverage.last"), l.full(pic.LastEvent)},
			{l.T("coverage.watermark"), l.full(pic.Watermark)},
		},
	}
	for i := range pic.Sensors {
		s := &pic.Sensors[i]
		b.Sensors = append(b.Sensors, sensorRow{
			Country: l.country(s.Country.String()),
			Number:  l.Number(int64(max(s.Sensors, 1))),
			Heard:   l.heard(s.LastSeen, pic.DayStart),
			State:   l.sensorState(s),
			Alive:   !s.Silent && s.LastSeen.IsSet(),
		})
	}
	if pic.Watermark.IsSet() {
		minutes := float64(max(pic.At-pic.Watermark, 0)) / 60e9
		b.Counts = append(b.Counts, figureRow{l.T("coverage.late"), l.T("coverage.minutes", "n", l.decimal(minutes))})
	}
	b.Losses = p.losses(l, false)
	p.received(l, pic, &b)
	return l.T("nav.coverage"), b
}

// received adds what came in over time, and how many take part.
func (p *Portal) received(l *language, pic *event.Picture, b *coverageBody) {
	now := p.dep.Now().In(p.cfg.Zone)
	day := figure.Containing(figure.Day, now).String()
	f, err := p.ask(event.FigureQuery{Figure: "active-participants", Of: homeOf(pic), Period: day})
	if ignore(err) != nil {
		panic(err)
	}
	if err == nil && f.Rows[0].Value > 0 {
		b.Counts = append(b.Counts, figureRow{figure.BuiltIn().Find(f.Definition).Name.In(l.Code), l.amount(&f.Rows[0])})
	}
	for i, period := range []string{day, figure.Containing(figure.Month, now).String()} {
		block, err := p.block(l, l.path("coverage"), []string{"today", "month"}[i], spec{Form: formSeries, Figure: "records", Of: figure.World, Period: period}, netip.IPv6Unspecified())
		if ignore(err) != nil {
			panic(err)
		}
		if err == nil {
			b.Blocks = append(b.Blocks, block)
		}
	}
}

// heard leaves the date out of a time of today.
func (l *language) heard(t, today event.Time) moment {
	if t >= today {
		return l.second(t)
	}
	return l.full(t)
}

func (l *language) sensorState(s *event.SensorState) string {
	switch {
	case !s.LastSeen.IsSet():
		return l.T("coverage.never")
	case s.Silent:
		return l.T("coverage.silent")
	case s.SilentSensors > 0:
		return l.T("coverage.alive") + ", " + l.T("coverage.some", "n", l.Number(int64(s.SilentSensors)))
	}
	return l.T("coverage.alive")
}
