// SPDX-License-Identifier: Apache-2.0

package duckdb

import (
	"cmp"
	"context"
	"database/sql/driver"
	"slices"
	"time"

	"haidang/event"
	"haidang/store"
	"haidang/store/duckdb/manifest"
)

const hour = event.Time(time.Hour)

// hourOf gives the start of a time's hour, also before 1970.
func hourOf(t event.Time) event.Time { return t - (t%hour+hour)%hour }

// cellOf is one sensor's hour.
type cellOf struct {
	sensor string
	hour   event.Time
}

// Accounting counts committed records by sensor and hour of acceptance. It
// counts rows, not cert.count: the unit is the record that came.
func (s *Store) Accounting(ctx context.Context, sensor string, from, to event.Time) ([]store.Hour, error) {
	defer s.timed(time.Now())
	state, release, err := s.states.pin()
	if err != nil {
		return nil, err
	}
	defer release()
	within := func(r manifest.Range) bool {
		return (!from.IsSet() || r.Max >= from) && (!to.IsSet() || r.Min < to)
	}
	hours := make(map[cellOf]*store.Hour)
	cell := func(sensor string, at event.Time) *store.Hour {
		k := cellOf{sensor, at}
		if hours[k] == nil {
			hours[k] = &store.Hour{Sensor: sensor, Hour: at, Quarantined: make(map[event.Reason]int64)}
		}
		return hours[k]
	}
	ask := question{Query: &event.Query{From: event.TimeUnset, To: event.TimeUnset}, store: s}
	for _, g := range state.Segments {
		if within(g.Ingested) {
			ask.segments = append(ask.segments, g)
		}
	}
	if err := ask.stored(ctx, sensor, from, to, cell); err != nil {
		return nil, err
	}
	err = s.eachReject(ctx, state.Manifest, func(f *manifest.Rejects) bool { return within(f.Ingested) },
		func(_ int64, r *event.Reject) bool {
			if within(manifest.Range{Min: r.At, Max: r.At}) && (sensor == "" || r.Sensor == sensor) {
				cell(r.Sensor, hourOf(r.At)).Quarantined[r.Reason]++
			}
			return true
		})
	out := make([]store.Hour, 0, len(hours))
	for _, h := range hours {
		out = append(out, *h)
	}
	slices.SortFunc(out, func(a, b store.Hour) int {
		return cmp.Or(cmp.Compare(a.Hour, b.Hour), cmp.Compare(a.Sensor, b.Sensor))
	})
	return out, err
}

func (q *question) stored(ctx context.Context, sensor string, from, to event.Time, cell func(string, event.Time) *store.Hour) error {
	if len(q.segments) == 0 {
		return nil
	}
	var a args
	where := []string{"true"}
	files := q.files(&a, q.segments)
	if from.IsSet() {
		where = append(where, `"event.ingested" >= `+a.time(from))
	}
	if to.IsSet() {
		where = append(where, `"event.ingested" < `+a.time(to))
	}
	if sensor != "" {
		where = append(where, `"observer.name" = `+a.bind(sensor))
	}
	d := dimension{step: time.Hour}
	text := `SELECT coalesce("observer.name", ''), ` + d.stepOf("event.ingested") + `, count(*) FROM ` + files +
		" WHERE " + conjunction(where) + " GROUP BY 1, 2"
	return q.store.engine.query(ctx, text, &a, func(v []driver.Value) error {
		cell(v[0].(string), event.Time(v[1].(int64))).Stored = v[2].(int64)
		return nil
	})
}

// Outcome counts what became of the records in the spans.
func (s *Store) Outcome(ctx context.Context, spans []store.Span) (store.Outcome, error) {
	defer s.timed(time.Now())
	out := store.Outcome{Quarantined: make(map[event.Reason]int64)}
	state, release, err := s.states.pin()
	if err != nil || len(spans) == 0 {
		return out, err
	}
	defer release()
	low, high := spans[0].Seq, spans[0].Seq
	bySeq := make(map[event.Position][]store.Span)
	for _, p := range spans {
		low, high = min(low, p.Seq), max(high, p.Seq)
		bySeq[p.Seq] = append(bySeq[p.Seq], p)
	}
	ask := question{Query: &event.Query{}, store: s}
	for _, g := range state.Segments {
		if g.First <= high && g.Last >= low {
			ask.segments = append(ask.segments, g)
		}
	}
	if out.Stored, err = ask.within(ctx, spans, low, high); err != nil {
		return out, err
	}
	err = s.eachReject(ctx, state.Manifest,
		func(f *manifest.Rejects) bool { return f.FirstSeq <= high && f.LastSeq >= low },
		func(_ int64, r *event.Reject) bool {
			for _, p := range bySeq[r.Seq] {
				if r.Offset >= p.From && r.Offset < p.To {
					out.Quarantined[r.Reason]++
					break
				}
			}
			return true
		})
	return out, err
}

// within counts the records that lie in any of the spans.
func (q *question) within(ctx context.Context, spans []store.Span, low, high event.Position) (n int64, err error) {
	if len(q.segments) == 0 {
		return 0, nil
	}
	seqs, froms, tos := make([]uint64, len(spans)), make([]uint64, len(spans)), make([]uint64, len(spans))
	for i, p := range spans {
		seqs[i], froms[i], tos[i] = uint64(p.Seq), uint64(p.From), uint64(p.To)
	}
	var a args
	files := q.files(&a, q.segments)
	text := `SELECT count(*) FROM ` + files + ` r WHERE r."cert.raw.sequence" BETWEEN ` + a.bind(uint64(low)) + ` AND ` + a.bind(uint64(high)) +
		` AND EXISTS (SELECT 1 FROM (SELECT unnest(` + a.bind(seqs) + `::UBIGINT[]) s, unnest(` + a.bind(froms) + `::UBIGINT[]) f, unnest(` +
		a.bind(tos) + `::UBIGINT[]) t) p WHERE p.s = r."cert.raw.sequence" AND r."cert.raw.offset" >= p.f AND r."cert.raw.offset" < p.t)`
	err = q.store.engine.query(ctx, text, &a, func(v []driver.Value) error {
		n = v[0].(int64)
		return nil
	})
	return n, err
}
