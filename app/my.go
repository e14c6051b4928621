// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"haidang/classify"
	"haidang/event"
	"haidang/identity"
	"haidang/incident"
	"haidang/share"
	"haidang/share/account"
	"haidang/share/my"
	"haidang/vitals"
	"haidang/web"
)

// communityRecords is how many of others' newest records the members' page rests on.
const communityRecords = 2000

// mountPeople adds what people sign in for; nothing where nobody can.
func (a *App) mountPeople(mux *share.Mux) error {
	if a.account == nil {
		return nil
	}
	people := a.account.Handler()
	for _, path := range account.Paths() {
		mux.Mount(path, people)
	}
	members, err := a.members()
	if err != nil {
		return err
	}
	for _, path := range my.Paths() {
		mux.Mount(path, members)
	}
	return nil
}

// members makes the members' pages. What they read is written down like all
// reading.
func (a *App) members() (share.Routed, error) {
	assets, err := web.New()
	if err != nil {
		return nil, err
	}
	s, err := my.New(my.Config{Zone: a.zone, Version: vitals.Version, Replay: a.cfg.Portal.Replay, Origin: a.origin()}, my.Dependencies{
		Who: a.whoseBrowser, Organisations: a.organisationsOf, Incidents: a.Incidents,
		Community: func(ctx context.Context, v classify.Viewer) (classify.Released[classify.Page], error) {
			return a.gate.EventsFor(ctx, v, classify.Community, event.Query{
				From: event.TimeOf(a.now().AddDate(0, 0, -incidentDays)), To: event.TimeUnset, Limit: communityRecords,
			})
		},
		Picture: func() classify.Released[event.Picture] { return a.gate.Picture(classify.Nobody()) },
		Why: func(ctx context.Context, v classify.Viewer, record event.Bytes16) (classify.Released[classify.Explanation], error) {
			return a.gate.Why(ctx, v, classify.Own, record)
		},
		Standing: func(v classify.Viewer) classify.Released[[]classify.Standing] {
			return a.gate.Standing(v, classify.Own)
		},
		SetStatus: a.sayStatus, History: a.historyOf, SetContacts: a.setContacts,
		Identity: hooks{a.identity, a}, Deliveries: a.deliveriesTo,
		WriteCSV: incident.WriteCSV, Advise: incident.Advise,
		Protect: a.account.Protect, Assets: assets, Log: a.log, Now: a.now,
	})
	if err != nil {
		return nil, err
	}
	pages := s.Handler()
	return share.Around(a.account.Factors(a.reads(pages)), pages), nil
}

// whoseBrowser finds who is signed in; programs have the interface.
func (a *App) whoseBrowser(r *http.Request) (classify.Viewer, bool) {
	p, ok := a.account.Who(r)
	if !ok || p.Session == "" || !a.account.Enough(p) {
		return classify.Nobody(), false
	}
	return a.viewerOf(p), true
}

// organisationsOf gives those that a viewer acts for, then their clients.
func (a *App) organisationsOf(v classify.Viewer) (out []my.Organisation) {
	person, _ := a.identity.Person(v.Person())
	for _, o := range a.identity.Organisations() {
		if o.Disabled == nil && v.Concerns(o.ID) {
			steward := slices.Contains(person.Roles, identity.Role{Name: identity.RoleSteward, Organisation: o.ID})
			out = append(out, my.Organisation{Organisation: o, Acts: v.ActsFor(o.ID), Steward: steward})
		}
	}
	slices.SortStableFunc(out, func(x, y my.Organisation) int {
		switch {
		case x.Acts == y.Acts:
			return 0
		case x.Acts:
			return -1
		}
		return 1
	})
	return out
}

func (a *App) sayStatus(ctx context.Context, v classify.Viewer, key event.Bytes16, s event.Status, note string) error {
	err := a.SetStatus(ctx, v, key, s, note)
	if errors.Is(err, incident.ErrInvalid) {
		return fmt.Errorf("%w: %w", my.ErrInvalid, err)
	}
	return err
}

func (a *App) historyOf(_ context.Context, v classify.Viewer, i event.Incident) ([]my.Word, error) {
	entries, err := a.History(v, &i)
	out := make([]my.Word, len(entries))
	for n, e := range entries {
		out[n] = my.Word{Status: e.Status, Who: e.Who, When: e.When, Note: e.Note, Relapse: e.Relapse}
	}
	return out, err
}

// deliveriesTo gives what became of the messages to a contact, newest first.
func (a *App) deliveriesTo(org uint32, email string) (out []my.Delivery) {
	if a.notices == nil {
		return nil
	}
	id := string(contactID(a.keys.incident, org, email))
	for _, n := range a.notices.Outbox() {
		if n.Contact != id {
			continue
		}
		d := my.Delivery{Channel: n.Channel, State: string(n.State), At: n.Created, Error: n.Error}
		if !n.Done.IsZero() {
			d.At = n.Done
		}
		out = append(out, d)
	}
	return out
}

// setContacts replaces whom an organisation wants to be told, for its stewards.
func (a *App) setContacts(ctx context.Context, v classify.Viewer, org uint32, contacts []identity.Contact) error {
	for _, o := range a.organisationsOf(v) {
		if o.ID == org && o.Acts && o.Steward {
			o.Contacts = contacts
			return a.identity.UpdateOrganisation(identity.As(ctx, "person/"+v.Person()), o.Organisation)
		}
	}
	return my.ErrForbidden
}
