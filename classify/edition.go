// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"sync"

	"haidang/event"
	"haidang/figure"
	desk "haidang/release"
)

// editions counts the states of the release desk, and the books of agreements,
// sharing groups and rulings, that were seen.
type editions struct {
	mu   sync.Mutex
	seen *desk.State
	book *book
	n    uint64
}

// Edition counts what was decided: released, ruled, agreed. What was made of one
// edition may be shown again until there is another. A decision makes one at once,
// the end of an embargo does not.
func (g *Gate) Edition() uint64 {
	var now *desk.State
	if g.releases != nil {
		now = g.releases.State()
	}
	book := g.library.book()
	g.editions.mu.Lock()
	defer g.editions.mu.Unlock()
	if s := &g.editions; s.n == 0 || now != s.seen || book != s.book {
		s.seen, s.book = now, book
		s.n++
	}
	return g.editions.n
}

// Data tells apart by what counts a figure of final periods is made: while it is the
// same, and so is the edition, so are the figure's numbers. It is taken before the
// figure. "" stands for a figure that may change with time alone, or of which that is
// not known.
func (g *Gate) Data(q event.FigureQuery) string {
	if g.lattice.Data == nil {
		return ""
	}
	a, err := g.understand(q)
	if err != nil {
		return ""
	}
	passed, err := g.passed()
	if err != nil || figure.StatusOf(a.period, a.now, passed, 1) != event.FigureFinal {
		return ""
	}
	data := g.lattice.Data(event.TimeOf(a.period.From), event.TimeOf(a.period.To))
	if a.on != "" {
		data += " " + g.lattice.Data(event.TimeOf(a.base.From), event.TimeOf(a.base.To))
	}
	return data
}
