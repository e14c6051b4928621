// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"haidang/classify"
	"haidang/event"
	"haidang/release"
	"haidang/share"
)

// aging is a portal over the small world, of whose days records come while time passes.
type aging struct {
	*Portal
	now  time.Time
	pic  event.Picture
	data map[string]int // records that came of a day
	desk *steered
	seen map[string]string // pages as they were last
}

func newAging(t testing.TB) *aging {
	a := &aging{now: sampleTime, pic: samplePicture(sampleTime, 1), data: map[string]int{}, desk: &steered{release.NewState(release.Automatic)}, seen: map[string]string{}}
	a.Portal = newTestPortal(t, Config{}, a.pic)
	a.dep.Now = func() time.Time { return a.now }
	a.cache, a.known, a.settled = share.NewAnswers[*answer](time.Second, pagesKept, a.dep.Now), knownFigures(time.Second, &a.dep), knownFigures(settledFor, &a.dep)
	l := sampleLattice(a.dep.Now)
	l.Data = func(from, to event.Time) string {
		n := 0
		for day, more := range a.data {
			if at, err := time.ParseInLocation(time.DateOnly, day, sampleZone); err == nil && event.TimeOf(at) >= from && event.TimeOf(at) < to {
				n += more
			}
		}
		return strconv.Itoa(n)
	}
	l.Sectors = func(event.Time, event.Time) ([]classify.Contribution, bool, error) { return nil, true, nil } // what is undecided never lasts
	a.dep.Gate = sampleGate(func() event.Picture { return a.pic }, a.dep.Now).WithLattice(l).WithReleases(a.desk)
	return a
}

// after lets time pass and tells whether the page is made anew then: its foot says when.
func (a *aging) after(t testing.TB, wait time.Duration, path string) (anew bool) {
	t.Helper()
	a.now = a.now.Add(wait)
	a.pic.At, a.pic.LastEvent = event.TimeOf(a.now), max(a.pic.LastEvent, event.TimeOf(a.now.Add(-time.Second)))
	text := bodyOf(t, get(t, a.Handler(), path))
	anew = text != a.seen[path]
	a.seen[path] = text
	return anew
}

// Pages of final figures last while the records that come are of other periods; one of
// theirs, of their base, or of weeks that a day is compared with makes them anew.
func TestPagesOfFinalFiguresLast(t *testing.T) {
	for path, rests := range map[string][]string{
		"/en/country/VN?period=2026-Q3":           {"2026-07-02", "2026-09-30", "2026-04-01"},
		"/vi/so-lieu?ky=2026-Q3":                  {"2026-08-15", "2026-06-30"},
		"/en/kinds?period=2026-Q3":                {"2026-09-01", "2026-05-02"},
		"/en/kinds/fraud/phishing?period=2026-Q3": {"2026-07-31"},
		"/en/ways/mail?period=2026-Q3":            {"2026-07-31"},
		"/en/hosting/by-period?period=2026-Q3":    {"2026-07-01", "2026-04-02"},
		"/en/surges?period=2026-Q3":               {"2026-07-01", "2026-05-20"},
		"/en/report/2026-Q3":                      {"2026-09-30", "2026-04-02", "2025-08-01"},
		"/vi/bao-cao/2026-Q3":                     {"2026-09-30"},
	} {
		t.Run(path, func(t *testing.T) {
			a := newAging(t)
			if !a.after(t, 0, path) || strings.Contains(a.seen[path], "data-page=\"error\"") {
				t.Fatal("the page is not there")
			}
			a.data["2026-11-21"]++
			if a.after(t, 2*time.Second, path) {
				t.Error("a record of today makes the page anew")
			}
			for _, day := range rests {
				a.data[day]++
				if !a.after(t, 2*time.Second, path) {
					t.Errorf("a record of %s does not make the page anew", day)
				}
			}
			if a.after(t, 2*time.Second, path) {
				t.Error("the page does not last")
			}
			if !a.after(t, settledFor, path) {
				t.Error("the page lasts for ever")
			}
		})
	}
}

// What is decided, and what a page says of the present, holds from the next question on.
func TestLastingPagesFollowThePresent(t *testing.T) {
	const path = "/en/country/VN?period=2026-Q3"
	a := newAging(t)
	for i, change := range []func(){
		func() {},
		func() { a.desk.state = release.NewState(release.Withheld) },
		func() { a.desk.state = release.NewState(release.Automatic) },
		func() { a.pic.Replay = !a.pic.Replay },
		func() { a.pic.Sensors = a.pic.Sensors[:1] },
		func() { a.now = a.now.Truncate(time.Hour).Add(time.Hour) },
	} {
		change()
		if !a.after(t, 2*time.Second, path) {
			t.Errorf("change %d is not seen", i)
		}
		if a.after(t, 2*time.Second, path) != (a.desk.state.Of("figures", "2026-Q3", a.now).Why == release.NotOpen) {
			t.Errorf("after change %d: what is not shown is asked for again, all else lasts", i)
		}
	}
	a.pic.LastEvent = event.TimeOf(a.now) // from now on nothing comes
	a.now = a.now.Add(5 * time.Minute)
	a.pic.At = event.TimeOf(a.now)
	if text := bodyOf(t, get(t, a.Handler(), path)); text == a.seen[path] {
		t.Error("that nothing has come for five minutes is not said")
	}
}

// A page that tells of a running period is made anew every second.
func TestRunningPeriodsDoNotLast(t *testing.T) {
	for _, path := range []string{"/en/figures?period=2026-Q4", "/en/surges", "/en/report"} {
		a := newAging(t)
		a.after(t, 0, path)
		if !a.after(t, 2*time.Second, path) {
			t.Errorf("%s lasts", path)
		}
	}
}

// However many pages are asked for, few are kept.
func TestLastingPagesAreBounded(t *testing.T) {
	a := newAging(t)
	for day := range 150 {
		name := time.Date(2026, 5, 1+day, 0, 0, 0, 0, sampleZone).Format(time.DateOnly)
		a.after(t, 2*time.Second, "/en/hosting/by-period?period="+name)
	}
	if n := len(a.lasting.known); n == 0 || n > lastingMost {
		t.Errorf("%d pages are kept", n)
	}
}
