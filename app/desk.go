// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"haidang/app/admin"
	"haidang/audit"
	"haidang/classify"
	"haidang/event"
	"haidang/identity"
	"haidang/routing"
	"haidang/share"
	analysts "haidang/share/desk"
	"haidang/vitals"
	"haidang/web"
)

// mountDesk adds the analyst's desk and the auditor's page; nothing where nobody
// can sign in.
func (a *App) mountDesk(mux *share.Mux) error {
	if a.account == nil {
		return nil
	}
	assets, err := web.New()
	if err != nil {
		return err
	}
	a.gate.WithJournal(tape{a})
	s, err := analysts.New(analysts.Config{Zone: a.zone, Version: vitals.Version, Replay: a.cfg.Portal.Replay}, analysts.Dependencies{
		Gate: a.gate, Identity: a.identity, Assets: assets, Log: a.log, Now: a.now, Who: a.whoAtTheDesk, Note: a.noteAtTheDesk,
		Protect: a.account.Protect, Rejects: rejects{a}, Router: router{a}, Trail: trail{a}, Rulings: decisions{a},
	})
	if err != nil {
		return err
	}
	pages := s.Handler()
	for _, path := range analysts.Mounts() {
		mux.Mount(path, share.Around(a.account.Factors(a.reads(gathered(pages))), pages))
	}
	return nil
}

// gathered lets a page of the desk write down what it shows as one entry, with
// the ids of what is shown.
func gathered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, _ := gather(r.Context())
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// whoAtTheDesk finds who is signed in, in a browser or with an operator's token.
// Other tokens carry a part of a person's rights and have the interface.
func (a *App) whoAtTheDesk(r *http.Request) (analysts.Asker, bool) {
	var p identity.Principal
	if token := presented(r); token != "" {
		var err error
		if p, err = a.identity.Token(r.Context(), token); err != nil || p.Person != "" {
			return analysts.Asker{}, false
		}
	} else {
		var ok bool
		if p, ok = a.account.Who(r); !ok || p.Session == "" || !a.account.Enough(p) {
			return analysts.Asker{}, false
		}
	}
	out := analysts.Asker{Viewer: a.viewerOf(p), Name: p.Name, Actor: p.Token, Steady: p.SteppedUp(a.now())}
	if p.Person == "" {
		out.Steady = true // such a token is shown with every question
	} else {
		out.Actor = "person/" + p.Person
	}
	return out, true
}

// acts of the desk in the words of the audit log.
var acts = map[string]audit.Action{
	"search": audit.Search, "read": audit.Read, "quarantine": audit.Quarantine, "organisation": audit.Organisation, "audit": audit.Audit,
}

// noteAtTheDesk writes down what somebody is about to see, with the strictest
// tier of what was read for it.
func (a *App) noteAtTheDesk(ctx context.Context, who analysts.Asker, act analysts.Act) error {
	action, ok := acts[act.What]
	if !ok {
		return fmt.Errorf("audit: an act %q that nobody named", act.What)
	}
	e := audit.Entry{
		Action: action, Actor: a.actor(who.Viewer), Object: audit.Object{Kind: act.Kind, IDs: act.IDs}, Tier: act.Tier,
		Outcome: audit.Done, Count: act.Count,
	}
	if !act.Done {
		e.Outcome = audit.Refused
	}
	if g, ok := ctx.Value(gatheringKey{}).(*gathering); ok {
		g.mu.Lock()
		if tier := g.sight.Tier; tier != event.TierUnset {
			e.Tier, e.Purpose = cmp.Or(e.Tier, tier.String()), g.sight.Purpose.String()
		}
		g.mu.Unlock()
	}
	if r, ok := ctx.Value(readingKey{}).(*reading); ok {
		e.Request = r.request
	}
	for _, role := range who.Viewer.Roles() {
		e.Roles = append(e.Roles, role.String())
	}
	_, err := a.audit.Append(ctx, e)
	return err
}

// tape reads raw records from the journal.
type tape struct{ app *App }

// tapeTime bounds the search for one raw record: a batch is delivered when it
// ended, which may be many messages after the record's.
const tapeTime = 10 * time.Second

var errFound = errors.New("found")

// Raw implements classify.Journal.
func (t tape) Raw(ctx context.Context, sequence uint64, offset uint32) (out classify.RawRecord, err error) {
	at, end := event.Position(sequence), t.app.journal.State()
	out.Since = event.TimeUnset
	if end.Last < end.First || at > end.Last {
		return out, nil
	}
	ctx, cancel := context.WithTimeout(ctx, tapeTime)
	defer cancel()
	if at >= end.First {
		if held, err := t.app.journal.Holds(ctx, at); err != nil || !held {
			return out, err
		}
	}
	after := max(at, end.First, 1) - 1
	err = t.app.journal.ReadTo(ctx, after, end.Last, func(c event.Chunk) error {
		if c.Release != nil {
			defer c.Release()
		}
		if at < end.First { // no longer kept: say since when others are
			out.Since = c.Ingested
			return errFound
		}
		if c.Seq == at && offset >= c.Offset && offset-c.Offset < c.Records {
			record, ok := t.app.normaliser.Record(c.Format, c.Data, offset-c.Offset)
			out = classify.RawRecord{Data: slices.Clone(record), Format: c.Format, Door: c.Door, Batch: c.Batch, Kept: ok, Since: event.TimeUnset}
			return errFound
		}
		return nil
	})
	if errors.Is(err, errFound) {
		err = nil
	}
	return out, err
}

