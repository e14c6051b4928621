// SPDX-License-Identifier: Apache-2.0

package duckdb

import (
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"haidang/event"
	"haidang/store"
)

// MaxCells is the most lines that one aggregation may give.
const MaxCells = 10_000

// Count gives one number a metric.
func (s *Store) Count(ctx context.Context, q event.Query, metrics []event.Metric) ([]int64, error) {
	cells, err := s.Aggregate(ctx, event.Aggregate{Query: q, Metrics: metrics}, 1)
	if err != nil {
		return nil, err
	}
	if len(cells) == 0 {
		return make([]int64, len(metrics)), nil
	}
	return cells[0].Values, nil
}

// Aggregate counts by groups, the largest first.
func (s *Store) Aggregate(ctx context.Context, q event.Aggregate, limit int) ([]event.Cell, error) {
	defer s.timed(time.Now())
	if limit <= 0 || limit > MaxCells {
		return nil, &store.QueryError{Field: "limit", Detail: fmt.Sprintf("must be between 1 and %d", MaxCells)}
	}
	by, err := dimensions(q.By)
	if err != nil {
		return nil, err
	}
	for i, m := range q.Metrics {
		if slices.Contains(q.Metrics[:i], m) {
			return nil, &store.QueryError{Field: "metric", Detail: fmt.Sprintf("%q is named twice", m)}
		}
		if !slices.Contains(event.Metrics, m) && !m.IsTime() {
			return nil, &store.QueryError{Field: "metric", Detail: fmt.Sprintf("%q is not one of %q", m, event.Metrics)}
		}
	}
	if len(q.Metrics) == 0 {
		return nil, &store.QueryError{Field: "metric", Detail: fmt.Sprintf("name at least one of %q", event.Metrics)}
	}
	state, release, err := s.states.pin()
	if err != nil {
		return nil, err
	}
	defer release()
	ask, err := s.ask(state.Manifest, &q.Query)
	if err != nil {
		return nil, err
	}
	p := plan{question: ask, by: by, metrics: q.Metrics, limit: limit}
	if _, err := p.sql(); err != nil {
		return nil, err // before anything is counted
	}
	if err := p.tallied(ctx); err != nil {
		return nil, err
	}
	return p.cells(ctx)
}

// cells asks the engine.
func (p *plan) cells(ctx context.Context) (out []event.Cell, err error) {
	p.args = args{}
	text, err := p.sql()
	if err != nil {
		return nil, err
	}
	if text == "" || p.tally != nil && len(p.tally.cells) == 0 {
		return nothing(p.by, p.metrics), nil
	}
	err = p.store.engine.query(ctx, text, &p.args, func(v []driver.Value) error {
		cell, err := p.cell(v)
		out = append(out, cell)
		return err
	})
	return out, err
}

// nothing is the answer where there are no records: a count of nothing is 0,
// and it has no first and no last.
func nothing(by []dimension, metrics []event.Metric) []event.Cell {
	if len(by) > 0 {
		return nil
	}
	values := make([]int64, len(metrics))
	for i, m := range metrics {
		if m.IsTime() {
			values[i] = int64(event.TimeUnset)
		}
	}
	return []event.Cell{{Values: values}}
}

// plan puts one aggregation into SQL. It has three layers: the records that
// match, one line for each party where that matters; the groups; the metrics.
type plan struct {
	question
	by      []dimension
	metrics []event.Metric
	limit   int
	args    args
}

func (p *plan) has(m event.Metric) bool { return slices.Contains(p.metrics, m) }

// byParty says whether the answer depends on which affected party is meant.
func (p *plan) byParty() bool {
	return p.has(event.MetricAffected) || slices.ContainsFunc(p.by, func(d dimension) bool { return isAffected(d.name) })
}

