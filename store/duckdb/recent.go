// SPDX-License-Identifier: Apache-2.0

package duckdb

import (
	"context"
	"database/sql/driver"
	"time"

	"haidang/event"
)

// Recent gives the folding keys of what was ingested at or after since.
func (s *Store) Recent(ctx context.Context, since event.Time, fn func(hash event.Bytes16, at event.Time, count uint32)) error {
	defer s.timed(time.Now())
	state, release, err := s.states.pin()
	if err != nil {
		return err
	}
	defer release()
	ask := question{Query: &event.Query{}, store: s}
	for _, g := range state.Segments {
		if g.Ingested.Max >= since {
			ask.segments = append(ask.segments, g)
		}
	}
	if len(ask.segments) == 0 {
		return nil
	}
	var a args
	// Most keys have one count: grouping by it too makes the rest simple.
	text := `SELECT "event.hash", "cert.count"::UINTEGER, min(epoch_ns("@timestamp")) FROM ` + ask.files(&a, ask.segments) +
		` WHERE "event.ingested" >= ` + a.time(since) + ` AND "event.hash" IS NOT NULL AND "cert.excluded" IS NULL` +
		` AND "cert.stage" IN ('attempt', 'incident', 'state') GROUP BY 1, 2`
	text = `SELECT h, max(c), arg_max(t, c) FROM (` + text + `) AS keys(h, c, t) GROUP BY h`
	return s.engine.query(ctx, text, &a, func(v []driver.Value) error {
		b, err := bytesOf(v[0])
		if err != nil {
			return err
		}
		fn(event.Bytes16(b), event.Time(v[2].(int64)), v[1].(uint32))
		return nil
	})
}
