// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"maps"
	"slices"
)

// A UTC day whose hours leave memory for want of room is kept in two pieces, cut
// where a local day begins: local days are put together from these. They lie in
// the attic; without one the hours just go.

// noPieces stands for the cut of a day that has no pieces.
const noPieces = -1

// cutOf gives the minute at which a UTC day's pieces meet: that of the local
// midnight in it; the day's own start where it has none.
func (m *Measure) cutOf(day int64) int64 {
	if at := m.zone.localDay(day + 1439); at > day && at%60 == 0 {
		return at
	}
	return day
}

// pieceOf finds or makes the piece that an hour belongs to.
func (m *Measure) pieceOf(hour int64) *bucket {
	start := ByDay.floor(hour)
	if cut := m.cutOf(start); hour >= cut {
		start = cut
	}
	b := m.pieces[start]
	if b == nil {
		b = &bucket{start: start}
		m.pieces[start] = b
	}
	return b
}

// take adds all that another bucket counts, of which nothing lies in the attic.
func (b *bucket) take(o *bucket) {
	for cube := range cubes {
		_ = o.copyOf(cube).each(func(key uint64, c *Cell) { b.cell(cube, key).add(c) })
	}
	for col := range b.home {
		b.home[col] += o.home[col]
	}
	b.replay = b.replay || o.replay
	b.dirty |= 1
}

// evictDay takes a day's hours out of memory and gives the bytes that they took.
func (m *Measure) evictDay(day int64) int64 {
	d := m.day(day)
	if !d.evicted && d.form != nil && m.leaveHours(day, d) {
		return m.dropHours(day)
	}
	if !d.evicted {
		d.evicted, d.cut = true, noPieces
		if m.attic.dir != "" {
			d.cut = m.cutOf(day)
		}
	}
	d.short = true
	m.worked[day] = maps.Clone(m.worked[day]) // who reads has the other one
	var touched []*bucket
	for hour := day; hour < day+1440; hour += 60 {
		b := m.buckets[ByHour][hour]
		if b == nil {
			continue
		}
		m.worked[day] = m.worked[day].take(b)
		if d.cut != noPieces {
			piece := m.pieceOf(hour)
			piece.take(b)
			if !slices.Contains(touched, piece) {
				touched = append(touched, piece)
			}
		}
	}
	for _, piece := range touched {
		piece.pack(&cellOrder{})
	}
	return m.dropHours(day)
}

// dropHours forgets a day's hours and gives the bytes that they took.
func (m *Measure) dropHours(day int64) (size int64) {
	for hour := day; hour < day+1440; hour += 60 {
		if b := m.buckets[ByHour][hour]; b != nil {
			size += b.size
			delete(m.buckets[ByHour], hour)
			m.stats.dropped.WithLabelValues("hours").Inc()
		}
	}
	m.order[ByHour] = nil
	return size
}

// away says where the hours of an evicted day are.
type away struct {
	cut   int64 // where its pieces meet
	hours *pastHours
	short bool // something of the hours is neither there nor in memory
}

// inPieces gives the images of an evicted day that together count a period within
// it, but for what came late and is in memory: pieces that lie in the period, and
// of one that the period cuts the hours. whole is false where something is gone.
func (v *view) inPieces(from, to int64) (images []*bucketView, whole bool) {
	day := ByDay.floor(from)
	a := v.evicted[day]
	pieces := [][2]int64{{day, a.cut}, {a.cut, day + 1440}}
	if a.cut == noPieces {
		pieces = [][2]int64{{day, day + 1440}}
	}
	whole = true
	for _, piece := range pieces {
		start, end := piece[0], piece[1]
		within := start >= from && end <= to && a.cut != noPieces
		switch {
		case start == end || end <= from || to <= start:
		case within && v.pieces[start] != nil:
			images = append(images, v.pieces[start])
		case within:
		case a.hours == nil:
			whole = false
		default:
			hours, ok := a.hours.between(max(from, start), min(to, end))
			images, whole = append(images, hours...), whole && ok && !a.short
		}
	}
	return images, whole
}
