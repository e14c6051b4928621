// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"cmp"
	"encoding/binary"
	"maps"
	"slices"
	"time"
)

// The distinct addresses of calendar months and weeks long past are stored as one
// set a cell beside those of their days: a question about a year reads some thirty
// places in place of 365.
//
// Such a block says of each of its days which stored part it was made of. It stands
// for these parts alone: what a day has beside its part is in memory, and taken
// from there. Once a day is told by another part, the block is of no use until it
// was made anew (Unite).

// block is a stored union.
type block struct {
	*form
	of     []madeOf
	pieces map[uint64][]piece // by kind, in order
}

// madeOf is a day and the stored part that told of it.
type madeOf struct {
	day  int64
	part partID
}

// readBlock opens a stored union; ErrDamaged where its facts are none of one.
func readBlock(p Kept) (*block, error) {
	f, err := openForm(p)
	if err != nil {
		return nil, err
	}
	r := reader{data: f.facts}
	b := &block{form: f, pieces: map[uint64][]piece{}}
	for _, o := range f.regions {
		if o.name >= pieceName(0, 0) {
			kind := o.name & (1<<8 - 1)
			b.pieces[kind] = append(b.pieces[kind], piece{o.name>>8 - 1, o.of(p)})
		}
	}
	for _, list := range b.pieces {
		slices.SortFunc(list, func(a, b piece) int { return cmp.Compare(a.first, b.first) })
	}
	for range r.most(maxBlockDays) {
		o := madeOf{day: int64(r.uvarint())}
		if id := r.take(8); len(id) == 8 {
			o.part = partID(binary.LittleEndian.Uint64(id))
		}
		b.of = append(b.of, o)
	}
	if r.bad {
		return nil, ErrDamaged
	}
	return b, nil
}

// openBlock opens what is stored under a block's key; nil where that cannot be read:
// it is made anew.
func (m *Measure) openBlock(s *Slot) *block {
	if len(s.Parts) == 0 {
		return nil
	}
	b, err := readBlock(s.Parts[0])
	if err != nil {
		m.deps.Log.Warn("the addresses of a past month or week are put together anew", "part", s.Key, "error", err)
	}
	return b
}

func (m *Measure) loadBlock(s stretch, b *block) {
	if b != nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.blocks[s] = b
	}
}

// maxBlockDays is the most days that a block is made of.
const maxBlockDays = 31

func blockFacts(of []madeOf) []byte {
	out := binary.AppendUvarint(nil, uint64(len(of)))
	for _, o := range of {
		out = binary.AppendUvarint(out, uint64(o.day))
		out = binary.LittleEndian.AppendUint64(out, uint64(o.part))
	}
	return out
}

// blockView is a block that is as its days are stored, and where it ends.
type blockView struct {
	*block
	to int64
}

// blocksView gives the blocks that can be read by when they begin; the caller has
// the lock.
func (m *Measure) blocksView() map[int64][]*blockView {
	out := make(map[int64][]*blockView, len(m.blocks))
	for s, b := range m.blocks {
		if m.holds(s, b) {
			out[s.from] = append(out[s.from], &blockView{b, s.to})
		}
	}
	return out
}

// holds reports whether a block was made of the very parts that the stretch's days
// are told by.
func (m *Measure) holds(s stretch, b *block) bool {
	return b != nil && slices.Equal(b.of, m.formsIn(s))
}

// formsIn gives the days of a stretch that have addresses and their stored parts; nil
// where a day is told by none.
func (m *Measure) formsIn(s stretch) (of []madeOf) {
	for at := time.Unix(s.from*60, 0).In(m.cfg.Zone); at.Unix()/60 < s.to; at = at.AddDate(0, 0, 1) {
		g := m.daySets[at.Unix()/60]
		if g == nil {
			continue
		}
		if g.form == nil {
			return nil
		}
		of = append(of, madeOf{g.start, g.form.id})
	}
	return of
}

// inBlocks puts days together where there are blocks of them that lie in a period,
// which ends at a minute: the longest that begin with each day.
func inBlocks(days []daySource, to int64, blocks map[int64][]*blockView) (out []daySource) {
	for i := 0; i < len(days); {
		d, n := days[i], 1
		for _, b := range blocks[d.from] {
			if within := upTo(days[i:], b.to); b.to <= to && within > n {
				n, d.to, d.block = within, b.to, b
			}
		}
		for _, one := range days[i+1 : i+n] {
			d.refs = append(slices.Clip(d.refs), one.refs...)
		}
		out = append(out, d)
		i += n
	}
	return out
}

// upTo counts the days that begin before a minute.
func upTo(days []daySource, end int64) int {
	n, _ := slices.BinarySearchFunc(days, end, func(d daySource, end int64) int { return cmp.Compare(d.from, end) })
	return n
}

// takeBlock takes a day, or a block and what its days have beside it.
func (m *Measure) takeBlock(u *union, d daySource, w *wanted) error {
	if d.block == nil || u.has(d.refs) {
		return m.takeGroups(u, d.refs, w)
	}
	u.version++
	if err := u.takeStowed(d.block.setsFor(w), w); err != nil {
		m.loseBlock(d.block.block, err)
		return m.takeGroups(u, d.refs, w)
	}
	for _, r := range d.refs {
		now, err := m.takeGroup(u, r.group, r.formed, w)
		if err != nil {
			return err
		}
		u.groups[r.group] = now
	}
	return nil
}

// belowFirst gives how many bits of a list's keys lie below its first dimension and
// what says whether a hosting address is confirmed.
func belowFirst(list int) uint8 {
	if list>>2 == int(CubeSector-CubeAffected) {
		return 6
	}
	return 10
}

// piece is a part of a kind's sets: those from a value of the first dimension on, to that
// of the next piece.
type piece struct {
	first uint64
	region
}

// setsFor gives the sets that a question is about: by their first dimension alone where
// it asks for no other, else the pieces in which there are some.
func (b *block) setsFor(w *wanted) (out []region) {
	name, low := setsName(w.list, w.role), belowFirst(w.list)
	if r, ok := b.region(setKinds + name); ok && w.match.above(low) {
		return []region{r}
	}
	if r, ok := b.region(name); ok { // in the first blocks
		return []region{r}
	}
	list, dim := b.pieces[name], layouts[int(CubeAffected)+w.list>>2][0]
	for i, p := range list {
		last := uint64(1)<<setKeyBits>>low - 1
		if i+1 < len(list) {
			last = list[i+1].first - 1
		}
		if w.match.admits(dim, p.first>>(dim.shift-low), last>>(dim.shift-low)) {
			out = append(out, p.region)
		}
	}
	return out
}

// byFirst reports whether a block has sets by their first dimension: the first blocks
// had none.
func (b *block) byFirst() bool {
	n := len(b.regions)
	return n == 0 || b.regions[n-1].name >= setKinds
}

// has reports whether any of the groups was taken before: then only what is new
// of each is to be.
func (u *union) has(refs []groupRef) bool {
	return slices.ContainsFunc(refs, func(r groupRef) bool { _, ok := u.groups[r.group]; return ok })
}

// loseBlock has a block that cannot be read be made anew. Its days say the same.
func (m *Measure) loseBlock(b *block, err error) {
	m.deps.Log.Warn("the addresses of a past month or week cannot be read at once; they are read day by day and put together anew", "error", err)
	m.mu.Lock()
	defer m.mu.Unlock()
	maps.DeleteFunc(m.blocks, func(_ stretch, o *block) bool { return o == b })
}
