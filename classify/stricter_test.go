// SPDX-License-Identifier: Apache-2.0

package classify_test

import (
	"testing"

	"haidang/classify"
	"haidang/event"
)

// A TLP label beside a sharing group for State bodies takes something away and
// opens nothing: who is no State body reads the record neither with it nor without.
func TestAStricterLabelKeepsTheGroupsAudience(t *testing.T) {
	company := classify.NewViewer(classify.Attributes{Person: "an", Roles: []classify.Role{classify.Member}, Orgs: []uint32{7}, StepUp: true})
	agreement := classify.Enrolment()
	agreement.Default.Audience = event.NamedAudience(event.OrgMember(7))
	groups := register{1: {Tier: event.T1, Personal: event.PersonalNone}}
	for tlp := event.TLPUnset; tlp <= event.TLPRed; tlp++ {
		var e event.Event
		e.Reset()
		e.Audience, e.TLP, e.Affected = 1, tlp, event.SideDestination
		e.Orgs = []event.OrgMatch{{Org: 7, Reason: event.MatchPrefix, Side: event.SideDestination}}
		f := classify.FactsOf(&e, classify.OneForAll(agreement), groups)
		for p := classify.Own; p <= classify.Count; p++ {
			if d := classify.Decide(company, p, &f); d.Kind != classify.Nothing {
				t.Errorf("%v in a group for State bodies, for %v: a company sees it %v", tlp, p, d.Kind)
			}
		}
	}
}

type register map[uint32]event.Label

func (r register) Labels() (map[uint32]event.Label, uint64) { return r, 1 }
