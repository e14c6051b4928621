// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
)

// Packed cells with gains are those of a table that was given both.
func TestPackedCellsTakeGainsAsATableDoes(t *testing.T) {
	var order cellOrder
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 5))
		limit := []uint64{3, 50, 1 << 40}[r.IntN(3)]
		var both table
		random := func() (key uint64, c Cell) {
			key = r.Uint64N(limit)
			for range r.IntN(4) {
				c[r.IntN(len(c))] = []int64{1, -1, 200, r.Int64() - r.Int64()}[r.IntN(4)]
			}
			both.cell(key).add(&c)
			return key, c
		}
		var before table
		for range r.IntN(60) {
			key, c := random()
			before.cell(key).add(&c)
		}
		packed := appendCells(nil, before.keys, before.cells, &order)
		if len(before.keys) == 0 && r.IntN(2) == 0 {
			packed = nil
		}
		kept := bytes.Clone(packed)
		var gains []byte
		for range r.IntN(60) {
			key, c := random()
			gains = appendGain(gains, key, &c)
		}
		got := withGains(packed, gains, &order)
		if want := appendCells(nil, both.keys, both.cells, &order); !bytes.Equal(got, want) {
			t.Fatalf("seed %d: %d bytes of cells, want %d", seed, len(got), len(want))
		}
		if !bytes.Equal(packed, kept) {
			t.Fatalf("seed %d: what was packed before has changed", seed)
		}
	}
}

// shaken counts records in batches while what rests is packed, opened and moved to
// the attic at moments of no meaning, and readers look on.
type shaken struct {
	*rand.Rand
	m    *Measure
	c    *clock
	seen map[*cubeView]map[uint64]Cell // what readers were given

	beside, opened, stowed int // how often late cells stood beside packed ones …
}

func (s *shaken) count(all []*event.Event) {
	for len(all) > 0 {
		n := min(1+s.IntN(200), len(all))
		s.m.Add(batchOf(all[:n]))
		all = all[n:]
		if s.IntN(2) == 0 {
			s.c.at = s.c.at.Add(time.Duration(s.IntN(int(2 * time.Minute))))
			s.m.Tick(s.c.at)
		}
		s.m.mu.Lock()
		s.m.flush(s.c.at)
		if s.shake(); s.IntN(2) == 0 {
			s.read(s.m.build(s.c.at))
		}
		s.m.mu.Unlock()
	}
}

func (s *shaken) shake() {
	var order cellOrder
	for res := range s.m.buckets {
		for _, b := range s.m.sorted(Resolution(res)) {
			for cube := range cubes {
				if b.gains(cube) != nil && (b.packed.of(cube) != nil || b.away(cube).length > 0) {
					s.beside++
				}
				if b.past && b.table(cube) != nil {
					s.opened++
				}
			}
			switch s.IntN(12) {
			case 0:
				b.pack(&order)
			case 1:
				b.packLate(s.IntN(2) == 0, &order)
			case 2:
				b.cell(Cube(s.IntN(int(cubes))), 0)
			case 3, 4:
				if res := Resolution(res); res == ByDay && b.size > 0 && !b.isOpen() {
					s.stow(b)
				}
			}
		}
	}
}

// stow moves a cube to the attic, however small.
func (s *shaken) stow(b *bucket) {
	for cube := range cubes {
		p := b.packed.of(cube)
		if p == nil || s.IntN(2) == 0 {
			continue
		}
		r, err := s.m.attic.put(p)
		if err != nil {
			panic(err)
		}
		b.leave(cube, r)
		b.packed.put(cube, nil)
		b.size -= int64(len(p))
		b.dirty |= 1 << cube
		s.stowed++
	}
}

func cellsIn(v cubeView) map[uint64]Cell {
	out := map[uint64]Cell{}
	if err := v.each(func(key uint64, c *Cell) {
		sum := out[key]
		sum.add(c)
		out[key] = sum
	}); err != nil {
		panic(err)
	}
	return out
}

// read notes a few images, which may never change.
func (s *shaken) read(v *view) {
	for _, list := range v.buckets {
		for _, b := range list {
			if image := b.copied(Cube(s.IntN(int(cubes)))); s.IntN(20) == 0 {
				s.seen[&image] = cellsIn(image)
			}
		}
	}
}

