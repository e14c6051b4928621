// SPDX-License-Identifier: Apache-2.0

package figure

import (
	"strings"
	"testing"
	"time"

	"haidang/mutant"
)

func TestPeriods(t *testing.T) {
	for _, c := range []struct {
		s, from, to, previous, year string
		kind                        Kind
		days                        float64
	}{
		{"2026-11-21T14:05", "2026-11-21 14:05", "2026-11-21 14:06", "2026-11-21T14:04", "2025-11-21T14:05", Minute, 1.0 / 1440},
		{"2026-11-21T00", "2026-11-21 00:00", "2026-11-21 01:00", "2026-11-20T23", "2025-11-21T00", Hour, 1.0 / 24},
		{"2026-11-21", "2026-11-21 00:00", "2026-11-22 00:00", "2026-11-20", "2025-11-21", Day, 1},
		{"2026-W47", "2026-11-16 00:00", "2026-11-23 00:00", "2026-W46", "2025-W47", Week, 7},
		{"2027-W01", "2027-01-04 00:00", "2027-01-11 00:00", "2026-W53", "2026-W01", Week, 7},
		{"2026-W01", "2025-12-29 00:00", "2026-01-05 00:00", "2025-W52", "2025-W01", Week, 7},
		{"2026-11", "2026-11-01 00:00", "2026-12-01 00:00", "2026-10", "2025-11", Month, 30},
		{"2024-02", "2024-02-01 00:00", "2024-03-01 00:00", "2024-01", "2023-02", Month, 29},
		{"2026-Q1", "2026-01-01 00:00", "2026-04-01 00:00", "2025-Q4", "2025-Q1", Quarter, 90},
		{"2026-Q3", "2026-07-01 00:00", "2026-10-01 00:00", "2026-Q2", "2025-Q3", Quarter, 92},
		{"2026-H1", "2026-01-01 00:00", "2026-07-01 00:00", "2025-H2", "2025-H1", Half, 181},
		{"2026", "2026-01-01 00:00", "2027-01-01 00:00", "2025", "2025", Year, 365},
		{"2026-YTD@2026-11-21", "2026-01-01 00:00", "2026-11-22 00:00", "", "2025-YTD@2025-11-21", YearToDate, 325},
		{"2024-YTD@2024-02-29", "2024-01-01 00:00", "2024-03-01 00:00", "", "2023-YTD@2023-02-28", YearToDate, 60},
		{"2024-02-29", "2024-02-29 00:00", "2024-03-01 00:00", "2024-02-28", "", Day, 1},
		{"2026-W53", "2026-12-28 00:00", "2027-01-04 00:00", "2026-W52", "", Week, 7},
	} {
		p := period(t, c.s)
		if p.Kind != c.kind || p.From.Format("2006-01-02 15:04") != c.from || p.To.Format("2006-01-02 15:04") != c.to || p.Days() != c.days {
			t.Errorf("%s: %+v, %v days", c.s, p, p.Days())
		}
		for b, want := range map[Base]string{OnPrevious: c.previous, OnYear: c.year} {
			got, err := p.Base(b)
			if want == "" && err == nil || want != "" && (err != nil || got.String() != want) {
				t.Errorf("%s on the %s: %v %v, want %q", c.s, b, got, err, want)
			}
		}
	}
	if b, err := period(t, "2026-11-21").Base(OnWeek); err != nil || b.String() != "2026-11-14" {
		t.Errorf("on the week: %v %v", b, err)
	}
}

func TestZonesCutPeriodsDifferently(t *testing.T) {
	local := period(t, "2026-11-21")
	utc, err := ParsePeriod("2026-11-21", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	if d := utc.From.Sub(local.From); d != 7*time.Hour || utc.Zone() != "UTC" || local.Zone() != "+07" {
		t.Errorf("%v later, %s, %s", d, utc.Zone(), local.Zone())
	}
}

// A day on which clocks are put forward is one day long, though of 23 hours.
func TestDaysWhereClocksChange(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no table of zones here")
	}
	p, err := ParsePeriod("2026-03-29", berlin)
	if err != nil || p.Days() != 1 || p.To.Sub(p.From) != 23*time.Hour {
		t.Errorf("%v %v %v", p, p.Days(), err)
	}
}

func TestWhatIsNoPeriod(t *testing.T) {
	for _, s := range []string{"", "2026-Q5", "2026-Q0", "2026-Q01", "2026-H3", "2025-W53", "2026-W1", "2026-W00", "2026-13", "2026-11-31", "26", "2026-11-21T24",
		"2026-YTD@2025-11-21", "2026-YTD", "2026-11-21T14:60", "2026-q3", " 2026", "1969", "2200", "+2026-Q3", "2026-", "2026-Q", "2026-11-21T14:05:00Z"} {
		if p, err := ParsePeriod(s, vietnam); err == nil {
			t.Errorf("%q is read as %v", s, p)
		} else if !strings.Contains(err.Error(), "2026-W47") {
			t.Errorf("%q: the error does not say what is right: %v", s, err)
		}
	}
}

func TestBases(t *testing.T) {
	for _, c := range []struct {
		s    string
		k    Kind
		want Base
	}{{"previous", Day, OnPrevious}, {"day", Day, OnPrevious}, {"quarter", Quarter, OnPrevious}, {"year", Quarter, OnYear}, {"week", Day, OnWeek},
		{"week", Week, OnPrevious}, {"year", YearToDate, OnYear},
		{"quarter", Month, ""}, {"previous", YearToDate, ""}, {"year-to-date", YearToDate, ""}, {"", Day, ""}, {"week", Month, ""}} {
		got, err := ParseBase(c.s, c.k)
		if got != c.want || (err != nil) != (c.want == "") {
			t.Errorf("%s of a %s: %q %v", c.s, c.k, got, err)
		}
	}
}

func FuzzPeriod(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	for _, s := range []string{"2026", "2026-Q3", "2026-W47", "2026-YTD@2026-11-21", "2026-11-21T14:05", "2026-H1", "2026-11", "2026-W53"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParsePeriod(s, vietnam)
		if err != nil {
			return
		}
		if p.String() != s || !p.From.Before(p.To) || p.Days() <= 0 {
			t.Fatalf("%q gives %+v", s, p)
		}
		if b, err := p.Base(OnPrevious); err == nil && !b.To.Equal(p.From) {
			t.Fatalf("%s ends at %v, %s begins at %v", b, b.To, p, p.From)
		}
		for _, lang := range []string{"vi", "en"} {
			if p.Name(lang) == "" {
				t.Fatalf("%s has no name in %s", s, lang)
			}
		}
	})
}
