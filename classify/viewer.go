// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"slices"
	"strings"

	"haidang/event"
)

// Role is what a viewer is to the observatory. A viewer may have several.
type Role uint8

// Roles.
const (
	Visitor         Role = iota // anybody, nobody in particular
	Sender                      // a sensor: sees what became of its own batches
	Member                      // acts for an organisation
	Steward                     // a member who answers for an organisation's data
	Auditor                     // reads the audit log, no records
	SecurityOfficer             // is told of state secrets: time, sender and door, never what it was
	Analyst                     // of the national centre: reads what the centre holds
	Operator                    // runs the machine: counts, accounting, quarantine
)

// Roles lists the names of roles.
var Roles = event.Enum{Name: "role", Names: []string{
	"visitor", "sensor", "member", "steward", "auditor", "security-officer", "analyst", "operator",
}}

func (r Role) String() string { return Roles.Text(uint8(r)) }

// Attributes say who a viewer is. identity fills them in from what it has
// checked; classify believes them.
type Attributes struct {
	Person      string // id of the person; empty for machines
	Name        string // for logs; the person's id where empty
	Roles       []Role
	Orgs        []uint32 // organisations that the person acts for (ids as in cert.orgs)
	Clients     []uint32 // organisations whose national or parent team these are
	Teams       []uint32 // organisations of which these are clients
	StateBody   bool     // acts for a Party or State body
	Sectors     []event.Sector
	Kinds       []event.RSIT // incidents that they wish to be warned of
	Communities []string
	StepUp      bool      // showed a passkey within minutes: needed for T3 and above
	Abroad      bool      // stands beyond the border
	Scopes      []Purpose // what the token is for; nil: no limit
}

// Viewer is who asks. The zero Viewer is the visitor nobody.
type Viewer struct {
	role Role
	name string
	a    *attributes // nil for the visitor and for sensors
}

// attributes are Attributes made ready to decide by. They are not changed.
type attributes struct {
	Attributes
	roles            uint16    // one bit a role
	own              []uint32  // Orgs and Clients, sorted
	ownTexts         []string  // the same as a filter has them
	scopes           uint16    // one bit a purpose
	sectors          [256]bool // Sectors with their sub-sectors
	kinds            [256]bool // Kinds
	sectorTx, kindTx []string  // the same as a filter has them
}

// Nobody is the visitor that everything public is released to.
func Nobody() Viewer { return Viewer{} }

// OperatorNamed is a viewer who has shown an operator's token (hdo_…). Such a
// token is shown with every question and carries the roles of operator and
// analyst; it stands for a passkey.
func OperatorNamed(name string) Viewer {
	return NewViewer(Attributes{Name: name, Roles: []Role{Operator, Analyst}, StepUp: true})
}

// SensorNamed is a viewer who has shown a sensor's token.
func SensorNamed(name string) Viewer { return Viewer{role: Sender, name: name} }

// NewViewer makes the viewer of these attributes. Without any role but that of
// visitor it is a visitor, whatever else is said.
func NewViewer(in Attributes) Viewer {
	a := &attributes{Attributes: in, scopes: ^uint16(0)}
	top := Visitor
	for _, r := range in.Roles {
		a.roles |= 1 << r
		top = max(top, r)
	}
	if top == Visitor {
		return Viewer{}
	}
	if in.Scopes != nil {
		a.scopes = 0
		for _, p := range in.Scopes {
			a.scopes |= 1 << p
		}
	}
	a.own = slices.Concat(in.Orgs, in.Clients)
	slices.Sort(a.own)
	a.own = slices.Compact(a.own)
	a.ownTexts = numbers(a.own)
	a.expand()
	name := in.Name
	if name == "" {
		name = in.Person
	}
	return Viewer{role: top, name: name, a: a}
}

// expand lists the sectors with their sub-sectors, and the kinds.
func (a *attributes) expand() {
	for code, name := range event.Sectors.Names {
		top, _, _ := strings.Cut(name, "/")
		for _, s := range a.Sectors {
			if code != 0 && (event.Sector(code) == s || s.String() == top) {
				a.sectors[code] = true
			}
		}
		if a.sectors[code] {
			a.sectorTx = append(a.sectorTx, name)
		}
	}
	for code, name := range event.RSITs.Names {
		if code != 0 && slices.Contains(a.Kinds, event.RSIT(code)) {
			a.kinds[code] = true
			a.kindTx = append(a.kindTx, name)
		}
	}
}

// Role gives the viewer's strongest role.
func (v Viewer) Role() Role { return v.role }

// Has reports whether the viewer has a role.
func (v Viewer) Has(r Role) bool {
	if v.a == nil {
		return v.role == r
	}
	return v.a.roles&(1<<r) != 0
}

// Roles gives the viewer's roles, the weakest first.
func (v Viewer) Roles() (out []Role) {
	for r := Visitor; r <= Operator; r++ {
		if v.Has(r) {
			out = append(out, r)
		}
	}
	return out
}

// Organisations gives the organisations that the viewer acts for, in the order
// given.
func (v Viewer) Organisations() []uint32 {
	if v.a == nil {
		return nil
	}
	return slices.Clone(v.a.Orgs)
}

// Name gives the name of the token or person; empty for the visitor.
func (v Viewer) Name() string { return v.name }

// Person gives the id of the person; empty for the visitor and for machines.
func (v Viewer) Person() string {
	if v.a == nil {
		return ""
	}
	return v.a.Person
}

// ActsFor reports whether the viewer acts for an organisation.
func (v Viewer) ActsFor(org uint32) bool {
	return v.a != nil && org != 0 && slices.Contains(v.a.Orgs, org)
}

// Concerns reports whether incidents of an organisation are the viewer's to see:
// it acts for the organisation, or for one whose client that is.
func (v Viewer) Concerns(org uint32) bool {
	return v.a != nil && org != 0 && contains(v.a.own, org)
}

// May reports whether the viewer's token is good for a purpose.
func (v Viewer) May(p Purpose) bool { return v.a == nil || v.a.scopes&(1<<p) != 0 }

// String gives a word for logs.
func (v Viewer) String() string {
	if v.role == Visitor {
		return "visitor"
	}
	return v.role.String() + ":" + v.name
}

// anyOf reports whether the viewer has one of the roles, given as bits.
func (v Viewer) anyOf(roles uint16) bool { return v.a != nil && v.a.roles&roles != 0 }

// reader are the roles that read for an organisation.
const reader = 1<<Member | 1<<Steward | 1<<Analyst
