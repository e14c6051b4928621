// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
)

// entries gives both windows by key.
func (f *folding) all() map[string]foldEntry {
	out := map[string]foldEntry{}
	for number, t := range f.tables() {
		for _, e := range t.entries {
			if e.key != 0 {
				out[fmt.Sprint(number, "/", e.key)] = e
			}
		}
	}
	return out
}

// However it was cut, a restarted window is the one that was running.
func TestTheFoldingWindowOutlivesRestarts(t *testing.T) {
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 7))
		m, c := newAt(noon)
		var s shelf
		for range 60 {
			var b event.Batch
			for range r.IntN(300) {
				e := attack(c.at.Add(-time.Duration(r.IntN(7200)) * time.Second))
				e.Hash, e.Count = hashOf(uint64(r.IntN(4000))), uint32(1+r.IntN(3))
				if seed%2 == 1 && r.IntN(3) == 0 {
					e.ObserverType = event.ObserverFeed
				}
				b.Append(e)
			}
			m.Add(&b)
			c.at = c.at.Add(time.Second)
			if r.IntN(3) > 0 {
				s.keep(m.Cut())
			}
			if r.IntN(20) == 0 {
				s.keep(m.Cut())
				m, c = restart(t, &s, c.at)
			}
		}
		s.keep(m.Cut())
		again, _ := restart(t, &s, c.at)
		if diff := cmp.Diff(m.fold.all(), again.fold.all(), cmp.AllowUnexported(foldEntry{})); diff != "" {
			t.Fatalf("seed %d, window want- got+:\n%.2000s", seed, diff)
		}
	}
}

// What is stored stays within some multiple of the window, and in few parts.
func TestWhatIsStoredOfTheWindowIsBounded(t *testing.T) {
	const budget = 1 << 20
	c := &clock{noon}
	m := New(Config{Home: vn, FoldBudget: budget}, Dependencies{Now: c.now})
	var s shelf
	n := uint64(0)
	for range 3000 {
		var b event.Batch
		for range 100 {
			e := attack(c.at)
			n++
			e.Hash = hashOf(n)
			b.Append(e)
		}
		m.Add(&b)
		c.at = c.at.Add(time.Second)
		s.keep(m.Cut())
	}
	bytes := 0
	for _, data := range s.parts[keyFold] {
		bytes += len(data)
	}
	if most := foldLeast + foldWhole*budget; bytes > most {
		t.Errorf("%d bytes stored for a window of %d, want at most %d", bytes, budget, most)
	}
	if parts := len(s.parts[keyFold]); parts > manyDifferences+1 {
		t.Errorf("%d parts", parts)
	}
	again := New(Config{Home: vn, FoldBudget: budget}, Dependencies{Now: c.now})
	s.load(t, again)
	var b event.Batch
	for i := range uint64(6000) { // the newest minute repeats itself after the restart
		e := attack(c.at.Add(-time.Second))
		e.Hash = hashOf(n - i)
		b.Append(e)
	}
	before := again.Picture().World.Attacks
	again.Add(&b)
	c.at = c.at.Add(time.Second)
	if got := again.Picture().World.Attacks; got != before {
		t.Errorf("%d of 6000 repeats were counted again after the restart", got-before)
	}
}

// Many sources of batches and cuts give the same window: what is kept of an
// event does not depend on the order of its records.
func TestStoredEntriesMayComeInAnyOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	var list []foldEntry
	for range 5000 {
		list = append(list, foldEntry{key: scatter(r.Uint64N(400)) | 1, count: uint32(1 + r.IntN(5)), minute: uint32(1000 + r.IntN(9))})
	}
	var want map[string]foldEntry
	for range 5 {
		f := newFolding(1 << 20)
		for _, e := range list {
			f.streams.restore(e)
		}
		if want == nil {
			want = f.all()
		}
		if diff := cmp.Diff(want, f.all(), cmp.AllowUnexported(foldEntry{})); diff != "" {
			t.Fatalf("another order, want- got+:\n%.1000s", diff)
		}
		r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	}
}
