// SPDX-License-Identifier: Apache-2.0

package classify_test

import (
	"testing"

	"haidang/classify"
	"haidang/event"
)

// changing is an agreement with everybody that can become another.
type changing struct {
	agreement classify.Agreement
	version   uint64
}

func (c *changing) Agreements() (map[string]classify.Agreement, *classify.Agreement, uint64) {
	return nil, &c.agreement, c.version
}

func TestGroundsHoldUntilRightsChange(t *testing.T) {
	person := func(change func(*classify.Attributes)) classify.Viewer {
		a := classify.Attributes{Person: "an", Roles: []classify.Role{classify.Member}, Orgs: []uint32{7}, StepUp: true}
		change(&a)
		return classify.NewViewer(a)
	}
	same := person(func(*classify.Attributes) {})
	c := &changing{classify.Agreement{Default: event.Label{Tier: event.T0}}, 1}
	g := classify.NewGate(nil, nil, nil).WithPolicy(classify.Policy{Agreements: c})
	before := g.Grounds(same)
	if !g.Holds(before, same) {
		t.Error("nothing changed")
	}
	for name, v := range map[string]classify.Viewer{
		"nobody":     classify.Nobody(),
		"other role": person(func(a *classify.Attributes) { a.Roles = []classify.Role{classify.Auditor} }),
		"no passkey": person(func(a *classify.Attributes) { a.StepUp = false }),
		"no org":     person(func(a *classify.Attributes) { a.Orgs = nil }),
		"scopes":     person(func(a *classify.Attributes) { a.Scopes = []classify.Purpose{classify.Own} }),
	} {
		if g.Holds(before, v) {
			t.Errorf("%s: what was given before would be given on", name)
		}
	}
	if c.version = 2; !g.Holds(before, same) {
		t.Error("an agreement that was written anew and says the same ends downloads")
	}
	c.agreement.Default.Tier = event.T4
	if c.version = 3; g.Holds(before, same) {
		t.Error("the agreement became stricter, and what was open is given on")
	}
}
