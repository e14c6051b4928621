// SPDX-License-Identifier: Apache-2.0

package measure

// period names a delta: the finest resolution that still counts it.
type period struct {
	res   Resolution
	start int64
}

// delta holds what one period gained since the last cut: of the present in tables;
// else as it came, since late records touch hundreds of periods with a few cells each.
type delta struct {
	m      *Measure
	busy   bool // of the present
	open   [cubes]*table
	late   [cubes][]byte
	replay bool
}

// spares are tables and deltas kept for the next cut.
type spares struct {
	tables []*table
	deltas []*delta
}

const (
	maxSpareTables = 4 * int(cubes)
	maxSpareDeltas = 1 << 9
	maxSpareGains  = 1 << 9 // bytes of a cube's
)

// deltaOf finds or makes what the next cut takes of a period.
func (m *Measure) deltaOf(p period) *delta {
	d := m.deltas[p]
	if d != nil {
		return d
	}
	if n := len(m.spare.deltas); n > 0 {
		d, m.spare.deltas = m.spare.deltas[n-1], m.spare.deltas[:n-1]
	} else {
		d = &delta{m: m}
	}
	m.deltas[p] = d
	return d
}

func (d *delta) put(cube Cube, key uint64, col int, s *sum) {
	if !d.busy {
		var c Cell
		c.gain(col, s)
		d.late[cube] = appendGain(d.late[cube], key, &c)
		return
	}
	t := d.open[cube]
	if t == nil {
		t = d.m.spareTable()
		d.open[cube] = t
	}
	t.cell(key).gain(col, s)
}

func (m *Measure) spareTable() *table {
	n := len(m.spare.tables)
	if n == 0 {
		return &table{}
	}
	t := m.spare.tables[n-1]
	m.spare.tables = m.spare.tables[:n-1]
	return t
}

// delta writes what a period gained.
func (w *partWriter) delta(p period, d *delta, order *cellOrder) {
	for cube := range cubes {
		t, late := d.open[cube], d.late[cube]
		switch {
		case t != nil: // the present came after what was late by less than an hour
			walkGains(late, func(key uint64, c *Cell) { t.cell(key).add(c) })
			w.table(p.res, sumsUp, p.start, cube, t, order)
		case len(late) > 0:
			w.run(p.res, sumsUp, p.start, cube, withGains(nil, late, order))
		}
	}
	if d.replay {
		w.head(tagReplay, byte(p.res)|sumsUp, p.start)
	}
}

// free takes the delta and its tables back.
func (d *delta) free() {
	s := &d.m.spare
	for cube, t := range d.open {
		if t != nil && len(s.tables) < maxSpareTables {
			t.reset()
			s.tables = append(s.tables, t)
		}
		if d.open[cube], d.late[cube] = nil, d.late[cube][:0]; cap(d.late[cube]) > maxSpareGains {
			d.late[cube] = nil
		}
	}
	if d.busy, d.replay = false, false; len(s.deltas) < maxSpareDeltas {
		s.deltas = append(s.deltas, d)
	}
}
