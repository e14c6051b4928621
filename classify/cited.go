// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"

	"haidang/event"
	"haidang/figure"
)

// Citations keeps figures that are cited. They are public for ever: what is in the
// book was open to everybody when it was put there.
type Citations interface {
	// Cite keeps a figure, or finds it; from is a visitor's address.
	Cite(ctx context.Context, f event.Figure, from netip.Addr) (event.Citation, error)
	// Later is Cite for who waits for many with Flush: it gives the id alone.
	Later(ctx context.Context, f event.Figure, from netip.Addr) (id string, err error)
	Flush() error
	// Known gives the id of a figure that is kept already, "" where it is not.
	Known(ctx context.Context, f event.Figure) (string, error)
	// Citation gives one by its id, or ErrNotFound.
	Citation(ctx context.Context, id string) (event.Citation, error)
	// Replay works one out again.
	Replay(ctx context.Context, id string) (event.Replayed, error)
	Keys() []event.FigureKey
}

// LimitError says that something cannot be done for now. Its text may be shown.
type LimitError struct {
	Detail string
	Retry  time.Duration // after which it is worth trying again; 0 where it is not
}

func (e *LimitError) Error() string { return e.Detail }

// WithCitations gives the gate the book of citations. It is called before the
// first question.
func (g *Gate) WithCitations(c Citations) *Gate {
	g.citations = c
	return g
}

// Cite keeps the figure that a question of the open lattice is answered with, whole,
// and gives its citation: the same figure, the same citation. Only periods that have
// ended can be cited.
func (g *Gate) Cite(ctx context.Context, v Viewer, q event.FigureQuery, from netip.Addr) (Released[event.Citation], error) {
	q.Limit = 0
	r, err := g.Figure(ctx, Nobody(), q)
	if err != nil {
		return Released[event.Citation]{}, err
	}
	if !r.value.Period.Ended {
		return Released[event.Citation]{}, &QuestionError{Field: "period", Detail: r.value.Period.Name + " is still running; a figure can be cited once its period has ended"}
	}
	if r.value.Silent {
		return Released[event.Citation]{}, nothingToCite(&r.value)
	}
	c, err := g.citations.Cite(ctx, r.value, from)
	if err != nil {
		return Released[event.Citation]{}, err
	}
	return release(v, c), nil
}

// settled are the kinds of periods whose final figures have an address without
// anybody asking for one: there are few of them.
var settled = []string{figure.Day.String(), figure.Week.String(), figure.Month.String(), figure.Quarter.String(), figure.Half.String(), figure.Year.String(), figure.YearToDate.String()}

// Permalink gives the id of a figure's citation, "" where it has none: final
// figures of days and longer are kept when they are first asked for, others when
// somebody cites them. The figure is one that Figure gave, whole. What is kept is on disk
// once Settled returned.
func (g *Gate) Permalink(ctx context.Context, r Released[event.Figure], from netip.Addr) (string, error) {
	f := r.value
	if g.citations == nil || !f.Period.Ended || f.Silent || g.shownAgain(Nobody(), &f) != nil {
		return "", nil // what is cited is public: not before it is released
	}
	if f.Status == event.FigureProvisional || !slices.Contains(settled, f.Period.Kind) {
		return g.citations.Known(ctx, f)
	}
	return g.citations.Later(ctx, f, from)
}

// Citation gives a citation to anybody, unless its table was withheld since.
func (g *Gate) Citation(ctx context.Context, v Viewer, id string) (Released[event.Citation], error) {
	c, err := g.citations.Citation(ctx, id)
	if err == nil {
		err = g.shownAgain(v, &c.Figure)
	}
	if err != nil {
		return Released[event.Citation]{}, err
	}
	return release(v, c), nil
}

// ErrNotAllowed says that the viewer may not ask for something to be done.
var ErrNotAllowed = errors.New("this is for members and people of the centre")

// ReplayCitation works a citation out again and compares. It is for those who are
// signed in, since it reads all records of its period; what it tells is public: the
// same table by the same rules, for nobody in particular.
func (g *Gate) ReplayCitation(ctx context.Context, v Viewer, id string) (Released[event.Replayed], error) {
	if v.role == Visitor || v.role == Sender {
		return Released[event.Replayed]{}, ErrNotAllowed
	}
	if _, err := g.Citation(ctx, v, id); err != nil {
		return Released[event.Replayed]{}, err
	}
	out, err := g.citations.Replay(ctx, id)
	if err != nil {
		return Released[event.Replayed]{}, err
	}
	return release(v, out), nil
}

// FigureKeys gives the public keys that citations are signed with.
func (g *Gate) FigureKeys(v Viewer) Released[[]event.FigureKey] {
	return release(v, g.citations.Keys())
}
