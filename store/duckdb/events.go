// SPDX-License-Identifier: Apache-2.0

package duckdb

import (
	"bytes"
	"cmp"
	"context"
	"database/sql/driver"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"haidang/event"
	"haidang/store"
)

// MaxPage is the most records that one page may hold.
const MaxPage = 10_000

// key orders records: newest first by time, then by id.
type key struct {
	at event.Time
	id event.Bytes16
}

// newer orders keys from the newest to the oldest.
func newer(a, b key) int {
	if c := cmp.Compare(b.at, a.at); c != 0 {
		return c
	}
	return bytes.Compare(b.id[:], a.id[:])
}

func (k key) cursor() string {
	b := binary.BigEndian.AppendUint64([]byte{1}, uint64(k.at))
	return base64.RawURLEncoding.EncodeToString(append(b, k.id[:]...))
}

func parseCursor(s string) (k key, err error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(b) != 1+8+16 || b[0] != 1 {
		return k, &store.QueryError{Field: "cursor", Detail: "is not one that this server gave; begin again without a cursor"}
	}
	k.at = event.Time(binary.BigEndian.Uint64(b[1:]))
	copy(k.id[:], b[9:])
	return k, nil
}

// Events gives a page of the newest records that match.
func (s *Store) Events(ctx context.Context, q event.Query) (*store.Page, error) {
	defer s.timed(time.Now())
	if q.Limit <= 0 || q.Limit > MaxPage {
		return nil, &store.QueryError{Field: "limit", Detail: fmt.Sprintf("must be between 1 and %d", MaxPage)}
	}
	wanted, err := wantedColumns(q.Fields)
	if err != nil {
		return nil, err
	}
	var after *key
	if q.Cursor != "" {
		k, err := parseCursor(q.Cursor)
		if err != nil {
			return nil, err
		}
		after = &k
	}
	state, release, err := s.states.pin()
	if err != nil {
		return nil, err
	}
	defer release()
	ask, err := s.ask(state.Manifest, &q)
	if err != nil {
		return nil, err
	}
	// One more than asked tells whether there is a next page.
	places, err := ask.newest(ctx, after, q.Limit+1)
	if err != nil {
		return nil, err
	}
	page := &store.Page{}
	if len(places) > q.Limit {
		places = places[:q.Limit]
		page.Next = places[len(places)-1].cursor()
	}
	page.Batch, err = ask.fetch(ctx, places, wanted)
	return page, err
}

func (s *Store) timed(start time.Time) { s.metrics.querySeconds.Observe(time.Since(start).Seconds()) }

// place is where a record lies.
type place struct {
	key
	file string // name of the segment
	row  int64  // within it
	code int64  // scope code; 0 without a scope
}

// newest finds the places of the page. Segments are asked from the newest on,
// until no other can hold a newer record.
func (q *question) newest(ctx context.Context, after *key, limit int) ([]place, error) {
	segments := slices.Clone(q.segments)
	if after != nil {
		segments = slices.DeleteFunc(segments, func(g segment) bool { return g.Time.Min > after.at })
	}
	slices.SortFunc(segments, func(a, b segment) int { return cmp.Compare(b.Time.Max, a.Time.Max) })
	if _, err := q.conditions(new(args)); err != nil {
		return nil, err // also where there is nothing to ask
	}
	if equal, ok := q.equalities(); ok {
		return q.quickest(ctx, segments, &hunt{question: q, equal: equal, after: after, limit: limit})
	}
	return q.newestOfAny(ctx, segments, after, limit)
}

// newestOfAny asks the engine: it answers whatever the filters are. Segments are
// ordered from the newest on.
func (q *question) newestOfAny(ctx context.Context, segments []segment, after *key, limit int) ([]place, error) {
	var best []place
	for step := 2; len(segments) > 0; step *= 2 {
		if len(best) == limit && segments[0].Time.Max < best[limit-1].at {
			break
		}
		n := min(step, len(segments))
		found, err := q.places(ctx, segments[:n], after, limit)
		if err != nil {
			return nil, err
		}
		segments = segments[n:]
		best = append(best, found...)
		slices.SortFunc(best, func(a, b place) int { return newer(a.key, b.key) })
		best = best[:min(limit, len(best))]
	}
	return best, nil
}

func (q *question) places(ctx context.Context, segments []segment, after *key, limit int) (out []place, err error) {
	var a args
	c, err := q.conditions(&a)
	if err != nil {
		return nil, err
	}
	from, err := q.records(&a, segments, "filename = true", "file_row_number = true")
	if err != nil {
		return nil, err
	}
	code := "0"
	if q.Scope != nil {
		code = scopeCode
	}
	where := c.row()
	if after != nil {
		at := a.time(after.at)
		where += ` AND "@timestamp" <= ` + at + ` AND ("@timestamp" < ` + at + ` OR "event.id" < ` + a.uuid(after.id) + `)`
	}
	text := `SELECT epoch_ns("@timestamp"), "event.id", filename, file_row_number, (` + code + `)::BIGINT FROM ` + from + ` WHERE ` + where +
		` ORDER BY "@timestamp" DESC, "event.id" DESC LIMIT ` + a.bind(int64(limit))
	err = q.store.engine.query(ctx, text, &a, func(v []driver.Value) error {
		id, err := bytesOf(v[1])
		if err != nil {
			return err
		}
		out = append(out, place{
			key:  key{event.Time(v[0].(int64)), event.Bytes16(id)},
			file: filepath.Base(v[2].(string)), row: v[3].(int64), code: v[4].(int64),
		})
		return nil
	})
	return out, err
}
