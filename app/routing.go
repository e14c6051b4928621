// SPDX-License-Identifier: Apache-2.0

package app

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"slices"

	"haidang/event"
	"haidang/identity"
	"haidang/routing"
	"haidang/share/notice"
)

// nationalInbox is the contact that is told of what nobody answers for.
const nationalInbox routing.ContactID = "national"

// routes is who is told, as organisations stand now. It never changes; a change
// of organisations is another.
type routes struct {
	table    *routing.Table
	orgs     []uint32 // that can be told, ascending
	byID     map[uint32]*identity.Organisation
	contacts map[routing.ContactID]*identity.Contact
}

// reroute makes the routes anew. Where that is not possible the old ones stay.
func (a *App) reroute() {
	r, err := a.routesOf(a.identity.Organisations())
	if err != nil {
		a.log.Error("who is told stays as it was: the organisations cannot be routed", "error", err)
		return
	}
	a.routed.Store(r)
}

func (a *App) routesOf(all []identity.Organisation) (*routes, error) {
	r := &routes{byID: map[uint32]*identity.Organisation{}, contacts: map[routing.ContactID]*identity.Contact{}}
	for i := range all {
		if o := &all[i]; o.Disabled == nil {
			r.byID[o.ID] = o
			r.orgs = append(r.orgs, o.ID)
		}
	}
	slices.Sort(r.orgs)
	in := make([]routing.Organisation, 0, len(r.orgs))
	for _, id := range r.orgs {
		in = append(in, r.organisation(r.byID[id], a.keys.incident))
	}
	// An observatory without an inbox routes all the same; the source leaves it out.
	inbox := routing.Contact{ID: nationalInbox, Email: "nobody@haidang.invalid", Language: "vi", Cadence: routing.Daily}
	if a.cfg.Notices.Fallback != "" {
		inbox.Email = a.cfg.Notices.Fallback
	}
	var err error
	r.table, err = routing.Build(in, inbox)
	return r, err
}

// organisation puts an organisation into the words of routing. The one above is
// told in its place only where it is its client: a record reaches nobody by a
// notice whom it would not reach by a page.
func (r *routes) organisation(o *identity.Organisation, key []byte) routing.Organisation {
	out := routing.Organisation{ID: o.ID, Names: map[string]string{"vi": o.Name.In("vi"), "en": o.Name.In("en")}}
	out.Prefixes, out.AS, out.Domains = o.Own()
	if above := r.byID[o.Parent]; above != nil && slices.Contains(above.Clients, o.ID) {
		out.Parent = o.Parent
	}
	for i := range o.Contacts {
		c := &o.Contacts[i]
		id := contactID(key, o.ID, c.Email)
		if r.contacts[id] != nil {
			continue // the same address twice is told once, by the first rule
		}
		r.contacts[id] = c
		out.Contacts = append(out.Contacts, routing.Contact{
			ID: id, Email: c.Email, Language: c.Language, Cadence: cadences[cadenceOf(c)],
			Rule: routing.Rule{Kinds: kindsOf(c.Kinds), Stages: stagesOf(c.Stages), MinSeverity: c.Severity},
		})
	}
	return out
}

// cadences of notices in the words of routing.
var cadences = map[notice.Cadence]routing.Cadence{notice.AtOnce: routing.AtOnce, notice.Daily: routing.Daily, notice.Weekly: routing.Weekly}

func stagesOf(names []string) (out []event.Stage) {
	for _, name := range names {
		if code, err := event.Stages.Parse(name); err == nil {
			out = append(out, event.Stage(code))
		}
	}
	return out
}

// contactID names a contact in logs, where addresses do not belong.
func contactID(key []byte, org uint32, email string) routing.ContactID {
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "contact/1\n%d\n%s", org, email)
	return routing.ContactID(fmt.Sprintf("%d-%x", org, mac.Sum(nil)[:8]))
}

// kindsOf lists the RSIT types that a contact's words, classes and types, name.
func kindsOf(words []string) (out []event.RSIT) {
	for code, name := range event.RSITs.Names {
		k := event.RSIT(code)
		if code != 0 && (slices.Contains(words, name) || slices.Contains(words, k.Class())) {
			out = append(out, k)
		}
	}
	return out
}

// route says who is told of an incident of an organisation: by the machine's
// address or, where that is not registered, by the organisation's other networks.
func (r *routes) route(i *event.Incident) routing.Decision {
	f := routing.Facts{Addr: i.Machine.Addr, Kind: i.Problem.RSIT, Stage: i.Stage, Severity: i.Severity}
	if len(i.Machine.Hosts) > 0 {
		f.Domain = i.Machine.Hosts[0]
	}
	o := r.byID[i.Org]
	if o == nil {
		return r.table.Route(&f)
	}
	f.Sector = o.Sector
	if org, _, _ := r.table.Owner(f.Addr, 0, f.Domain); org != o.ID {
		_, as, _ := o.Own()
		if len(as) == 0 {
			return r.table.Route(&f) // its network is another's by now, or nobody's
		}
		f.Addr, f.AS = event.Addr{}, as[0]
	}
	return r.table.Route(&f)
}
