// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"slices"
	"sync"
	"time"

	"haidang/event"
)

// pictures keeps the last picture, and what of it need not be counted anew
// several times a second.
type pictures struct {
	mu      sync.Mutex
	of      *view
	picture event.Picture

	slow      slowPart
	slowAt    time.Time
	average   float64
	averageAt time.Time
}

// slowPart is renewed once a second.
type slowPart struct {
	day       event.Time
	hostingAS []event.Count
	sectors   []event.Count
	sectorDay event.Time
}

// maxSystems is how many hosting AS the picture names.
const maxSystems = 100

// Picture gives the national picture, at most PictureEvery old. Its slices are
// shared with other readers: they are not to be changed.
func (m *Measure) Picture() event.Picture {
	v := m.look()
	p := &m.pict
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.of != v {
		p.picture, p.of = m.paint(v), v
	}
	return p.picture
}

func (m *Measure) paint(v *view) event.Picture {
	now := v.built
	start := midnight(now, m.cfg.Zone)
	day := event.TimeOf(start)
	home := place(m.cfg.Home)
	pic := event.Picture{
		At: event.TimeOf(now), Home: m.cfg.Home, DayStart: day,
		Rate: v.rate, WorldRate: v.world, LastEvent: v.lastEvent,
		Flows: v.flows, FlowsRest: v.rest, Watermark: v.watermark,
	}
	d := newDay(home)
	from, to := span(day, event.TimeOf(start.AddDate(0, 0, 1)))
	images, _ := v.plan(from, to)
	for _, b := range images {
		d.take(b)
		pic.Replay = pic.Replay || b.replay
	}
	d.into(&pic, &v.texts)
	pic.Minutes = m.minutes(v, now)
	pic.Sensors = m.declare(v.states)
	m.paintSlow(v, &pic, start)
	if day := minuteOf(day); m.pict.averageAt.Unix()/60 != now.Unix()/60 || m.pict.slow.day != pic.DayStart {
		m.pict.average, m.pict.averageAt = m.averageDay(v, now, day), now
	}
	m.pict.slow.day = pic.DayStart
	pic.Average = m.pict.average
	return pic
}

// dayCount gathers one day's figures in one walk over the cells.
type dayCount struct {
	home                           uint64
	world, onHome, hosted          Cell
	affected, hosting, kinds, ways table
	unconfirmed                    int64
}

func newDay(home uint64) *dayCount { return &dayCount{home: home} }

func (d *dayCount) take(b *bucketView) {
	b.cubes[CubeTotal].each(func(_ uint64, c *Cell) { d.world.add(c) })
	b.cubes[CubeAffected].each(func(key uint64, c *Cell) {
		d.affected.cell(key >> 10).add(c)
		if key>>10 == d.home {
			d.onHome.add(c)
			d.kinds.cell(key >> 4 & (1<<bitsKind - 1)).add(c)
			d.ways.cell(key & (1<<bitsWay - 1)).add(c)
		}
	})
	b.cubes[CubeHosting].each(func(key uint64, c *Cell) {
		if key>>11 == d.home && key>>10&1 == 1 {
			d.hosted.add(c)
		}
	})
	b.cubes[CubePair].each(func(key uint64, c *Cell) {
		switch {
		case key>>11 != d.home:
		case key>>10&1 == 1:
			d.hosting.cell(key & (1<<bitsPlace - 1)).add(c)
		default:
			d.unconfirmed += c[colAttempt]
		}
	})
}

func (d *dayCount) into(pic *event.Picture, t *texts) {
	pic.World, pic.Today, pic.HostedIn = d.world.Totals(), d.onHome.Totals(), d.hosted.Totals()
	pic.Unconfirmed = d.unconfirmed
	pic.Affected = d.affected.ranking(t, DimAffectedCountry)
	pic.Hosting = d.hosting.ranking(t, DimHostingCountry)
	pic.Kinds = d.kinds.ranking(t, DimKind)
	pic.Ways = d.ways.ranking(t, DimWay)
}

// ranking lists attacks by a table's keys.
func (t *table) ranking(names *texts, d Dim) []event.Count {
	a := Answer{Rows: make([]Row, len(t.keys))}
	for i, key := range t.keys {
		a.Rows[i] = Row{Group: []string{names.text(d, key)}, Cell: t.cells[i]}
	}
	return a.Counts(event.StageAttempt)
}

