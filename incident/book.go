// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"haidang/event"
)

// Bucket keeps entries; what Put did is on disk when it returns.
type Bucket interface {
	Put(ctx context.Context, key string, value []byte) error
	List(ctx context.Context) (map[string][]byte, error)
}

// BookConfig of the book.
type BookConfig struct {
	Grace time.Duration // sightings so soon after a resolution do not reopen; 1 h when zero
}

// Dependencies of the book.
type Dependencies struct {
	Log     *slog.Logger
	Metrics prometheus.Registerer
	Now     func() time.Time // time.Now when nil
	Bucket  Bucket
}

// Book knows what organisations said of their incidents. Its methods may be
// called by any goroutine.
type Book struct {
	grace  time.Duration
	log    *slog.Logger
	now    func() time.Time
	bucket Bucket
	said   *prometheus.CounterVec

	change sync.Mutex   // held by one change at a time
	mu     sync.RWMutex // guards pages
	pages  map[pageKey][]Entry
	words  uint64 // how many were said since the start
}

type pageKey struct {
	org uint32
	key event.Bytes16
}

// NewBook prepares the book; Start reads it.
func NewBook(c BookConfig, d Dependencies) (*Book, error) {
	b := &Book{grace: cmp.Or(c.Grace, time.Hour), log: d.Log, now: d.Now, bucket: d.Bucket}
	if b.log == nil {
		b.log = slog.New(slog.DiscardHandler)
	}
	if b.now == nil {
		b.now = time.Now
	}
	b.said = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "haidang_incident_status_changes_total", Help: "What was said of incidents, by status; relapses are said by the observatory.",
	}, []string{"status"})
	if d.Metrics == nil {
		return b, nil
	}
	return b, d.Metrics.Register(b.said)
}

// Start reads all entries.
func (b *Book) Start(ctx context.Context) error {
	all, err := b.bucket.List(ctx)
	if err != nil {
		return fmt.Errorf("incident: reading the book: %w", err)
	}
	pages := map[pageKey][]Entry{}
	for key, value := range all {
		var e Entry
		err := json.Unmarshal(value, &e)
		if err == nil {
			err = e.restore()
		}
		if err == nil && bucketKey(&e) != key {
			err = fmt.Errorf("it speaks of another incident than its key")
		}
		if err != nil {
			return fmt.Errorf("incident: entry %s cannot be read; restore it from a backup: %w", key, err)
		}
		k := pageKey{e.Subject.Org, e.Subject.Key}
		pages[k] = append(pages[k], e)
	}
	for k, page := range pages {
		slices.SortFunc(page, func(a, b Entry) int { return cmp.Compare(a.Number, b.Number) })
		if last := page[len(page)-1]; last.Number != len(page) {
			return fmt.Errorf("incident: the history of %s holds %d entries of %d; restore it from a backup", k.key, len(page), last.Number)
		}
	}
	b.mu.Lock()
	b.pages = pages
	b.mu.Unlock()
	return nil
}

// Stop has nothing to do: every entry is on disk already.
func (b *Book) Stop(context.Context) error { return nil }

func bucketKey(e *Entry) string {
	return fmt.Sprintf("%d/%s/%d", e.Subject.Org, e.Subject.KeyText, e.Number)
}

// Set adds what a person says of an incident of the organisation. That the
// person may speak for the organisation is the caller's to know.
func (b *Book) Set(ctx context.Context, i *event.Incident, w Word) (Entry, error) {
	if err := w.check(); err != nil {
		return Entry{}, err
	}
	b.change.Lock()
	defer b.change.Unlock()
	s := subjectOf(i)
	if page := b.History(i.Org, i.Key); len(page) > 0 {
		s.First = opened(page, s.First)
	}
	return b.write(ctx, Entry{Status: w.Status, Who: w.Who, Note: strings.TrimSpace(w.Note), Subject: s})
}

// opened gives when the present round of an incident began: at its last
// relapse, else at the earliest time the book knows.
func opened(page []Entry, first event.Time) event.Time {
	for i := len(page) - 1; i >= 0; i-- {
		if page[i].Relapse {
			return page[i].Subject.First
		}
		first = min(first, page[i].Subject.First)
	}
	return first
}

