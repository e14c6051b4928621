// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"haidang/audit"
	"haidang/classify"
	"haidang/event"
	"haidang/incident"
)

// Bounds of what incidents are made of, and how long an answer is kept for the
// next page of the same viewer.
const (
	incidentDays    = 30
	incidentPage    = 10_000
	incidentRecords = 20_000 // of one tier, the newest
	incidentsKept   = 4 * time.Second
	viewersKept     = 64
)

func (a *App) startIncidents(ctx context.Context) error {
	b, err := a.journal.Bucket(ctx, "incidents")
	if err != nil {
		return err
	}
	a.book, err = incident.NewBook(incident.BookConfig{Grace: a.cfg.Notices.Relapse},
		incident.Dependencies{Log: a.log, Metrics: a.metrics, Now: a.now, Bucket: b})
	if err != nil {
		return err
	}
	a.life.add("book of incidents", a.book.Stop)
	if err := a.book.Start(ctx); err != nil {
		return err
	}
	a.rulings.alarms = a.falseAlarms()
	return a.metrics.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "haidang_incident_excluded_incidents", Help: "Incidents that organisations called false alarms or not theirs.",
	}, func() float64 { return float64(len(a.book.Excluded())) }))
}

// grouping makes incidents of pages that EventsOf gave, with what was said of
// them.
type grouping struct {
	*incident.Grouper
	ctx    context.Context // of the one answer that it is made for
	app    *App
	keep   func(*event.Incident) bool
	failed error
}

// Incidents implements classify.Grouping.
func (g *grouping) Incidents() (list []event.Incident) {
	list = slices.DeleteFunc(g.Grouper.Incidents(), func(i event.Incident) bool { return !g.keep(&i) })
	g.failed = g.app.said(g.ctx, list)
	return list
}

// said puts what was said on incidents; resolved ones that were seen again are
// reopened first.
func (a *App) said(ctx context.Context, list []event.Incident) error {
	if _, err := a.book.Observe(ctx, list); err != nil {
		return err
	}
	a.book.Apply(list)
	return nil
}

// sought says which records incidents are made of.
type sought struct {
	viewer  classify.Viewer
	purpose classify.Purpose
	tiers   []event.Tier // of those that the viewer may read; empty: all
	filters []event.Filter
	org     uint32 // 0: each organisation that concerns the viewer
	keep    func(*event.Incident) bool
}

// group asks for the records of the last days, the newest first, and makes
// incidents of them. cut says that there were more than are looked at.
func (a *App) group(ctx context.Context, s sought) (list classify.Released[[]event.Incident], cut bool, err error) {
	pages, tiers, cut, err := a.pagesOf(ctx, &s)
	if err != nil {
		return list, false, err
	}
	g, err := a.grouper(&s, tiers)
	if err != nil {
		return list, false, err
	}
	made := &grouping{Grouper: g, ctx: ctx, app: a, keep: s.keep}
	if list, err = classify.Incidents(made, pages...); err == nil {
		err = made.failed
	}
	if err != nil {
		return classify.Released[[]event.Incident]{}, false, err
	}
	return list, cut, nil
}

func (a *App) grouper(s *sought, tiers map[*event.Batch]event.Tier) (*incident.Grouper, error) {
	return incident.NewGrouper(incident.Config{
		Secret: a.keys.incident, Org: s.org, Home: a.home,
		// What masks hide no longer tells a record's tier: its page does.
		Tier: func(b *event.Batch, _ int) event.Tier { return tiers[b] },
	}, nil)
}

// freshIncidents are incidents that new records belong to, and the pages that
// they were made of.
type freshIncidents struct {
	pages []classify.Released[classify.Page]
	list  []event.Incident
}

// fresh gives the incidents of which records were accepted since a time, made of
// all records of the last days.
func (a *App) fresh(ctx context.Context, s sought, since event.Time) (*freshIncidents, error) {
	pages, tiers, _, err := a.pagesOf(ctx, &s)
	if err != nil {
		return nil, err
	}
	all, err := a.grouper(&s, tiers)
	if err != nil {
		return nil, err
	}
	late, err := a.grouper(&s, tiers)
	if err != nil {
		return nil, err
	}
	for _, p := range pages {
		rows := p.Value().Rows
		if rows == nil {
			continue
		}
		newest := acceptedSince(rows, since)
		tiers[newest] = tiers[rows]
		all.Add(rows)
		late.Add(newest)
	}
	keys := map[event.Bytes16]bool{}
	for _, i := range late.Incidents() {
		keys[i.Key] = true
	}
	f := &freshIncidents{pages: pages, list: slices.DeleteFunc(all.Incidents(), func(i event.Incident) bool { return !keys[i.Key] || !s.keep(&i) })}
	return f, a.said(ctx, f.list)
}

// acceptedSince gives the rows of a batch that were accepted at a time or later.
func acceptedSince(b *event.Batch, t event.Time) *event.Batch {
	out := new(event.Batch)
	var e event.Event
	for row := range b.Rows() {
		if b.Ingested[row] >= t {
			b.Row(row, &e)
			out.Append(&e)
		}
	}
	return out
}

