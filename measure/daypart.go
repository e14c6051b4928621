// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"encoding/binary"
	"maps"
	"math"
	"slices"
	"time"
)

// The part of a retired UTC day holds its hours. Before them stand what a start
// needs: the day's cells and those of its pieces, with what is known of all three
// and of each hour, and where each hour's cells lie. All are counted from the
// hours, when these are in memory the last time.

// daySums are the day and its pieces, in the order in which a part has them.
type daySums [3]*bucket

// sumsOf puts a day's pieces together from its hours, which are in memory.
func (m *Measure) sumsOf(day int64) (sums daySums, of works) {
	sums[0] = m.buckets[ByDay][day]
	cut := m.cutOf(day)
	if cut != day {
		sums[1], sums[2] = &bucket{start: day}, &bucket{start: cut}
	}
	for hour := day; hour < day+1440; hour += 60 {
		b := m.buckets[ByHour][hour]
		if b == nil {
			continue
		}
		of = of.take(b)
		switch {
		case cut == day:
		case hour < cut:
			sums[1].take(b)
		default:
			sums[2].take(b)
		}
	}
	return sums, of
}

// dayPart writes a retired day whole.
func (m *Measure) dayPart(w *partWriter, day int64) {
	var hours dayHours
	for h := range hours {
		hours[h] = m.buckets[ByHour][day+int64(h)*60]
	}
	if m.buckets[ByDay][day] != nil {
		sums, of := m.sumsOf(day)
		if err := w.sums(&sums, m.cutOf(day)-day, of); err != nil {
			m.deps.Log.Error("a past day is stored without its sums; the next start counts them", "day", dayKey(day), "error", err)
			w.buf, w.dir = w.buf[:partHead], nil
		} else {
			w.dir.facts = hours.facts(w.dir.facts)
		}
	}
	w.hours(&hours)
}

// sums writes the directory's entries and facts: small cells first, which a start
// reads at once.
func (w *partWriter) sums(sums *daySums, cut int64, of works) error {
	d := w.index(true)
	runs := map[uint64][]byte{}
	var order cellOrder
	for i, b := range sums {
		for cube := range cubes {
			if b == nil {
				continue
			}
			run, err := b.run(cube, &order)
			if err != nil {
				return err
			}
			if len(run) > 1 { // one byte says that there are no cells
				runs[entryName(i, len(sums), cube)] = run
			}
		}
	}
	names := slices.Sorted(maps.Keys(runs))
	for _, small := range []bool{true, false} {
		for _, name := range names {
			if run := runs[name]; small == (len(run) < atticLeast) {
				w.buf = append(w.buf, run...)
				w.note(name)
			}
		}
		if small {
			d.front = len(w.buf) - partHead
		}
	}
	d.facts = factsOf(sums, cut, of)
	return nil
}

// run gives a cube's cells as they are packed.
func (b *bucket) run(cube Cube, order *cellOrder) (run []byte, err error) {
	if t := b.table(cube); t != nil {
		return appendCells(nil, t.keys, t.cells, order), nil
	}
	if run = b.packed.of(cube); b.away(cube).length > 0 {
		err = b.away(cube).with(func(packed []byte) { run = slices.Clone(packed) })
	}
	if late := b.gains(cube); late != nil && err == nil {
		run = withGains(run, late, order)
	}
	return run, err
}

func factsOf(sums *daySums, cut int64, of works) []byte {
	out := binary.AppendUvarint(nil, uint64(cut))
	for _, b := range sums {
		if b == nil {
			b = &bucket{}
		}
		out = b.facts(out)
	}
	out = binary.AppendUvarint(out, uint64(len(of)))
	for _, id := range slices.Sorted(maps.Keys(of)) {
		out = binary.AppendUvarint(out, uint64(id))
		out = binary.AppendUvarint(out, uint64(of[id]))
	}
	return out
}

// told is what a day's directory tells.
type told struct {
	sums  daySums
	of    works
	hours *pastHours // nil where the directory tells of no hours
}

// readSums puts a day and its pieces together from a directory; ok is false where
// the pieces are cut elsewhere than now, or the facts are damaged.
func (m *Measure) readSums(f *form, day int64) (o told, ok bool) {
	r := reader{data: f.facts}
	sums := &o.sums
	cut := day + int64(r.uvarint())
	for i, start := range []int64{day, day, cut} {
		b := &bucket{start: start, replay: r.byte() != 0, dirty: 1<<cubes - 1}
		for col := range b.home {
			b.home[col] = r.varint()
		}
		for cube := range cubes {
			packed, stowed := f.cubeOf(entryName(i, len(sums), cube))
			if b.packed.put(cube, packed); stowed.length > 0 {
				b.leave(cube, stowed)
			}
			b.size += int64(len(packed))
		}
		if sums[i] = b; i > 0 && cut == day {
			sums[i] = nil
		}
	}
	o.of = works{}
	for range min(r.uvarint(), maxNames) {
		id := uint32(min(r.uvarint(), math.MaxUint32))
		o.of[id] = uint32(min(r.uvarint(), math.MaxUint32))
	}
	if len(r.data) > 0 {
		o.hours = readHours(&r, f, day)
	}
	return o, !r.bad && cut == m.cutOf(day)
}

// openDay takes a day's sums where a stored part has them; ok is false where that
// cannot be. The hours stay in the part.
func (m *Measure) openDay(day int64, f *form) (o told, ok bool) {
	if m.buckets[ByDay][day] != nil {
		return told{}, false
	}
	if o, ok = m.readSums(f, day); !ok {
		return told{}, false
	}
	d := m.day(day)
	d.retired, d.form = true, f
	m.buckets[ByDay][day] = o.sums[0]
	m.order[ByDay] = nil
	return o, true
}

// leaveHours has the hours of a day stay in the part that says all of it. false
// where the part is of no use for that.
func (m *Measure) leaveHours(day int64, d *dayState) bool {
	o, ok := m.readSums(d.form, day)
	if ok {
		m.leave(day, d, &o)
	}
	return ok
}

// leave has a day's hours, and its pieces, be those of its part.
func (m *Measure) leave(day int64, d *dayState, o *told) {
	d.evicted, d.cut, d.hours, d.short = true, m.cutOf(day), o.hours, o.hours == nil
	m.worked[day] = o.of
	for _, piece := range o.sums[1:] {
		if piece == nil {
			continue
		}
		if old := m.pieces[piece.start]; old != nil {
			m.attic.dead += old.inAttic()
		}
		m.pieces[piece.start] = piece
	}
}

// openSets takes a local day's sets where a stored part has them.
func (m *Measure) openSets(day int64, f *form) {
	g := m.daySet(day)
	g.partial = g.partial || len(f.facts) > 0 && f.facts[0] != 0
	g.leave(f)
}

// setsPart writes a local day's sets whole, what is asked for together together.
func (w *partWriter) setsPart(g *setGroup) {
	d := w.index(false)
	d.facts = []byte{0}
	if g.partial {
		d.facts[0] = 1
	}
	for list, cells := range g.lists {
		for role := range roles {
			for _, c := range cells {
				w.cellSet(g, c, role)
			}
			w.note(setsName(list, Role(role)))
		}
	}
	if g.partial {
		w.partial(g) // for those who read all sections
	}
}

// dayOf gives the day that a key of one stands for.
func dayOf(key string) (int64, bool) { return keyTime(key, keyDay, dayLayout, time.UTC) }