// Observe looks at incidents as they are seen now and reopens the resolved
// ones that were seen again after their resolution and the grace; it gives the
// reopened ones. False alarms, those that are not theirs and those that moved
// stay as they are.
func (b *Book) Observe(ctx context.Context, seen []event.Incident) (relapses []event.Incident, err error) {
	b.change.Lock()
	defer b.change.Unlock()
	for n := range seen {
		i := &seen[n]
		page := b.History(i.Org, i.Key)
		if len(page) == 0 || i.Replay {
			continue
		}
		last := &page[len(page)-1]
		again := event.TimeOf(last.When.Add(b.grace))
		if last.Status != event.StatusResolved || i.Last <= again {
			continue
		}
		s := subjectOf(i)
		s.First = firstAfter(i, again)
		if _, err := b.write(ctx, Entry{Status: event.StatusOpen, Relapse: true, Subject: s}); err != nil {
			return relapses, err
		}
		back := *i
		b.apply(&back)
		relapses = append(relapses, back)
	}
	return relapses, nil
}

// firstAfter gives the earliest sighting known that is after t.
func firstAfter(i *event.Incident, t event.Time) event.Time {
	first := i.Last
	for _, s := range i.Samples {
		if s.Time > t {
			first = min(first, s.Time)
		}
	}
	return first
}

// write puts an entry on disk; only then is it seen.
func (b *Book) write(ctx context.Context, e Entry) (Entry, error) {
	k := pageKey{e.Subject.Org, e.Subject.Key}
	b.mu.RLock()
	started, number := b.pages != nil, len(b.pages[k])+1
	b.mu.RUnlock()
	if !started {
		return Entry{}, ErrNotStarted
	}
	e.Number, e.Word, e.When = number, e.Status.String(), b.now().UTC()
	value, err := json.Marshal(e)
	if err != nil {
		return Entry{}, fmt.Errorf("incident: %w", err)
	}
	if err := b.bucket.Put(ctx, bucketKey(&e), value); err != nil {
		return Entry{}, fmt.Errorf("incident: keeping what was said: %w", err)
	}
	b.mu.Lock()
	b.pages[k] = append(b.pages[k], e)
	b.words++
	b.mu.Unlock()
	b.said.WithLabelValues(e.Word).Inc()
	return e, nil
}

// History gives all that was said of an incident, oldest first.
func (b *Book) History(org uint32, key event.Bytes16) []Entry {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return slices.Clone(b.pages[pageKey{org, key}])
}

// Apply sets status, its time and the number of relapses on incidents; ones
// that nobody spoke of are open.
func (b *Book) Apply(list []event.Incident) {
	for i := range list {
		b.apply(&list[i])
	}
}

func (b *Book) apply(i *event.Incident) {
	b.mu.RLock()
	page := b.pages[pageKey{i.Org, i.Key}]
	b.mu.RUnlock()
	i.Status, i.StatusAt, i.Relapses = event.StatusOpen, event.TimeUnset, 0
	for n := range page {
		i.Status, i.StatusAt = page[n].Status, event.TimeOf(page[n].When)
		if page[n].Relapse {
			i.Relapses++
		}
	}
}

// Version changes whenever something was said.
func (b *Book) Version() uint64 {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.words
}

// Excluded lists the incidents that figures must subtract: false alarms, and
// those that are not the organisation's. The last word counts.
func (b *Book) Excluded() []Entry {
	return b.last(func(e *Entry) bool {
		return e.Status == event.StatusFalsePositive || e.Status == event.StatusNotOurs
	})
}

func (b *Book) last(keep func(*Entry) bool) (out []Entry) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for page := range maps.Values(b.pages) {
		if e := &page[len(page)-1]; keep(e) {
			out = append(out, *e)
		}
	}
	slices.SortFunc(out, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(a.Subject.Org, b.Subject.Org), slices.Compare(a.Subject.Key[:], b.Subject.Key[:]))
	})
	return out
}
