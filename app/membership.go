// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"haidang/app/admin"
	"haidang/audit"
	"haidang/enrich"
	"haidang/event"
	"haidang/identity"
)

// organisationMethods offers organisations and networks on the socket. What they
// change is noted by identity before it holds, failures here.
func (a *App) organisationMethods(h *admin.Handler) {
	admin.Handle(h, admin.MethodOrganisationCreate, failures(a, audit.Organisation, aboutNewOrganisation, a.createOrganisation))
	admin.Handle(h, admin.MethodOrganisationList, func(context.Context, admin.None) ([]admin.Organisation, error) {
		out := []admin.Organisation{}
		for _, o := range a.identity.Organisations() {
			out = append(out, toldOrganisation(&o))
		}
		return out, nil
	})
	admin.Handle(h, admin.MethodOrganisationShow, func(_ context.Context, id admin.ID) (admin.Organisation, error) {
		o, err := a.organisation(id.ID)
		return toldOrganisation(&o), err
	})
	admin.Handle(h, admin.MethodOrganisationContact, failures(a, audit.Organisation, func(c admin.ChangeContact) audit.Object { return aboutOrganisation(admin.ID{ID: c.Organisation}) }, a.changeContact))
	admin.Handle(h, admin.MethodOrganisationDisable, failures(a, audit.Organisation, aboutOrganisation, func(ctx context.Context, id admin.ID) (admin.None, error) {
		return admin.None{}, a.identity.DisableOrganisation(ctx, id.ID)
	}))
	admin.Handle(h, admin.MethodOrganisationEnable, failures(a, audit.Organisation, aboutOrganisation, func(ctx context.Context, id admin.ID) (admin.None, error) {
		return admin.None{}, a.identity.EnableOrganisation(ctx, id.ID)
	}))
	admin.Handle(h, admin.MethodOrganisationImport, failures(a, audit.Organisation, func(admin.Import) audit.Object { return audit.Object{Kind: "organisation"} }, a.importOrganisations))
	a.networkMethods(h)
}

func (a *App) networkMethods(h *admin.Handler) {
	about := func(c admin.ChangeNetwork) audit.Object { return aboutOrganisation(admin.ID{ID: c.Organisation}) }
	admin.Handle(h, admin.MethodNetworkClaim, failures(a, audit.Network, about, func(ctx context.Context, c admin.ChangeNetwork) (admin.Network, error) {
		n, err := a.identity.Claim(ctx, c.Organisation, c.Network)
		return toldNetwork(n), err
	}))
	for method, do := range map[string]func(context.Context, admin.ChangeNetwork) error{
		admin.MethodNetworkConfirm: func(ctx context.Context, c admin.ChangeNetwork) error {
			return a.identity.Confirm(ctx, c.Organisation, c.Network, c.Why)
		},
		admin.MethodNetworkRefuse: func(ctx context.Context, c admin.ChangeNetwork) error {
			return a.identity.Refuse(ctx, c.Organisation, c.Network, c.Why)
		},
		admin.MethodNetworkProve: func(ctx context.Context, c admin.ChangeNetwork) error {
			return a.identity.Prove(ctx, c.Organisation, c.Network)
		},
	} {
		admin.Handle(h, method, failures(a, audit.Network, about, func(ctx context.Context, c admin.ChangeNetwork) (admin.None, error) {
			return admin.None{}, do(ctx, c)
		}))
	}
}

func aboutOrganisation(id admin.ID) audit.Object {
	return audit.Object{Kind: "organisation", IDs: []string{strconv.FormatUint(uint64(id.ID), 10)}}
}

func aboutNewOrganisation(o admin.Organisation) audit.Object {
	return aboutOrganisation(admin.ID{ID: o.ID})
}

func (a *App) organisation(id uint32) (identity.Organisation, error) {
	o, ok := a.identity.Organisation(id)
	if !ok {
		return o, fmt.Errorf("organisation %d: %w", id, identity.ErrNotFound)
	}
	return o, nil
}

