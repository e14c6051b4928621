// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"time"
)

// today keeps the figures of the picture's day while they are counted, so that
// a picture costs the same whatever the number of events or of cells. They are
// sums of the day's cells, and counted from these once when the day begins or
// the observatory starts.
type today struct {
	from, to int64 // minutes; to is 0 before the first
	count    dayCount
	replay   bool
}

// roll goes over to the local day that now lies in.
func (t *today) roll(m *Measure, now time.Time) {
	if at := now.Unix() / 60; t.from <= at && at < t.to {
		return
	}
	start := midnight(now, m.cfg.Zone)
	t.from, t.to = start.Unix()/60, start.AddDate(0, 0, 1).Unix()/60
	t.count, t.replay = dayCount{home: place(m.cfg.Home)}, false
	images, _ := m.build(now).plan(t.from, t.to)
	for _, b := range images {
		t.count.take(b)
		t.replay = t.replay || b.replay
	}
}

// of gives the figures that a minute counts in, nil for another day's.
func (t *today) of(minute int64, replay bool) *dayCount {
	if minute < t.from || minute >= t.to {
		return nil
	}
	t.replay = t.replay || replay
	return &t.count
}

// dayCount is one day's figures.
type dayCount struct {
	home                                    uint64
	world, onHome, hosted                   Cell
	affected, hosting, kinds, ways, systems table
	unconfirmed                             int64
}

// take adds a period's cells, of which nothing lies in the attic; the caller has
// the lock.
func (d *dayCount) take(b *bucketView) {
	_ = b.copied(CubeTotal).each(func(_ uint64, c *Cell) { d.world.add(c) })
	_ = b.copied(CubeAffected).each(func(key uint64, c *Cell) {
		d.affected.cell(key >> 10).add(c)
		if key>>10 == d.home {
			d.onHome.add(c)
			d.kinds.cell(key >> 4 & (1<<bitsKind - 1)).add(c)
			d.ways.cell(key & (1<<bitsWay - 1)).add(c)
		}
	})
	_ = b.copied(CubeHosting).each(func(key uint64, c *Cell) {
		if key>>11 == d.home && key>>10&1 == 1 {
			d.hosted.add(c)
		}
	})
	_ = b.copied(CubePair).each(func(key uint64, c *Cell) {
		switch {
		case key>>11 != d.home:
		case key>>10&1 == 1:
			d.hosting.cell(key & (1<<bitsPlace - 1)).add(c)
		default:
			d.unconfirmed += c[colAttempt]
		}
	})
	_ = b.copied(CubeHostingAS).each(func(key uint64, c *Cell) {
		if key>>6&3 == confirmedOnHome {
			d.systems.cell(key >> 8).add(c)
		}
	})
}

// confirmedOnHome are the bits above the kind in a key of CubeHostingAS.
const confirmedOnHome = 3

// profile adds what a profile's rows add to the cells, as take reads them.
func (d *dayCount) profile(p *profile, s *sum) {
	if p.primary {
		d.world.gain(p.col, s)
		if p.hasHosting && p.hosting == d.home && p.sure == 1 {
			d.hosted.gain(p.col, s)
		}
	}
	if !p.hasAffected {
		return
	}
	d.affected.cell(p.affected).gain(p.col, s)
	if p.affected != d.home {
		return
	}
	d.onHome.gain(p.col, s)
	d.kinds.cell(p.kind).gain(p.col, s)
	d.ways.cell(p.way).gain(p.col, s)
	switch {
	case !p.hasHosting:
	case p.sure == 1:
		d.hosting.cell(p.hosting).gain(p.col, s)
	case p.col == colAttempt:
		d.unconfirmed += s.events
	}
}

// system adds to a hosting network what a key of CubeHostingAS gains.
func (d *dayCount) system(key uint64, col int, s *sum) {
	if key>>6&3 == confirmedOnHome {
		d.systems.cell(key>>8).gain(col, s)
	}
}
