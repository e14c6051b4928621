// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"haidang/event"
)

// Names of roles. Whoever has none is a visitor.
const (
	RoleVisitor         = "visitor"
	RoleMember          = "member"           // of an organisation
	RoleSteward         = "steward"          // of an organisation: speaks for it
	RoleAnalyst         = "analyst"          // of the national centre
	RoleOperator        = "operator"         // administers the observatory
	RoleAuditor         = "auditor"          // reads the audit log, and no events
	RoleSecurityOfficer = "security-officer" // is told of state secrets that were found
)

var (
	organisationRoles = []string{RoleMember, RoleSteward}
	nationalRoles     = []string{RoleAnalyst, RoleOperator, RoleAuditor, RoleSecurityOfficer}
)

// Role is what somebody may do, and for whom: an organisation, or the national
// centre when that is zero.
type Role struct {
	Name         string `json:"name"`
	Organisation uint32 `json:"organisation,omitempty"`
}

func (r Role) String() string {
	if r.Organisation == 0 {
		return r.Name
	}
	return r.Name + " of " + strconv.FormatUint(uint64(r.Organisation), 10)
}

// checkRole refuses roles that nobody can have.
func (k *known) checkRole(r Role) error {
	switch {
	case slices.Contains(nationalRoles, r.Name):
		if r.Organisation != 0 {
			return fmt.Errorf("%w: role %s is national; name no organisation", ErrInvalid, r.Name)
		}
		return nil
	case slices.Contains(organisationRoles, r.Name):
		if o := k.organisations[organisationName(r.Organisation)]; o == nil || o.Disabled != nil {
			return fmt.Errorf("%w: role %s needs an organisation that is there, not %d", ErrInvalid, r.Name, r.Organisation)
		}
		return nil
	}
	return fmt.Errorf("%w: role %.40q: use one of %q, or of %q with an organisation", ErrInvalid, r.Name, nationalRoles, organisationRoles)
}

// Principal is who asks, as things stand now. The zero Principal is a visitor.
type Principal struct {
	Person        string // id; empty for an operator's token
	Name          string
	Languages     []string
	Roles         []Role
	Organisations []uint32 // in which they have a role, ascending
	Clients       []uint32 // of those organisations, ascending
	Teams         []uint32 // whose clients those organisations are, ascending
	Sectors       []event.Sector
	StateBody     bool     // one of the organisations is a Party or State body
	Communities   []string // of those organisations

	Session  string    // id; empty when a token was shown
	Way      string    // how the session began: ByLink, ByOIDC, ByFactors, ByPasskey
	SignedIn time.Time // when the session began
	StepUp   time.Time // confirmed by passkey, good until then
	Token    string    // "access/<id>" or "token/<name>"; empty for a session
	Scopes   []string  // of the token; a session has no such limit
}

// Has reports whether the principal has a national role.
func (p Principal) Has(role string) bool { return slices.Contains(p.Roles, Role{Name: role}) }

// HasIn reports whether the principal has a role in an organisation. A steward
// is a member too.
func (p Principal) HasIn(role string, organisation uint32) bool {
	return slices.Contains(p.Roles, Role{role, organisation}) ||
		role == RoleMember && slices.Contains(p.Roles, Role{RoleSteward, organisation})
}

// SteppedUp reports whether a passkey confirmed the session a short time ago, as
// T3 and above need.
func (p Principal) SteppedUp(now time.Time) bool { return now.Before(p.StepUp) }

// Factors reports whether several factors showed who it is: a passkey, which holds a
// key and wants its owner's finger, face or code, at any time of the session, or a
// provider that was made to ask for several. A token was made by somebody who did.
func (p Principal) Factors() bool {
	return p.Session == "" || p.Way == ByPasskey || p.Way == ByFactors || !p.StepUp.IsZero()
}

// May reports whether a person's token was made for a scope. Sessions and
// operators' tokens have no such limit.
func (p Principal) May(scope string) bool {
	return p.Session != "" || p.Person == "" && p.Token != "" || slices.Contains(p.Scopes, scope)
}

// principal says what a person is and has now.
func (k *known) principal(p *Person) (Principal, error) {
	if p.Disabled != nil {
		return Principal{}, ErrRevoked
	}
	out := Principal{Person: p.ID, Name: p.Name, Languages: slices.Clone(p.Languages)}
	for _, r := range p.Roles {
		if r.Organisation != 0 {
			o := k.organisations[organisationName(r.Organisation)]
			if o == nil || o.Disabled != nil {
				continue
			}
			out.Organisations = append(out.Organisations, o.ID)
			out.Clients = append(out.Clients, o.Clients...)
			out.Communities = append(out.Communities, o.Communities...)
			out.Teams = append(out.Teams, k.teams[o.ID]...)
			if o.Sector != event.SectorUnset {
				out.Sectors = append(out.Sectors, o.Sector)
			}
			out.StateBody = out.StateBody || o.StateBody
		}
		out.Roles = append(out.Roles, r)
	}
	if len(out.Roles) == 0 && len(p.Roles) > 0 {
		return Principal{}, ErrRevoked
	}
	out.Organisations, out.Clients, out.Teams = distinct(out.Organisations), distinct(out.Clients), distinct(out.Teams)
	out.Communities, out.Sectors = distinct(out.Communities), distinct(out.Sectors)
	return out, nil
}

func distinct[T cmp.Ordered](s []T) []T {
	slices.Sort(s)
	return slices.Compact(s)
}
