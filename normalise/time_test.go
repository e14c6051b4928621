// SPDX-License-Identifier: Apache-2.0

package normalise

import (
	"strings"
	"testing"
	"time"

	"haidang/event"
	"haidang/mutant"
)

// parseTime reads a time by a clock that has read none.
func parseTime(s string, zone *time.Location) (event.Time, bool) { return new(Clock).Parse(s, zone) }

func TestClock(t *testing.T) {
	hanoi, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{
		"2026-11-21T03:31:36.503798+0000":     "2026-11-21T03:31:36.503798Z",
		"2026-11-21T03:31:36+07:00":           "2026-11-20T20:31:36Z",
		"2026-11-21T03:31:36+07":              "2026-11-20T20:31:36Z",
		"2026-11-21 03:31:36-0330":            "2026-11-21T07:01:36Z",
		"2026-11-21T03:31:36Z":                "2026-11-21T03:31:36Z",
		"2026-11-21t03:31:36.1z":              "2026-11-21T03:31:36.1Z",
		"2026-11-21T03:31:36":                 "2026-11-20T20:31:36Z", // in the sensor's zone
		"2026-11-21T03:31:36,250":             "2026-11-20T20:31:36.25Z",
		"2026-11-21T03:31:36.1234567899Z":     "2026-11-21T03:31:36.123456789Z",
		"2024-02-29T23:59:59.999999999-00:00": "2024-02-29T23:59:59.999999999Z",
		"1970-01-01T00:00:00.000000+0000":     "1970-01-01T00:00:00Z",
		"1969-12-31T23:59:59.5Z":              "1969-12-31T23:59:59.5Z",
		"1999-03-11T13:45:02.141757+0000":     "1999-03-11T13:45:02.141757Z",
	} {
		got, ok := parseTime(in, hanoi)
		if !ok || got.String() != want {
			t.Errorf("%s: %s, %v; want %s", in, got, ok, want)
		}
	}
	for _, in := range []string{
		"", "yesterday", "2026-11-21", "2026-11-21T03:31", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
		"2026-00-10T00:00:00Z", "2026-04-31T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
		"2026-01-01T00:00:60Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00X", "2026-01-01T00:00:00+7",
		"2026-01-01T00:00:00+07:60", "2026-01-01T00:00:00+0700x", "2026-01-01_00:00:00Z", "0001-01-01T00:00:00Z",
		"9999-01-01T00:00:00Z", "2026-1-1T00:00:00Z", "+026-01-01T00:00:00Z",
	} {
		if got, ok := parseTime(in, hanoi); ok {
			t.Errorf("%q was read as %s", in, got)
		}
	}
}

// FuzzClockAlone compares with time.Parse wherever that knows the form.
func FuzzClockAlone(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	for _, s := range []string{
		"2026-11-21T03:31:36.503798+0000", "2026-11-21T03:31:36+07:00", "2026-11-21 03:31:36", "2024-02-29T00:00:00Z",
		"2023-02-29T00:00:00Z", "1900-02-28T00:00:00.000000001-0930",
		strings.Repeat("\x00", 17) + "00",
	} {
		f.Add(s)
	}
	layouts := []string{
		"2006-01-02T15:04:05.999999999Z07:00", "2006-01-02T15:04:05.999999999Z0700", "2006-01-02T15:04:05.999999999Z07",
		"2006-01-02T15:04:05.999999999",
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := parseTime(s, time.UTC)
		if strings.ContainsAny(s, " tz,") || len(s) > 12 && s[12] == ':' {
			return // forms that time.Parse reads otherwise or not, and hours of one digit, which it reads and we do not
		}
		if strings.HasSuffix(s, "60") {
			return // nor zones of sixty minutes
		}
		for _, l := range layouts {
			want, err := time.Parse(l, s)
			if err != nil || want.Year() < 1679 || want.Year() > 2260 {
				continue
			}
			if !ok || got.Std() != want.UTC() {
				t.Fatalf("%q: %v, %v; time.Parse: %v", s, got, ok, want.UTC())
			}
			return
		}
		if y := got.Std().Year(); ok && y >= 1679 && y <= 2260 {
			t.Fatalf("%q was read as %v; time.Parse does not read it", s, got)
		}
	})
}

// A clock that has read other times reads the next as a new one does.
func FuzzClock(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	f.Add("2026-11-21T03:31:36.503798+0000", "2026-11-21T03:31:07Z")
	f.Add("2026-11-21T03:31:36", "2026-11-21T03:31:6")
	f.Add("2026-11-21T03:31:36.1", "2026-11-21T03:32:36.25+07")
	f.Add("2026-11-21T03:31:60", "2026-11-21T03:31:61")
	f.Add("2026-11-21T03:31:36.503798+0700", "2026-11-21T03:31:59.999999+0700")
	f.Add("2026-11-21T03:31:36.503798+0700", "2026-11-21T03:31:36.503798-0700")
	f.Add("2026-11-21T03:31:36.503798+0700", "2026-11-21T03:31:60.503798+0700")
	f.Add("2026-11-21T03:31:36.503798+0700", "2026-11-21T03:31:36.50379x+0700")
	f.Add("2026-11-21T03:31:36.503798+0700", "2026-11-21T03:31:36,503798+0700")
	f.Add("2026-11-21T03:31:36.50379+07:00", "2026-11-21T03:31:36.503798+9900")
	f.Add("2026-11-21T03:31:36.50379800000", "2026-11-21T03:31:37.50379800000")
	f.Add("2261-12-31T23:59:59", "1678-01-01T00:00:00.123456789123Z")
	f.Fuzz(func(t *testing.T, a, b string) {
		var c Clock
		for _, s := range []string{a, b, a, b, b} {
			want, wantOK := parseTime(s, time.UTC)
			if got, ok := c.Parse(s, time.UTC); got != want || ok != wantOK {
				t.Fatalf("%q after %q and %q: %s, %v; want %s, %v", s, a, b, got, ok, want, wantOK)
			}
		}
	})
}
