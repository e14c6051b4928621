// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"haidang/classify"
	"haidang/event"
)

func (a *API) records(h huma.API) {
	huma.Register(h, get("events", "/api/v1/events", "Records, newest first"), a.events)
	huma.Register(h, get("events-count", "/api/v1/events/count", "How many records match"), a.count)
	huma.Register(h, get("events-aggregate", "/api/v1/events/aggregate", "Counts by up to three fields"), a.aggregate)
}

type eventsIn struct {
	Question
	Format string `query:"format" enum:"json,ndjson,csv,parquet" default:"json" doc:"how the rows are written"`
}

func (a *API) events(ctx context.Context, in *eventsIn) (*huma.StreamResponse, error) {
	v, err := a.viewer(in.Auth)
	if err != nil {
		return nil, err
	}
	page, err := a.deps.Gate.Events(ctx, v, in.query)
	if err != nil {
		return nil, a.problem(ctx, v, err)
	}
	encode := encoders[in.Format]
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		hc.SetHeader("Content-Type", encode.mime)
		if next := page.Value().Next; next != "" {
			u := hc.URL()
			q := u.Query()
			q.Set("cursor", next)
			u.RawQuery = q.Encode()
			hc.SetHeader("Link", "<"+u.RequestURI()+`>; rel="next"`)
			hc.SetHeader("Haidang-Next", next)
		}
		if err := encode.write(hc.BodyWriter(), page, columns(in.query.Fields)); err != nil && ctx.Err() == nil {
			a.deps.Log.Warn("sending records", "error", err)
		}
	}}, nil
}

// columns gives the fields that an answer holds, in the record's order.
func columns(wanted []string) []*event.Field {
	var out []*event.Field
	for i := range event.Fields {
		f := &event.Fields[i]
		if len(wanted) == 0 || slices.Contains(wanted, f.Name) {
			out = append(out, f)
		}
	}
	return out
}

type countIn struct {
	Question
	Metric string `query:"metric" doc:"metrics separated by commas; records without"`
}

type countOut struct {
	Body struct {
		Counts map[string]int64 `json:"counts" doc:"one number a metric"`
	}
}

func (a *API) count(ctx context.Context, in *countIn) (*countOut, error) {
	v, err := a.viewer(in.Auth)
	if err != nil {
		return nil, err
	}
	metrics, err := parseMetrics(in.Metric)
	if err != nil {
		return nil, err
	}
	r, err := a.deps.Gate.Count(ctx, v, in.query, metrics)
	if err != nil {
		return nil, a.problem(ctx, v, err)
	}
	var out countOut
	out.Body.Counts = map[string]int64{}
	for i, m := range metrics {
		out.Body.Counts[string(m)] = r.Value()[i]
	}
	return &out, nil
}

func parseMetrics(s string) ([]event.Metric, error) {
	if s == "" {
		return []event.Metric{event.MetricRecords}, nil
	}
	var out []event.Metric
	for _, name := range strings.Split(s, ",") {
		m := event.Metric(name)
		if !slices.Contains(event.Metrics, m) {
			return nil, huma.NewError(http.StatusUnprocessableEntity, "metric: there are records, events, affected, hosting, sources, destinations; not "+name)
		}
		out = append(out, m)
	}
	return out, nil
}

// maxBy is the most fields by which an asker may group.
const maxBy = 3

type aggregateIn struct {
	Question
	By     string `query:"by" doc:"needed: up to three fields, or minute, hour, day, separated by commas" example:"hosting.country,cert.rsit"`
	Metric string `query:"metric" doc:"metrics separated by commas; records without"`
}

type aggregateOut struct {
	Body struct {
		By      []string       `json:"by"`
		Metrics []event.Metric `json:"metrics"`
		Source  string         `json:"source" enum:"segments" doc:"segments: counted record by record, under the drill-down target"`
		Cells   []cell         `json:"cells" doc:"largest first by the first metric"`
	}
}

type cell struct {
	Group  []string `json:"group"`
	Values []int64  `json:"values"`
}

func (a *API) aggregate(ctx context.Context, in *aggregateIn) (*aggregateOut, error) {
	v, err := a.viewer(in.Auth)
	if err != nil {
		return nil, err
	}
	metrics, err := parseMetrics(in.Metric)
	if err != nil {
		return nil, err
	}
	if in.By == "" { // asked for only after the token was looked at, so that strangers learn nothing
		return nil, huma.Error422UnprocessableEntity("by: name up to three fields, as in by=hosting.country")
	}
	by := strings.Split(in.By, ",")
	if len(by) > maxBy {
		return nil, huma.NewError(http.StatusUnprocessableEntity, fmt.Sprintf("by: at most %d fields", maxBy))
	}
	q := event.Aggregate{Query: in.query, By: by, Metrics: metrics}
	r, err := a.deps.Gate.Aggregate(ctx, v, q, in.query.Limit)
	if err != nil {
		return nil, a.problem(ctx, v, err)
	}
	var out aggregateOut
	out.Body.By, out.Body.Metrics, out.Body.Source = by, metrics, "segments"
	out.Body.Cells = cells(r)
	return &out, nil
}

func cells(r classify.Released[[]event.Cell]) []cell {
	out := make([]cell, len(r.Value()))
	for i, c := range r.Value() {
		out[i] = cell{c.Group, c.Values}
	}
	return out
}
