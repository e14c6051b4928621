// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"haidang/event"
)

// ErrUnwitnessed says that an answer could not be written down, so that it was
// not given. Its text may be shown to whoever asked.
var ErrUnwitnessed = errors.New("what is read here is written down first, and that is not possible now; try again in a while")

// Seen is the kind of an answer.
type Seen uint8

// Kinds of answers.
const (
	SeenRecords    Seen = iota
	SeenCounts          // counts and aggregates of records
	SeenWhy             // why a record is seen
	SeenRaw             // a record as it came
	SeenQuarantine      // the first bytes of records that could not be read
)

// Seens lists the names of kinds of answers.
var Seens = event.Enum{Name: "seen", Names: []string{"event", "count", "why", "raw", "quarantine"}}

func (s Seen) String() string { return Seens.Text(uint8(s)) }

// Sight is an answer that is about to be given.
type Sight struct {
	Viewer  Viewer
	Purpose Purpose
	What    Seen
	// Tier is the strictest of the records behind the answer or, where what is
	// shown does not tell, the strictest that the viewer may read for the purpose.
	Tier  event.Tier
	Count int64 // of records or figures in the answer
}

// WithWitness has every answer told before it is given, that holds records or
// counts of T2 or above; what the witness refuses is not given. It is called
// before the first question. Open answers (T0, T1, T1c) cost nothing.
func (g *Gate) WithWitness(tell func(context.Context, Sight) error) *Gate {
	g.witness = tell
	return g
}

// tell gives the witness's consent to an answer.
func (g *Gate) tell(ctx context.Context, s Sight) error {
	if g.witness == nil || s.Tier < event.T2 {
		return nil
	}
	if err := g.witness(ctx, s); err != nil {
		return fmt.Errorf("%w: %w", ErrUnwitnessed, err)
	}
	return nil
}

// give releases records once they were told.
func (g *Gate) give(ctx context.Context, v Viewer, p Purpose, c compiled, wanted []string, page Page) (Released[Page], error) {
	if page.Rows == nil || page.Rows.Rows() == 0 {
		return release(v, page), nil
	}
	s := Sight{Viewer: v, Purpose: p, What: SeenRecords, Tier: c.tier, Count: int64(page.Rows.Rows())}
	if b := g.library.book(); g.witness != nil && c.telling && s.Tier >= event.T2 && hasAll(wanted, b.tellingFields()) {
		s.Tier = b.strictestOf(page.Rows)
	}
	if err := g.tell(ctx, s); err != nil {
		return Released[Page]{}, err
	}
	return release(v, page), nil
}

// labelFields are by what a record's label is found.
var labelFields = []string{"observer.name", "cert.tlp", "cert.audience"}

// tellingFields are by what a record's label is found, rulings included.
func (b *book) tellingFields() []string {
	if b.rulings.about() {
		return ruledFields
	}
	return labelFields
}

var ruledFields = slices.Concat(labelFields, (&Selector{}).Fields())

func hasAll(fields, need []string) bool {
	if len(fields) == 0 {
		return true
	}
	for _, f := range need {
		if !slices.Contains(fields, f) {
			return false
		}
	}
	return true
}

// strictestOf gives the strictest tier of a batch's records.
func (b *book) strictestOf(rows *event.Batch) (t event.Tier) {
	known := map[input]event.Tier{}
	for row := range rows.Rows() {
		if b.rulings.about() {
			if e := essence(rows, row); b.ruled(&e) {
				f := b.facts(&e)
				t = t.Join(f.Label.Tier)
				continue
			}
		}
		in := input{rows.Observer.At(row), rows.Audience[row], rows.TLP[row]}
		tier, asked := known[in]
		if !asked {
			f := b.facts(&event.Event{Observer: in.sensor, Audience: in.audience, TLP: in.tlp})
			tier = f.Label.Tier
			known[in] = tier
		}
		t = t.Join(tier)
	}
	return t
}

// Tiers lists the tiers of which the viewer may read records for a purpose.
func (g *Gate) Tiers(v Viewer, p Purpose) (out []event.Tier) {
	if v.a == nil {
		return nil
	}
	b := g.library.book()
	for t := event.T0; t <= event.T4; t++ {
		if c := b.scopes.of(g.rules, v, p, t, everything, b); c.admits() {
			out = append(out, t)
		}
	}
	return out
}

// EventsOf gives records for a purpose, as EventsFor does, but only those of one
// tier, agreements, sharing groups and rulings included: what is masked no longer
// tells the tier of a record. The page says it. Records that a ruling marks as
// known benign are not among them.
func (g *Gate) EventsOf(ctx context.Context, v Viewer, p Purpose, t event.Tier, q event.Query) (Released[Page], error) {
	if p == Count || p == Figures || v.a == nil {
		return Released[Page]{}, ErrForbidden
	}
	b := g.library.book()
	c := b.scopes.of(g.rules, v, p, t, unmarked, b)
	q.Scope = c.scope
	page, err := g.records.Events(ctx, q)
	if err != nil {
		return Released[Page]{}, err
	}
	page.Tier = t
	return g.give(ctx, v, p, compiled{tier: t}, q.Fields, page)
}
