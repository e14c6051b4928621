// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
)

// blocked is a measure whose past days are stored, with months and weeks put
// together, beside one that has everything in memory.
type blocked struct {
	t         *testing.T
	m, roomy  *Measure
	s         shelf
	c         *clock
	src       *source
	addresses uint64 // that no other record has
}

func newBlocked(t *testing.T, seed uint64, zone *time.Location) *blocked {
	b := &blocked{t: t, c: &clock{at: noon}, src: newSource(seed, noon)}
	b.src.back = 130 * 24 * time.Hour
	b.m = New(Config{Home: vn, Zone: zone, UnionBudget: 60_000}, Dependencies{Now: b.c.now, Kept: b.kept})
	b.roomy = New(Config{Home: vn, Zone: zone, UnionBudget: 1}, Dependencies{Now: b.c.now})
	return b
}

func (b *blocked) kept(key string) (out []Kept, err error) {
	for _, data := range b.s.parts[key] {
		out = append(out, inMemory{bytes.NewReader(data), data})
	}
	return out, nil
}

// add has both count records of the past months, and some of two months that are
// alone with their address: more than a month's sets count exactly, fewer than a
// week's do.
func (b *blocked) add(n, alone int) {
	all := b.src.records(n)
	for i := range alone {
		at := noon.AddDate(0, 0, -i%62-30)
		all = append(all, attack(at, func(e *event.Event) {
			b.addresses++
			binary.BigEndian.PutUint64(e.Destination.IP[:], b.addresses<<16|1)
		}))
	}
	for _, m := range []*Measure{b.m, b.roomy} {
		m.setsFull = false // what finds no memory is another test's
		m.Add(batchOf(all))
	}
	b.s.keep(b.m.Cut())
	b.roomy.Cut()
	b.tick(time.Second)
}

func (b *blocked) tick(d time.Duration) {
	b.c.at = b.c.at.Add(d)
	b.m.Tick(b.c.at)
	b.roomy.Tick(b.c.at)
}

// rest has all days be stored whole, and starts anew on them.
func (b *blocked) rest() {
	storedWhole(b.m, &b.s, b.c)
	b.m.deps.Kept = b.kept
	b.start()
}

func (b *blocked) start() {
	b.t.Helper()
	m := New(b.m.cfg, b.m.deps)
	if err := m.Open(b.s.stored()); err != nil {
		b.t.Fatal(err)
	}
	b.m = m
	b.tick(2 * time.Second)
}

// unite makes all blocks, a few regions at a time.
func (b *blocked) unite() {
	b.t.Helper()
	b.m.pieceLeast = 1 << 6 // that some are parted
	for range 10_000 {
		more := b.m.Unite(50 * time.Microsecond)
		b.s.keep(b.m.Cut())
		b.m.mu.Lock()
		_, missing := b.m.missing(b.c.at)
		b.m.mu.Unlock()
		if b.tick(time.Second); !more && !missing {
			return
		}
	}
	b.t.Fatal("blocks are still missing")
}

// ready gives how many blocks can be read.
func (b *blocked) ready() (n int) {
	b.m.mu.Lock()
	defer b.m.mu.Unlock()
	for _, list := range b.m.blocksView() {
		n += len(list)
	}
	return n
}

// parted gives how many kinds of sets lie in more than one piece.
func (b *blocked) parted() (n int) {
	for _, one := range b.m.blocks {
		for _, list := range one.pieces {
			n += min(len(list)-1, 1)
		}
	}
	return n
}

