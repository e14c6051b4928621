// SPDX-License-Identifier: Apache-2.0

package duckdb

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"haidang/event"
	"haidang/store"
	"haidang/store/duckdb/manifest"
	"haidang/store/duckdb/quarantine"
)

// defaultRejects is the page size where none is asked.
const defaultRejects = 100

// Rejects pages through quarantined records, oldest first. The cursor is the
// ordinal of the next record, which merging does not change.
func (s *Store) Rejects(ctx context.Context, q store.RejectQuery) (*store.RejectPage, error) {
	if q.Limit <= 0 {
		q.Limit = defaultRejects
	}
	if q.Limit > MaxPage {
		return nil, &store.QueryError{Field: "limit", Detail: fmt.Sprintf("must be between 1 and %d", MaxPage)}
	}
	var after int64
	if q.After != "" {
		n, err := strconv.ParseInt(q.After, 10, 64)
		if err != nil || n < 0 {
			return nil, &store.QueryError{Field: "cursor", Detail: "is not one that this server gave; begin again without a cursor"}
		}
		after = n
	}
	state, release, err := s.states.pin()
	if err != nil {
		return nil, err
	}
	defer release()
	page := &store.RejectPage{}
	from, to := openEnd(q.From), openEnd(q.To)
	err = s.eachReject(ctx, state.Manifest, func(f *manifest.Rejects) bool {
		return f.First+f.Count > after && (q.Reason == "" || f.May(q.Reason)) &&
			(!from.IsSet() || f.Ingested.Max >= from) && (!to.IsSet() || f.Ingested.Min < to)
	}, func(n int64, r *event.Reject) bool {
		if n < after || q.Sensor != "" && r.Sensor != q.Sensor || q.Reason != "" && r.Reason != q.Reason ||
			q.Batch != "" && r.Batch != q.Batch || from.IsSet() && r.At < from || to.IsSet() && r.At >= to {
			return true
		}
		if len(page.Rejects) == q.Limit {
			page.Next = strconv.FormatInt(n, 10)
			return false
		}
		page.Rejects = append(page.Rejects, *r)
		return true
	})
	return page, err
}

// openEnd turns the zero value into "not set".
func openEnd(t event.Time) event.Time {
	if t == 0 {
		return event.TimeUnset
	}
	return t
}

// eachReject calls fn for the records of the files that want chooses, with
// their ordinals, until it answers false.
func (s *Store) eachReject(ctx context.Context, m *manifest.Manifest, want func(f *manifest.Rejects) bool, fn func(n int64, r *event.Reject) bool) error {
	for i := range m.Rejects {
		f := &m.Rejects[i]
		if !want(f) {
			continue
		}
		n, more := f.First, true
		file, err := s.dir.Open(f.Name)
		if err != nil {
			return fmt.Errorf("store: %w", err)
		}
		err = quarantine.Read(file, func(r *event.Reject) bool {
			more = fn(n, r) && ctx.Err() == nil
			n++
			return more
		})
		if err = errors.Join(err, file.Close()); err != nil {
			return fmt.Errorf("store: %s: %w", f.Name, err)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !more {
			return nil
		}
	}
	return nil
}
