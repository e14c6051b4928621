// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"haidang/event"
)

// While the version of a period is the same, so are counts and addresses; a record
// of other days leaves it, one of the period's own days changes it.
func TestVersionsFollowTheirOwnPeriod(t *testing.T) {
	m, c := newAt(noon)
	day := func(back int) (from, to event.Time) {
		at := time.Date(noon.Year(), noon.Month(), noon.Day()-back, 0, 0, 0, 0, time.UTC)
		return event.TimeOf(at), event.TimeOf(at.AddDate(0, 0, 1))
	}
	answers := func(back int) string {
		from, to := day(back)
		rows, _, err := m.Ranking(DimKind, from, to, event.StageAttempt)
		if err != nil {
			t.Fatal(err)
		}
		found, _, err := m.Distinct(DistinctQuery{Cube: CubeHosting, Role: Hosting, Stage: event.StageAttempt, From: from, To: to})
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(rows, found)
	}
	const days = 12 // some of them retired
	src := newSource(5, noon)
	src.back = days * 24 * time.Hour
	versions, known := [days]int64{}, [days]string{}
	for back := range days {
		versions[back], known[back] = m.Version(day(back)), answers(back)
	}
	look := func(touched int) {
		t.Helper()
		for back := range days {
			version := m.Version(day(back))
			text := answers(back)
			if version == versions[back] && text != known[back] {
				t.Fatalf("day %d: other answers of the same version:\n%s\n%s", back, known[back], text)
			}
			if changed := version != versions[back]; touched >= 0 && changed != (back == touched) {
				t.Fatalf("a record of day %d changed the version of day %d: %v", touched, back, changed)
			}
			versions[back], known[back] = version, text
		}
		from, _ := day(days - 1)
		_, to := day(0)
		if all := m.Version(from, to); all != slices.Max(versions[:]) {
			t.Fatalf("the version of all days is %d", all)
		}
	}
	for i := range 40 {
		m.Add(batchOf(src.records(20)))
		if i%10 == 9 {
			m.Cut()
		}
		c.at = c.at.Add(time.Second)
		look(-1)
	}
	for back := range days {
		e := attack(noon.AddDate(0, 0, -back))
		e.Ingested = event.TimeOf(noon)
		m.Add(batchOf([]*event.Event{e}))
		c.at = c.at.Add(time.Second)
		look(back)
	}
	c.at = c.at.Add(time.Hour)
	m.Cut()
	look(days) // packing and cutting change no version
}