// same asks both about periods by chance, of a day to all months.
func (b *blocked) same(r *rand.Rand, what string) {
	b.t.Helper()
	b.tick(time.Second)
	today := midnight(noon, b.m.cfg.Zone)
	for range 12 {
		length := 1 + r.IntN(130)
		from := today.AddDate(0, 0, -length-r.IntN(131-length))
		q := DistinctQuery{Cube: CubeAffected + Cube(r.IntN(4)), Role: Role(r.IntN(2)), Stage: event.StageAttempt + event.Stage(r.IntN(3)),
			From: event.TimeOf(from), To: event.TimeOf(from.AddDate(0, 0, length))}
		q.By = dimsOf(q.Cube)[:1+r.IntN(2)]
		if first := q.By[0]; r.IntN(2) == 0 { // of one country or sector
			q.Where = []Where{Is(first, map[Dim][]string{DimSector: {"health", "education", ""}}[first]...)}
			if first != DimSector {
				q.Where[0].Values = []string{[]string{"VN", "CN", "US", ""}[r.IntN(4)]}
			}
		}
		if diff := cmp.Diff(askedFor(b.t, b.roomy, q), askedFor(b.t, b.m, q)); diff != "" {
			b.t.Fatalf("%s, %d days from %s, days- blocks+:\n%.2000s", what, length, from, diff)
		}
	}
}

func askedFor(t *testing.T, m *Measure, q DistinctQuery) map[string]Distinct {
	t.Helper()
	rows, whole, err := m.Distinct(q)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]Distinct{"": {Exact: whole}}
	for _, r := range rows {
		out[fmt.Sprint(r.Group)] = r
	}
	return out
}

// Periods that are read month by month and week by week count what their days count:
// while blocks are made, after late records, starts, and days that were stored anew.
func TestBlocksAnswerAsTheirDays(t *testing.T) {
	newYork, err := time.LoadLocation("America/New_York") // days of 23 and of 25 hours
	if err != nil {
		t.Skip(err)
	}
	for seed, zone := range []*time.Location{time.FixedZone("east", 7*3600), newYork, time.UTC} {
		b := newBlocked(t, uint64(seed), zone)
		r := rand.New(rand.NewPCG(uint64(seed), 21))
		b.add(700, 10_000)
		b.rest()
		b.same(r, "without blocks")
		for range 40 { // some are made
			b.m.Unite(50 * time.Microsecond)
			b.s.keep(b.m.Cut())
		}
		b.same(r, "with some blocks")
		b.unite()
		if n := b.ready(); n < 15 {
			t.Fatalf("%v: %d blocks: the test tests nothing", zone, n)
		}
		if b.parted() < 10 {
			t.Errorf("%v: %d kinds of sets are in pieces", zone, b.parted())
		}
		b.same(r, "with all blocks")
		b.add(300, 500)
		b.same(r, "after late records")
		b.start()
		b.same(r, "after late records and a start")
		if n := b.ready(); n < 15 {
			t.Errorf("%v: after late records, which are stored beside, %d blocks can be read", zone, n)
		}
		b.rest()
		if n := b.ready(); n > 3 {
			t.Errorf("%v: days were stored anew, and %d blocks of them can still be read", zone, n)
		}
		b.same(r, "after days were stored anew")
		b.unite()
		b.same(r, "after blocks were made anew")
		b.start()
		if n := b.ready(); n < 15 {
			t.Errorf("%v: after a start %d blocks can be read", zone, n)
		}
		b.same(r, "after that and a start")
	}
}

// What is counted anew from fewer records is not answered from blocks that were made
// before, even where these are kept.
func TestBlocksOfBeforeARebuildAreNotRead(t *testing.T) {
	b := newBlocked(t, 5, time.UTC)
	b.add(500, 500)
	b.rest()
	b.unite()
	stale := map[string][][]byte{}
	for key, parts := range b.s.parts {
		if strings.HasPrefix(key, keyBlock) {
			stale[key] = parts
		}
	}
	fewer := newSource(6, noon)
	fewer.back = b.src.back
	all := fewer.records(400)
	next := inPieces(rand.New(rand.NewPCG(5, 5)), slices.Clone(all))
	if err := Rebuild(b.m.cfg, Dependencies{Now: b.c.now}, b.s.stored(), next, func(p []Part) error { b.s.keep(p); return nil }); err != nil {
		t.Fatal(err)
	}
	for key := range stale {
		if len(b.s.parts[key]) > 0 {
			t.Errorf("%s was kept", key)
		}
	}
	maps.Copy(b.s.parts, stale)
	b.roomy = New(b.roomy.cfg, b.roomy.deps)
	b.roomy.Add(batchOf(all))
	b.start()
	b.rest()
	if n := b.ready(); n != 0 {
		t.Errorf("%d blocks of other records can be read", n)
	}
	b.same(rand.New(rand.NewPCG(6, 6)), "after a rebuild")
	b.unite()
	b.same(rand.New(rand.NewPCG(7, 7)), "after blocks were made anew")
}