func (a *App) createOrganisation(ctx context.Context, in admin.Organisation) (admin.Organisation, error) {
	o := identity.Organisation{
		ID: in.ID, Name: identity.Name{VI: in.Name, EN: in.NameEN}, Type: in.Type, Country: in.Country, Province: in.Province,
		Parent: in.Parent, StateBody: in.StateBody, Communities: in.Communities, Clients: in.Clients,
	}
	sector, err := event.Sectors.Parse(in.Sector)
	if err != nil {
		return in, fmt.Errorf("%w: %w", identity.ErrInvalid, err)
	}
	band, err := event.Bands.Parse(in.Band)
	if err != nil {
		return in, fmt.Errorf("%w: %w", identity.ErrInvalid, err)
	}
	o.Sector, o.Band = event.Sector(sector), event.Band(band)
	if in.ID, err = a.identity.CreateOrganisation(ctx, o); err != nil {
		return in, err
	}
	o, err = a.organisation(in.ID)
	return toldOrganisation(&o), err
}

// toldOrganisation puts an organisation into the words of the command line.
func toldOrganisation(o *identity.Organisation) admin.Organisation {
	out := admin.Organisation{
		ID: o.ID, Name: o.Name.VI, NameEN: o.Name.EN, Type: o.Type, Sector: o.Sector.String(), Band: o.Band.String(),
		Country: o.Country, Province: o.Province, Parent: o.Parent, StateBody: o.StateBody, Communities: o.Communities,
		Clients: o.Clients, Disabled: o.Disabled,
	}
	for _, c := range o.Contacts {
		out.Contacts = append(out.Contacts, admin.Contact{
			Name: c.Name, Email: c.Email, Language: c.Language, Digest: c.Digest, Weekly: c.Weekly,
			Kinds: c.Kinds, Stages: c.Stages, Webhook: c.Webhook != "", Severity: c.Severity, Tiers: c.Tiers,
		})
	}
	for _, n := range o.Networks {
		out.Networks = append(out.Networks, toldNetwork(n))
	}
	return out
}

func toldNetwork(n identity.Network) admin.Network {
	out := admin.Network{Network: n.String(), State: n.State, Proof: n.Proof, Challenge: n.Challenge}
	if name, ok := n.ProofName(); ok {
		out.TXT = name + "."
	}
	return out
}

// changeContact adds a contact, replaces the one of the same address, or removes it.
func (a *App) changeContact(ctx context.Context, c admin.ChangeContact) (admin.None, error) {
	o, err := a.organisation(c.Organisation)
	if err != nil {
		return admin.None{}, err
	}
	at := slices.IndexFunc(o.Contacts, func(k identity.Contact) bool { return strings.EqualFold(k.Email, c.Contact.Email) })
	k := identity.Contact{
		Name: c.Contact.Name, Email: c.Contact.Email, Language: c.Contact.Language, Digest: c.Contact.Digest || c.Contact.Weekly, Weekly: c.Contact.Weekly, Stages: c.Contact.Stages,
		Kinds: c.Contact.Kinds, Severity: c.Contact.Severity, Tiers: c.Contact.Tiers,
	}
	switch {
	case c.Remove && at < 0:
		return admin.None{}, fmt.Errorf("contact of organisation %d: %w", c.Organisation, identity.ErrNotFound)
	case c.Remove:
		o.Contacts = slices.Delete(o.Contacts, at, at+1)
	case at >= 0:
		k.WebhookOnly = o.Contacts[at].WebhookOnly
		o.Contacts[at] = k
	default:
		o.Contacts = append(o.Contacts, k)
	}
	return admin.None{}, a.identity.UpdateOrganisation(ctx, o)
}

// importOrganisations takes in the organisations of a member networks file, those
// that are there already only with the networks that they lack. Numbers are kept,
// since records name organisations by them.
func (a *App) importOrganisations(ctx context.Context, in admin.Import) (out admin.Imported, err error) {
	list, err := enrich.MemberList(in.Name, []byte(in.Data))
	if err != nil {
		return out, err
	}
	for i := range list {
		m := &list[i]
		if _, known := a.identity.Organisation(m.ID); !known {
			_, err := a.identity.CreateOrganisation(ctx, identity.Organisation{
				ID: m.ID, Name: identity.Name{VI: m.Name}, Type: "other", Sector: m.Sector, Band: m.Band, Country: m.Country.String(),
			})
			if err != nil {
				return out, fmt.Errorf("%s: %w", m.Name, err)
			}
			out.Organisations++
		}
		n, err := a.importNetworks(ctx, m, in.Proof)
		out.Networks += n
		if err != nil {
			return out, fmt.Errorf("%s: %w", m.Name, err)
		}
	}
	return out, nil
}