// Whatever the order of records, and whenever cells are packed, opened and moved,
// they are those of an independent recount; so is what a start makes of the parts.
func TestLateRecordsCountTheSameWheneverCellsArePacked(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 11))
			src := newSource(seed, noon)
			src.back = []time.Duration{20 * time.Minute, 6 * time.Hour, 40 * 24 * time.Hour}[seed%3]
			all := src.records(2000)
			want := recount(vn, all).nonZero()
			r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
			c := &clock{noon}
			s := shaken{Rand: r, c: c, seen: map[*cubeView]map[uint64]Cell{},
				m: New(Config{Home: vn, SketchKey: [16]byte{1, 2, 3}, Attic: t.TempDir()}, Dependencies{Now: c.now})}
			var stored shelf
			for half := range 2 {
				s.count(all[half*1000:][:1000])
				stored.keep(s.m.Cut())
				for key := range s.m.parts {
					s.m.compact[key] = s.IntN(2) == 0
				}
			}
			stored.keep(s.m.Cut())
			again, _ := restart(t, &stored, c.at)
			for name, m := range map[string]*Measure{"running": s.m, "started again": again} {
				if diff := cmp.Diff(young(want, c.at), young(counted(m), c.at)); diff != "" {
					t.Fatalf("%s, want- got+:\n%.3000s", name, diff)
				}
			}
			for image, cells := range s.seen {
				if diff := cmp.Diff(cells, cellsIn(*image)); diff != "" {
					t.Fatalf("what a reader was given has changed:\n%.2000s", diff)
				}
			}
			if s.beside == 0 || s.opened == 0 || s.stowed == 0 && seed%3 == 2 || len(s.seen) < 10 {
				t.Errorf("the test tests little: %d times beside, %d open, %d in the attic, %d images", s.beside, s.opened, s.stowed, len(s.seen))
			}
		})
	}
}

// young leaves out cells of minutes that are no longer kept.
func young(cells map[string]Cell, at time.Time) map[string]Cell {
	out := map[string]Cell{}
	for key, c := range cells {
		var cube, res, start int64
		if _, err := fmt.Sscanf(key, "%d|%d|%d", &cube, &res, &start); err != nil {
			panic(err)
		}
		if res != int64(ByMinute) || start >= at.Unix()/60-minuteKeep {
			out[key] = c
		}
	}
	return out
}

// While late records go on coming for hundreds of minutes, these take some bytes a
// cell and not a table; a start that reads them makes no table of a minute either.
func TestLateRecordsOpenNoTables(t *testing.T) {
	l := newLoad()
	m, c := newAt(noon)
	var b event.Batch
	var stored shelf
	for range 40 {
		for range 10 {
			l.fill(&b, 200, c.at)
			for row := range b.Rows() {
				b.Time[row] -= event.Time(time.Hour) + event.Time(l.IntN(3*3600))*event.Time(time.Second)
			}
			m.Add(&b)
			c.at = c.at.Add(time.Second)
		}
		stored.keep(m.Cut())
	}
	var cells, memory int
	for res := range ByDay {
		for _, b := range m.buckets[res] {
			for cube := range cubes {
				if b.table(cube) != nil {
					t.Fatalf("a table is open for a period that began %d minutes ago", c.at.Unix()/60-b.start)
				}
				cells += len(cellsIn(*b.copyOf(cube)))
				memory += cap(b.packed.of(cube)) + cap(b.gains(cube))
			}
		}
	}
	if cells < 50_000 || memory > 16*cells {
		t.Errorf("%d cells take %d bytes, %d each", cells, memory, memory/max(cells, 1))
	}
	again, _ := newAt(c.at)
	for _, key := range stored.keys {
		for _, data := range stored.parts[key] {
			if err := again.Load(key, data); err != nil {
				t.Fatal(err)
			}
			for start, b := range again.buckets[ByMinute] {
				if b.isOpen() {
					t.Fatalf("a start has a table open for a minute that began %d minutes ago", c.at.Unix()/60-start)
				}
			}
		}
	}
}

// Many late records at once are counted in tables, as those of the present are,
// and packed when the next have gone elsewhere.
func TestManyLateRecordsAtOnceOpenATable(t *testing.T) {
	m, c := newAt(noon)
	long := noon.Add(-5 * time.Hour)
	for n := range 8 {
		var list []*event.Event
		for i := range 1500 {
			list = append(list, attack(long, func(e *event.Event) { e.Source.AS = uint32(n*1500 + i) }))
		}
		m.Add(batchOf(list))
		c.at = c.at.Add(time.Second)
		m.look()
	}
	b := m.buckets[ByMinute][long.Unix()/60]
	if b.table(CubeHostingAS) == nil || len(b.table(CubeHostingAS).keys) != 8*1500 {
		t.Fatal("12,000 networks within seconds are not in a table")
	}
	for range 20 { // records go on coming, but few
		c.at = c.at.Add(10 * time.Second)
		m.Add(batchOf([]*event.Event{attack(long, func(*event.Event) {})}))
		m.Tick(c.at)
	}
	if b.isOpen() || len(b.packed.of(CubeHostingAS)) == 0 {
		t.Error("the table is still open")
	}
	rows, whole, err := m.Ranking(DimHostingAS, timeOf(b.start), timeOf(b.start+1), event.StageAttempt)
	if len(rows) < 8*1500 || !whole || err != nil {
		t.Errorf("%d networks, %v, %v", len(rows), whole, err)
	}
}
