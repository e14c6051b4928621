// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"testing"
	"time"

	"haidang/event"
)

// An address that comes again after half a year, after 4096 hours, after a year is
// counted in each of these days, whatever else is remembered of it.
func TestAnAddressIsCountedInEachOfItsDays(t *testing.T) {
	zone := time.UTC
	m := New(Config{Home: vn, Zone: zone, SketchKey: [16]byte{1, 2, 3}}, Dependencies{Now: func() time.Time { return noon }})
	var times []time.Time
	for _, hours := range []int{0, 1, 24, 2048, 4096, 8192, 8760, 65536} {
		times = append(times, noon.Add(-time.Duration(hours)*time.Hour))
	}
	var all []*event.Event
	for _, at := range times {
		all = append(all, attack(at))
	}
	m.Add(batchOf(all))
	for _, at := range times {
		day := midnight(at, zone)
		rows, whole, err := m.Distinct(DistinctQuery{Cube: CubeHosting, Role: Hosting, Stage: event.StageAttempt, From: event.TimeOf(day), To: event.TimeOf(day.AddDate(0, 0, 1))})
		if err != nil || !whole || len(rows) != 1 || rows[0].Count != 1 {
			t.Errorf("%v: %+v %v %v", day, rows, whole, err)
		}
	}
}
