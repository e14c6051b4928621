// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"haidang/classify"
	"haidang/event"
	"haidang/release"
)

// steered is a release desk whose state a test sets.
type steered struct{ state *release.State }

func (s *steered) State() *release.State { return s.state }
func (s *steered) Now() time.Time        { return sampleTime }

// What the release desk decides holds from the next question on, whatever pages,
// figures and files were made before, though no time passes.
func TestADecisionHoldsAtOnce(t *testing.T) {
	desk := &steered{release.NewState(release.Automatic)}
	p := newTestPortal(t, Config{}, samplePicture(sampleTime, 1))
	p.dep.Gate = p.dep.Gate.(*classify.Gate).WithReleases(desk)
	h := p.Handler()
	const file, page = "/data/figures/series/attacks?of=VN&period=2026-Q3&format=csv", "/en/country/VN?period=2026-Q3"
	shown := func(want bool) {
		t.Helper()
		if r := get(t, h, file); (r.StatusCode == http.StatusOK) != want {
			t.Errorf("file: %d, shown should be %v", r.StatusCode, want)
		}
		if text := bodyOf(t, get(t, h, page)); strings.Contains(text, "This figure is not shown") == want {
			t.Errorf("page: shown should be %v", want)
		}
	}
	for range 2 {
		desk.state = release.NewState(release.Automatic)
		shown(true)
		desk.state = release.NewState(release.Withheld)
		shown(false)
	}
}

// ruled are rulings that a test changes.
type ruled struct{ version uint64 }

func (r *ruled) Rulings() ([]classify.Ruling, uint64) { return nil, r.version }

// What is ruled about records holds for remembered pages and figures at once too.
func TestARulingHoldsAtOnce(t *testing.T) {
	p := newTestPortal(t, Config{}, samplePicture(sampleTime, 1))
	rules, g := &ruled{1}, &countingGate{}
	g.Gate = p.dep.Gate.(*classify.Gate).WithRollups(g).WithPolicy(classify.Policy{Rulings: rules})
	p.dep.Gate = g
	const page = "/en/country/VN?period=2026-Q3"
	for _, step := range []struct {
		version uint64
		anew    bool
	}{{1, true}, {1, false}, {2, true}, {2, false}, {3, true}} {
		rules.version = step.version
		before := g.asked.Load()
		get(t, p.Handler(), page)
		if anew := g.asked.Load() > before; anew != step.anew {
			t.Errorf("after ruling %d the page was made anew: %v", step.version, anew)
		}
	}
}

// counting counts the questions to a gate.
type countingGate struct {
	*classify.Gate
	asked atomic.Int64
}

func (g *countingGate) Rollup(q event.RollupQuery) (event.Rollup, error) {
	g.asked.Add(1)
	return theWorld().Rollup(q)
}

// A figure of a final period is worked out once, whatever comes in of other periods,
// and again when a record of its own or of its base came, or after ten minutes; one
// that is not final is worked out every second.
func TestFinalFiguresAreRemembered(t *testing.T) {
	now, data := sampleTime, map[string]int{}
	p := newTestPortal(t, Config{}, samplePicture(sampleTime, 1))
	p.dep.Now = func() time.Time { return now }
	p.known, p.settled = knownFigures(time.Second, &p.dep), knownFigures(settledFor, &p.dep)
	g := &countingGate{}
	watermark := event.TimeUnset
	g.Gate = sampleGate(func() event.Picture { return samplePicture(now, 1) }, p.dep.Now).WithRollups(g).WithLattice(classify.Lattice{
		Home: event.MustCountry("VN"), Zone: sampleZone, Now: p.dep.Now, Watermark: func() event.Time { return watermark },
		Data: func(from, _ event.Time) string {
			day := from.Std().In(sampleZone).Format(time.DateOnly)
			return day + " " + strconv.Itoa(data[day])
		},
	})
	p.dep.Gate = g
	for i, step := range []struct {
		wait         time.Duration
		record       string // of this day, before
		period, base string
		anew         bool
	}{
		{0, "", "2026-07-02", "", true}, {2 * time.Second, "", "2026-07-02", "", true}, // the watermark has not passed: it is not final
		{2 * time.Second, "passed", "2026-07-02", "", true}, {2 * time.Second, "", "2026-07-02", "", false},
		{2 * time.Second, "2026-11-21", "2026-07-02", "", false}, // a record of another day
		{2 * time.Second, "2026-07-02", "2026-07-02", "", true}, {2 * time.Second, "", "2026-07-02", "", false},
		{0, "", "2026-07-02", "previous", true}, {2 * time.Second, "", "2026-07-02", "previous", false},
		{0, "2026-07-01", "2026-07-02", "previous", true}, {0, "", "2026-07-02", "", false},
		{0, "", "2026-Q4", "", true}, {2 * time.Second, "", "2026-Q4", "", true}, // it is running
		{settledFor, "", "2026-07-02", "", true},
	} {
		now = now.Add(step.wait)
		data[step.record]++
		if step.record == "passed" {
			watermark = event.TimeOf(now.Add(-time.Minute))
		}
		before := g.asked.Load()
		if _, err := p.ask(event.FigureQuery{Figure: "attacks", Of: "VN", Period: step.period, Base: step.base}); err != nil {
			t.Fatal(err)
		}
		if anew := g.asked.Load() > before; anew != step.anew {
			t.Errorf("step %d, %+v: worked out %v", i, step, anew)
		}
	}
}
