// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"haidang/audit"
	"haidang/classify"
	"haidang/enrich"
	"haidang/event"
	"haidang/identity"
	"haidang/share/account"
	"haidang/vitals"
	"haidang/web"
)

// startAccount makes the pages where people sign in, and says how the first
// operator does.
func (a *App) startAccount(ctx context.Context) error {
	assets, err := web.New()
	if err != nil {
		return err
	}
	c := account.Config{Origin: a.origin(), Zone: a.zone, Version: vitals.Version, Replay: a.cfg.Portal.Replay, OneFactor: a.cfg.SignIn.OneFactor}
	for _, p := range a.cfg.SignIn.Providers {
		secret, err := secretOf(p.SecretFile)
		if err != nil {
			return fmt.Errorf("sign_in.providers: %s: %w", p.ID, err)
		}
		c.Providers = append(c.Providers, account.Provider{
			ID: p.ID, Name: p.Name, Issuer: p.Issuer, ClientID: p.ClientID, ClientSecret: secret, Scopes: p.Scopes,
			ACR: p.ACR, AMR: p.AMR, MaxAge: p.MaxAge,
		})
	}
	s, err := account.New(c, account.Dependencies{
		Identity: a.identity, Assets: assets, Log: a.log, Metrics: a.metrics, Now: a.now, Address: a.askedFrom,
		Client: a.reaching("sign_in"),
	})
	if errors.Is(err, account.ErrOrigin) {
		a.log.Warn("nobody can sign in: set portal.origin to the public address", "error", err)
		return nil
	}
	if err != nil {
		return err
	}
	if err := s.Start(ctx); err != nil {
		return err
	}
	a.life.add("accounts", s.Stop)
	a.account = s
	return nil
}

// FirstLink gives the address where the first operator signs in; empty where
// one can sign in already.
func (a *App) FirstLink(ctx context.Context) (string, error) {
	if a.account == nil {
		return "", nil
	}
	path, err := a.identity.FirstLink(ctx)
	if err != nil || path == "" {
		return "", err
	}
	return a.origin() + path, nil
}

// who finds who asks: by a token or, in a browser, by the session's cookie. A
// wrong token is an error, so that a mistyped one is not taken for a visitor's.
func (a *App) who(r *http.Request) (classify.Viewer, error) {
	if token := presented(r); token != "" {
		return a.viewer(r.Context(), token)
	}
	if a.account != nil {
		if p, ok := a.account.Who(r); ok && a.account.Enough(p) {
			return a.viewerOf(p), nil
		}
	}
	return classify.Nobody(), nil
}

// viewer finds who holds a token.
func (a *App) viewer(ctx context.Context, token string) (classify.Viewer, error) {
	if s, err := a.identity.Authenticate(token); err == nil {
		return classify.SensorNamed(s.Name), nil
	}
	p, err := a.identity.Token(ctx, token)
	if err != nil {
		return classify.Viewer{}, err
	}
	return a.viewerOf(p), nil
}

// roles of identity in the words of classify.
var roles = map[string]classify.Role{
	identity.RoleMember: classify.Member, identity.RoleSteward: classify.Steward, identity.RoleAnalyst: classify.Analyst,
	identity.RoleOperator: classify.Operator, identity.RoleAuditor: classify.Auditor, identity.RoleSecurityOfficer: classify.SecurityOfficer,
}

// purposes that the scopes of people's tokens are good for.
var purposes = map[string][]classify.Purpose{
	identity.ScopeFigures:    {classify.Count, classify.Figures},
	identity.ScopeEvents:     {classify.Own, classify.Community, classify.Search, classify.Count},
	identity.ScopeIndicators: {classify.Block},
}

// viewerOf puts a principal into the words of classify.
func (a *App) viewerOf(p identity.Principal) classify.Viewer {
	if p.Person == "" {
		return classify.OperatorNamed(p.Name)
	}
	v := classify.Attributes{
		Person: p.Person, Name: p.Person, Orgs: p.Organisations, Clients: p.Clients,
		Teams: p.Teams, Sectors: p.Sectors,
		StateBody: p.StateBody, Communities: p.Communities, StepUp: p.SteppedUp(a.now()),
	}
	for _, r := range p.Roles {
		v.Roles = append(v.Roles, roles[r.Name])
	}
	if p.Session == "" {
		v.Scopes = []classify.Purpose{}
		for _, s := range p.Scopes {
			v.Scopes = append(v.Scopes, purposes[s]...)
		}
	}
	return classify.NewViewer(v)
}

// startRegister tells enrichment which networks are whose, and routing who is told,
// now and whenever that changes.
func (a *App) startRegister(context.Context) error {
	changed := a.identity.OrganisationsChanged()
	a.enricher.Register(registered(a.identity.Organisations()))
	a.reroute()
	a.background("register", func(ctx context.Context) {
		for {
			select {
			case <-ctx.Done():
				return
			case <-changed:
			}
			changed = a.identity.OrganisationsChanged()
			a.enricher.Register(registered(a.identity.Organisations()))
			a.reroute()
		}
	})
	return nil
}

// registered puts organisations with networks of their own into the words of
// enrichment.
func registered(orgs []identity.Organisation) []enrich.Org {
	var out []enrich.Org
	for i := range orgs {
		o := &orgs[i]
		if o.Disabled != nil {
			continue
		}
		e := enrich.Org{ID: o.ID, Name: o.Name.In("vi"), Sector: o.Sector, Band: o.Band}
		e.Country, _ = event.ParseCountry(o.Country)
		e.Prefixes, e.AS, e.Domains = o.Own()
		out = append(out, e)
	}
	return out
}

// noted are the kinds of changes as the audit log names them.
var noted = map[string]audit.Action{
	"sensor": audit.Sensor, "token": audit.Token, "operator": audit.Token, "access": audit.Token,
	"person": audit.Person, "invitation": audit.Person, "organisation": audit.Organisation, "network": audit.Network,
	"session": audit.SignIn,
}

// noteIdentity writes a change of identity into the audit log before it takes
// effect.
func (a *App) noteIdentity(ctx context.Context, c identity.Action) error {
	kind, what, _ := strings.Cut(c.What, ".")
	action, ok := noted[kind]
	if !ok {
		return fmt.Errorf("audit: a change %q that nobody named", c.What)
	}
	if kind == "session" && (what == "end" || what == "sign-out") {
		action = audit.SignOut
	}
	e := audit.Entry{Time: c.At, Action: action, Actor: audit.System, Outcome: audit.Done, Purpose: what}
	if c.Who != "" {
		e.Actor = a.audit.Pseudonym(strings.TrimPrefix(c.Who, "person/")) // one name for what a person reads and changes
	}
	if c.Organisation != 0 {
		e.Organisations = []string{fmt.Sprint(c.Organisation)}
	}
	on, id, _ := strings.Cut(c.On, "/")
	if on == "person" || on == "session" || on == "access" || on == "token" || on == "operator" {
		id = string(a.audit.Pseudonym(id))
	}
	e.Object = audit.Object{Kind: on, IDs: []string{id}}
	for word := range strings.FieldsSeq(c.Detail) {
		if person, ok := strings.CutPrefix(word, "person/"); ok {
			word = string(a.audit.Pseudonym(person))
		}
		e.Object.IDs = append(e.Object.IDs, word)
	}
	_, err := a.audit.Append(ctx, e)
	return err
}
