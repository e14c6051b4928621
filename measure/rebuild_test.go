// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
)

// stored gives the shelf in the words of Rebuild.
func (s *shelf) stored() (out []Slot) {
	for _, key := range slices.Sorted(slices.Values(s.keys)) {
		slot := Slot{Key: key}
		for _, data := range s.parts[key] {
			slot.Parts = append(slot.Parts, inMemory{bytes.NewReader(data), data})
		}
		if len(slot.Parts) > 0 {
			out = append(out, slot)
		}
	}
	return out
}

// inMemory is a part in memory.
type inMemory struct {
	*bytes.Reader
	data []byte
}

func (p inMemory) Read() ([]byte, error) { return p.data, nil }

// inPieces gives records in batches of random size.
func inPieces(r *rand.Rand, all []*event.Event) func() (*event.Batch, error) {
	return func() (*event.Batch, error) {
		if len(all) == 0 {
			return nil, nil
		}
		n := min(1+r.IntN(400), len(all))
		b := batchOf(all[:n])
		all = all[n:]
		return b, nil
	}
}

func TestRebuiltRollupsGiveTheAnswersOfCounting(t *testing.T) {
	for seed := range uint64(6) {
		src := newSource(seed, noon)
		if seed%2 == 1 {
			src.back = 20 * 24 * time.Hour
		}
		all := src.records(3000)
		r := rand.New(rand.NewPCG(seed, 5))
		live, c := newAt(noon)
		var s shelf
		for next := inPieces(r, all); ; {
			b, _ := next()
			if b == nil {
				break
			}
			live.Add(b)
			live.Drops("sensor-of-old", 7)
			c.at = c.at.Add(time.Duration(r.IntN(3000)) * time.Millisecond)
			s.keep(live.Cut())
			if r.IntN(5) == 0 {
				live, c = restart(t, &s, c.at)
			}
		}
		c.at = c.at.Add(11 * time.Second) // sensors are stored every ten
		s.keep(live.Cut())
		byTime := slices.Clone(all)
		slices.SortFunc(byTime, func(a, b *event.Event) int { return int(b.Time - a.Time) }) // newest first, as the store gives them
		for _, x := range []struct {
			name    string
			records []*event.Event
		}{{"as they came", all}, {"by time", byTime}} {
			shelf := shelf{keys: slices.Clone(s.keys), parts: map[string][][]byte{}}
			for key, parts := range s.parts {
				shelf.parts[key] = slices.Clone(parts)
			}
			shelf.keep([]Part{{Key: hourKey(60 * 100), Data: newPart(false).finish()}}) // of records that are no more
			err := Rebuild(live.cfg, live.deps, shelf.stored(), inPieces(r, x.records), func(p []Part) error { shelf.keep(p); return nil })
			if err != nil {
				t.Fatal(err)
			}
			again, _ := restart(t, &shelf, c.at)
			if diff := cmp.Diff(counted(live), counted(again)); diff != "" {
				t.Fatalf("seed %d, %s: cells want- got+:\n%.2000s", seed, x.name, diff)
			}
			if diff := cmp.Diff(distincts(t, live), distincts(t, again)); diff != "" {
				t.Fatalf("seed %d, %s: addresses want- got+:\n%.2000s", seed, x.name, diff)
			}
			if diff := cmp.Diff(live.fold.all(), again.fold.all(), cmp.AllowUnexported(foldEntry{})); diff != "" {
				t.Fatalf("seed %d, %s: window want- got+:\n%.2000s", seed, x.name, diff)
			}
			drops := func(m *Measure) (n int64) {
				for _, s := range m.Picture().Sensors {
					n += s.Drops
				}
				return n
			}
			if drops(again) != drops(live) || drops(live) == 0 {
				t.Errorf("seed %d: sensors' own losses are %d, want %d", seed, drops(again), drops(live))
			}
			if len(shelf.parts[hourKey(60*100)]) != 0 {
				t.Error("a key without records is still stored")
			}
		}
	}
}

func TestRebuildTellsWhatFailed(t *testing.T) {
	bad := errors.New("bad")
	m, _ := newAt(noon)
	none := func() (*event.Batch, error) { return nil, nil }
	if err := Rebuild(m.cfg, m.deps, nil, func() (*event.Batch, error) { return nil, bad }, func([]Part) error { return nil }); !errors.Is(err, bad) {
		t.Errorf("reading: %v", err)
	}
	if err := Rebuild(m.cfg, m.deps, nil, none, func([]Part) error { return bad }); !errors.Is(err, bad) {
		t.Errorf("keeping: %v", err)
	}
	if err := Rebuild(m.cfg, m.deps, []Slot{{keyNames, []Kept{inMemory{data: []byte{1, 2}}}}}, none, func([]Part) error { return nil }); !errors.Is(err, ErrDamaged) {
		t.Errorf("damaged names: %v", err)
	}
}
