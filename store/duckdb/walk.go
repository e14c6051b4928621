// SPDX-License-Identifier: Apache-2.0

package duckdb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"haidang/event"
	"haidang/store/duckdb/parquetfile"
)

// Walk gives every record of the present state once, whole, a row group at a
// time, oldest segment first. The batch belongs to fn. What is committed
// meanwhile is not seen.
func (s *Store) Walk(ctx context.Context, fn func(*event.Batch) error) error {
	defer s.timed(time.Now())
	state, release, err := s.states.pin()
	if err != nil {
		return err
	}
	defer release()
	for i := range state.Segments {
		g := &state.Segments[i]
		if err := s.walkSegment(ctx, g.Name, g.Size, fn); err != nil {
			return fmt.Errorf("store: %s: %w", g.Name, err)
		}
	}
	return nil
}

func (s *Store) walkSegment(ctx context.Context, name string, size int64, fn func(*event.Batch) error) (err error) {
	f, err := s.dir.Open(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	r, err := parquetfile.Open(f, size)
	if err != nil {
		return err
	}
	defer r.Close()
	for group := range r.Groups() {
		if err := ctx.Err(); err != nil {
			return err
		}
		b, err := r.Batch(group)
		if err != nil {
			return err
		}
		if err := fn(b); err != nil {
			return err
		}
	}
	return nil
}
