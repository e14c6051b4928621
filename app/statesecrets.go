// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"haidang/audit"
	"haidang/classify/pack"
	"haidang/event"
	"haidang/journal"
	"haidang/store"
	"haidang/vitals"
)

const (
	// secretTold is for how long a warning says that a marked record came.
	secretTold = 24 * time.Hour
	// eraseTime bounds one try; the next is made by watch.
	eraseTime = 10 * time.Second
)

// Warnings for the security officer. They say nothing of what came, and are not
// shown to passers-by.
var (
	warnSecretFound = vitals.Warning{Code: "secret.found", Severity: vitals.Notice, Text: vitals.Text{
		VI: "Trong 24 giờ qua đã có bản ghi mang dấu độ mật; nội dung không được lưu. Cán bộ bảo mật hãy xem nhật ký kiểm toán.",
		EN: "Within 24 hours a record came that carries a marking of a state secret; it was not kept. Security officer: read the audit log.",
	}}
	warnSecretKept = vitals.Warning{Code: "secret.kept", Severity: vitals.Degraded, Text: vitals.Text{
		VI: "Bản ghi mang dấu độ mật chưa xóa được khỏi sổ nhật ký bền vững; hệ thống đang thử lại. Hãy kiểm tra đĩa và nhật ký kiểm toán, chờ bản sao lưu đang chạy kết thúc.",
		EN: "A record that carries a marking of a state secret is still in the durable log; erasing is tried again. Check the disk and the audit log, and wait for a backup that is running.",
	}}
)

// stateSecret is what normalise asks. The words are those of the built-in pack,
// as everywhere.
func stateSecret(field, value string) bool {
	_, found := pack.BuiltIn().StateSecret(field, value)
	return found
}

// secrets erases batches that brought a marked record from the journal.
//
// The order is: the store commits the reject, which holds nothing of the record,
// with its neighbours; the audit log is told; the messages are erased; only then
// is the position told as committed. Nothing has to be written down for that: of
// a crash before the commit the journal still has the batch, and it is read
// again with the same result; after it the store's rejects say which batches
// were to be erased, and those that the journal still has were not.
type secrets struct {
	app     *App
	records prometheus.Counter
	batches prometheus.Gauge

	mu      sync.Mutex
	waiting map[string]*markedBatch // to be erased
	last    time.Time               // when the newest marked record was journalled
}

// markedBatch is a batch with marked records.
type markedBatch struct {
	secretFrom
	records int64
	noted   bool // in the audit log
}

type secretFrom struct{ sensor, door string }

// startSecrets finds out what a crash kept from being erased.
func (a *App) startSecrets(ctx context.Context) error {
	s := &secrets{
		app: a, waiting: map[string]*markedBatch{},
		records: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "haidang_app_state_secret_records_total", Help: "Records that carried a marking of a state secret and were not kept.",
		}),
		batches: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "haidang_app_state_secret_waiting_batches", Help: "Batches with such records that are still to be erased from the journal.",
		}),
	}
	a.metrics.MustRegister(s.records, s.batches)
	a.secrets = s
	err := a.eachReject(ctx, store.RejectQuery{Reason: event.ReasonLabel, From: event.TimeUnset, To: event.TimeUnset, Limit: 1000}, func(r event.Reject) error {
		s.add(&r)
		return nil
	})
	if err != nil {
		return err
	}
	for id := range s.waiting {
		if _, err := a.journal.Find(ctx, id); errors.Is(err, journal.ErrNotFound) {
			delete(s.waiting, id) // erased and noted before, or its time was over
		} else if err != nil {
			return err
		}
	}
	s.erase(ctx)
	return nil
}

// commit makes records durable, and what may not be kept unreadable.
func (a *App) commit(ctx context.Context, c store.Commit) error {
	if err := a.store.Commit(ctx, c); err != nil {
		return err
	}
	found := 0
	a.secrets.mu.Lock()
	for i := range c.Rejects {
		if r := &c.Rejects[i]; r.Reason == event.ReasonLabel {
			a.secrets.add(r)
			found++
		}
	}
	a.secrets.mu.Unlock()
	if found > 0 {
		a.secrets.records.Add(float64(found))
		a.secrets.erase(ctx)
	}
	return nil
}

func (s *secrets) add(r *event.Reject) {
	b := s.waiting[r.Batch]
	if b == nil {
		b = &markedBatch{secretFrom: secretFrom{r.Sensor, r.Door}}
		s.waiting[r.Batch] = b
	}
	b.records++
	if at := r.At.Std(); at.After(s.last) {
		s.last = at
	}
}

// erase erases what waits. What fails, or has to stay for a backup or a batch
// that has not ended, waits for the next time.
func (s *secrets) erase(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting) == 0 {
		return
	}
	defer func() { s.batches.Set(float64(len(s.waiting))) }()
	ctx, cancel := context.WithTimeout(ctx, eraseTime)
	defer cancel()
	if err := s.note(ctx); err != nil {
		s.app.log.Warn("records marked as state secrets cannot be erased before the audit log says so", "error", err)
		return
	}
	committed := s.app.purgeable(s.app.store.Position()+1) - 1
	left, err := s.app.journal.Erase(ctx, slices.Sorted(maps.Keys(s.waiting)), committed)
	if err != nil {
		s.app.log.Warn("records marked as state secrets cannot be erased yet", "error", err)
	}
	maps.DeleteFunc(s.waiting, func(id string, _ *markedBatch) bool { return !slices.Contains(left, id) })
}

// note writes down where marked records came from, by sensor and door: before
// they are erased, so that a crash repeats an entry rather than lose it.
func (s *secrets) note(ctx context.Context) error {
	counts := map[secretFrom]int64{}
	for _, b := range s.waiting {
		if !b.noted {
			counts[b.secretFrom] += b.records
		}
	}
	for from, n := range counts {
		_, err := s.app.audit.Append(ctx, audit.Entry{
			Action: audit.Quarantine, Actor: audit.System, Tier: event.TX.String(), Outcome: audit.Done, Count: n,
			Object: audit.Object{Kind: "state-secret", Dataset: from.door, IDs: []string{string(s.app.audit.Pseudonym(from.sensor))}},
		})
		if err != nil {
			return fmt.Errorf("audit log: %w", err)
		}
		for _, b := range s.waiting {
			b.noted = b.noted || b.secretFrom == from
		}
	}
	return nil
}

// watch tries again what could not be erased, and keeps the warnings.
func (s *secrets) watch(ctx context.Context, now time.Time) {
	s.erase(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.app.mark(warnSecretFound, "", now.Sub(s.last) < secretTold, now)
	s.app.mark(warnSecretKept, "", len(s.waiting) > 0, now)
}
