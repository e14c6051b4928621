// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"haidang/event"
)

// Part is what the store keeps for this room under a key. Without Replace, Data
// is added to what the key already has; with it, it takes the place of all of
// that, and an empty Data means that the key is no longer needed.
type Part struct {
	Key     string
	Replace bool
	Data    []byte
}

// A part is a version, a byte that says whether it holds a period whole, then
// sections, then the CRC-32C of all before. Each section begins with its tag.
const (
	partVersion = 1
	partHead    = 2
	partTail    = 4

	tagCells   = 1 // resolution and sums bit, start, cube, run of cells
	tagExact   = 2 // local, start, set key, role, count, hashes of 8 bytes
	tagSketch  = 3 // local, start, set key, role, registers of 6 bits
	tagName    = 4 // dimension, number, string
	tagSensor  = 5 // number, newest, seen, flags, drops
	tagReplay  = 6 // resolution, start
	tagPartial = 7 // local, start: some cells of this period found no memory
	tagFold    = 8 // window, first minute, count, entries: key of 8 bytes, minutes since the first, largest count

	sumsUp = 0x80 // with the resolution: coarser periods are to be added to

	sketchBytes = registers * 6 / 8
	maxStart    = 1 << 28 // minutes; beyond the range of event.Time
)

// ErrDamaged says that a stored part is not as it was written.
var ErrDamaged = errors.New("measure: stored part is damaged; restore it from a backup or rebuild the roll-ups from the journal")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

type partWriter struct {
	buf []byte
	dir *directory // nil for a part without one
}

func newPart(whole bool) *partWriter {
	w := &partWriter{buf: make([]byte, partHead, 256)}
	w.begin(whole)
	return w
}

func (w *partWriter) begin(whole bool) {
	w.buf[0] = partVersion
	if whole {
		w.buf[1] = flagWhole
	}
}

func (w *partWriter) finish() []byte {
	if w.dir != nil {
		return w.finishIndexed()
	}
	return binary.LittleEndian.AppendUint32(w.buf, crc32.Checksum(w.buf, castagnoli))
}

func (w *partWriter) head(tag byte, b byte, start int64) {
	w.buf = append(w.buf, tag, b)
	w.buf = binary.AppendUvarint(w.buf, uint64(start))
}

func (w *partWriter) table(res Resolution, sums byte, start int64, cube Cube, t *table, order *cellOrder) {
	w.head(tagCells, byte(res)|sums, start)
	w.buf = append(w.buf, byte(cube))
	w.buf = appendCells(w.buf, t.keys, t.cells, order)
}

// run writes packed cells.
func (w *partWriter) run(res Resolution, sums byte, start int64, cube Cube, run []byte) {
	w.head(tagCells, byte(res)|sums, start)
	w.buf = append(append(w.buf, byte(cube)), run...)
}

// bucket writes all cubes of a period.
func (w *partWriter) bucket(res Resolution, sums byte, b *bucket) {
	var order cellOrder
	for cube := range cubes {
		if b.empty(cube) {
			continue
		}
		run, _ := b.run(cube, &order) // hours and minutes are in memory
		w.run(res, sums, b.start, cube, run)
	}
	if b.replay {
		w.head(tagReplay, byte(res)|sums, b.start)
	}
}

func (w *partWriter) setHead(tag byte, g *setGroup, key uint64, role int) {
	w.head(tag, g.place(), g.start)
	w.buf = binary.AppendUvarint(w.buf, key)
	w.buf = append(w.buf, byte(role))
}

func (g *setGroup) place() byte {
	if g.local {
		return 1
	}
	return 0
}

func (w *partWriter) partial(g *setGroup) { w.head(tagPartial, g.place(), g.start) }

func (w *partWriter) hashes(g *setGroup, key uint64, role int, hashes []uint64) {
	w.setHead(tagExact, g, key, role)
	w.buf = binary.AppendUvarint(w.buf, uint64(len(hashes)))
	for _, h := range hashes {
		w.buf = binary.LittleEndian.AppendUint64(w.buf, h)
	}
}

func (w *partWriter) group(g *setGroup) {
	if g.partial {
		w.partial(g)
	}
	for _, c := range g.cells {
		for role := range c.roles {
			w.cellSet(g, c, role)
		}
	}
}

// cellSet writes one set of a cell, unless it is empty.
func (w *partWriter) cellSet(g *setGroup, c *cellSets, role int) {
	s := &c.roles[role]
	switch {
	case s.regs != nil:
		w.setHead(tagSketch, g, c.key, role)
		w.buf = packRegisters(w.buf, s.regs)
	case s.n > 0:
		w.setHead(tagExact, g, c.key, role)
		w.buf = binary.AppendUvarint(w.buf, uint64(s.n))
		for _, h := range s.slots {
			if h != 0 {
				w.buf = binary.LittleEndian.AppendUint64(w.buf, h)
			}
		}
	}
}

// packRegisters writes four registers into three bytes.
func packRegisters(dst []byte, regs []uint8) []byte {
	for i := 0; i+3 < len(regs); i += 4 {
		v := uint32(regs[i]) | uint32(regs[i+1])<<6 | uint32(regs[i+2])<<12 | uint32(regs[i+3])<<18
		dst = append(dst, byte(v), byte(v>>8), byte(v>>16))
	}
	return dst
}

func (w *partWriter) name(dim uint8, id uint32, text string) {
	w.buf = append(w.buf, tagName, dim)
	w.buf = binary.AppendUvarint(w.buf, uint64(id))
	w.buf = binary.AppendUvarint(w.buf, uint64(len(text)))
	w.buf = append(w.buf, text...)
}