func (p *plan) sql() (string, error) {
	c, err := p.conditions(&p.args)
	if err != nil {
		return "", err
	}
	if len(p.segments) == 0 {
		return "", nil
	}
	p.withoutBenign(&c)
	lines, err := p.lines(&c)
	if err != nil {
		return "", err
	}
	folds := p.has(event.MetricEvents)
	plain := len(p.metrics) > 1 || !folds
	switch {
	case !folds:
		return p.finish(p.plain(lines)), nil
	case !plain:
		return p.finish(p.folded(lines)), nil
	}
	// Both ways of counting, side by side: they have the same groups.
	on := []string{"true"}
	var names []string
	for i := range p.by {
		d := "d" + strconv.Itoa(i)
		on = append(on, "a."+d+" IS NOT DISTINCT FROM b."+d)
		names = append(names, "a."+d+" AS "+d)
	}
	for _, m := range p.metrics {
		if m == event.MetricEvents {
			names = append(names, "b.events AS events")
		} else {
			names = append(names, "a."+quote(string(m))+" AS "+quote(string(m)))
		}
	}
	return p.finish("SELECT " + strings.Join(names, ", ") + " FROM (" + p.plain(lines) + ") a JOIN (" +
		p.folded(lines) + ") b ON " + strings.Join(on, " AND ")), nil
}

// lines gives the SQL of the matching records: groups d0…, weight w (what it
// adds to records), fold key and count, and the addresses that are counted.
func (p *plan) lines(c *conditions) (string, error) {
	from, err := p.records(&p.args, p.segments)
	if err != nil {
		return "", err
	}
	if !p.byParty() {
		return p.unnested(p.branch(from, c.row(), first, "false")), nil
	}
	one := p.branch(from, conjunction(append(slices.Clone(c.record), c.parties[0]...)), first, "false")
	both := slices.DeleteFunc(slices.Clone(p.segments), func(g segment) bool { return g.Both == 0 })
	if len(both) == 0 {
		return p.unnested(one), nil
	}
	fromBoth, err := p.records(&p.args, both)
	if err != nil {
		return "", err
	}
	again := []string{c.party(first)}
	for i := range p.by {
		if d := &p.by[i]; isAffected(d.name) && !d.isList() {
			again = append(again, d.expression(first)+" IS NOT DISTINCT FROM "+d.expression(second))
		}
	}
	where := conjunction(append([]string{`"cert.affected" = 'both'`}, append(slices.Clone(c.record), c.parties[1]...)...))
	two := p.branch(fromBoth, where, second, conjunction(again))
	return p.once(p.unnested(one + " UNION ALL " + two)), nil
}

// once takes the weight from a second party where the first stands in the same
// group already: both sides in one country count once for it.
func (p *plan) once(lines string) string {
	same := []string{"again"}
	for i := range p.by {
		if p.by[i].isList() && isAffected(p.by[i].name) {
			n := strconv.Itoa(i)
			same = append(same, "list_contains(x"+n+", coalesce(d"+n+", ''))")
		}
	}
	return "SELECT * REPLACE (CASE WHEN " + conjunction(same) + " THEN 0 ELSE w END AS w) FROM (" + lines + ")"
}

// branch gives the lines of one party; again is the condition that the first
// party meets the filters too and has the same groups.
func (p *plan) branch(from, where string, who party, again string) string {
	var out []string
	for i := range p.by {
		d, n := &p.by[i], strconv.Itoa(i)
		sql := d.expression(who)
		if d.isList() {
			sql = "coalesce(nullif(" + sql + ", []), [NULL])"
		}
		out = append(out, sql+" AS d"+n)
		if d.isList() && isAffected(d.name) {
			out = append(out, "coalesce(nullif("+d.expression(first)+", []), ['']) AS x"+n)
		}
	}
	count := "1::BIGINT"
	if p.tally != nil || slices.ContainsFunc(p.segments, func(g segment) bool { return g.Counted > 0 }) {
		count = `"cert.count"::BIGINT`
	}
	out = append(out, count+" AS w", again+" AS again")
	if p.has(event.MetricEvents) {
		out = append(out, `"event.hash" AS h`, count+" AS c")
	}
	if slices.ContainsFunc(p.metrics, event.Metric.IsTime) {
		out = append(out, `"@timestamp" AS t`)
	}
	for _, m := range p.metrics {
		if field := counted[m]; field != "" {
			out = append(out, column(field, who)+" AS "+string(m))
		}
	}
	return "SELECT " + strings.Join(out, ", ") + " FROM " + from + " WHERE " + where
}

