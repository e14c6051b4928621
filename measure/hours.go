// SPDX-License-Identifier: Apache-2.0

package measure

import "encoding/binary"

// The hours of a past day stay where the store has them, at any age: their cells
// are read when a question asks for them. What is known of them without reading is
// in the part's directory. What comes late for such a day is an hour in memory,
// beside that in the store, until the part was made anew.

// dayHours are the hours of a UTC day; nil where nothing was counted.
type dayHours [24]*bucket

// facts adds what is known of the hours without their cells.
func (h *dayHours) facts(out []byte) []byte {
	var there uint64
	for i, b := range h {
		if b != nil {
			there |= 1 << i
		}
	}
	out = binary.AppendUvarint(out, there)
	for _, b := range h {
		if b != nil {
			out = b.facts(out)
		}
	}
	return out
}

// facts adds what is known of a period beside its cells.
func (b *bucket) facts(out []byte) []byte {
	replay := byte(0)
	if b.replay {
		replay = 1
	}
	out = append(out, replay)
	for _, n := range b.home {
		out = binary.AppendVarint(out, n)
	}
	return out
}

// hours writes the hours' cells, those of a cube together, and notes in the
// directory, if there is one, where they lie.
func (w *partWriter) hours(hours *dayHours) {
	var order cellOrder
	for cube := range cubes {
		for h, b := range hours {
			if b == nil || b.empty(cube) {
				continue
			}
			run, _ := b.run(cube, &order) // hours are in memory
			w.head(tagCells, byte(ByHour)|sumsUp, b.start)
			w.buf = append(w.buf, byte(cube))
			from := len(w.buf)
			if w.buf = append(w.buf, run...); w.dir != nil && len(run) > 1 {
				w.spot(hourName(h, cube), from)
			}
		}
	}
	for _, b := range hours {
		if b != nil && b.replay {
			w.head(tagReplay, byte(ByHour)|sumsUp, b.start)
		}
	}
}

// hourName is the name of an hour's cells in a directory.
func hourName(hour int, cube Cube) uint64 { return entryName(hour, len(dayHours{}), cube) }

// pastHours are the hours of a day where its stored part has them. They never
// change.
type pastHours struct {
	part  Kept
	hours [24]pastHour
	// Where their cells lie: last, for the collector looks no further than the last
	// pointer.
	places [24][cubes]cellsPlace
}

// pastHour is the image of such an hour.
type pastHour struct {
	bucketView
	there bool
}

// cellsPlace is a region of the day's part.
type cellsPlace struct {
	at          int64
	length, sum uint32
}

// readHours reads what facts and places tell of a day's hours.
func readHours(r *reader, f *form, day int64) *pastHours {
	p := &pastHours{part: f.part}
	there := r.uvarint()
	for h := range p.hours {
		one := &p.hours[h]
		if one.there = there>>h&1 == 1; !one.there {
			continue
		}
		one.start, one.past = day+int64(h)*60, p
		one.replay = r.byte() != 0
		for col := range one.home {
			one.home[col] = r.varint()
		}
		for cube := range cubes {
			if at, ok := f.places.find(hourName(h, cube)); ok {
				p.places[h][cube] = cellsPlace{at.at, uint32(at.length), at.sum}
			}
		}
	}
	return p
}

// cube gives the image of an hour's cells.
func (p *pastHours) cube(start int64, cube Cube) cubeView {
	at := &p.places[start/60%24][cube]
	if at.length == 0 {
		return noCells
	}
	return cubeView{stowed: region{src: p.part, at: at.at, length: int32(at.length), sum: at.sum}}
}

// between gives the images of the hours that lie within a period; whole is false
// where it cuts one of them, of which the minutes are gone.
func (p *pastHours) between(from, to int64) (images []*bucketView, whole bool) {
	whole = true
	for h := range p.hours {
		one := &p.hours[h]
		switch {
		case !one.there || one.start+60 <= from || to <= one.start:
		case one.start < from || to < one.start+60:
			whole = false
		default:
			images = append(images, &one.bucketView)
		}
	}
	return images, whole
}
