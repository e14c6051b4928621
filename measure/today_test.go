// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
)

// figures gives a day's figures in a form that can be compared.
func (d *dayCount) figures() map[string]map[uint64]Cell {
	out := map[string]map[uint64]Cell{"sums": {0: d.world, 1: d.onHome, 2: d.hosted, 3: {d.unconfirmed}}}
	for name, t := range map[string]*table{
		"affected": &d.affected, "hosting": &d.hosting, "kinds": &d.kinds, "ways": &d.ways, "systems": &d.systems,
	} {
		out[name] = map[uint64]Cell{}
		for i, key := range t.keys {
			if !t.cells[i].zero() {
				out[name][key] = t.cells[i]
			}
		}
	}
	return out
}

// Whatever came, in whatever order, over midnight and restarts: what was added
// up on the way is what the cells say.
func TestTodayIsTheSumOfItsCells(t *testing.T) {
	for seed := range uint64(6) {
		start := midnight(noon, time.UTC).Add(16 * time.Hour) // an hour before midnight in Vietnam
		src := newSource(seed, start)
		src.back = 30 * time.Hour
		m, c := newAt(start)
		var s shelf
		for round, all := 0, src.records(4000); len(all) > 0; round++ {
			n := min(len(all), 211)
			for _, e := range all[:n] { // some of it after midnight
				e.Time += event.Time(time.Duration(round) * 10 * time.Minute)
			}
			m.Add(batchOf(all[:n]))
			all = all[n:]
			c.at = c.at.Add(10 * time.Minute)
			switch round % 5 {
			case 2:
				m.Picture()
			case 4:
				s.keep(m.Cut())
				m, c = restart(t, &s, c.at)
			}
			m.Picture()
			m.mu.Lock()
			var anew today
			anew.roll(m, c.at)
			got, want := m.today.count.figures(), anew.count.figures()
			m.mu.Unlock()
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("seed %d, round %d, want- got+:\n%.2000s", seed, round, diff)
			}
		}
	}
}

// The home counters of periods agree with their cells.
func TestHomeCountersAgreeWithTheCells(t *testing.T) {
	src := newSource(3, noon)
	m, c := newAt(noon)
	var s shelf
	for i, all := 0, src.records(3000); i < len(all); i += 300 {
		m.Add(batchOf(all[i : i+300]))
		c.at = c.at.Add(20 * time.Second)
		s.keep(m.Cut())
	}
	again, _ := restart(t, &s, c.at)
	for name, m := range map[string]*Measure{"running": m, "restarted": again} {
		v := m.look()
		for res := range resolutions {
			for _, b := range v.buckets[res] {
				var want homeCount
				b.cube(CubeAffected).each(func(key uint64, c *Cell) {
					if key>>10 == place(m.cfg.Home) {
						for col := range want {
							want[col] += c[col]
						}
					}
				})
				if b.home != want {
					t.Fatalf("%s, resolution %d at %d: %v on the home country, cells say %v", name, res, b.start, b.home, want)
				}
			}
		}
	}
}

// A picture is small work: its allocations do not grow with what was counted.
func TestAPictureCostsTheSameWhateverWasCounted(t *testing.T) {
	cost := func(records int) float64 {
		m, c := newAt(noon)
		src := newSource(9, noon)
		for range records / 500 {
			m.Add(batchOf(src.records(500)))
		}
		m.Picture()
		return testing.AllocsPerRun(20, func() {
			c.at = c.at.Add(200 * time.Millisecond)
			m.Picture()
		})
	}
	few, many := cost(1000), cost(20_000)
	if many > 1.5*few+50 {
		t.Errorf("%v allocations after 1,000 records, %v after 20,000", few, many)
	}
}

// Adding what is not late allocates nothing once its tables have grown.
func TestAddingAllocatesNothing(t *testing.T) {
	m, _ := newAt(noon)
	src := newSource(4, noon)
	src.back = 2 * time.Minute
	b := batchOf(src.records(2000))
	add := func() {
		m.Add(b)
		m.mu.Lock()
		m.flush(noon)
		m.mu.Unlock()
		for _, t := range m.fold.tables() {
			t.fresh = t.fresh[:0]
		}
	}
	for range 20 {
		add()
	}
	if n := testing.AllocsPerRun(20, add); n > 20 {
		t.Errorf("%v allocations for a batch of %d rows", n, b.Rows())
	}
}

// Readers ask while one counts and cuts; -race looks on.
func TestReadersBesideCuts(t *testing.T) {
	m, c := newAt(noon)
	m.deps.Now = time.Now
	_ = c
	src := newSource(12, time.Now())
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				m.Picture()
				m.Watermark()
				m.Tick(time.Now())
				_, _, _ = m.Ranking(DimRule, event.TimeUnset, event.TimeUnset, event.StageAttempt)
				_, _, _ = m.Distinct(DistinctQuery{Cube: CubePair, By: []Dim{DimHostingCountry}, Stage: event.StageAttempt, From: event.TimeUnset, To: event.TimeUnset})
			}
		})
	}
	for range 60 {
		m.Add(batchOf(src.records(200)))
		m.Cut()
	}
	close(stop)
	readers.Wait()
}
