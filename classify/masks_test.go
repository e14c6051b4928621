// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"haidang/event"
)

// changing is a lattice whose sectors a test changes between questions.
type changing struct {
	*Gate
	parts []Contribution
	asked int
	notes *pages
	now   time.Time
	water event.Time
	roll  *counts
}

func changingGate() *changing {
	c := &changing{notes: &pages{}, now: time.Date(2026, 11, 21, 14, 5, 0, 0, hanoi), roll: &counts{}}
	c.water = event.TimeOf(c.now)
	c.again()
	return c
}

// again makes the gate anew, as a restart does.
func (c *changing) again() {
	a := &answers{picture: event.Picture{Sectors: []event.Count{{Key: "live", Events: 5}}}}
	c.Gate = NewGate(a, a, a).WithRollups(c.roll).WithLattice(Lattice{
		Home: event.MustCountry("VN"), Zone: hanoi, Now: func() time.Time { return c.now }, Watermark: func() event.Time { return c.water },
		Sectors: func(from, to event.Time) ([]Contribution, bool, error) {
			c.asked++
			return slices.Clone(c.parts), true, nil
		},
		Notes: c.notes,
	})
}

func (c *changing) lines(t *testing.T, by ...string) (out []string, f event.Figure) {
	t.Helper()
	r, err := c.Figure(t.Context(), Nobody(), event.FigureQuery{Figure: "attacks", By: by, Period: "2026-11-18"})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range r.Value().Rows {
		v := fmt.Sprint(l.Value)
		if l.Hidden {
			v = "hidden"
		}
		out = append(out, strings.Join(l.Group, " ")+" "+v)
	}
	return out, r.Value()
}

// The mask is made once and holds for late records: a line that was hidden stays
// hidden though it passes the rules by now, and what is new is hidden.
func TestMaskIsKeptOverRevisions(t *testing.T) {
	c := changingGate()
	c.parts = []Contribution{sector("health", 20, 10, 10, 10, 10), sector("education", 12, 10, 10, 8), sector("banking", 0, 0, 0, 0, 0, 30), sector("energy", 30, 20, 20, 10, 10, 10)}
	want := []string{"energy 100", "health 60", "banking hidden", "education hidden"}
	if got, f := c.lines(t, "sector"); !slices.Equal(got, want) || f.Revision != 1 || f.Status != event.FigureFinal {
		t.Fatalf("%q, revision %d, %s", got, f.Revision, f.Status)
	}
	c.parts = append(c.parts[:3:3], sector("energy", 30, 20, 20, 10, 10, 15), sector("transport", 20, 20, 20, 20))
	c.parts[2] = sector("banking", 30, 30, 30, 30)
	c.again()
	want = []string{"energy 105", "health 60", "banking hidden", "education hidden", "transport hidden"}
	got, f := c.lines(t, "sector")
	if !slices.Equal(got, want) || f.Revision != 2 || f.Status != event.FigureRevised {
		t.Errorf("%q, revision %d, %s", got, f.Revision, f.Status)
	}
	if w := f.Rows[0].Was; w == nil || *w != 100 || f.Rows[1].Was != nil || f.Rows[2].Was != nil {
		t.Errorf("the version before is not named: %+v", f.Rows[:3])
	}
	// What was shown fails the rules now: nothing of the revision is shown.
	c.parts = []Contribution{sector("health", 1000), sector("education", 12, 10, 10, 8), sector("energy", 30, 20, 20, 10, 10, 10)}
	if got, _ := c.lines(t, "sector"); !slices.Equal(got, []string{"education hidden", "energy hidden", "health hidden"}) {
		t.Errorf("%q", got)
	}
}

// One, two ways and their margins go together: what is hidden in one table is not
// given away by the other.
func TestTwoWaysGoTogether(t *testing.T) {
	c := changingGate()
	of := func(kind string, p Contribution) Contribution { p.Kind = kind; return p }
	c.parts = []Contribution{
		of("a", sector("health", 20, 10, 10, 10, 10)), of("b", sector("health", 50)),
		of("a", sector("education", 12, 10, 10, 8)), of("b", sector("education", 30, 30, 30, 20)),
		of("a", sector("energy", 40, 40, 40, 40)), of("b", sector("energy", 50, 40, 40, 40)),
	}
	got, _ := c.lines(t, "sector", "kind")
	hidden := 0
	for _, l := range got {
		if strings.HasSuffix(l, "hidden") {
			hidden++
		}
	}
	if hidden < 3 || hidden > 5 || !slices.Contains(got, "health b hidden") {
		t.Errorf("%q", got)
	}
	turned, _ := c.lines(t, "kind", "sector")
	if !slices.Contains(turned, "b health hidden") || len(turned) != len(got) {
		t.Errorf("%q", turned)
	}
}

