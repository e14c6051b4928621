// SPDX-License-Identifier: Apache-2.0

package app

import (
	"fmt"
	"time"

	"haidang/classify"
	"haidang/event"
	"haidang/measure"
	"haidang/share"
)

// sensorWork tells what sensors did in a period, whose they are, and what they saw of
// the lines of figures: all stages at once, since pages ask for one after another.
type sensorWork struct {
	app     *App
	measure *measure.Measure
	known   *share.Answers[byStage[classify.SensorWork]]
	views   *share.Answers[byStage[classify.SensorView]]
}

// byStage holds lists by stage. They are not to be changed.
type byStage[T any] map[event.Stage][]T

// stagesOfWork are those by which sensors' work is told.
var stagesOfWork = []event.Stage{event.StageAttempt, event.StageIncident, event.StageState}

// workFor is how long it is remembered: a year has many hours. Views are long lists,
// of which few are.
const (
	workFor   = 10 * time.Second
	viewsKept = 20
)

func newSensorWork(a *App, m *measure.Measure) sensorWork {
	return sensorWork{
		a, m,
		share.NewAnswers[byStage[classify.SensorWork]](workFor, 100, a.now), share.NewAnswers[byStage[classify.SensorView]](workFor, viewsKept, a.now),
	}
}

// seen tells what sensors saw of lines.
func (w sensorWork) seen(q classify.ViewQuery) ([]classify.SensorView, error) {
	key := fmt.Sprint(versionOnceOver(w.measure, w.app.now, q.From, q.To), q.From, q.To, q.Country, q.By)
	all, err := w.views.Get(key, func() (byStage[classify.SensorView], error) { return w.sights(q) })
	return all[q.Stage], err
}

func (w sensorWork) sights(q classify.ViewQuery) (byStage[classify.SensorView], error) {
	by := make([]measure.Dim, len(q.By))
	for i, d := range q.By {
		by[i] = measure.Dim(d)
	}
	list, err := w.measure.Sights(q.Country, by, q.From, q.To)
	if err != nil {
		return nil, rollupProblem(err)
	}
	out := byStage[classify.SensorView]{}
	for _, stage := range stagesOfWork {
		some := 0
		for i := range list {
			if list[i].Events(stage) != 0 {
				some++
			}
		}
		seen := make([]classify.SensorView, 0, some)
		for i := range list {
			if s := &list[i]; s.Events(stage) != 0 {
				seen = append(seen, classify.SensorView{Sensor: s.Sensor, Group: s.Group, Events: s.Events(stage)})
			}
		}
		out[stage] = seen
	}
	return out, nil
}

// of tells what sensors did, and whose they are.
func (w sensorWork) of(from, to event.Time, stage event.Stage) ([]classify.SensorWork, error) {
	_, _, agreed := w.app.policy.Agreements()
	key := fmt.Sprint(versionOnceOver(w.measure, w.app.now, from, to), from, to, w.app.identity.Registered(), agreed)
	all, err := w.known.Get(key, func() (byStage[classify.SensorWork], error) { return w.work(from, to) })
	return all[stage], err
}

func (w sensorWork) work(from, to event.Time) (byStage[classify.SensorWork], error) {
	list, _, err := w.measure.Work(from, to) // what is not whole is not answered before
	if err != nil {
		return nil, rollupProblem(err)
	}
	covers := map[string]string{}
	for _, e := range w.app.identity.List() {
		covers[e.Name] = e.Covers
	}
	agreed, _, _ := w.app.policy.Agreements()
	unit := w.app.ministry()
	out := byStage[classify.SensorWork]{}
	for i := range list {
		s := &list[i]
		var owner uint32
		if a, ok := agreed[s.Sensor]; ok && a.Terms.Owner != 0 {
			owner = unit(a.Terms.Owner)
		}
		for _, stage := range stagesOfWork {
			if out[stage] == nil {
				out[stage] = make([]classify.SensorWork, 0, len(list))
			}
			out[stage] = append(out[stage], classify.SensorWork{
				Sensor: s.Sensor, Covers: covers[s.Sensor], Owner: owner, Hours: s.Hours, Events: s.All.Events(stage), Home: s.Home.Events(stage),
			})
		}
	}
	return out, nil
}
