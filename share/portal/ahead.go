// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"runtime"
	"slices"
	"sync/atomic"

	"haidang/event"
	"haidang/figure"
)

// ahead answers the questions behind blocks from the last one on, while a page is made
// from the first on: two processors make it in half the time, and what both ask for is
// answered once. It goes on until stop is called, which waits for its last question: one
// that the page waited for, too.
func (p *Portal) ahead(specs []spec) (stop func()) {
	var enough atomic.Bool
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { _ = recover() }() // who makes the page meets what was wrong, and can tell
		for _, s := range slices.Backward(specs) {
			for _, q := range slices.Backward(p.questions(s)) {
				if enough.Load() {
					return
				}
				_, _, _ = p.answered(&q) // likewise
			}
		}
	}()
	// While the collector uses a processor that nobody else did, it looks for work that all
	// may take, not for what is this one's next: this goroutine becomes such.
	runtime.Gosched()
	return func() {
		enough.Store(true)
		<-done
	}
}

// questions are those that a block asks first of all.
func (p *Portal) questions(s spec) (out []event.FigureQuery) {
	var groups [][]string
	whole := s.query()
	whole.Bare = s.Form != formBars || s.Row != ""
	switch s.Form {
	case formBars:
		return []event.FigureQuery{whole}
	case formPair:
		one, other := s.halves()
		return []event.FigureQuery{bare(one.query()), bare(other.query())}
	case formPanels:
		out = append(out, whole)
		if r, _, err := p.answered(&whole); err == nil { // else who makes the page meets it
			f := r.Value()
			groups = s.beside(&f)
		}
	}
	at, err := figure.ParsePeriod(s.Period, p.cfg.Zone)
	if err != nil {
		return out
	}
	parts := p.parts(at)
	out = slices.Grow(out, len(parts))
	for _, part := range parts {
		q := bare(s.query(groups...))
		q.Period, q.Base = part.String(), ""
		out = append(out, q)
	}
	return out
}

// bare asks for what pages show: not for addresses beside counts.
func bare(q event.FigureQuery) event.FigureQuery {
	q.Bare = true
	return q
}
