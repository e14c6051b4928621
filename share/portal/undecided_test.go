// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"haidang/classify"
	"haidang/event"
)

// eventfulGate is the gate over the small world in which attacks by sector came on the
// days of August and September and, lately, of November, each with much to hide: too
// much to be decided while somebody waits.
func eventfulGate(pic func() event.Picture, now func() time.Time) *classify.Gate {
	l := sampleLattice(now)
	l.Sectors = func(from, to event.Time) (all []classify.Contribution, _ bool, _ error) {
		for at := from.Std().In(sampleZone); at.Before(to.Std()); at = at.AddDate(0, 0, 1) {
			if at.Month() != time.August && at.Month() != time.September && (at.Month() != time.November || at.Day() < 15) || at.Year() != 2026 {
				continue
			}
			day, _, err := sampleSectors(event.TimeOf(at), event.TimeOf(at.AddDate(0, 0, 1)))
			if err != nil {
				return nil, false, err
			}
			all = append(all, day...)
		}
		return all, true, nil
	}
	return sampleGate(pic, now).WithLattice(l)
}

// settledGate decides about all that is final.
func settledGate(t testing.TB, g *classify.Gate) *classify.Gate {
	t.Helper()
	for more := true; more; {
		var err error
		if more, err = g.DecideNext(t.Context(), sampleTime); err != nil {
			t.Fatal(err)
		}
	}
	return g
}

// Pages say of a figure that is still being worked out that it is, and are pages; its
// files say when to come back. Once it is decided all of them show it.
func TestAFigureThatIsBeingWorkedOut(t *testing.T) {
	p := newTestPortal(t, Config{}, samplePicture(sampleTime, 1))
	g := eventfulGate(func() event.Picture { return samplePicture(sampleTime, 1) }, func() time.Time { return sampleTime })
	p.dep.Gate = g
	const waits = "data/figures/bars/attacks?by=sector&of=world&period=2026-09&format=csv"
	pages := map[string][2]string{ // what each says before, and after
		"/en/sectors?period=2026-09": {"being worked out; please come back in a minute", "Health"},
		"/vi/linh-vuc?ky=2026-09":    {"đang được tính; xin quay lại sau một phút", "Y tế"},
		"/en/report/2026-Q3":         {"being worked out; please come back in a minute", "Of the sectors that are shown, health"},
		"/vi/bao-cao/2026-Q3":        {"đang được tính; xin quay lại sau một phút", "Trong các lĩnh vực được nêu, y tế"},
	}
	for _, path := range slices.Sorted(maps.Keys(pages)) {
		say, r := pages[path], get(t, p.Handler(), path)
		if text := bodyOf(t, r); r.StatusCode != http.StatusOK || !strings.Contains(text, say[0]) || strings.Contains(text, say[1]) {
			t.Errorf("%s: %d, undecided said %v", path, r.StatusCode, strings.Contains(text, say[0]))
		}
	}
	for _, path := range []string{"/" + waits, "/embed/en/bars/attacks?by=sector&of=world&period=2026-09", "/chart/vi/bars/attacks?by=sector&of=world&period=2026-09"} {
		if r := get(t, p.Handler(), path); r.StatusCode != http.StatusTooManyRequests || r.Header.Get("Retry-After") == "" {
			t.Errorf("%s: %d, Retry-After %q", path, r.StatusCode, r.Header.Get("Retry-After"))
		}
	}
	settledGate(t, g)
	p = newTestPortal(t, Config{}, samplePicture(sampleTime, 1)) // a moment later: nothing is remembered
	p.dep.Gate = g
	for _, path := range slices.Sorted(maps.Keys(pages)) {
		say := pages[path]
		if text := bodyOf(t, get(t, p.Handler(), path)); strings.Contains(text, say[0]) || !strings.Contains(text, say[1]) {
			t.Errorf("%s does not show what was decided", path)
		}
	}
	if r := get(t, p.Handler(), "/"+waits); r.StatusCode != http.StatusOK {
		t.Errorf("decided: %d", r.StatusCode)
	}
}
