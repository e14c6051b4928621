// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"haidang/audit"
	"haidang/classify"
	"haidang/event"
	"haidang/identity"
	"haidang/incident"
	"haidang/routing"
	"haidang/share/notice"
)

// startNotices begins to tell organisations what happens on their networks: by
// webhook, and by mail where a relay is configured; until then mails wait. Messages
// lead to the portal, so that it must have an address. A replay is told to nobody.
func (a *App) startNotices(ctx context.Context) error {
	c := a.cfg.Notices
	if a.cfg.Portal.Replay {
		return nil
	}
	if a.origin() == "" {
		a.log.Warn("organisations are told nothing: set portal.origin to the public address, where messages lead")
		return nil
	}
	password, err := secretOf(c.PasswordFile)
	if err != nil {
		return fmt.Errorf("notices.password_file: %w", err)
	}
	b, err := a.journal.Bucket(ctx, "notices")
	if err != nil {
		return err
	}
	n, err := notice.New(notice.Config{
		URL: a.origin(), Every: c.Every, Schedule: notice.Schedule{Zone: a.zone, Hour: c.Hour, Weekday: time.Monday},
		Mail: notice.MailConfig{
			Host: c.Host, Port: c.Port, Security: c.Security, Username: c.Username, Password: password, From: c.From, ReplyTo: c.ReplyTo,
		},
		Webhook: notice.WebhookConfig{Inside: networks(c.Inside), Ports: c.WebhookPorts},
	}, notice.Dependencies{
		Log: a.log, Metrics: a.metrics, Now: a.now, Board: &a.board, Bucket: b, Advise: incident.Advise,
		Source: &newcomers{app: a}, Record: a.noteTelling, Secret: a.webhookSecret,
	})
	if err != nil {
		return err
	}
	if err := n.Start(ctx); err != nil {
		return err
	}
	a.life.add("notices", n.Stop)
	a.notices = n
	return nil
}

// noteTelling writes down who is about to be told of what. The contact is named
// by a number that says nothing.
func (a *App) noteTelling(ctx context.Context, t notice.Telling) error {
	_, err := a.audit.Append(ctx, audit.Entry{
		Action: audit.Notice, Actor: audit.System, Organisations: []string{strconv.FormatUint(uint64(t.Org), 10)},
		Object: audit.Object{Kind: "notice", Dataset: t.ID, IDs: slices.Concat([]string{t.Contact}, t.Incidents[:min(len(t.Incidents), audit.MaxIDs-1)])},
		Tier:   t.Tier, Purpose: classify.Own.String(), Outcome: audit.Done, Count: int64(len(t.Incidents)),
	})
	return err
}

// newcomers finds what contacts could be told: it is the source of notices.
type newcomers struct {
	app *App

	mu    sync.Mutex
	floor time.Time // what was accepted before was stored when it was looked for last
}

// acceptance is how long a record may be under way between its time of
// acceptance and the journal.
const acceptance = 5 * time.Second

// New implements notice.Source.
func (n *newcomers) New(ctx context.Context, c notice.Cadence, since time.Time) ([]notice.Due, error) {
	r := n.app.routed.Load()
	if r == nil {
		return nil, nil
	}
	ctx, _ = gather(ctx) // what is told is written down message by message
	if c == notice.AtOnce {
		since = n.from(since)
	}
	stored := event.TimeOf(since)
	orgs, err := n.app.newsOf(ctx, r, stored)
	if err != nil {
		return nil, err
	}
	var out []notice.Due
	for _, org := range orgs {
		due, err := n.app.dueOf(ctx, r, org, c, stored)
		if err != nil {
			return nil, err
		}
		out = append(out, due...)
	}
	if c == notice.Daily && n.app.cfg.Notices.Fallback != "" {
		due, err := n.app.nobodys(ctx, r, stored)
		if err != nil {
			return nil, err
		}
		out = append(out, due...)
	}
	return out, nil
}

// from moves the time from which records are new back to where all that was
// accepted before could be seen: what waits in the journal is not lost.
func (n *newcomers) from(since time.Time) time.Time {
	n.mu.Lock()
	defer n.mu.Unlock()
	from := since
	if !n.floor.IsZero() && n.floor.Before(since) {
		from = n.floor
	}
	if now := n.app.now().Add(-acceptance); n.app.behind() <= 0 {
		n.floor = now
	} else if n.floor.IsZero() {
		n.floor = since
	}
	return from
}

// teller is the viewer that notices are made by: a member of the organisation.
// With a passkey it learns of internal data that there are some.
func teller(steady bool, orgs ...uint32) classify.Viewer {
	return classify.NewViewer(classify.Attributes{Name: "notices", Roles: []classify.Role{classify.Member}, Orgs: orgs, StepUp: steady})
}

func ingestedFrom(t event.Time) event.Filter {
	return event.Filter{Field: "event.ingested", Op: event.OpAtLeast, Values: []string{t.String()}}
}

// newsOf finds the organisations that records were stored of since a time.
func (a *App) newsOf(ctx context.Context, r *routes, since event.Time) (out []uint32, err error) {
	if len(r.orgs) == 0 {
		return nil, nil
	}
	q := event.Aggregate{
		Query: event.Query{
			From: event.TimeOf(a.now().AddDate(0, 0, -incidentDays)), To: event.TimeUnset, Filters: []event.Filter{ingestedFrom(since)},
		},
		By: []string{"affected.org"}, Metrics: []event.Metric{event.MetricRecords},
	}
	cells, err := a.gate.AggregateFor(ctx, teller(true, r.orgs...), classify.Own, q, len(r.orgs)+1)
	if err != nil {
		return nil, err
	}
	for _, c := range cells.Value() {
		id, err := strconv.ParseUint(c.Group[0], 10, 32)
		if err == nil && r.byID[uint32(id)] != nil {
			out = append(out, uint32(id))
		}
	}
	slices.Sort(out)
	return out, nil
}

