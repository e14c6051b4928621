// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"haidang/classify"
	"haidang/event"
)

func (a *API) ledger(h huma.API) {
	batch := get("batch", "/api/v1/batches/{batch}", "What became of a batch")
	batch.Description = "Asked by the sensor that sent it, or by an operator."
	batch.Errors = append(batch.Errors, http.StatusNotFound)
	huma.Register(h, batch, a.batch)
	huma.Register(h, get("accounting", "/api/v1/sensors/{name}/accounting", "Received, stored, quarantined and lost records by hour"), a.accounting)
	huma.Register(h, get("quarantine", "/api/v1/quarantine", "Quarantined records, oldest first"), a.quarantine)
}

type batchIn struct {
	Auth
	Batch string `path:"batch"`
	Wait  string `query:"wait" doc:"how long to wait for the commit, at most 30s" example:"10s"`
}

type batchOut struct {
	Body struct {
		Batch       string                 `json:"batch"`
		State       string                 `json:"state" enum:"journalled,committed"`
		Records     int64                  `json:"records" doc:"as the door counted"`
		Stored      int64                  `json:"stored"`
		Duplicate   int64                  `json:"duplicate"`
		Quarantined map[event.Reason]int64 `json:"quarantined"`
		Lines       []line                 `json:"lines" doc:"the first quarantined records"`
	}
}

type line struct {
	Line   int64        `json:"line" doc:"ordinal of the record within the batch, from 1"`
	Reason event.Reason `json:"reason"`
	Detail string       `json:"detail"`
}

const maxWait = 30 * time.Second

func (a *API) batch(ctx context.Context, in *batchIn) (*batchOut, error) {
	v, err := a.viewer(in.Auth)
	if err != nil {
		return nil, err
	}
	var wait time.Duration
	if in.Wait != "" {
		if wait, err = time.ParseDuration(in.Wait); err != nil || wait < 0 || wait > maxWait {
			return nil, huma.Error422UnprocessableEntity("wait: write a duration up to 30s, as in 10s")
		}
	}
	r, err := a.deps.Gate.Batch(ctx, v, in.Batch, wait)
	if err != nil {
		return nil, a.problem(ctx, v, err)
	}
	return encodeBatch(r), nil
}

func encodeBatch(r classify.Released[classify.BatchState]) *batchOut {
	var out batchOut
	s := r.Value()
	o := &out.Body
	o.Batch, o.State, o.Records, o.Stored = s.Batch, s.State, s.Records, s.Stored
	o.Duplicate, o.Quarantined = s.Duplicate, s.Quarantined
	if o.Quarantined == nil {
		o.Quarantined = map[event.Reason]int64{}
	}
	o.Lines = []line{}
	for _, l := range s.Lines {
		o.Lines = append(o.Lines, line{l.Line, l.Reason, l.Detail})
	}
	return &out
}

type accountingIn struct {
	Auth
	Name string    `path:"name" doc:"the sensor"`
	From time.Time `query:"from" doc:"RFC 3339, inclusive; a day ago without"`
	To   time.Time `query:"to" doc:"RFC 3339, exclusive; now without"`
}

type accountingOut struct {
	Body struct {
		Sensor string `json:"sensor"`
		Hours  []hour `json:"hours"`
	}
}

type hour struct {
	Hour        time.Time              `json:"hour" doc:"start of the hour of acceptance, UTC"`
	Received    int64                  `json:"received"`
	Stored      int64                  `json:"stored"`
	Duplicate   int64                  `json:"duplicate"`
	Quarantined map[event.Reason]int64 `json:"quarantined"`
	Shed        int64                  `json:"shed"`
	Refused     map[int]int64          `json:"refused" doc:"requests by HTTP status, not part of received"`
	Drops       int64                  `json:"drops" doc:"lost before us, as the sensor reports"`
	Balanced    bool                   `json:"balanced" doc:"received = stored + duplicate + quarantined + shed"`
}

func (a *API) accounting(ctx context.Context, in *accountingIn) (*accountingOut, error) {
	v, err := a.viewer(in.Auth)
	if err != nil {
		return nil, err
	}
	if in.To.IsZero() {
		in.To = a.deps.Now().Add(time.Hour)
	}
	if in.From.IsZero() {
		in.From = in.To.Add(-25 * time.Hour)
	}
	r, err := a.deps.Gate.Accounting(ctx, v, in.Name, in.From, in.To)
	if err != nil {
		return nil, a.problem(ctx, v, err)
	}
	return encodeHours(in.Name, r), nil
}

func encodeHours(sensor string, r classify.Released[[]classify.Hour]) *accountingOut {
	var out accountingOut
	out.Body.Sensor, out.Body.Hours = sensor, []hour{}
	for _, h := range r.Value() {
		out.Body.Hours = append(out.Body.Hours, hour{
			h.Start, h.Received, h.Stored, h.Duplicate, orEmpty(h.Quarantined), h.Shed, orEmpty(h.Refused), h.Drops, h.Balanced(),
		})
	}
	return &out
}

func orEmpty[K comparable, V any](m map[K]V) map[K]V {
	if m == nil {
		return map[K]V{}
	}
	return m
}

type quarantineIn struct {
	Auth
	Sensor string `query:"sensor"`
	Reason string `query:"reason"`
	Batch  string `query:"batch"`
	Cursor string `query:"cursor"`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

type quarantineOut struct {
	Body struct {
		Records []rejected `json:"records"`
		Next    string     `json:"next,omitempty"`
	}
}

type rejected struct {
	Sensor string       `json:"sensor"`
	Format string       `json:"format"`
	Batch  string       `json:"batch"`
	Line   int64        `json:"line"`
	At     string       `json:"at"`
	Reason event.Reason `json:"reason"`
	Detail string       `json:"detail"`
	Bytes  []byte       `json:"bytes" doc:"the record as it came, at most 4 KiB, base64"`
}

func (a *API) quarantine(ctx context.Context, in *quarantineIn) (*quarantineOut, error) {
	v, err := a.viewer(in.Auth)
	if err != nil {
		return nil, err
	}
	r, err := a.deps.Gate.Rejects(ctx, v, classify.RejectQuery{
		Sensor: in.Sensor, Reason: event.Reason(in.Reason), Batch: in.Batch, Cursor: in.Cursor, Limit: in.Limit,
	})
	if err != nil {
		return nil, a.problem(ctx, v, err)
	}
	return encodeRejects(r), nil
}

func encodeRejects(r classify.Released[classify.RejectPage]) *quarantineOut {
	var out quarantineOut
	out.Body.Records, out.Body.Next = []rejected{}, r.Value().Next
	for _, j := range r.Value().Rejects {
		out.Body.Records = append(out.Body.Records, rejected{
			j.Sensor, j.Format, j.Batch, j.Line, j.At.String(), j.Reason, j.Detail, j.Bytes,
		})
	}
	return &out
}
