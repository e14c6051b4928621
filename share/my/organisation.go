// SPDX-License-Identifier: Apache-2.0

package my

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"haidang/event"
	"haidang/identity"
)

// organisationBody is what stewards keep of their organisations: people, open
// invitations, networks.
type organisationBody struct {
	Orgs    []organisationPart
	Wrong   string
	Confirm string // where a passkey is shown first; empty where that was done
}

type organisationPart struct {
	ID          uint32
	Name        string
	Steward     bool
	People      []personRow
	Invitations []invitationRow
	Networks    []networkRow
}

type personRow struct {
	ID, Name, Roles string
	Self, Disabled  bool
}

type invitationRow struct {
	ID, Note, Role string
	Expires        moment
}

type networkRow struct {
	Text, State, Name string // Name is the state's
	Reason            string // of a refusal
	TXT, Challenge    string // the record that proves it; empty where none can
	At                moment
}

// organisation shows what stewards keep of their organisations; to members only
// whom to turn to.
func (s *Server) organisation(x *visit) { s.showOrganisation(x, http.StatusOK, "") }

func (s *Server) showOrganisation(x *visit, status int, wrong string) {
	b := &organisationBody{Wrong: wrong}
	for _, o := range x.orgs {
		if !o.Acts {
			continue
		}
		p := organisationPart{ID: o.ID, Name: o.Name.In(x.l.Code), Steward: o.Steward, People: s.people(x, &o)}
		if o.Steward {
			p.Invitations = s.invitations(x, &o)
		}
		for _, n := range o.Networks {
			p.Networks = append(p.Networks, networkIn(s, x.l, n))
		}
		b.Orgs = append(b.Orgs, p)
	}
	if s.needsPasskey(x.viewer) {
		b.Confirm = x.l.path("confirm") + "?next=" + url.QueryEscape(x.l.path("organisation"))
	}
	s.show(x, status, "organisation", b)
}

// people lists who has a role in an organisation. Members see names as stewards
// do: they are colleagues.
func (s *Server) people(x *visit, o *Organisation) (out []personRow) {
	for _, p := range s.dep.Identity.People() {
		var roles []string
		for _, r := range p.Roles {
			if r.Organisation == o.ID {
				roles = append(roles, x.l.T("role."+r.Name))
			}
		}
		if len(roles) > 0 {
			out = append(out, personRow{p.ID, p.Name, strings.Join(roles, ", "), p.ID == x.viewer.Person(), p.Disabled != nil})
		}
	}
	return out
}

// open gives an organisation's invitations that can still be used.
func (s *Server) open(org uint32) (out []identity.Invitation) {
	for _, v := range s.dep.Identity.Invitations() {
		if v.Role.Organisation == org && v.Person == "" && v.Used == nil && s.now().Before(v.Expires) {
			out = append(out, v)
		}
	}
	return out
}

func (s *Server) invitations(x *visit, o *Organisation) (out []invitationRow) {
	for _, v := range s.open(o.ID) {
		out = append(out, invitationRow{v.ID, clean(v.Note), x.l.T("role." + v.Role.Name), x.l.moment(event.TimeOf(v.Expires), s.now())})
	}
	return out
}

func networkIn(s *Server, l *language, n identity.Network) networkRow {
	row := networkRow{Text: n.String(), State: n.State, Name: l.T("network." + n.State), At: l.moment(event.TimeOf(n.At), s.now())}
	switch n.State {
	case identity.Claimed:
		if name, ok := n.ProofName(); ok {
			row.TXT, row.Challenge = name, n.Challenge
		}
	case identity.Refused:
		row.Reason = clean(n.Proof)
	}
	return row
}

// setOrganisation does what a steward asks for: of the own organisation only, and
// after a passkey, since it decides who reads what.
func (s *Server) setOrganisation(x *visit) {
	id, _ := strconv.ParseUint(x.r.PostFormValue("organisation"), 10, 32)
	o, ok := x.org(uint32(id))
	if !ok || !o.Acts || !o.Steward {
		s.fail(x.w, x.r, x.l, http.StatusForbidden, "forbidden")
		return
	}
	if s.askPasskey(x, "organisation") {
		return
	}
	ctx := identity.As(x.r.Context(), "person/"+x.viewer.Person())
	var err error
	switch x.r.PostFormValue("do") {
	case "invite":
		s.invite(x, &o)
		return
	case "uninvite":
		err = s.uninvite(x, &o)
	case "withdraw":
		err = s.withdraw(x, &o)
	case "claim":
		_, err = s.dep.Identity.Claim(ctx, o.ID, x.r.PostFormValue("network"))
	case "prove":
		err = s.dep.Identity.Prove(ctx, o.ID, x.r.PostFormValue("network"))
	default:
		err = identity.ErrInvalid
	}
	s.doneOrganisation(x, err)
}