// dueOf gives what the contacts of a cadence could be told of an organisation:
// what anybody of it may see with its description, of internal data only that
// there are some.
func (a *App) dueOf(ctx context.Context, r *routes, org uint32, c notice.Cadence, since event.Time) ([]notice.Due, error) {
	own := func(i *event.Incident) bool { return i.Org == org }
	open, err := a.fresh(ctx, sought{viewer: teller(false, org), purpose: classify.Own, org: org, keep: own}, since)
	if err != nil {
		return nil, err
	}
	closed, err := a.fresh(ctx, sought{viewer: teller(true, org), purpose: classify.Own, org: org, keep: own, tiers: []event.Tier{event.T3}}, since)
	if err != nil {
		return nil, err
	}
	closed.hide(open)
	var out []notice.Due
	for _, f := range []*freshIncidents{open, closed} {
		by := map[routing.ContactID]*due{}
		for i := range f.list {
			inc := &f.list[i]
			d := r.route(inc)
			for _, id := range d.Contacts {
				contact := r.contacts[id]
				if contact == nil || cadenceOf(contact) != c || !contact.Wants(inc.Problem.RSIT, inc.Stage, inc.Severity, inc.Tier.String()) {
					continue
				}
				if by[id] == nil {
					by[id] = &due{decision: d}
				}
				by[id].add(inc)
			}
		}
		told, err := f.dues(r, by)
		if err != nil {
			return nil, err
		}
		out = append(out, told...)
	}
	return out, nil
}

func cadenceOf(c *identity.Contact) notice.Cadence {
	switch {
	case c.Weekly:
		return notice.Weekly
	case c.Digest:
		return notice.Daily
	}
	return notice.AtOnce
}

// nobodys gives what the national inbox could be told: machines in the country
// with an incident that nobody answers for.
func (a *App) nobodys(ctx context.Context, r *routes, since event.Time) (out []notice.Due, err error) {
	home := []event.Filter{
		{Field: "affected.country", Values: []string{a.home.String()}},
		{Field: "cert.stage", Values: []string{event.StageIncident.String()}},
	}
	seen := &freshIncidents{}
	for _, steady := range []bool{false, true} {
		s := sought{
			viewer:  classify.NewViewer(classify.Attributes{Name: "notices", Roles: []classify.Role{classify.Analyst}, StepUp: steady}),
			purpose: classify.Search, filters: home,
			keep: func(i *event.Incident) bool { d := r.route(i); return d.Unrouted() },
		}
		if steady {
			s.tiers = []event.Tier{event.T3}
		}
		f, err := a.fresh(ctx, s, since)
		if err != nil {
			return nil, err
		}
		f.hide(seen)
		seen = f
		by := map[routing.ContactID]*due{}
		for i := range f.list {
			if by[nationalInbox] == nil {
				by[nationalInbox] = &due{decision: r.route(&f.list[i])}
			}
			by[nationalInbox].add(&f.list[i])
		}
		told, err := f.dues(r, by)
		if err != nil {
			return nil, err
		}
		out = append(out, told...)
	}
	return out, nil
}

// due is what one contact could be told.
type due struct {
	decision routing.Decision
	list     []event.Incident
}

// add takes an incident, of internal data no more than that it is there.
func (d *due) add(i *event.Incident) {
	c := *i
	if c.Closed() {
		c = event.Incident{
			Key: i.Key, Org: i.Org, First: i.First, Last: i.Last, Tier: i.Tier, Replay: i.Replay,
			Status: i.Status, StatusAt: i.StatusAt, Relapses: i.Relapses,
		}
	}
	d.list = append(d.list, c)
}

// hide takes out what is told with its description already.
func (f *freshIncidents) hide(told *freshIncidents) {
	f.list = slices.DeleteFunc(f.list, func(i event.Incident) bool {
		return slices.ContainsFunc(told.list, func(t event.Incident) bool { return t.Key == i.Key })
	})
}

// chosen are incidents that were grouped before: those of the pages that a
// contact is told of.
type chosen []event.Incident

func (chosen) Add(*event.Batch) {}

func (c chosen) Incidents() []event.Incident { return c }

func (f *freshIncidents) dues(r *routes, by map[routing.ContactID]*due) (out []notice.Due, err error) {
	for id, d := range by {
		c, _ := r.table.Contact(id)
		list, err := classify.Incidents(chosen(d.list), f.pages...)
		if err != nil {
			return nil, err
		}
		to := notice.Contact{ID: string(id), Org: d.decision.Org, Email: c.Email, Language: c.Language}
		if k := r.contacts[id]; k != nil && k.Webhook != "" {
			to.Webhook = k.Webhook
			if k.WebhookOnly {
				to.Email = ""
			}
		}
		if id == nationalInbox {
			to.Org = 0 // of everybody
		} else if o := r.byID[to.Org]; o != nil {
			to.OrgName = o.Name.In(c.Language)
		}
		why := map[string]string{}
		for _, lang := range routing.Languages {
			why[lang] = r.table.Why(&d.decision, lang)
		}
		out = append(out, notice.Due{Contact: to, Incidents: list, Why: why})
	}
	slices.SortFunc(out, func(a, b notice.Due) int { return cmp.Compare(a.Contact.ID, b.Contact.ID) })
	return out, nil
}
