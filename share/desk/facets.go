// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"strconv"
	"strings"
	"time"

	"haidang/classify"
	"haidang/event"
)

// facets are the fields by which the search is broken down.
var facets = []string{"cert.rsit", "hosting.country", "rule.name", "observer.name", "affected.org"}

// facetLines is how many values of a facet are shown.
const facetLines = 8

// facet is one field's most frequent values within the question.
type facet struct {
	Field, Title string
	part[[]line]
}

// line is one value; its link adds the filter.
type line struct {
	Text  string
	Link  string
	N     int64
	Share int64 // of the largest, in percent
}

func (v *view) facet(ctx context.Context, q *question, plain event.Query, field string) facet {
	out := facet{Field: field, Title: v.l.T("facet." + field)}
	r, err := v.dep.Gate.AggregateFor(ctx, v.asker.Viewer, classify.Search,
		event.Aggregate{Query: plain, By: []string{field}, Metrics: []event.Metric{event.MetricRecords}}, facetLines)
	if out.Late, out.Failed = v.problem(err); err != nil {
		return out
	}
	for _, c := range r.Value() {
		if len(c.Group) != 1 || len(c.Values) != 1 {
			continue
		}
		value := c.Group[0]
		l := line{Text: v.facetText(field, value), Link: q.with(field, value), N: c.Values[0]}
		if value == "" {
			l.Link = q.with(field+"[missing]", "1")
		}
		if most := r.Value()[0].Values[0]; most > 0 {
			l.Share = 100 * l.N / most
		}
		out.Value = append(out.Value, l)
	}
	return out
}

// facetText gives a value as people know it.
func (v *view) facetText(field, value string) string {
	if value == "" {
		return v.l.T("unset")
	}
	if field == "affected.org" {
		return v.organisationName(value)
	}
	return visible(value)
}

// organisationName names an organisation by the text of its number.
func (v *view) organisationName(id string) string {
	n, err := strconv.ParseUint(id, 10, 32)
	if o, ok := v.dep.Identity.Organisation(uint32(n)); err == nil && ok {
		return o.Name.In(v.l.Code)
	}
	return id
}

// timeline is the counts of a period by minute, hour or day.
type timeline struct {
	Buckets []bucket
	Most    int64
	By      string // minute, hour, day
	Width   int    // of the drawing, in units of its own
	Cut     bool   // more buckets than are shown
}

// bucket is one column of the timeline.
type bucket struct {
	Time    moment
	N       int64
	X, Y, H int
	W       int
	Link    string
}

// maxBuckets is the most columns that a timeline has.
const maxBuckets = 400

// timelineHeight is the height of the drawing, in its own units.
const timelineHeight = 100

func (v *view) timeline(ctx context.Context, q *question, plain event.Query) (out part[timeline]) {
	to := v.now()
	if q.To.IsSet() && q.To.Std().Before(to) {
		to = q.To.Std()
	}
	from := to.Add(-30 * 24 * time.Hour) // where the question has no beginning
	if q.From.IsSet() {
		from = q.From.Std()
	}
	by, step := stepOf(to.Sub(from))
	r, err := v.dep.Gate.AggregateFor(ctx, v.asker.Viewer, classify.Search,
		event.Aggregate{Query: plain, By: []string{by}, Metrics: []event.Metric{event.MetricRecords}}, maxBuckets)
	if out.Late, out.Failed = v.problem(err); err != nil {
		return out
	}
	out.Value = v.draw(q, r.Value(), by, from.Truncate(step), to, step)
	out.Value.Cut = len(r.Value()) == maxBuckets
	return out
}

// draw orders the counts by time, from the question's beginning to its end, with
// the steps in which there were none.
func (v *view) draw(q *question, cells []event.Cell, by string, from, to time.Time, step time.Duration) timeline {
	out := timeline{By: by}
	counted := map[int64]int64{}
	for _, c := range cells {
		t, err := time.Parse(time.RFC3339Nano, strings.Join(c.Group, ""))
		if err != nil || len(c.Values) == 0 {
			continue
		}
		counted[t.Unix()] = c.Values[0]
		out.Most = max(out.Most, c.Values[0])
	}
	if out.Most == 0 {
		return out
	}
	seconds := int64(step / time.Second)
	last := to.Add(-1).Truncate(step).Unix()
	first := max(from.Unix(), last-(maxBuckets-1)*seconds)
	layout := "15:04 02/01"
	if by == "day" {
		layout = v.l.Date
	}
	const wide = 10
	for at := first; at <= last; at += seconds {
		t, n := time.Unix(at, 0), counted[at]
		h := int(n * timelineHeight / out.Most)
		if n > 0 {
			h = max(h, 1)
		}
		b := bucket{Time: v.l.as(t, layout), N: n, X: out.Width, Y: timelineHeight - h, H: h, W: wide - 2}
		if n > 0 {
			b.Link = q.between(t, t.Add(step))
		}
		out.Buckets = append(out.Buckets, b)
		out.Width += wide
	}
	return out
}

// between gives the same question for another period.
func (q *question) between(from, to time.Time) string {
	c := *q
	c.values = map[string][]string{}
	for k, s := range q.values {
		if k != "period" && k != "to" {
			c.values[k] = s
		}
	}
	c.values.Set("to", to.UTC().Format(time.RFC3339))
	return c.with("from", from.UTC().Format(time.RFC3339))
}