// doneOrganisation goes back to the page, or says what could not be done.
func (s *Server) doneOrganisation(x *visit, err error) {
	for _, known := range []struct {
		err    error
		status int
		key    string
	}{
		{identity.ErrUnproven, http.StatusConflict, "organisation.wrong.unproven"}, {identity.ErrExists, http.StatusConflict, "organisation.wrong.exists"},
		{identity.ErrNotFound, http.StatusNotFound, "organisation.wrong.gone"}, {identity.ErrInvalid, http.StatusUnprocessableEntity, "organisation.wrong.form"},
	} {
		if errors.Is(err, known.err) {
			s.log.Info("a form was refused", "route", x.r.Pattern, "error", err)
			s.showOrganisation(x, known.status, x.l.T(known.key))
			return
		}
	}
	if err != nil {
		panic(err)
	}
	http.Redirect(x.w, x.r, x.l.to("organisation", "saved", "1"), http.StatusSeeOther)
}

// invite makes a one-time link and shows it, the only time it can be seen.
func (s *Server) invite(x *visit, o *Organisation) {
	role := identity.Role{Name: x.r.PostFormValue("role"), Organisation: o.ID}
	if role.Name != identity.RoleMember && role.Name != identity.RoleSteward {
		s.doneOrganisation(x, identity.ErrInvalid)
		return
	}
	ctx := identity.As(x.r.Context(), "person/"+x.viewer.Person())
	path, v, err := s.dep.Identity.Invite(ctx, role, strings.TrimSpace(x.r.PostFormValue("note")))
	if err != nil {
		s.doneOrganisation(x, err)
		return
	}
	s.once(x, onceBody{
		Lead: x.l.T("once.link", "organisation", o.Name.In(x.l.Code)), Secret: s.cfg.Origin + path,
		Until: x.l.moment(event.TimeOf(v.Expires), s.now()), Back: x.l.path("organisation"),
	})
}

// uninvite ends a link of this organisation that nobody used.
func (s *Server) uninvite(x *visit, o *Organisation) error {
	id := x.r.PostFormValue("id")
	if !slices.ContainsFunc(s.open(o.ID), func(v identity.Invitation) bool { return v.ID == id }) {
		return identity.ErrNotFound
	}
	return s.dep.Identity.Uninvite(identity.As(x.r.Context(), "person/"+x.viewer.Person()), id)
}

// withdraw ends somebody's access to an organisation, and the links that they
// made for it: nobody comes back by one. Nobody ends the own access here, so that
// there is always a steward left.
func (s *Server) withdraw(x *visit, o *Organisation) error {
	id := x.r.PostFormValue("id")
	p, ok := s.dep.Identity.Person(id)
	if !ok || id == x.viewer.Person() || !slices.ContainsFunc(p.Roles, func(r identity.Role) bool { return r.Organisation == o.ID }) {
		return identity.ErrNotFound
	}
	ctx := identity.As(x.r.Context(), "person/"+x.viewer.Person())
	for _, r := range p.Roles {
		if r.Organisation != o.ID {
			continue
		}
		if err := s.dep.Identity.Withdraw(ctx, id, r); err != nil {
			return err
		}
	}
	for _, v := range s.open(o.ID) {
		if strings.TrimPrefix(v.By, "person/") != id {
			continue
		}
		if err := s.dep.Identity.Uninvite(ctx, v.ID); err != nil && !errors.Is(err, identity.ErrNotFound) {
			return err
		}
	}
	return nil
}

// onceBody is what a page shows that cannot be seen again.
type onceBody struct {
	Lead, Secret, Back string
	Until              moment // none where it does not end
}

func (s *Server) once(x *visit, b onceBody) { s.show(x, http.StatusOK, "once", &b) }

// askPasskey sends to the page where a passkey is shown, and says whether it did.
func (s *Server) askPasskey(x *visit, back string) bool {
	if !s.needsPasskey(x.viewer) {
		return false
	}
	http.Redirect(x.w, x.r, x.l.path("confirm")+"?next="+url.QueryEscape(x.l.path(back)), http.StatusSeeOther)
	return true
}
