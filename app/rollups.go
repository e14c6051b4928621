// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"haidang/classify"
	"haidang/event"
	"haidang/measure"
	"haidang/share"
)

// rollups lets classify ask measure, in the words of event.
type rollups struct {
	measure *measure.Measure
	now     func() time.Time
	known   *share.Answers[event.Rollup]
	counts  *share.Answers[measure.Answer] // of all stages: a page asks for one after another
}

// A moment's answers: enough for every page that people look at in a second. Counts of
// all stages are long lists, of which few are.
const (
	answerFor   = time.Second
	answersKept = 1000
	countsKept  = 300
)

func newRollups(m *measure.Measure, now func() time.Time) rollups {
	return rollups{m, now, share.NewAnswers[event.Rollup](answerFor, answersKept, now), share.NewAnswers[measure.Answer](answerFor, countsKept, now)}
}

// Rollup answers from memory; the same question within a second from the last answer,
// unless counts of a period that is over are others by now.
func (r rollups) Rollup(q event.RollupQuery) (event.Rollup, error) {
	version := versionOnceOver(r.measure, r.now, q.From, q.To)
	key, head := keyOf(q, version)
	return r.known.Get(key, func() (event.Rollup, error) { return r.count(q, key[:head]) })
}

// keyOf tells a question from others; what lies before head tells apart what is asked
// of measure for it.
func keyOf(q event.RollupQuery, version int64) (key string, head int) {
	b := make([]byte, 0, 256)
	number := func(n int64) { b = append(strconv.AppendInt(b, n, 36), ' ') }
	text := func(s string) { // whatever is in it
		number(int64(len(s)))
		b = append(b, s...)
	}
	number(version)
	number(int64(q.From))
	number(int64(q.To))
	text(q.Step)
	number(int64(len(q.By)))
	for _, d := range q.By {
		text(d)
	}
	number(int64(len(q.Where)))
	for _, f := range q.Where {
		text(f.Field)
		number(int64(f.Op))
		number(int64(len(f.Values)))
		for _, v := range f.Values {
			text(v)
		}
	}
	head = len(b)
	number(int64(q.Stage))
	number(int64(q.Limit))
	for _, side := range q.Distinct {
		text(string(side))
	}
	return string(b), head
}

// versionOnceOver is the version of a period's counts once it is over. What is kept of
// such periods by versions (lattice's Data) is then never made of what was remembered
// of another version; a period that is running changes all the time.
func versionOnceOver(m *measure.Measure, now func() time.Time, from, to event.Time) int64 {
	if !to.IsSet() || to > event.TimeOf(now()) {
		return 0
	}
	return m.Version(from, to)
}

var steps = map[string]measure.Step{
	"": measure.StepNone, "minute": measure.StepMinute, "hour": measure.StepHour, "day": measure.StepDay,
}

func (r rollups) count(q event.RollupQuery, key string) (event.Rollup, error) {
	m, err := dimensions(q)
	if err != nil {
		return event.Rollup{}, err
	}
	a, err := r.counts.Get(key, func() (measure.Answer, error) { return r.measure.Query(m) })
	if err != nil {
		return event.Rollup{}, rollupProblem(err)
	}
	out := event.Rollup{Whole: a.Whole, Replay: a.Replay}
	counts := func(c *measure.Cell) bool { return c.Events(q.Stage) != 0 || c.Records(q.Stage) != 0 }
	some := 0
	for i := range a.Rows {
		if counts(&a.Rows[i].Cell) {
			some++
		}
	}
	out.Rows = slices.Grow(out.Rows, some)
	for i := range a.Rows {
		if row := &a.Rows[i]; counts(&row.Cell) {
			out.Rows = append(out.Rows, event.RollupRow{Start: row.Start, Group: row.Group, Events: row.Cell.Events(q.Stage), Records: row.Cell.Records(q.Stage)})
		}
	}
	if len(q.Distinct) > 0 {
		if err := r.distinct(&out, m, q); err != nil {
			return event.Rollup{}, err
		}
	}
	out.Rows = largest(out.Rows, q.Limit)
	return out, nil
}

