// SPDX-License-Identifier: Apache-2.0

package duckdb

import (
	"context"
	"fmt"

	"haidang/event"
	"haidang/store/duckdb/manifest"
)

// Expire drops whole segments and quarantine files whose newest event.ingested
// is before the given time. A merge that has one of them in hand gives up.
func (s *Store) Expire(ctx context.Context, before event.Time) (rows int64, err error) {
	s.commit.Lock()
	defer s.commit.Unlock()
	if err := s.ready(ctx); err != nil {
		return 0, err
	}
	next := s.next()
	segments, rejects := next.Segments, next.Rejects
	next.Segments, next.Rejects = []manifest.Segment{}, []manifest.Rejects{}
	for _, g := range segments {
		if g.Ingested.Max < before {
			rows += g.Rows
		} else {
			next.Segments = append(next.Segments, g)
		}
	}
	for _, f := range rejects {
		if f.Ingested.Max >= before {
			next.Rejects = append(next.Rejects, f)
		}
	}
	if len(next.Segments) == len(segments) && len(next.Rejects) == len(rejects) {
		return 0, nil
	}
	if err := s.publish(next, func() {}); err != nil {
		return 0, fmt.Errorf("store: %w", err)
	}
	s.metrics.expiredRows.Add(float64(rows))
	return rows, nil
}
