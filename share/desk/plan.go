// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"haidang/event"
	"haidang/identity"
)

// step is what an import would do with one network.
type step struct {
	Line    int
	Network string
	Org     string
	State   string // add, known, conflict, wrong
	Note    string
	id      uint32 // of the organisation; 0: it is made first
}

// States of a step.
const (
	stepAdd      = "add"
	stepKnown    = "known"
	stepConflict = "conflict"
	stepWrong    = "wrong"
)

// plan is what an import would do.
type plan struct {
	New    []party // organisations that would be made
	Steps  []step
	Faults []lineFault
	ids    map[string]uint32 // of organisations that are there, by name in the import
}

// count gives how many steps are in a state.
func (p *plan) Count(state string) (n int64) {
	for _, s := range p.Steps {
		if s.State == state {
			n++
		}
	}
	return n
}

// compare holds an import against what is known.
func (v *view) compare(in *imported) *plan {
	p := &plan{Faults: in.Faults, ids: map[string]uint32{}}
	known := v.dep.Identity.Organisations()
	named := map[string][]uint32{}
	for _, o := range known {
		named[fold(o.Name.VI)] = append(named[fold(o.Name.VI)], o.ID)
		if o.Name.EN != "" && fold(o.Name.EN) != fold(o.Name.VI) {
			named[fold(o.Name.EN)] = append(named[fold(o.Name.EN)], o.ID)
		}
	}
	unusable := map[string]bool{}
	for _, x := range in.Parties {
		switch ids := named[fold(x.Name)]; {
		case len(ids) > 1:
			unusable[x.Name] = true
			p.Faults = append(p.Faults, lineFault{x.Line, fmt.Sprintf("%d organisations are called %q", len(ids), x.Name)})
		case len(ids) == 1:
			p.ids[x.Name] = ids[0]
		default:
			if text := checkParty(&x); text != "" {
				unusable[x.Name] = true
				p.Faults = append(p.Faults, lineFault{x.Line, text})
				continue
			}
			p.New = append(p.New, x)
		}
	}
	first := map[string]claim{}
	taken := ownersOf(known)
	for _, c := range in.Claims {
		s := step{Line: c.Line, Org: c.Org, Network: c.Network, State: stepAdd, id: p.ids[c.Org]}
		n, err := identity.ParseNetwork(c.Network)
		switch before, twice := first[n.String()]; {
		case err != nil:
			s.State, s.Note = stepWrong, err.Error()
		case unusable[c.Org]:
			s.State = stepWrong
		case twice && before.Org != c.Org:
			s.State, s.Note = stepConflict, fmt.Sprintf("%d: %s", before.Line, before.Org)
		case twice:
			continue
		default:
			s.Network = n.String()
			first[s.Network] = c
			v.place(&s, n, known, taken)
		}
		p.Steps = append(p.Steps, s)
	}
	slices.SortStableFunc(p.Faults, func(a, b lineFault) int { return a.Line - b.Line })
	return p
}

// place says how a network stands to those that organisations have.
func (v *view) place(s *step, n identity.Network, known []identity.Organisation, taken []owned) {
	for _, o := range known {
		for _, have := range o.Networks {
			if have.String() != s.Network {
				continue
			}
			switch {
			case o.ID == s.id && have.State != identity.Refused:
				s.State, s.Note = stepKnown, v.l.T("network."+have.State)
			case o.ID != s.id && have.State == identity.Confirmed && o.Disabled == nil:
				s.State, s.Note = stepConflict, o.Name.In(v.l.Code)
			}
		}
	}
	if s.State != stepAdd || !n.Prefix.IsValid() {
		return
	}
	for _, t := range taken {
		if t.id != s.id && t.prefix.Overlaps(n.Prefix) {
			s.Note = v.l.T("import.overlaps", "network", t.prefix, "name", t.name.In(v.l.Code))
			return
		}
	}
}

// owned is a confirmed prefix.
type owned struct {
	prefix netip.Prefix
	id     uint32
	name   identity.Name
}

func ownersOf(known []identity.Organisation) []owned {
	var out []owned
	for _, o := range known {
		prefixes, _, _ := o.Own()
		for _, p := range prefixes {
			out = append(out, owned{p, o.ID, o.Name})
		}
	}
	return out
}

// checkParty says what identity would refuse, before anything is made.
func checkParty(x *party) string {
	_, err := event.Sectors.Parse(x.Sector)
	_, country := event.ParseCountry(x.Country)
	switch {
	case !slices.Contains(identity.OrganisationTypes, x.Type):
		return fmt.Sprintf("type %.40q: use one of %s", x.Type, strings.Join(identity.OrganisationTypes, ", "))
	case err != nil:
		return err.Error()
	case x.Country != "" && !country:
		return fmt.Sprintf("country %.20q: use two letters such as VN", x.Country)
	}
	return ""
}

// fold makes names comparable.
func fold(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// outcome is what an import did.
type outcome struct {
	Made, Claimed, Confirmed int64
	Faults                   []lineFault
}

// carry does what the plan says: organisations are made, networks claimed and,
// with a proof, confirmed. What fails is told by its line; the rest goes on.
func (v *view) carry(ctx context.Context, p *plan, proof string) outcome {
	var out outcome
	for _, x := range p.New {
		id, err := v.dep.Identity.CreateOrganisation(ctx, x.organisation())
		if err != nil {
			out.Faults = append(out.Faults, lineFault{x.Line, v.refusalText(err)})
			continue
		}
		p.ids[x.Name] = id
		out.Made++
	}
	for _, s := range p.Steps {
		id := p.ids[s.Org]
		if s.State != stepAdd || id == 0 {
			continue
		}
		_, err := v.dep.Identity.Claim(ctx, id, s.Network)
		if err == nil {
			out.Claimed++
			if proof == "" {
				continue
			}
			if err = v.dep.Identity.Confirm(ctx, id, s.Network, proof); err == nil {
				out.Confirmed++
			}
		}
		if err != nil {
			out.Faults = append(out.Faults, lineFault{s.Line, v.refusalText(err)})
		}
		if ctx.Err() != nil {
			break
		}
	}
	return out
}

func (x *party) organisation() identity.Organisation {
	sector, _ := event.Sectors.Parse(x.Sector) // checkParty looked
	o := identity.Organisation{
		Name: identity.Name{VI: x.Name, EN: x.EN}, Type: x.Type, Sector: event.Sector(sector), Country: x.Country, Province: x.Province,
	}
	if x.Email != "" {
		o.Contacts = []identity.Contact{{Email: x.Email, Language: x.Language}}
	}
	return o
}

func (v *view) refusalText(err error) string {
	_, text := v.refusal(err)
	return text
}
