// SPDX-License-Identifier: Apache-2.0

package duckdb

import (
	"context"
	"database/sql/driver"
	"time"

	"haidang/event"
)

// recentRows bounds the records whose keys are gathered at once: the engine
// holds the whole answer.
const recentRows = 2 << 20

// Recent gives the folding keys of what was ingested at or after since, a few
// segments at a time.
func (s *Store) Recent(ctx context.Context, since event.Time, fn func(hash event.Bytes16, at event.Time, count uint32)) error {
	defer s.timed(time.Now())
	state, release, err := s.states.pin()
	if err != nil {
		return err
	}
	defer release()
	ask := question{Query: &event.Query{}, store: s}
	rows := int64(0)
	for _, g := range state.Segments {
		if g.Ingested.Max < since {
			continue
		}
		if rows+g.Rows > recentRows {
			if err := ask.recent(ctx, since, fn); err != nil {
				return err
			}
			ask.segments, rows = nil, 0
		}
		ask.segments = append(ask.segments, g)
		rows += g.Rows
	}
	return ask.recent(ctx, since, fn)
}

func (q *question) recent(ctx context.Context, since event.Time, fn func(hash event.Bytes16, at event.Time, count uint32)) error {
	if len(q.segments) == 0 {
		return nil
	}
	var a args
	// Most keys have one count: grouping by it too makes the rest simple.
	text := `SELECT "event.hash", "cert.count"::UINTEGER, min(epoch_ns("@timestamp")) FROM ` + q.files(&a, q.segments) +
		` WHERE "event.ingested" >= ` + a.time(since) + ` AND "event.hash" IS NOT NULL AND "cert.excluded" IS NULL` +
		` AND "cert.stage" IN ('attempt', 'incident', 'state') GROUP BY 1, 2`
	text = `SELECT h, max(c), arg_max(t, c) FROM (` + text + `) AS keys(h, c, t) GROUP BY h`
	return q.store.engine.query(ctx, text, &a, func(v []driver.Value) error {
		b, err := bytesOf(v[0])
		if err != nil {
			return err
		}
		fn(event.Bytes16(b), event.Time(v[2].(int64)), v[1].(uint32))
		return nil
	})
}
