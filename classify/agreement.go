// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"cmp"

	"haidang/event"
)

// Agreement is what was agreed with whoever runs a sensor or a feed: the label
// of records that carry none, and what else holds for them.
type Agreement struct {
	Default event.Label `json:"default"` // in the form of event.ParseLabel
	Terms   Terms       `json:"terms"`
	Group   uint32      `json:"group,omitempty"` // the sharing group of records that name none; 0: none
}

// Enrolment is the agreement that enrolling a sensor makes where nothing else
// was agreed: its records are the national centre's own, AMBER+STRICT, and count
// in open figures. PAP, personal data and abroad are the strictest.
func Enrolment() Agreement {
	return Agreement{Default: event.Label{Tier: event.T3}, Terms: Terms{CountsOpen: true}}
}

// Agreements gives the agreements of all sensors. Whoever keeps them gives the
// same map until the version changes, and never changes a map it gave.
type Agreements interface {
	// Agreements gives them by the sensor's name; rest is for sensors that are not
	// listed. Without it these have no agreement, and nobody reads their records.
	Agreements() (bySensor map[string]Agreement, rest *Agreement, version uint64)
}

// Register gives the labels that cert.audience names: sharing groups. The same
// holds for its map as for that of Agreements. An id that is not listed is the
// strictest label.
type Register interface {
	Labels() (byID map[uint32]event.Label, version uint64)
}

// OneForAll is the agreement of every sensor.
type OneForAll Agreement

// Agreements implements the interface.
func (o OneForAll) Agreements() (map[string]Agreement, *Agreement, uint64) {
	a := Agreement(o)
	return nil, &a, 1
}

// NoGroups is a register without sharing groups.
type NoGroups struct{}

// Labels implements the interface.
func (NoGroups) Labels() (map[uint32]event.Label, uint64) { return nil, 1 }

// resolve gives the label of a record, settled. Each axis is said by the record
// itself and its sharing group, the stricter of both, else by the agreement.
func resolve(a *Agreement, groups map[uint32]event.Label, audience uint32, tlp event.TLP, pap event.PAP) event.Label {
	var own event.Label
	if audience = cmp.Or(audience, a.Group); audience != 0 {
		group, ok := groups[audience]
		if !ok {
			return event.Strictest()
		}
		own = group
	}
	state := own.Tier == event.T1 // a stricter TLP does not take its audience away
	own.Tier, own.PAP = own.Tier.Join(tlp.Tier()), max(own.PAP, pap)
	l := own.Or(a.Default)
	l.Audience.State = l.Audience.State || state
	if own.Tier == event.T0 {
		l.Audience = own.Audience // what is said to be clear is not narrowed by a default
	}
	l, _ = l.Settle()
	return l
}