// counted gives the address that each distinct count counts.
var counted = map[event.Metric]string{
	event.MetricAffected: "affected.ip", event.MetricHosting: "hosting.ip",
	event.MetricSources: "source.ip", event.MetricDestinations: "destination.ip",
}

// unnested gives each record one line for each of its groups.
func (p *plan) unnested(lines string) string {
	for i := range p.by {
		if p.by[i].isList() {
			d := "d" + strconv.Itoa(i)
			lines = "SELECT * REPLACE (unnest(" + d + ") AS " + d + ") FROM (" + lines + ")"
		}
	}
	return lines
}

func (p *plan) groups() (list []string) {
	for i := range p.by {
		list = append(list, "d"+strconv.Itoa(i))
	}
	return list
}

func groupBy(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return " GROUP BY " + strings.Join(list, ", ")
}

// plain counts records and distinct addresses.
func (p *plan) plain(lines string) string {
	out := p.groups()
	for _, m := range p.metrics {
		switch m {
		case event.MetricEvents:
		case event.MetricRecords:
			out = append(out, "coalesce(sum(w), 0)::BIGINT AS records")
		case event.MetricFirst:
			out = append(out, `epoch_ns(min(t)) AS "first"`)
		case event.MetricLast:
			out = append(out, `epoch_ns(max(t)) AS "last"`)
		default:
			out = append(out, "count(DISTINCT "+string(m)+") AS "+string(m))
		}
	}
	return "SELECT " + strings.Join(out, ", ") + " FROM (" + lines + ")" + groupBy(p.groups())
}

// folded counts events: repeats (records with the same event.hash) once, with
// the largest count among them. A record without a hash stands for itself.
func (p *plan) folded(lines string) string {
	inner := append(p.groups(), "h", "CASE WHEN h IS NULL THEN sum(w) ELSE max(c) END AS n")
	outer := append(p.groups(), "coalesce(sum(n), 0)::BIGINT AS events")
	return "SELECT " + strings.Join(outer, ", ") + " FROM (SELECT " + strings.Join(inner, ", ") + " FROM (" + lines + ")" +
		groupBy(append(p.groups(), "h")) + ")" + groupBy(p.groups())
}

// finish orders the lines and cuts them off.
func (p *plan) finish(text string) string {
	out, order := p.groups(), []string{quote(string(p.metrics[0])) + " DESC"}
	for _, m := range p.metrics {
		out = append(out, quote(string(m)))
	}
	for _, d := range p.groups() {
		order = append(order, d+" ASC NULLS FIRST")
	}
	return "SELECT " + strings.Join(out, ", ") + " FROM (" + text + ") ORDER BY " + strings.Join(order, ", ") +
		" LIMIT " + p.args.bind(int64(p.limit))
}

func (p *plan) cell(v []driver.Value) (c event.Cell, err error) {
	for i := range p.by {
		text, err := p.by[i].text(v[i])
		if err != nil {
			return c, err
		}
		c.Group = append(c.Group, text)
	}
	for i, x := range v[len(p.by):] {
		n, ok := x.(int64)
		if x == nil && p.metrics[i].IsTime() {
			n, ok = int64(event.TimeUnset), true
		}
		if !ok {
			return c, fmt.Errorf("store: a count came as %T", x)
		}
		c.Values = append(c.Values, n)
	}
	return c, nil
}