// dimensions puts the question into measure's words and finds its cube.
func dimensions(q event.RollupQuery) (measure.Query, error) {
	step, ok := steps[q.Step]
	if !ok {
		return measure.Query{}, &classify.QuestionError{Field: "step", Detail: "is minute, hour or day"}
	}
	if len(q.Distinct) > 0 && step != measure.StepNone {
		return measure.Query{}, &classify.QuestionError{Field: "distinct", Detail: "distinct addresses do not add up over steps; ask without step, one period at a time"}
	}
	m := measure.Query{From: q.From, To: q.To, Step: step}
	var dims []measure.Dim
	for _, d := range q.By {
		m.By = append(m.By, measure.Dim(d))
		dims = append(dims, measure.Dim(d))
	}
	for _, f := range q.Where {
		if f.Op != event.OpEqual {
			return m, &classify.QuestionError{Field: f.Field, Detail: "counts in memory can be narrowed to values only; /api/v1/events/aggregate knows other comparisons"}
		}
		m.Where = append(m.Where, measure.Is(measure.Dim(f.Field), f.Values...))
		dims = append(dims, measure.Dim(f.Field))
	}
	if m.Cube, ok = measure.CubeWith(dims...); !ok {
		return m, &classify.QuestionError{Field: "by", Detail: "these dimensions are not counted together in memory; /api/v1/events/aggregate counts any, record by record. Counted together are: " + measure.Describe()}
	}
	return m, nil
}

// distinct adds the numbers of addresses to rows that have been counted.
func (r rollups) distinct(out *event.Rollup, m measure.Query, q event.RollupQuery) error {
	at := map[string]int{}
	for i, row := range out.Rows {
		at[strings.Join(row.Group, "\x00")] = i
	}
	for _, side := range q.Distinct {
		asked := addresses(m, q.Stage, side)
		found, whole, err := r.measure.Distinct(asked)
		if err != nil {
			return rollupProblem(err)
		}
		out.Whole = out.Whole && whole
		for _, d := range found {
			i, ok := at[strings.Join(d.Group, "\x00")]
			if !ok {
				continue
			}
			n := &event.Distinct{Count: d.Count, Exact: d.Exact, Key: d.Key}
			if asked.Role == measure.Affected {
				out.Rows[i].Affected = n
			} else {
				out.Rows[i].Hosting = n
			}
		}
	}
	return nil
}

// addresses asks how many addresses of a side there were.
func addresses(m measure.Query, stage event.Stage, side event.DistinctSide) measure.DistinctQuery {
	q := measure.DistinctQuery{Cube: m.Cube, By: m.By, Where: m.Where, Role: measure.Affected, Stage: stage, From: m.From, To: m.To}
	if side == event.DistinctHosting {
		q.Role = measure.Hosting
	}
	return q
}

// recurring are the questions about addresses that are answered before pages ask them.
func recurring() (out []measure.DistinctQuery) {
	for _, q := range classify.Recurring() {
		m, err := dimensions(q)
		if err != nil {
			panic(err) // it is the program's own
		}
		for _, side := range q.Distinct {
			out = append(out, addresses(m, q.Stage, side))
		}
	}
	return out
}

// largest orders the rows of each step and keeps the first ones.
func largest(rows []event.RollupRow, limit int) []event.RollupRow {
	slices.SortFunc(rows, func(a, b event.RollupRow) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.Events, a.Events), cmp.Compare(b.Records, a.Records), slices.Compare(a.Group, b.Group))
	})
	if limit <= 0 {
		return rows
	}
	kept, n, start := rows[:0], 0, event.TimeUnset
	for _, r := range rows {
		if r.Start != start {
			n, start = 0, r.Start
		}
		if n++; n <= limit {
			kept = append(kept, r)
		}
	}
	return kept
}

// rollupProblem marks what the asker got wrong.
func rollupProblem(err error) error {
	var q *measure.QueryError
	if errors.As(err, &q) {
		return &classify.QuestionError{Field: q.Field, Detail: q.Problem}
	}
	return err
}
