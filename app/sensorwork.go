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
// the lines of figures.
type sensorWork struct {
	app     *App
	measure *measure.Measure
	known   *share.Answers[[]measure.Work]
	views   *share.Answers[[]measure.Sight]
}

// workFor is how long it is remembered: a year has many hours. Views are long lists,
// of which few are.
const (
	workFor   = 10 * time.Second
	viewsKept = 20
)

func newSensorWork(a *App, m *measure.Measure) sensorWork {
	return sensorWork{a, m, share.NewAnswers[[]measure.Work](workFor, 100, a.now), share.NewAnswers[[]measure.Sight](workFor, viewsKept, a.now)}
}

// seen tells what sensors saw of lines. All stages are read at once.
func (w sensorWork) seen(q classify.ViewQuery) ([]classify.SensorView, error) {
	key := fmt.Sprint(versionOnceOver(w.measure, w.app.now, q.From, q.To), q.From, q.To, q.Country, q.By)
	all, err := w.views.Get(key, func() ([]measure.Sight, error) {
		by := make([]measure.Dim, len(q.By))
		for i, d := range q.By {
			by[i] = measure.Dim(d)
		}
		list, err := w.measure.Sights(q.Country, by, q.From, q.To)
		return list, rollupProblem(err)
	})
	if err != nil {
		return nil, err
	}
	out := make([]classify.SensorView, 0, len(all))
	for i := range all {
		if n := all[i].Events(q.Stage); n != 0 {
			out = append(out, classify.SensorView{Sensor: all[i].Sensor, Group: all[i].Group, Events: n})
		}
	}
	return out, nil
}

// of tells what sensors did, and whose they are. All stages are counted at once.
func (w sensorWork) of(from, to event.Time, stage event.Stage) ([]classify.SensorWork, error) {
	key := fmt.Sprint(versionOnceOver(w.measure, w.app.now, from, to), from, to)
	list, err := w.known.Get(key, func() ([]measure.Work, error) {
		list, _, err := w.measure.Work(from, to) // what is not whole is not answered before
		return list, rollupProblem(err)
	})
	if err != nil {
		return nil, err
	}
	covers := map[string]string{}
	for _, e := range w.app.identity.List() {
		covers[e.Name] = e.Covers
	}
	agreed, _, _ := w.app.policy.Agreements()
	unit := w.app.ministry()
	out := make([]classify.SensorWork, len(list))
	for i, s := range list {
		out[i] = classify.SensorWork{Sensor: s.Sensor, Covers: covers[s.Sensor], Hours: s.Hours, Events: s.All.Events(stage), Home: s.Home.Events(stage)}
		if a, ok := agreed[s.Sensor]; ok && a.Terms.Owner != 0 {
			out[i].Owner = unit(a.Terms.Owner)
		}
	}
	return out, nil
}
