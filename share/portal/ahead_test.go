// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"haidang/classify"
	"haidang/event"
)

// fullBook is a notebook on a disk that has become full.
type fullBook struct {
	mu    sync.Mutex
	notes map[string][]byte
	told  bool
}

var errFull = errors.New("no space left on device")

func (b *fullBook) Get(key string) ([]byte, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	v, ok := b.notes[key]
	return v, ok
}

func (b *fullBook) Put(key string, value []byte) error {
	if strings.HasPrefix(key, "final/") {
		return errFull
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.notes[key] = value
	return nil
}

func (b *fullBook) Later(key string, value []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.told {
		return errFull
	}
	b.notes[key] = value
	return nil
}

func (b *fullBook) Flush() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.told = true
	maps.DeleteFunc(b.notes, func(key string, _ []byte) bool { return strings.HasPrefix(key, "final/") })
	return errFull
}

// A page never tells of a figure as final that could not be noted as such.
func TestNothingIsFinalThatIsNotOnDisk(t *testing.T) {
	const path = "/en/country/VN?period=2026-Q3"
	a := newAging(t)
	if text := bodyOf(t, get(t, a.Handler(), path)); !strings.Contains(text, " final ") || strings.Contains(text, "provisional") {
		t.Fatal("the quarter is not final: the test tests nothing")
	}
	a = newAging(t)
	l := sampleLattice(a.dep.Now)
	l.Notes = &fullBook{notes: map[string][]byte{}}
	a.dep.Gate = sampleGate(func() event.Picture { return a.pic }, a.dep.Now).WithLattice(l)
	for range 2 {
		if text := bodyOf(t, get(t, a.Handler(), path)); strings.Contains(text, " final ") || !strings.Contains(text, "provisional") {
			t.Error("a figure that could not be noted is shown as final")
		}
	}
}

// askedGate notes what is asked, and how often.
type askedGate struct {
	*classify.Gate
	mu    sync.Mutex
	times map[string]int
}

func (g *askedGate) Figure(ctx context.Context, v classify.Viewer, q event.FigureQuery) (classify.Released[event.Figure], error) {
	g.mu.Lock()
	g.times[asText(&q)]++
	g.mu.Unlock()
	return g.Gate.Figure(ctx, v, q)
}

func asText(q *event.FigureQuery) string {
	return fmt.Sprint(q.Figure, q.Of, q.By, q.Period, q.Base, q.Bare)
}

// askedBy makes a block and gives how often it was asked for what.
func (a *aging) askedBy(t *testing.T, s spec, stop func()) map[string]int {
	t.Helper()
	g := a.dep.Gate.(*askedGate)
	if _, err := a.block(a.langs[0], "/", "x", s, netip.IPv6Unspecified()); err != nil {
		t.Fatal(err)
	}
	stop()
	g.mu.Lock()
	defer g.mu.Unlock()
	return maps.Clone(g.times)
}

// What is asked ahead is what the page asks, and nothing is worked out twice.
func TestAheadAsksWhatThePageAsks(t *testing.T) {
	home := event.FigureQuery{Figure: "attacks", Of: "VN", Period: "2026-09"}
	for _, s := range []spec{
		{Form: formBars, By: []string{"kind"}, Base: "previous"}, {Form: formBars, By: []string{"kind"}, Row: "kind:fraud/phishing"},
		{Form: formSeries}, {Form: formPanels, By: []string{"way"}}, {Form: formPair, By: []string{"kind"}, With: "2026-08"},
	} {
		s.Figure, s.Of, s.Period = home.Figure, home.Of, home.Period
		alone, both := newAging(t), newAging(t)
		for _, a := range []*aging{alone, both} {
			a.dep.Gate = &askedGate{Gate: a.dep.Gate.(*classify.Gate), times: map[string]int{}}
		}
		page := alone.askedBy(t, s, func() {})
		for _, q := range alone.questions(s) {
			if page[asText(&q)] == 0 {
				t.Errorf("%s: %s is asked ahead and by no page", s.Form, asText(&q))
			}
		}
		if with := both.askedBy(t, s, both.ahead([]spec{s})); !maps.Equal(with, page) {
			t.Errorf("%s: with what is asked ahead the page asks %v in place of %v", s.Form, with, page)
		}
	}
}