// A block that is damaged is read day by day, and made anew; at a start, too.
func TestDamagedBlocksAreMadeAnew(t *testing.T) {
	b := newBlocked(t, 8, time.UTC)
	b.add(500, 500)
	b.rest()
	b.unite()
	all := b.ready()
	damage := func(at func(data []byte) int) {
		for key, parts := range b.s.parts {
			if strings.HasPrefix(key, keyBlock) {
				data := slices.Clone(parts[0])
				data[at(data)] ^= 1
				b.s.parts[key] = [][]byte{data}
			}
		}
		b.start()
	}
	damage(func(data []byte) int { return indexedHead + 3 })
	if n := b.ready(); n != 0 {
		t.Errorf("%d blocks whose directory is damaged can be read", n)
	}
	b.unite()
	damage(func(data []byte) int { return len(data) - 20 })
	for i := range 5 {
		b.same(rand.New(rand.NewPCG(8, uint64(i))), "with damaged blocks")
	}
	if n := b.ready(); n == all {
		t.Fatal("no block was found to be damaged: the test tests nothing")
	}
	b.unite()
	if n := b.ready(); n != all {
		t.Errorf("%d of %d blocks can be read again", n, all)
	}
	b.same(rand.New(rand.NewPCG(9, 9)), "made anew")
}

// Unite holds up nobody: others count, cut and ask meanwhile, and the race detector
// looks on.
func TestOthersGoOnWhileBlocksAreMade(t *testing.T) {
	b := newBlocked(t, 11, time.UTC)
	b.add(300, 0)
	b.rest()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 300 {
			b.m.Unite(time.Microsecond)
		}
	}()
	for i := range 10 {
		b.m.Add(batchOf(b.src.records(20)))
		b.m.Cut() // the store has it later
		if _, _, err := quarter(b.m, 100-i, 3); err != nil {
			t.Error(err)
		}
	}
	<-done
}

// Blocks lie in order in a period and hold each of its days once.
func TestEveryDayIsInOneBlock(t *testing.T) {
	m := New(Config{Home: vn}, Dependencies{Now: func() time.Time { return noon }})
	for back := range 70 {
		var days []daySource
		blocks := map[int64][]*blockView{}
		at := midnight(noon, m.cfg.Zone).AddDate(0, 0, -back-100)
		for range 100 {
			next := at.AddDate(0, 0, 1)
			days = append(days, daySource{from: at.Unix() / 60, to: next.Unix() / 60, refs: []groupRef{{group: &setGroup{start: at.Unix() / 60}}}})
			for _, s := range m.calendar(at.Unix() / 60) {
				if s.from == at.Unix()/60 {
					blocks[s.from] = append(blocks[s.from], &blockView{to: s.to})
				}
			}
			at = next
		}
		got := inBlocks(days, at.Unix()/60, blocks)
		i := 0
		for _, b := range got {
			if b.from != days[i].from || b.block == nil && len(b.refs) > 1 || b.block != nil && b.to != b.block.to {
				t.Fatalf("%d days back: a block of %d days begins at %d and ends at %d", back, len(b.refs), b.from, b.to)
			}
			for _, r := range b.refs {
				if r != days[i].refs[0] {
					t.Fatalf("%d days back: day %d is another", back, i)
				}
				i++
			}
		}
		if i != len(days) || len(got) > 30 {
			t.Fatalf("%d days back: %d blocks hold %d days of %d", back, len(got), i, len(days))
		}
	}
}