func (w *partWriter) sensor(id int, s *sensor) {
	flags := byte(0)
	if s.feed {
		flags |= 1
	}
	if s.replay {
		flags |= 2
	}
	w.buf = append(w.buf, tagSensor, flags)
	w.buf = binary.AppendUvarint(w.buf, uint64(id))
	w.buf = binary.AppendVarint(w.buf, int64(s.newest))
	w.buf = binary.AppendVarint(w.buf, int64(s.seen))
	w.buf = binary.AppendVarint(w.buf, s.drops)
}

// section is one decoded section; what its tag does not have is zero.
type section struct {
	tag    byte
	res    Resolution
	sums   bool
	local  bool
	start  int64
	cube   Cube
	run    []byte // cells, hashes, registers or name
	key    uint64
	role   uint8
	dim    uint8
	id     uint32
	flags  byte
	newest event.Time
	seen   event.Time
	drops  int64
}

// checkedPart is a part whose bytes are as they were written.
type checkedPart struct {
	whole    bool
	size     int
	sections []byte
}

// checkPart checks a part wholly before the first section is handed out, so that a
// damaged one changes nothing.
func checkPart(data []byte) (c checkedPart, err error) {
	if len(data) < partHead+partTail {
		return c, ErrDamaged
	}
	body, tail := data[:len(data)-partTail], data[len(data)-partTail:]
	if crc32.Checksum(body, castagnoli) != binary.LittleEndian.Uint32(tail) {
		return c, ErrDamaged
	}
	c = checkedPart{whole: body[1]&flagWhole != 0, size: len(data)}
	switch body[0] {
	case partVersion:
		c.sections = body[partHead:]
	case partIndexed, partPlaced:
		if c.sections, err = indexedSections(body); err != nil {
			return c, err
		}
	default:
		return c, fmt.Errorf("measure: stored part has version %d, this program reads up to %d; use the newer program", body[0], partPlaced)
	}
	return c, readSections(c.sections, func(*section) {})
}

// readPart calls fn for every section of a part that is not damaged.
func readPart(data []byte, fn func(*section)) error {
	c, err := checkPart(data)
	if err != nil {
		return err
	}
	return readSections(c.sections, fn)
}

// readSections hands out sections one after the other, each until the next.
func readSections(data []byte, fn func(*section)) error {
	r := reader{data: data}
	var s section // one for all of them: nobody keeps it
	for len(r.data) > 0 {
		s = section{tag: r.byte()}
		switch s.tag {
		case tagCells, tagReplay:
			r.cells(&s)
		case tagExact, tagSketch, tagPartial:
			r.set(&s)
		case tagFold:
			r.fold(&s)
		case tagName:
			s.dim, s.id = r.byte(), uint32(min(r.uvarint(), maxNames))
			s.run = r.take(r.uvarint())
			r.check(int(s.dim) < len(namedDims) && s.id > 0 && s.id < maxNames && len(s.run) <= maxName)
		case tagSensor:
			s.flags, s.id = r.byte(), uint32(min(r.uvarint(), maxNames))
			s.newest, s.seen, s.drops = event.Time(r.varint()), event.Time(r.varint()), r.varint()
			r.check(s.id < maxSensorState)
		default:
			r.bad = true
		}
		if r.bad {
			return ErrDamaged
		}
		fn(&s)
	}
	return nil
}

// reader reads numbers; after the first that is not there, bad stays true.
type reader struct {
	data []byte
	bad  bool
}

func (r *reader) check(ok bool) { r.bad = r.bad || !ok }

func (r *reader) byte() byte {
	b := r.take(1)
	if len(b) == 0 {
		return 0
	}
	return b[0]
}

func (r *reader) take(n uint64) []byte {
	if r.bad || n > uint64(len(r.data)) {
		r.bad = true
		return nil
	}
	b := r.data[:n]
	r.data = r.data[n:]
	return b
}

func (r *reader) uvarint() uint64 {
	v, w := binary.Uvarint(r.data)
	if r.check(w > 0); r.bad {
		return 0
	}
	r.data = r.data[w:]
	return v
}

func (r *reader) varint() int64 {
	v, w := binary.Varint(r.data)
	if r.check(w > 0); r.bad {
		return 0
	}
	r.data = r.data[w:]
	return v
}

func (r *reader) period(res Resolution) int64 {
	start := r.uvarint()
	r.check(res < resolutions && start < maxStart)
	if r.bad || int64(start)%res.length() != 0 {
		r.bad = true
		return 0
	}
	return int64(start)
}

func (r *reader) cells(s *section) {
	b := r.byte()
	s.res, s.sums = Resolution(b&^sumsUp), b&sumsUp != 0
	s.start = r.period(s.res)
	if s.tag == tagReplay {
		return
	}
	s.cube = Cube(r.byte())
	if r.check(s.cube < cubes); r.bad {
		return
	}
	rest, err := checkCells(r.data, s.cube.keyLimit())
	if r.check(err == nil); r.bad {
		return
	}
	s.run, r.data = r.data[:len(r.data)-len(rest)], rest
}

func (c Cube) keyLimit() uint64 {
	f := layouts[c][0]
	return 1 << (f.shift + f.bits)
}

func (r *reader) set(s *section) {
	res := ByHour
	if s.local = r.byte() == 1; s.local {
		res = ByMinute // a local day begins at any minute
	}
	s.start = r.period(res)
	if s.tag == tagPartial {
		return
	}
	s.key, s.role = r.uvarint(), r.byte()
	r.check(s.role < roles && s.key>>(setKeyBits+2) < setCubes && s.key>>setKeyBits&3 < colRecords)
	if s.tag == tagSketch {
		s.run = r.take(sketchBytes)
		return
	}
	n := r.uvarint()
	r.check(n <= uint64(len(r.data))/8)
	s.run = r.take(n * 8)
}
