// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"strings"
	"time"

	"haidang/config"
	"haidang/event"
	"haidang/measure"
	"haidang/participant"
	"haidang/store"
)

// Rebuilt says what a rebuild of the roll-ups did.
type Rebuilt struct {
	Records int64  `json:"records"` // counted anew
	Parts   int    `json:"parts"`   // of roll-ups, written
	From    string `json:"from"`    // first day that was rebuilt; empty for all
	Kept    int    `json:"kept"`    // parts of days whose records have expired, left as they were
	Took    string `json:"took"`
}

// RebuildRollups counts the stored records anew and puts the result in the place
// of the roll-ups, all at once. Days that some records of have expired keep the
// roll-ups they have. No observatory may run on the data folder.
func RebuildRollups(ctx context.Context, cfg config.Config, log *slog.Logger) (out Rebuilt, err error) {
	began := time.Now()
	a := New(cfg, log)
	if err := a.start(ctx, []part{
		{"data folder", a.startFolder}, {"audit log", a.startAudit}, {"store", a.startStore},
		{"journal", a.startJournal}, {"identity", a.startIdentity}, {"policy", a.startPolicy}, {"rulings", a.startRulings}, {"incidents", a.startIncidents},
	}); err != nil {
		return out, err
	}
	defer func() {
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
		defer cancel()
		err = errors.Join(err, a.Stop(stopping))
	}()
	r := rebuild{app: a}
	if err := r.plan(ctx); err != nil {
		return out, err
	}
	if err := r.planParticipants(); err != nil {
		return out, err
	}
	if err := r.count(ctx); err != nil {
		return out, fmt.Errorf("counting: %w", err)
	}
	r.takeParticipants()
	err = a.store.Commit(ctx, store.Commit{Position: a.store.Position(), Watermark: a.store.Watermark(), Sidecars: r.parts})
	return Rebuilt{Records: r.records, Parts: len(r.parts), From: r.day, Kept: r.kept, Took: time.Since(began).Round(time.Millisecond).String()}, err
}

// rebuild is a rebuild under way.
type rebuild struct {
	app     *App
	day     string     // first day to rebuild, as keys have it; empty for all
	since   event.Time // records before it are in the parts that are kept
	old     []measure.Slot
	kept    int
	records int64
	parts   []store.Sidecar

	participants *participant.Rebuilding
}

// plan finds the first day that all records are still there of, and which parts
// are to be replaced.
func (r *rebuild) plan(ctx context.Context) error {
	r.since = event.TimeUnset
	if err := r.findDay(ctx); err != nil {
		return err
	}
	slots, err := r.app.keptRollups("")
	if err != nil {
		return err
	}
	for _, s := range slots {
		if r.keeps(s.Key) {
			r.kept++
			continue
		}
		r.old = append(r.old, s)
	}
	return nil
}

// planParticipants makes ready to count participants anew.
func (r *rebuild) planParticipants() error {
	slots, err := r.app.store.Sidecars(participantKind)
	if err != nil {
		return err
	}
	old := make([]participant.Stored, len(slots))
	for i, s := range slots {
		old[i] = participant.Stored{Key: s.Key, Data: s.Data}
		if r.keeps(s.Key) {
			r.kept++
		}
	}
	cfg, err := r.app.participantConfig()
	if err != nil {
		return err
	}
	r.participants, err = participant.Rebuild(cfg, participant.Dependencies{Log: r.app.log, Now: r.app.now, Open: r.app.openInputs()}, old, r.keeps)
	return err
}

func (r *rebuild) takeParticipants() {
	for _, p := range r.participants.Parts() {
		r.parts = append(r.parts, store.Sidecar{Kind: participantKind, Key: p.Key, Replace: p.Replace, Data: p.Data})
	}
}

// findDay compares since when records are stored with since when they were
// accepted: what lies between has expired.
func (r *rebuild) findDay(ctx context.Context) error {
	accepted, err := r.app.store.Sidecars(accountingKind)
	if err != nil || len(accepted) == 0 {
		return err
	}
	first, err := time.Parse("2006-01-02T15", accepted[0].Key)
	if err != nil {
		return fmt.Errorf("accounting: slot %q is not readable; restore the store from a backup", accepted[0].Key)
	}
	stored, err := r.app.store.Accounting(ctx, "", event.TimeUnset, event.TimeUnset)
	if err != nil {
		return err
	}
	oldest := event.TimeOf(r.app.now())
	for _, h := range stored {
		oldest = min(oldest, h.Hour)
	}
	if !oldest.Std().After(first) {
		return nil
	}
	day := oldest.Std().UTC().AddDate(0, 0, 1)
	r.day = day.Format(time.DateOnly)
	utc := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, time.UTC)
	local := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, r.app.zone)
	r.since = min(event.TimeOf(utc), event.TimeOf(local))
	return nil
}

// keeps holds for parts of days before the first that is rebuilt.
func (r *rebuild) keeps(key string) bool {
	_, day, dated := strings.Cut(key, "/")
	return dated && len(day) >= len(time.DateOnly) && day[:len(time.DateOnly)] < r.day
}

func (r *rebuild) count(ctx context.Context) error {
	a := r.app
	next, stop := iter.Pull2(r.batches(ctx))
	defer stop()
	return measure.Rebuild(measure.Config{
		Home: a.home, Zone: a.zone, SketchKey: a.keys.sketch, FoldBudget: int64(a.cfg.Measure.FoldMemory),
		Attic: a.cfg.Data,
	}, measure.Dependencies{Log: a.log, Now: a.now, SensorInfo: a.identity.Sensor, Open: a.openInputs()}, r.old,
		func() (*event.Batch, error) {
			b, err, _ := next()
			return b, err
		},
		func(parts []measure.Part) error {
			for _, p := range parts {
				if !r.keeps(p.Key) {
					r.parts = append(r.parts, store.Sidecar{Kind: rollupKind, Key: p.Key, Replace: p.Replace, Data: p.Data})
				}
			}
			return nil
		})
}

var errEnough = errors.New("no more is wanted")

// batches gives the records that are counted anew.
func (r *rebuild) batches(ctx context.Context) iter.Seq2[*event.Batch, error] {
	return func(yield func(*event.Batch, error) bool) {
		err := r.app.store.Walk(ctx, func(b *event.Batch) error {
			if b = r.fresh(b); b.Rows() == 0 {
				return nil
			}
			r.app.rulings.discount(b)
			r.participants.Room().Add(b)
			r.records += int64(b.Rows())
			if !yield(b, nil) {
				return errEnough
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(nil, err)
		}
	}
}

// fresh gives the records that the kept parts do not hold.
func (r *rebuild) fresh(b *event.Batch) *event.Batch {
	if !r.since.IsSet() {
		return b
	}
	var out event.Batch
	var e event.Event
	for row := range b.Rows() {
		if b.Time[row] >= r.since {
			b.Row(row, &e)
			out.Append(&e)
		}
	}
	return &out
}
