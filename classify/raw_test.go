// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"haidang/event"
)

// messages answers every place with its name, and counts who was asked.
type messages struct{ asked int }

func (m *messages) Raw(_ context.Context, sequence uint64, offset uint32) (RawRecord, error) {
	m.asked++
	return RawRecord{Data: fmt.Appendf(nil, "%d/%d", sequence, offset), Kept: true}, nil
}

// A raw record holds what redaction takes away: only who may see all of the
// record gets it, and the journal is not even asked for anybody else.
func TestRawIsForWhoSeesAll(t *testing.T) {
	s := &shelfOf{rows: []*event.Event{recordOf(1, 7, event.TLPAmber), recordOf(2, 7, event.TLPUnset), recordOf(3, 7, event.TLPClear)}}
	for i, e := range s.rows {
		e.RawSeq, e.RawOffset = uint64(40+i), uint32(i)
	}
	j := &messages{}
	g := NewGate(s, s, s).WithJournal(j)
	analyst := NewViewer(Attributes{Person: "a", Roles: []Role{Analyst}, StepUp: true})
	for _, c := range []struct {
		n    byte
		want string
	}{{1, "40/0"}, {2, "41/1"}} {
		r, err := g.Raw(t.Context(), analyst, id(c.n))
		if err != nil || string(r.Value().Data) != c.want || r.Public() {
			t.Errorf("analyst, record %d: %q %v", c.n, r.Value().Data, err)
		}
	}
	before := j.asked
	for _, c := range []struct {
		name string
		v    Viewer
	}{
		{"member", NewViewer(hospital)},
		{"analyst, no passkey", NewViewer(Attributes{Person: "a", Roles: []Role{Analyst}})},
		{"operator", NewViewer(Attributes{Person: "o", Roles: []Role{Operator}, StepUp: true})},
		{"auditor", NewViewer(Attributes{Person: "k", Roles: []Role{Auditor}, StepUp: true})},
	} {
		if _, err := g.Raw(t.Context(), c.v, id(2)); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if _, err := g.Raw(t.Context(), NewViewer(hospital), id(1)); !errors.Is(err, ErrNotFound) {
		t.Errorf("a member's own record is redacted, its raw form is not: %v", err)
	}
	if _, err := g.Raw(t.Context(), analyst, id(200)); !errors.Is(err, ErrNotFound) {
		t.Errorf("no record: %v", err)
	}
	for _, v := range []Viewer{Nobody(), SensorNamed("hue-1")} {
		if _, err := g.Raw(t.Context(), v, id(1)); !errors.Is(err, ErrForbidden) {
			t.Errorf("%v: %v", v, err)
		}
	}
	if j.asked != before {
		t.Errorf("the journal was asked %d times for those who may not read", j.asked-before)
	}
}
