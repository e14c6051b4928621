// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"haidang/event"
)

// pictures keeps the last picture, and what of it need not be counted anew
// several times a second.
type pictures struct {
	last atomic.Pointer[painted]

	busy      sync.Mutex // held by who paints; guards what follows
	slow      slowPart
	average   float64
	averageAt time.Time
	sketch    sketch
}

type painted struct {
	at      time.Time
	picture event.Picture
}

func (p *painted) fresh(now time.Time, every time.Duration) bool {
	return p != nil && now.Sub(p.at) < every && !now.Before(p.at)
}

// slowPart is renewed more seldom than the picture.
type slowPart struct {
	day       event.Time
	systemsAt time.Time
	hostingAS []event.Count
	sectorsAt time.Time
	sectors   []event.Count
	sectorDay event.Time
}

// How often what seldom changes is renewed: hosting networks, of which there are
// many, and the sectors of a day that has closed.
const (
	systemsEvery = time.Second
	sectorsEvery = time.Minute
)

// maxSystems is how many hosting AS the picture names.
const maxSystems = 100

// Picture gives the national picture, at most PictureEvery old; while another
// goroutine paints, it may be twice as old. Its slices are shared with other
// readers: they are not to be changed.
func (m *Measure) Picture() event.Picture {
	now := m.deps.Now()
	p := &m.pict
	last := p.last.Load()
	if last.fresh(now, m.cfg.PictureEvery) {
		return last.picture
	}
	if !p.busy.TryLock() {
		if last.fresh(now, 2*m.cfg.PictureEvery) {
			return last.picture
		}
		p.busy.Lock()
	}
	defer p.busy.Unlock()
	if last := p.last.Load(); last.fresh(now, m.cfg.PictureEvery) {
		return last.picture
	}
	pic := m.paint(now)
	p.last.Store(&painted{now, pic})
	return pic
}

// sketch is what is copied of the counters to paint from, without the lock.
type sketch struct {
	affected, hosting, kinds, ways, systems lines
}

// lines are keys with their attacks, to be ranked.
type lines []line

type line struct {
	key             uint64
	events, records int64
}

func (l lines) of(t *table) lines {
	l = l[:0]
	for i, key := range t.keys {
		if c := &t.cells[i]; c[colAttempt] != 0 || c[colRecords+colAttempt] != 0 {
			l = append(l, line{key, c[colAttempt], c[colRecords+colAttempt]})
		}
	}
	return l
}

// ranking gives the strongest lines, at most n.
func (l lines) ranking(d Dim, n int) []event.Count {
	if len(l) > n {
		l = l.strongest(n)
	}
	var none texts // the picture ranks nothing that has a name of its own
	out := make([]event.Count, len(l))
	for i := range l {
		out[i] = event.Count{Key: none.text(d, l[i].key), Events: l[i].events, Records: l[i].records}
	}
	slices.SortFunc(out, byEvents)
	return out[:min(n, len(out))]
}

// strongest leaves out lines that cannot be among the first n, in place.
func (l lines) strongest(n int) lines {
	events := make([]int64, len(l))
	for i := range l {
		events[i] = l[i].events
	}
	slices.Sort(events)
	least := events[len(events)-n]
	return slices.DeleteFunc(l, func(x line) bool { return x.events < least })
}

func (m *Measure) paint(now time.Time) event.Picture {
	p := &m.pict
	start := midnight(now, m.cfg.Zone)
	pic := event.Picture{At: event.TimeOf(now), Home: m.cfg.Home, DayStart: event.TimeOf(start)}
	newDay := p.slow.day != pic.DayStart
	systems := newDay || elapsed(p.slow.systemsAt, now, systemsEvery)
	m.sketch(&pic, now, systems)
	pic.Affected = p.sketch.affected.ranking(DimAffectedCountry, len(p.sketch.affected))
	pic.Hosting = p.sketch.hosting.ranking(DimHostingCountry, len(p.sketch.hosting))
	pic.Kinds = p.sketch.kinds.ranking(DimKind, len(p.sketch.kinds))
	pic.Ways = p.sketch.ways.ranking(DimWay, len(p.sketch.ways))
	if systems {
		p.slow.systemsAt, p.slow.hostingAS = now, p.sketch.systems.ranking(DimHostingAS, maxSystems)
	}
	if newDay || elapsed(p.slow.sectorsAt, now, sectorsEvery) {
		m.paintSectors(now, start)
	}
	if newDay || p.averageAt.Unix()/60 != now.Unix()/60 {
		p.average, p.averageAt = m.averageDay(m.look(), now, minuteOf(pic.DayStart)), now
	}
	p.slow.day = pic.DayStart
	pic.HostingAS, pic.Sectors, pic.SectorDay, pic.Average = p.slow.hostingAS, p.slow.sectors, p.slow.sectorDay, p.average
	pic.Sensors = m.declare(pic.Sensors)
	return pic
}

