// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
	"haidang/mutant"
)

// shelf keeps parts as the store does: by key, in the order cut.
type shelf struct {
	keys  []string
	parts map[string][][]byte
}

func (s *shelf) keep(parts []Part) {
	if s.parts == nil {
		s.parts = map[string][][]byte{}
	}
	for _, p := range parts {
		if _, ok := s.parts[p.Key]; !ok {
			s.keys = append(s.keys, p.Key)
		}
		if p.Replace {
			s.parts[p.Key] = nil
		}
		if len(p.Data) > 0 {
			s.parts[p.Key] = append(s.parts[p.Key], p.Data)
		}
	}
}

func (s *shelf) load(t testing.TB, m *Measure) {
	t.Helper()
	for _, key := range s.keys {
		for _, data := range s.parts[key] {
			if err := m.Load(key, data); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// restart makes a new Measure from what is stored, as a start after a crash does.
func restart(t testing.TB, s *shelf, at time.Time) (*Measure, *clock) {
	t.Helper()
	m, c := newAt(at)
	s.load(t, m)
	return m, c
}

func distincts(t testing.TB, m *Measure) map[string]Distinct {
	t.Helper()
	out := map[string]Distinct{}
	for cube := CubeAffected; cube <= CubeSector; cube++ {
		for _, role := range []Role{Affected, Hosting} {
			for stage := event.StageAttempt; stage <= event.StageState; stage++ {
				rows, _, err := m.Distinct(DistinctQuery{Cube: cube, By: dimsOf(cube), Role: role, Stage: stage,
					From: event.TimeUnset, To: event.TimeUnset})
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range rows {
					out[fmt.Sprint(cube, role, stage, r.Group)] = r
				}
			}
		}
	}
	return out
}

func TestPartsGiveTheSameStateHoweverCut(t *testing.T) {
	for seed := range uint64(6) {
		src := newSource(seed, noon)
		if seed%3 == 2 {
			src.back = 30 * 24 * time.Hour
		}
		all := src.records(3000)
		once, _ := newAt(noon)
		once.Add(batchOf(all))
		m, c := newAt(noon)
		var s shelf
		r := rand.New(rand.NewPCG(seed, 3))
		for from := 0; from < len(all); {
			to := min(from+1+r.IntN(200), len(all))
			m.Add(batchOf(all[from:to]))
			from = to
			c.at = c.at.Add(time.Duration(r.IntN(2000)) * time.Millisecond)
			switch r.IntN(6) {
			case 0, 1, 2:
				s.keep(m.Cut())
			case 3:
				s.keep(m.Cut())
				m, c = restart(t, &s, c.at)
			case 4:
				m.Picture()
			}
		}
		s.keep(m.Cut())
		m, _ = restart(t, &s, c.at)
		if diff := cmp.Diff(counted(once), counted(m)); diff != "" {
			t.Fatalf("seed %d, cells want- got+:\n%.3000s", seed, diff)
		}
		if diff := cmp.Diff(distincts(t, once), distincts(t, m)); diff != "" {
			t.Fatalf("seed %d, addresses want- got+:\n%.3000s", seed, diff)
		}
	}
}

// A day of small cuts, quiet times that compact, and then weeks without
// anything: the hours' parts give way to the day's, and nothing changes.
func TestPartsAreReplacedAndDaysRetire(t *testing.T) {
	src := newSource(5, noon)
	all := src.records(4000)
	once, _ := newAt(noon)
	once.Add(batchOf(all))
	want := counted(once)
	m, c := newAt(noon)
	var s shelf
	for i := 0; i < len(all); i += 10 {
		m.Add(batchOf(all[i : i+10]))
		c.at = c.at.Add(time.Second)
		s.keep(m.Cut())
	}
	for range 40 {
		c.at = c.at.Add(20 * time.Second)
		s.keep(m.Cut())
	}
	for key, parts := range s.parts {
		if len(parts) > 1 && key != keyNames {
			t.Errorf("%s: %d parts after quiet minutes, want them replaced by one", key, len(parts))
		}
	}
	again, _ := restart(t, &s, c.at)
	if diff := cmp.Diff(want, counted(again)); diff != "" {
		t.Fatalf("after compaction, want- got+:\n%.3000s", diff)
	}
	before := distincts(t, m)
	c.at = c.at.Add(20 * 24 * time.Hour)
	s.keep(m.Cut())
	for key := range want { // minutes are gone by then
		if strings.Split(key, "|")[1] == "0" {
			delete(want, key)
		}
	}
	for _, key := range s.keys {
		if strings.HasPrefix(key, keyHour) && len(s.parts[key]) != 0 {
			t.Errorf("%s: still stored after its day retired", key)
		}
	}
	again, _ = restart(t, &s, c.at)
	for name, m := range map[string]*Measure{"running": m, "restarted": again} {
		if diff := cmp.Diff(want, counted(m)); diff != "" {
			t.Fatalf("%s, after retirement, want- got+:\n%.3000s", name, diff)
		}
		if diff := cmp.Diff(before, distincts(t, m)); diff != "" {
			t.Fatalf("%s, addresses after retirement, want- got+:\n%.3000s", name, diff)
		}
	}
}

func TestDamagedPartChangesNothing(t *testing.T) {
	src := newSource(1, noon)
	m, _ := newAt(noon)
	m.Add(batchOf(src.records(500)))
	for _, p := range m.Cut() {
		for _, at := range []int{0, 1, len(p.Data) / 2, len(p.Data) - 1} {
			bad := append([]byte(nil), p.Data...)
			bad[at] ^= 0x55
			again, _ := newAt(noon)
			if err := again.Load(p.Key, bad); !errors.Is(err, ErrDamaged) {
				t.Fatalf("%s with byte %d changed: %v, want ErrDamaged", p.Key, at, err)
			}
			if got := counted(again); len(got) != 0 {
				t.Fatalf("%s: a damaged part left %d cells", p.Key, len(got))
			}
		}
	}
	if err := m.Load("minutes/2026", []byte{1, 0, 0, 0, 0, 0}); err == nil {
		t.Fatal("a key of another room was taken")
	}
}

func FuzzLoad(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	src := newSource(2, noon)
	m, _ := newAt(noon)
	for range 3 {
		m.Add(batchOf(src.records(200)))
		for _, p := range m.Cut() {
			f.Add(p.Data[partHead : len(p.Data)-partTail])
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		n := 0
		if err := readSections(data, func(*section) { n++ }); err != nil {
			return
		}
		w := newPart(false)
		w.buf = append(w.buf, data...)
		m, _ := newAt(noon)
		if err := m.Load("hour/2026-11-21T05", w.finish()); err != nil {
			t.Fatalf("%d sections that read well were refused: %v", n, err)
		}
		before := counted(m)
		var s shelf
		s.keep(m.Cut())
		m.Picture()
		_ = before
	})
}

func dimsOf(cube Cube) (dims []Dim) {
	for _, f := range layouts[cube] {
		dims = append(dims, f.dim)
	}
	return dims
}
