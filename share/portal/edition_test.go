// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"net/http"
	"strings"
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
		before := g.asked
		get(t, p.Handler(), page)
		if anew := g.asked > before; anew != step.anew {
			t.Errorf("after ruling %d the page was made anew: %v", step.version, anew)
		}
	}
}

// counting counts the questions to a gate.
type countingGate struct {
	*classify.Gate
	asked int
}

func (g *countingGate) Rollup(q event.RollupQuery) (event.Rollup, error) {
	g.asked++
	return theWorld().Rollup(q)
}

// A figure of a final period is worked out once while the data stand still, and again
// when a record came or after a minute; one that is not final is worked out every second.
func TestFinalFiguresAreRemembered(t *testing.T) {
	now, data := sampleTime, "1"
	p := newTestPortal(t, Config{}, samplePicture(sampleTime, 1))
	p.dep.Now = func() time.Time { return now }
	p.known, p.settled = knownFigures(time.Second, &p.dep), knownFigures(settledFor, &p.dep)
	g := &countingGate{}
	g.Gate = sampleGate(func() event.Picture { return samplePicture(now, 1) }, p.dep.Now).WithRollups(g).WithLattice(classify.Lattice{
		Home: event.MustCountry("VN"), Zone: sampleZone, Now: p.dep.Now, Watermark: func() event.Time { return event.TimeOf(now) },
		Data: func() string { return data },
	})
	p.dep.Gate = g
	ask := func(period string) bool {
		t.Helper()
		before := g.asked
		if _, err := p.ask(event.FigureQuery{Figure: "attacks", Of: "VN", Period: period}); err != nil {
			t.Fatal(err)
		}
		return g.asked > before
	}
	for _, step := range []struct {
		wait   time.Duration
		data   string
		period string
		anew   bool
	}{
		{0, "1", "2026-07-01", true}, {2 * time.Second, "1", "2026-07-01", true}, // it is not known yet that they stand still
		{10 * time.Second, "1", "2026-07-01", true}, {20 * time.Second, "1", "2026-07-01", false},
		{0, "1", "2026-Q4", true}, {2 * time.Second, "1", "2026-Q4", true},
		{0, "2", "2026-07-01", true}, {11 * time.Second, "2", "2026-07-01", true}, {11 * time.Second, "2", "2026-07-01", false},
		{time.Minute, "2", "2026-07-01", true},
	} {
		now, data = now.Add(step.wait), step.data
		if got := ask(step.period); got != step.anew {
			t.Errorf("%+v: worked out %v", step, got)
		}
	}
}