func elapsed(since, now time.Time, every time.Duration) bool {
	return now.Sub(since) >= every || now.Before(since)
}

// sketch copies what the picture is painted from: some hundred numbers, however
// much was counted, and the hosting networks where they are asked for.
func (m *Measure) sketch(pic *event.Picture, now time.Time, systems bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tick(now)
	m.flush(now)
	m.today.roll(m, now)
	d, s := &m.today.count, &m.pict.sketch
	pic.World, pic.Today, pic.HostedIn = d.world.Totals(), d.onHome.Totals(), d.hosted.Totals()
	pic.Unconfirmed, pic.Replay = d.unconfirmed, m.today.replay
	s.affected, s.hosting = s.affected.of(&d.affected), s.hosting.of(&d.hosting)
	s.kinds, s.ways = s.kinds.of(&d.kinds), s.ways.of(&d.ways)
	if systems {
		s.systems = s.systems.of(&d.systems)
	}
	pic.Rate, pic.WorldRate = m.live.rateHome.value(), m.live.rateWorld.value()
	pic.Flows, pic.FlowsRest = m.live.last, m.live.rest
	pic.Sensors, pic.Watermark, pic.LastEvent = m.states(now), m.sensors.watermark(now), event.TimeUnset
	if m.sensors.newest != 0 {
		pic.LastEvent = m.sensors.newest
	}
	pic.Minutes = m.minutes(now)
}

// minutes gives the last 60 minutes on the home country, the present one last.
func (m *Measure) minutes(now time.Time) []event.Minute {
	first := now.Unix()/60 - 59
	out := make([]event.Minute, 60)
	for i := range out {
		p := &out[i]
		p.Start = timeOf(first + int64(i))
		if b := m.buckets[ByMinute][first+int64(i)]; b != nil {
			p.Attacks, p.Incidents, p.States = b.home[colAttempt], b.home[colIncident], b.home[colState]
		}
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

func (m *Measure) paintSectors(now, start time.Time) {
	s := &m.pict.slow
	s.sectorsAt, s.sectorDay = now, event.TimeOf(start.AddDate(0, 0, -1))
	var err error
	if s.sectors, err = m.sectorDay(m.look(), s.sectorDay, event.TimeOf(start)); err != nil {
		m.deps.Log.Error("ranking of sectors failed", "error", err)
	}
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

// averageDay gives how many attacks on the home country an average day of this
// weekday has had by this time of day, in the hours in which anything was received
// today: the sum of each hour's mean over the weeks in which anything was received
// in it. Hours without a record, not even context, are no noughts: nobody looked.
// Of the hour under way the part that has passed is taken. It is 0, unknown, where
// there is nothing to compare an hour of today with.
func (m *Measure) averageDay(v *view, now time.Time, day int64) (sum float64) {
	start, end := time.Unix(day*60, 0).In(m.cfg.Zone), now.Unix()/60
	for hour := ByHour.floor(day); hour < end; hour += 60 {
		if _, received := v.hour(hour); !received {
			continue
		}
		attacks, weeks := int64(0), 0
		for w := 1; w <= averageWeeks; w++ {
			apart := day - start.AddDate(0, 0, -7*w).Unix()/60 // clocks may have changed
			if n, received := v.hour(hour - apart); received {
				attacks, weeks = attacks+n, weeks+1
			}
		}
		if weeks == 0 {
			return 0
		}
		part := float64(min(hour+60, end)-max(hour, day)) / 60
		sum += part * float64(attacks) / float64(weeks)
	}
	return sum
}

// hour gives the attacks on the home country in an hour, and whether anything was
// received of it that is still known by the hour.
func (v *view) hour(start int64) (attacks int64, received bool) {
	images, whole := v.plan(start, start+60)
	return attacksOn(images), whole && len(images) > 0
}

func attacksOn(images []*bucketView) (n int64) {
	for _, b := range images {
		n += b.home[colAttempt]
	}
	return n
}
