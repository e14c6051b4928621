// SPDX-License-Identifier: Apache-2.0

package app

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/client_golang/prometheus"

	"haidang/classify"
	"haidang/event"
	"haidang/measure"
)

// counted gives roll-ups of five attacks: three from CN, two from US, by three
// confirmed addresses, against one.
func counted(t *testing.T) (rollups, time.Time) {
	t.Helper()
	noon := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	m := measure.New(measure.Config{Home: event.MustCountry("VN"), Zone: time.UTC},
		measure.Dependencies{Metrics: prometheus.NewRegistry(), Now: func() time.Time { return noon }})
	var b event.Batch
	for i, c := range []string{"CN", "CN", "US", "CN", "US"} {
		var e event.Event
		e.Reset()
		e.Time = event.TimeOf(noon.Add(-time.Duration(i) * time.Hour))
		e.Stage, e.RSIT, e.Count = event.StageAttempt, event.RSITBruteForce, 1
		e.Affected, e.Confirmed = event.SideDestination, event.ConfirmedYes
		e.Source.Country, e.Destination.Country = event.MustCountry(c), event.MustCountry("VN")
		e.Source.IP[15], e.Destination.IP[15] = byte(1+i%3), 9
		e.Source.IP[10], e.Source.IP[11], e.Destination.IP[10], e.Destination.IP[11] = 0xff, 0xff, 0xff, 0xff
		e.Hash[1] = byte(i + 1)
		b.Append(&e)
	}
	m.Add(&b)
	m.Cut()
	return newRollups(m, time.Now), noon
}

func TestRankingWithDistinctAddresses(t *testing.T) {
	r, _ := counted(t)
	got, err := r.Rollup(event.RollupQuery{By: []string{"hosting.country"}, From: event.TimeUnset, To: event.TimeUnset,
		Stage: event.StageAttempt, Distinct: []event.DistinctSide{event.DistinctAffected, event.DistinctHosting}})
	if err != nil {
		t.Fatal(err)
	}
	for i := range got.Rows {
		got.Rows[i].Start = 0
	}
	want := event.Rollup{Whole: true, Rows: []event.RollupRow{
		{Group: []string{"CN"}, Events: 3, Records: 3, Affected: &event.Distinct{Count: 1, Exact: true}, Hosting: &event.Distinct{Count: 2, Exact: true}},
		{Group: []string{"US"}, Events: 2, Records: 2, Affected: &event.Distinct{Count: 1, Exact: true}, Hosting: &event.Distinct{Count: 2, Exact: true}},
	}}
	keys := cmpopts.IgnoreFields(event.Distinct{}, "Key") // secret hashes
	if d := cmp.Diff(want, got, keys); d != "" {
		t.Error(d)
	}
}

// What a replay sent is told by every answer whose period holds some of it.
func TestReplaysAreTold(t *testing.T) {
	r, noon := counted(t)
	var e event.Event
	e.Reset()
	e.Time, e.Stage, e.RSIT, e.Count, e.Replay = event.TimeOf(noon.AddDate(0, 0, -2)), event.StageAttempt, event.RSITBruteForce, 1, true
	var b event.Batch
	b.Append(&e)
	r.measure.Add(&b)
	r.measure.Cut()
	for days, want := range map[int]bool{-2: true, -1: false, 0: false} {
		day := noon.Truncate(24*time.Hour).AddDate(0, 0, days)
		got, err := r.Rollup(event.RollupQuery{From: event.TimeOf(day), To: event.TimeOf(day.AddDate(0, 0, 1)), Stage: event.StageAttempt})
		if err != nil || got.Replay != want {
			t.Errorf("%v: replay %v, %v", day, got.Replay, err)
		}
	}
}

func TestSeriesKeepsTheLargestOfEachStep(t *testing.T) {
	r, noon := counted(t)
	got, err := r.Rollup(event.RollupQuery{By: []string{"hosting.country"}, Step: "day", Limit: 1, Stage: event.StageAttempt,
		From: event.TimeOf(noon.AddDate(0, 0, -1)), To: event.TimeOf(noon.AddDate(0, 0, 1))})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Rows) != 1 || got.Rows[0].Group[0] != "CN" || got.Rows[0].Events != 3 {
		t.Errorf("%+v", got.Rows)
	}
}

func TestQuestionsThatMemoryCannotAnswer(t *testing.T) {
	r, _ := counted(t)
	all := event.RollupQuery{From: event.TimeUnset, To: event.TimeUnset, Stage: event.StageAttempt}
	for field, change := range map[string]func(*event.RollupQuery){
		"by":       func(q *event.RollupQuery) { q.By = []string{"hosting.country", "rule.id"} },
		"step":     func(q *event.RollupQuery) { q.Step = "week" },
		"distinct": func(q *event.RollupQuery) { q.Step, q.Distinct = "day", []event.DistinctSide{event.DistinctHosting} },
		"cert.rsit": func(q *event.RollupQuery) {
			q.Where = []event.Filter{{Field: "cert.rsit", Op: event.OpPrefix, Values: []string{"x"}}}
		},
		"cube": func(q *event.RollupQuery) {
			q.By, q.Distinct = []string{"rule.id"}, []event.DistinctSide{event.DistinctHosting}
		},
	} {
		q := all
		change(&q)
		_, err := r.Rollup(q)
		var told *classify.QuestionError
		if !errors.As(err, &told) || told.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}
