// SPDX-License-Identifier: Apache-2.0

package classify

import "haidang/event"

// Purpose is what a viewer reads for.
type Purpose uint8

// Purposes.
const (
	Own       Purpose = iota // the organisation's own incidents
	Community                // others' incidents of its sector or kind
	Search                   // what it was given the right to query
	Count                    // internal counts
	Figures                  // open figures: the same for everybody
	Block                    // active measures, as block lists: what PAP allows
)

// Purposes lists the names of purposes, as the pack and tokens write them.
var Purposes = event.Enum{Name: "purpose", Names: []string{"own", "community", "search", "count", "figures", "block"}}

func (p Purpose) String() string { return Purposes.Text(uint8(p)) }

// Terms are what a source agreed to beside the label of its records.
type Terms struct {
	Owner      uint32 `json:"owner,omitempty"`       // organisation that the records are of; 0 not said
	Receiver   uint32 `json:"receiver,omitempty"`    // organisation that received them; 0 the national centre
	CountsOpen bool   `json:"counts_open,omitempty"` // RED, AMBER+STRICT and partner inputs may count in open figures
	Deliver    bool   `json:"deliver,omitempty"`     // AMBER+STRICT may be delivered to the constituents concerned
	Partner    bool   `json:"partner,omitempty"`     // a partner's input
}

// Facts are what is decided by, of one record.
type Facts struct {
	Label event.Label // settled
	Terms Terms
	// Agreed is false where the sensor has no agreement; nobody reads that.
	Agreed   bool
	Orgs     []event.OrgMatch // organisations concerned, with the side that is theirs
	Affected event.Side
	Sector   event.Sector
	Kind     event.RSIT
}

// concerns reports whether an affected side belongs to one of the sorted
// organisations.
func (f *Facts) concerns(orgs []uint32) bool {
	for _, m := range f.Orgs {
		if f.suffers(m.Side) && contains(orgs, m.Org) {
			return true
		}
	}
	return false
}

// suffers reports whether a side of the record is affected.
func (f *Facts) suffers(side event.Side) bool {
	switch side {
	case event.SideSource, event.SideDestination:
		return f.Affected == side || f.Affected == event.SideBoth
	}
	return false
}

// someAffected reports whether anybody is affected.
func (f *Facts) someAffected() bool {
	return f.Affected >= event.SideSource && f.Affected <= event.SideBoth
}

func contains(sorted []uint32, x uint32) bool {
	lo, hi := 0, len(sorted)
	for lo < hi {
		if mid := (lo + hi) / 2; sorted[mid] < x {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo < len(sorted) && sorted[lo] == x
}
