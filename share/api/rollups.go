// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"haidang/classify"
	"haidang/event"
)

func (a *API) rollups(h huma.API) {
	o := get("rollups", "/api/v1/rollups", "Counts of any period, answered from memory")
	o.Description = "Rankings (by=), series (step=) and distinct addresses (distinct=affected,hosting) over the declared cross-tabulations. " +
		"Every other parameter narrows to a value: cert.rsit=scanner. The time that an answer takes does not depend on the number of records."
	huma.Register(h, o, a.rollup)
}

// rollupParameters are no dimensions.
var rollupParameters = []string{"from", "to", "by", "step", "stage", "distinct", "limit"}

type rollupIn struct {
	Auth
	From     string   `query:"from" doc:"RFC 3339, inclusive, by @timestamp, cut to the minute"`
	To       string   `query:"to" doc:"RFC 3339, exclusive"`
	By       string   `query:"by" doc:"dimensions, separated by commas; the sum without" example:"hosting.country"`
	Step     string   `query:"step" enum:"minute,hour,day" doc:"divides the period; days are local"`
	Stage    string   `query:"stage" enum:"attempt,incident,state" default:"attempt" doc:"attacks are attempts"`
	Distinct []string `query:"distinct" enum:"affected,hosting" doc:"distinct addresses of these sides too: by country, kind, way and sector, without step"`
	Limit    int      `query:"limit" minimum:"1" maximum:"10000" doc:"rows of each step, largest first; all without"`

	where []event.Filter
}

// Resolve reads the conditions; huma calls it after the declared parameters.
func (in *rollupIn) Resolve(ctx huma.Context) []error {
	u := ctx.URL()
	for key, values := range u.Query() {
		if slices.Contains(rollupParameters, key) {
			continue
		}
		in.where = append(in.where, event.Filter{Field: key, Values: values})
	}
	slices.SortFunc(in.where, func(a, b event.Filter) int { return strings.Compare(a.Field, b.Field) })
	return nil
}

type rollupOut struct {
	Body rollupBody
}

type rollupBody struct {
	By     []string    `json:"by"`
	Step   string      `json:"step,omitempty"`
	Unit   string      `json:"unit" doc:"definition of the events column" example:"attacks/1"`
	Source string      `json:"source" enum:"rollups" doc:"rollups: counted when the records came, kept in memory"`
	Whole  bool        `json:"whole" doc:"false where part of the period is no longer kept as finely as asked for"`
	Rows   []rollupRow `json:"rows"`
}

type rollupRow struct {
	Start    string    `json:"start,omitempty"`
	Group    []string  `json:"group"`
	Events   int64     `json:"events" doc:"folded"`
	Records  int64     `json:"records"`
	Affected *distinct `json:"affected_addresses,omitempty"`
	Hosting  *distinct `json:"hosting_addresses,omitempty"`
}

type distinct struct {
	Count int64 `json:"count"`
	Exact bool  `json:"exact" doc:"else estimated, standard error 0.81 %"`
}

// units names the definitions that stages are counted under.
var units = map[event.Stage]string{
	event.StageAttempt: "attacks/1", event.StageIncident: "incidents/1", event.StageState: "states/1",
}

func (a *API) rollup(ctx context.Context, in *rollupIn) (*rollupOut, error) {
	v, err := a.viewer(in.Auth)
	if err != nil {
		return nil, err
	}
	q, err := in.question()
	if err != nil {
		return nil, err
	}
	r, err := a.deps.Gate.RollupFor(ctx, v, q)
	if err != nil {
		return nil, a.problem(ctx, v, err)
	}
	return &rollupOut{Body: encodeRollup(r, q)}, nil
}

func (in *rollupIn) question() (q event.RollupQuery, err error) {
	q = event.RollupQuery{Where: in.where, Step: in.Step, Limit: in.Limit}
	for _, side := range in.Distinct {
		q.Distinct = append(q.Distinct, event.DistinctSide(side))
	}
	if in.By != "" {
		q.By = strings.Split(in.By, ",")
	}
	if q.From, err = parseTime(in.From); err != nil {
		return q, huma.Error422UnprocessableEntity("from: " + err.Error())
	}
	if q.To, err = parseTime(in.To); err != nil {
		return q, huma.Error422UnprocessableEntity("to: " + err.Error())
	}
	stage, err := event.Stages.Parse(in.Stage)
	if err != nil {
		return q, huma.Error422UnprocessableEntity("stage: " + err.Error())
	}
	q.Stage = event.Stage(stage)
	return q, nil
}

func encodeRollup(r classify.Released[event.Rollup], q event.RollupQuery) rollupBody {
	out := rollupBody{By: q.By, Step: q.Step, Unit: units[q.Stage], Source: "rollups", Whole: r.Value().Whole, Rows: []rollupRow{}}
	for _, row := range r.Value().Rows {
		line := rollupRow{Group: row.Group, Events: row.Events, Records: row.Records}
		if q.Step != "" {
			line.Start = row.Start.String()
		}
		for _, side := range q.Distinct {
			if side == event.DistinctAffected {
				line.Affected = encodeDistinct(row.Affected)
			} else {
				line.Hosting = encodeDistinct(row.Hosting)
			}
		}
		out.Rows = append(out.Rows, line)
	}
	return out
}

func encodeDistinct(d *event.Distinct) *distinct {
	if d == nil {
		return &distinct{Exact: true}
	}
	return &distinct{d.Count, d.Exact}
}