// pagesOf gives the records tier by tier, at least one page, and each page's tier.
func (a *App) pagesOf(ctx context.Context, s *sought) (pages []classify.Released[classify.Page], tiers map[*event.Batch]event.Tier, cut bool, err error) {
	tiers = map[*event.Batch]event.Tier{}
	may := a.gate.Tiers(s.viewer, s.purpose)
	if len(s.tiers) > 0 {
		may = slices.DeleteFunc(may, func(t event.Tier) bool { return !slices.Contains(s.tiers, t) })
	}
	if len(may) == 0 { // whoever may read none of it gets an empty answer
		may = append(s.tiers[:len(s.tiers):len(s.tiers)], event.T0)[:1]
	}
	for _, tier := range may {
		q := event.Query{
			From: event.TimeOf(a.now().AddDate(0, 0, -incidentDays)), To: event.TimeUnset,
			Filters: s.filters, Limit: incidentPage,
		}
		for read := 0; ; {
			p, err := a.gate.EventsOf(ctx, s.viewer, s.purpose, tier, q)
			if err != nil {
				return nil, nil, false, err
			}
			pages = append(pages, p)
			if rows := p.Value().Rows; rows != nil {
				tiers[rows] = tier
				read += rows.Rows()
			}
			if q.Cursor = p.Value().Next; q.Cursor == "" {
				break
			}
			if read >= incidentRecords {
				cut = true
				break
			}
		}
	}
	return pages, tiers, cut, nil
}

// ownIncidents remembers answers for some seconds: a viewer looks at an incident
// right after the list of them.
type ownIncidents struct {
	mu   sync.Mutex
	kept []ownAnswer
}

type ownAnswer struct {
	viewer classify.Viewer
	until  time.Time
	list   classify.Released[[]event.Incident]
	cut    bool
	sight  classify.Sight
}

func (o *ownIncidents) get(v classify.Viewer, now time.Time) (ownAnswer, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, k := range o.kept {
		if now.Before(k.until) && k.viewer.Same(v) {
			return k, true
		}
	}
	return ownAnswer{}, false
}

func (o *ownIncidents) put(k ownAnswer, now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.kept = slices.DeleteFunc(o.kept, func(old ownAnswer) bool { return !now.Before(old.until) || old.viewer.Same(k.viewer) })
	if len(o.kept) < viewersKept {
		o.kept = append(o.kept, k)
	}
}

// forget makes the next question an answer of its own: something was said.
func (o *ownIncidents) forget() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.kept = nil
}

// Incidents gives a viewer's own incidents and those of clients, worst first,
// with what was said of each. cut says that there were more records than are
// looked at. That they are shown is in the audit log when it returns.
func (a *App) Incidents(ctx context.Context, v classify.Viewer) (list classify.Released[[]event.Incident], cut bool, err error) {
	now := a.now()
	k, ok := a.own.get(v, now)
	if !ok {
		gathering, g := gather(ctx)
		k = ownAnswer{viewer: v, until: now.Add(incidentsKept)}
		k.list, k.cut, err = a.group(gathering, sought{
			viewer: v, purpose: classify.Own, keep: func(i *event.Incident) bool { return v.Concerns(i.Org) },
		})
		if err != nil {
			return list, false, err
		}
		k.sight = g.sight
		a.own.put(k, now)
	}
	if err := a.noteGathered(ctx, k.sight, v, "incident", len(k.list.Value())); err != nil {
		return list, false, err
	}
	return k.list, k.cut, nil
}

// incident finds one of a viewer's incidents.
func (a *App) incident(ctx context.Context, v classify.Viewer, key event.Bytes16) (event.Incident, error) {
	list, _, err := a.Incidents(ctx, v)
	if err != nil {
		return event.Incident{}, err
	}
	at := slices.IndexFunc(list.Value(), func(i event.Incident) bool { return i.Key == key })
	if at < 0 {
		return event.Incident{}, classify.ErrNotFound
	}
	return list.Value()[at], nil
}

// SetStatus keeps what a viewer says of an incident of an organisation that it
// acts for. It is in the audit log first. incident.ErrInvalid says what cannot be
// kept as it is, classify.ErrForbidden that it is not the viewer's to say,
// classify.ErrNotFound that the viewer has no such incident.
func (a *App) SetStatus(ctx context.Context, v classify.Viewer, key event.Bytes16, s event.Status, note string) error {
	i, err := a.incident(ctx, v, key)
	if err != nil {
		return err
	}
	if !v.ActsFor(i.Org) || v.Person() == "" || !v.May(classify.Own) {
		return classify.ErrForbidden
	}
	w := incident.Word{Status: s, Who: v.Person(), Note: note}
	if err := w.Check(); err != nil {
		return err
	}
	_, err = a.audit.Append(ctx, audit.Entry{
		Action: audit.Incident, Actor: a.actor(v), Organisations: []string{strconv.FormatUint(uint64(i.Org), 10)},
		Object: audit.Object{Kind: "incident", IDs: []string{key.String(), s.String()}}, Tier: i.Tier.String(),
		Purpose: classify.Own.String(), Outcome: audit.Done,
	})
	if err != nil {
		return fmt.Errorf("%w: %w", classify.ErrUnwitnessed, err)
	}
	defer a.own.forget()
	_, err = a.book.Set(ctx, &i, w)
	return err
}

// History gives what was said of one of a viewer's incidents, oldest first.
func (a *App) History(v classify.Viewer, i *event.Incident) ([]incident.Entry, error) {
	if !v.Concerns(i.Org) {
		return nil, classify.ErrNotFound
	}
	return a.book.History(i.Org, i.Key), nil
}