// rejects sends quarantined records through the doors again.
type rejects struct{ app *App }

// Replay implements the desk's interface.
func (r rejects) Replay(ctx context.Context, q classify.RejectQuery) (analysts.Replayed, error) {
	out, err := r.app.replayQuarantine(ctx, admin.QuarantineQuery{Sensor: q.Sensor, Reason: string(q.Reason), Batch: q.Batch})
	return analysts.Replayed{Tried: int64(out.Tried), Sent: int64(out.Sent), Again: int64(out.Again), Cut: int64(out.Cut)}, err
}

// router says who would have been told under other organisations.
type router struct{ app *App }

// Reassigned implements the desk's interface.
func (r router) Reassigned(prefix netip.Prefix, to uint32, machines []analysts.Machine) ([]analysts.Share, error) {
	now, err := r.app.routesOf(r.app.identity.Organisations())
	if err != nil {
		return nil, err
	}
	var orgs []routing.Organisation
	for _, id := range now.orgs {
		if o, ok := now.table.Organisation(id); ok {
			orgs = append(orgs, o)
		}
	}
	inbox, _ := now.table.Contact(nationalInbox)
	then, err := routing.Build(routing.Reassign(orgs, prefix, to), inbox)
	if err != nil {
		return nil, err
	}
	shares := map[uint32]*analysts.Share{}
	share := func(d routing.Decision) *analysts.Share {
		if shares[d.Via] == nil {
			shares[d.Via] = &analysts.Share{Organisation: d.Via}
		}
		return shares[d.Via]
	}
	for _, m := range machines {
		f := routing.Facts{Addr: m.Addr, AS: m.AS, Kind: m.Kind, Stage: m.Stage, Severity: m.Severity}
		share(now.table.Route(&f)).Before++
		share(then.Route(&f)).After++
	}
	out := make([]analysts.Share, 0, len(shares))
	for _, s := range shares {
		out = append(out, *s)
	}
	slices.SortFunc(out, func(x, y analysts.Share) int {
		return cmp.Or(cmp.Compare(max(y.Before, y.After), max(x.Before, x.After)), cmp.Compare(x.Organisation, y.Organisation))
	})
	return out, nil
}

// decisions lets the desk decide about records.
type decisions struct{ app *App }

// Decisions implements the desk's interface.
func (d decisions) Decisions() []analysts.Decision { return d.app.rulings.decisions() }

// Decide implements the desk's interface.
func (d decisions) Decide(ctx context.Context, who analysts.Asker, x analysts.Decision) (analysts.Decision, error) {
	if _, known := d.app.identity.Sensor(x.Of.Sensor); x.Of.Sensor != "" && !known {
		return x, fmt.Errorf("%w: sensor: there is none called %.80q", classify.ErrRuling, x.Of.Sensor)
	}
	x.By = who.Actor
	x, err := d.app.rulings.decide(ctx, d.app.actor(who.Viewer), x)
	d.app.own.forget()
	return x, err
}

// Withdraw implements the desk's interface.
func (d decisions) Withdraw(ctx context.Context, who analysts.Asker, id, why string) error {
	defer d.app.own.forget()
	return d.app.rulings.withdraw(ctx, d.app.actor(who.Viewer), who.Actor, id, why)
}

// trail lets the auditor's page read the audit log.
type trail struct{ app *App }

// Entries implements the desk's interface.
func (t trail) Entries(ctx context.Context, from int64, limit int, f analysts.TrailFilter) ([]analysts.TrailEntry, int64, error) {
	p, err := t.app.audit.Entries(ctx, from, limit, audit.Filter{
		Action: audit.Action(f.Action), Actor: audit.Actor(f.Actor), Object: f.Object, From: f.From, To: f.To,
	})
	if err != nil {
		return nil, 0, err
	}
	out := make([]analysts.TrailEntry, len(p.Entries))
	for i, e := range p.Entries {
		out[i] = analysts.TrailEntry{
			Index: e.Index, Time: e.Time, Action: string(e.Action), Actor: string(e.Actor), Roles: e.Roles, Kind: e.Object.Kind,
			Dataset: e.Object.Dataset, IDs: e.Object.IDs, More: e.Object.More, Count: e.Count, Tier: e.Tier, Purpose: e.Purpose, Result: string(e.Outcome),
		}
	}
	return out, p.Next, nil
}

// Checkpoint implements the desk's interface.
func (t trail) Checkpoint() analysts.Checkpoint {
	c := t.app.audit.Checkpoint()
	return analysts.Checkpoint{Size: c.Size, Root: c.Root.String(), Time: c.Time, Note: string(c.Note)}
}

// Pseudonym implements the desk's interface.
func (t trail) Pseudonym(id string) string { return string(t.app.audit.Pseudonym(id)) }

// Actions implements the desk's interface.
func (t trail) Actions() []string {
	out := make([]string, len(audit.Actions))
	for i, a := range audit.Actions {
		out[i] = string(a)
	}
	return out
}
