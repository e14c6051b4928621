// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"haidang/classify"
	"haidang/event"
	"haidang/journal"
	"haidang/store"
)

// ledger answers classify's questions about batches, quarantine and accounting.
type ledger struct{ app *App }

// linesShown is how many quarantined lines a batch's state names.
const linesShown = 20

func (l ledger) Batch(ctx context.Context, id string, wait time.Duration) (classify.BatchState, error) {
	b, err := l.app.journal.Find(ctx, id)
	if errors.Is(err, journal.ErrNotFound) {
		return classify.BatchState{}, classify.ErrNotFound
	}
	if err != nil {
		return classify.BatchState{}, err
	}
	s := classify.BatchState{Batch: id, Sensor: b.Sensor, State: "journalled", Records: b.Records}
	waiting, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	if !l.app.commits.wait(waiting, b.Position) {
		return s, ctx.Err()
	}
	return s, l.outcome(ctx, &s, b)
}

func (l ledger) outcome(ctx context.Context, s *classify.BatchState, b journal.Found) error {
	spans := make([]store.Span, len(b.Pieces))
	for i, p := range b.Pieces {
		spans[i] = store.Span{Seq: p.Seq, From: p.Offset, To: p.Offset + p.Records}
	}
	o, err := l.app.store.Outcome(ctx, spans)
	if err != nil {
		return err
	}
	s.State, s.Stored, s.Quarantined = "committed", o.Stored, o.Quarantined
	if len(o.Quarantined) == 0 {
		return nil
	}
	p, err := l.app.store.Rejects(ctx, store.RejectQuery{Batch: s.Batch, Limit: linesShown})
	if err != nil {
		return err
	}
	for _, r := range p.Rejects {
		r.Bytes = nil
		s.Lines = append(s.Lines, r)
	}
	return nil
}

func (l ledger) Rejects(ctx context.Context, q classify.RejectQuery) (classify.RejectPage, error) {
	p, err := l.app.store.Rejects(ctx, store.RejectQuery{
		Sensor: q.Sensor, Reason: q.Reason, Batch: q.Batch, After: q.Cursor, Limit: q.Limit,
		From: event.TimeUnset, To: event.TimeUnset,
	})
	if err != nil {
		return classify.RejectPage{}, question(err)
	}
	return classify.RejectPage{Rejects: p.Rejects, Next: p.Next}, nil
}

// Bounds of a sensor's report.
const (
	newestRejects = 200
	reasonsShown  = 5
)

func (l ledger) Sensors(ctx context.Context) ([]classify.SensorReport, error) {
	seen := map[string]event.SensorState{}
	for _, s := range l.app.measure.Picture().Sensors {
		seen[s.Name] = s
	}
	var out []classify.SensorReport
	for _, e := range l.app.identity.List() {
		r := classify.SensorReport{Enrolled: e.Created, Revoked: e.Revoked}
		r.SensorState, r.Heard = seen[e.Name]
		r.Name, r.Covers, r.Replay = e.Name, e.Covers, e.Replay
		r.Country, _ = event.ParseCountry(e.Country)
		var err error
		if r.Reasons, err = l.reasons(ctx, e.Name); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// reasons counts the quarantined records of the last day, newest examples kept.
func (l ledger) reasons(ctx context.Context, sensor string) ([]classify.ReasonExample, error) {
	now := l.app.now()
	p, err := l.app.store.Rejects(ctx, store.RejectQuery{
		Sensor: sensor, From: event.TimeOf(now.Add(-24 * time.Hour)), To: event.TimeUnset, Limit: newestRejects,
	})
	if err != nil {
		return nil, err
	}
	by := map[event.Reason]*classify.ReasonExample{}
	for _, r := range p.Rejects {
		if by[r.Reason] == nil {
			by[r.Reason] = &classify.ReasonExample{Reason: r.Reason}
		}
		by[r.Reason].Count++
		by[r.Reason].Example = r
	}
	var out []classify.ReasonExample
	for _, x := range by {
		out = append(out, *x)
	}
	slices.SortFunc(out, func(a, b classify.ReasonExample) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Reason, b.Reason))
	})
	return out[:min(len(out), reasonsShown)], nil
}

func (l ledger) Accounting(ctx context.Context, sensor string, from, to time.Time) ([]classify.Hour, error) {
	if _, ok := l.app.identity.Sensor(sensor); !ok {
		return nil, classify.ErrNotFound
	}
	from = from.UTC().Truncate(time.Hour)
	older := func() ([]store.Slot, error) { return l.app.store.Sidecars(accountingKind) }
	tallies, err := l.app.accounts.of(sensor, from, to, older, l.app.now())
	if err != nil {
		return nil, err
	}
	stored, err := l.app.store.Accounting(ctx, sensor, event.TimeOf(from), event.TimeOf(to))
	if err != nil {
		return nil, question(err)
	}
	return join(sensor, tallies, stored), nil
}

// join puts both sides of the account beside each other: what the doors took in
// and what the committed segments hold. They are counted apart on purpose.
func join(sensor string, tallies map[int64]tally, stored []store.Hour) []classify.Hour {
	hours := map[int64]*classify.Hour{}
	at := func(hour int64) *classify.Hour {
		if hours[hour] == nil {
			hours[hour] = &classify.Hour{Sensor: sensor, Start: time.Unix(hour, 0).UTC()}
		}
		return hours[hour]
	}
	for hour, t := range tallies {
		h := at(hour)
		h.Received, h.Duplicate, h.Shed, h.Refused, h.Drops = t.Received, t.Duplicate, t.Shed, t.Refused, t.Drops
	}
	for _, s := range stored {
		h := at(s.Hour.Std().Unix())
		h.Stored, h.Quarantined = s.Stored, s.Quarantined
	}
	var out []classify.Hour
	for _, key := range slices.Sorted(maps.Keys(hours)) {
		out = append(out, *hours[key])
	}
	return out
}