// minutes gives the last 60 minutes on the home country, the present one last.
func (m *Measure) minutes(v *view, now time.Time) []event.Minute {
	last := now.Unix() / 60
	out := make([]event.Minute, 60)
	for i := range out {
		out[i].Start = timeOf(last - 59 + int64(i))
	}
	home := place(m.cfg.Home)
	for _, b := range v.between(ByMinute, last-59, last+1) {
		p := &out[b.start-(last-59)]
		b.cubes[CubeAffected].each(func(key uint64, c *Cell) {
			if key>>10 == home {
				p.Attacks += c[colAttempt]
				p.Incidents += c[colIncident]
				p.States += c[colState]
			}
		})
	}
	return out
}

// declare adds to the sensors' states what their enrolment says.
func (m *Measure) declare(states []event.SensorState) []event.SensorState {
	if m.deps.SensorInfo == nil {
		return states
	}
	for i := range states {
		if s, ok := m.deps.SensorInfo(states[i].Name); ok {
			states[i].Country, _ = event.ParseCountry(s.Country)
			states[i].Covers = s.Covers
			states[i].Replay = states[i].Replay || s.Replay
		}
	}
	return states
}

// paintSlow renews once a second what has many cells or seldom changes.
func (m *Measure) paintSlow(v *view, pic *event.Picture, start time.Time) {
	s := &m.pict.slow
	if age := v.built.Sub(m.pict.slowAt); age >= time.Second || age < 0 || s.day != pic.DayStart {
		m.pict.slowAt = v.built
		end := event.TimeOf(start.AddDate(0, 0, 1))
		systems, _, err := m.ranking(v, DimHostingAS, pic.DayStart, end, event.StageAttempt, []Where{Is(DimHome, "yes")})
		if err != nil {
			m.deps.Log.Error("ranking of hosting networks failed", "error", err)
		}
		s.hostingAS = systems[:min(len(systems), maxSystems)]
		s.sectorDay = event.TimeOf(start.AddDate(0, 0, -1))
		if s.sectors, err = m.sectorDay(v, s.sectorDay, pic.DayStart); err != nil {
			m.deps.Log.Error("ranking of sectors failed", "error", err)
		}
	}
	pic.HostingAS, pic.Sectors, pic.SectorDay = s.hostingAS, s.sectors, s.sectorDay
}

// sectorDay ranks the sectors of a closed day, with what disclosure control
// needs to know of each.
func (m *Measure) sectorDay(v *view, from, to event.Time) ([]event.Count, error) {
	cells, _, err := m.contributions(v, []Dim{DimSector}, from, to, event.StageAttempt, nil, nil)
	if err != nil {
		return nil, err
	}
	out := make([]event.Count, len(cells))
	for i, c := range cells {
		out[i] = event.Count{
			Key: c.Group[0], Events: c.Events, Records: c.Records,
			Organisations: c.Orgs, Largest: c.Largest, Second: c.Second,
		}
	}
	slices.SortFunc(out, byEvents)
	return out, nil
}

// averageWeeks is how many weeks back the average of a weekday looks.
const averageWeeks = 8

// averageDay gives the mean of attacks on the home country on this weekday up
// to this time of day. Of the hour under way the part that has passed is taken.
// Weeks in which nothing at all was counted that day are left out.
func (m *Measure) averageDay(v *view, now time.Time, day int64) float64 {
	home := place(m.cfg.Home)
	var sum float64
	weeks := 0
	start := time.Unix(day*60, 0).In(m.cfg.Zone)
	for w := 1; w <= averageWeeks; w++ {
		from := start.AddDate(0, 0, -7*w).Unix() / 60
		if images, _ := v.plan(from, start.AddDate(0, 0, -7*w+1).Unix()/60); len(images) == 0 {
			continue
		}
		weeks++
		gone := now.Unix()/60 - day // minutes of today
		images, _ := v.plan(from, from+gone/60*60)
		sum += float64(attacksOn(images, home))
		images, _ = v.plan(from+gone/60*60, from+gone/60*60+60)
		sum += float64(attacksOn(images, home)) * float64(gone%60) / 60
	}
	if weeks == 0 {
		return 0
	}
	return sum / float64(weeks)
}

func attacksOn(images []*bucketView, home uint64) (n int64) {
	for _, b := range images {
		b.cubes[CubeAffected].each(func(key uint64, c *Cell) {
			if key>>10 == home {
				n += c[colAttempt]
			}
		})
	}
	return n
}