// Of random days all that is told over both tables and several revisions does not
// fix a hidden line: the check of disclosure finds nothing on any revision's mask.
func TestAllRevisionsOfOverlappingTables(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for range 60 {
		var parts []Contribution
		for s := range 4 {
			for k := range 2 {
				p := sector(fmt.Sprint("s", s), 0)
				p.Kind = fmt.Sprint("k", k)
				for u := range 6 {
					if r.IntN(3) > 0 {
						n := 1 + r.Int64N(50)
						p.Units[uint32(u+1)], p.Events = n, p.Events+n
					}
				}
				parts = append(parts, p)
			}
		}
		c := changingGate()
		for range 3 {
			c.parts = parts
			for _, by := range [][]string{{"sector"}, {"sector", "kind"}} {
				c.lines(t, by...)
			}
			for key, known := range c.masked {
				x := tabulate(slices.Clone(parts))
				faults, err := x.system.Check(known.hidden)
				if err != nil {
					t.Fatal(err)
				}
				if len(faults) > 0 && !slices.Equal(known.hidden, x.nothing()) {
					t.Fatalf("%s: %+v", key, faults)
				}
			}
			for i := range parts { // late records
				p := parts[i]
				p.Units = map[uint32]int64{}
				for u, n := range parts[i].Units {
					p.Units[u] = n
				}
				if r.IntN(2) == 0 {
					u := uint32(1 + r.IntN(6))
					p.Units[u]++
					p.Events++
				}
				parts[i] = p
			}
		}
	}
}

// What everybody sees live is the newest final day, by its mask; operators see
// what is counted.
func TestPictureShowsTheNewestReleasedDay(t *testing.T) {
	c := changingGate()
	c.parts = []Contribution{sector("health", 20, 10, 10, 10, 10), sector("education", 12, 10, 10, 8), sector("banking", 0, 0, 0, 0, 0, 30)}
	p := c.Picture(Nobody()).Value()
	if day := p.SectorDay.Std().In(hanoi).Format(time.DateOnly); day != "2026-11-18" || len(p.Sectors) != 3 || p.Sectors[0] != (event.Count{Key: "health", Events: 60}) ||
		!p.Sectors[1].Hidden || !p.Sectors[2].Hidden || p.Sectors[1].Events != 0 {
		t.Errorf("%s %+v", day, p.Sectors)
	}
	before := c.asked
	c.Picture(Nobody())
	if c.asked != before {
		t.Error("sectors are counted for every picture")
	}
	if c.Picture(OperatorNamed("an")).Value().Sectors[0].Key != "live" {
		t.Error("an operator does not see what is counted")
	}
}

func TestWhatCannotBeKeptIsNotShown(t *testing.T) {
	c := changingGate()
	c.parts = []Contribution{sector("health", 20, 10, 10, 10, 10)}
	c.Gate.lattice.Notes = refusing{}
	if _, err := c.Figure(t.Context(), Nobody(), event.FigureQuery{Figure: "attacks", By: []string{"sector"}, Period: "2026-11-18"}); err == nil {
		t.Error("sectors without a kept mask are shown")
	}
	if p := c.Picture(Nobody()).Value(); p.Sectors != nil || p.SectorDay.IsSet() {
		t.Errorf("%+v", p.Sectors)
	}
	c.notes.notes = map[string][]byte{maskKey(event.TimeOf(time.Date(2026, 11, 18, 0, 0, 0, 0, hanoi)), event.TimeOf(time.Date(2026, 11, 19, 0, 0, 0, 0, hanoi))): []byte("{")}
	c.again()
	if _, err := c.Figure(t.Context(), Nobody(), event.FigureQuery{Figure: "attacks", By: []string{"sector"}, Period: "2026-11-18"}); err == nil {
		t.Error("a damaged mask is taken for none")
	}
}

type refusing struct{}

func (refusing) Get(string) ([]byte, bool) { return nil, false }
func (refusing) Put(key string, _ []byte) error {
	if key == passedNote {
		return nil
	}
	return errors.New("no space")
}
func (r refusing) Later(key string, value []byte) error { return r.Put(key, value) }
func (refusing) Flush() error                           { return nil }