func (a *App) importNetworks(ctx context.Context, m *enrich.Org, proof string) (added int, err error) {
	var names []string
	for _, p := range m.Prefixes {
		names = append(names, p.String())
	}
	for _, as := range m.AS {
		names = append(names, "AS"+strconv.FormatUint(uint64(as), 10))
	}
	names = append(names, m.Domains...)
	o, err := a.organisation(m.ID)
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		if slices.ContainsFunc(o.Networks, func(n identity.Network) bool {
			return n.String() == name && (n.State == identity.Confirmed || proof == "" && n.State == identity.Claimed)
		}) {
			continue
		}
		if _, err := a.identity.Claim(ctx, m.ID, name); err != nil {
			return added, err
		}
		if proof != "" {
			if err := a.identity.Confirm(ctx, m.ID, name, proof); err != nil {
				return added, err
			}
		}
		added++
	}
	return added, nil
}

// personMethods offers people on the socket.
func (a *App) personMethods(h *admin.Handler) {
	admin.Handle(h, admin.MethodPersonList, a.listPeople)
	admin.Handle(h, admin.MethodPersonInvite, failures(a, audit.Person, func(n admin.NewPerson) audit.Object { return aboutRole(n.Role) }, func(ctx context.Context, n admin.NewPerson) (admin.Link, error) {
		path, v, err := a.identity.Invite(ctx, identity.Role{Name: n.Role, Organisation: n.Organisation}, n.Note)
		return admin.Link{URL: a.origin() + path, Expires: v.Expires}, err
	}))
	admin.Handle(h, admin.MethodPersonReadmit, failures(a, audit.Person, a.aboutPerson, func(ctx context.Context, p admin.Person) (admin.Link, error) {
		path, v, err := a.identity.Readmit(ctx, p.ID)
		return admin.Link{URL: a.origin() + path, Expires: v.Expires}, err
	}))
	for method, do := range map[string]func(context.Context, string) error{
		admin.MethodPersonDisable: a.identity.Disable, admin.MethodPersonEnable: a.identity.Enable,
	} {
		admin.Handle(h, method, failures(a, audit.Person, a.aboutPerson, func(ctx context.Context, p admin.Person) (admin.None, error) {
			return admin.None{}, do(ctx, p.ID)
		}))
	}
	for method, do := range map[string]func(context.Context, string, identity.Role) error{
		admin.MethodPersonGrant: a.identity.Grant, admin.MethodPersonWithdraw: a.identity.Withdraw,
	} {
		admin.Handle(h, method, failures(a, audit.Person, func(c admin.ChangeRole) audit.Object { return a.aboutPerson(admin.Person{ID: c.Person}) }, func(ctx context.Context, c admin.ChangeRole) (admin.None, error) {
			return admin.None{}, do(ctx, c.Person, identity.Role{Name: c.Role, Organisation: c.Organisation})
		}))
	}
}

func aboutRole(role string) audit.Object { return audit.Object{Kind: "role", IDs: []string{role}} }

func (a *App) aboutPerson(p admin.Person) audit.Object {
	return audit.Object{Kind: "person", IDs: []string{string(a.audit.Pseudonym(p.ID))}}
}

func (a *App) listPeople(context.Context, admin.None) ([]admin.Person, error) {
	out := []admin.Person{}
	for _, p := range a.identity.People() {
		line := admin.Person{
			ID: p.ID, Name: p.Name, Email: p.Email, Created: p.Created, Disabled: p.Disabled, WaysIn: len(p.Passkeys) + len(p.Subjects),
		}
		for _, r := range p.Roles {
			line.Roles = append(line.Roles, r.String())
		}
		out = append(out, line)
	}
	return out, nil
}
