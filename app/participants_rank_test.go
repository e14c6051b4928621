// SPDX-License-Identifier: Apache-2.0

package app

import (
	"encoding/csv"
	"fmt"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"haidang/event"
)

// ranking runs an observatory that ranks where three countries take part.
func ranking(t *testing.T) *App {
	t.Helper()
	cfg := settingsOf(t.TempDir())
	cfg.Participants.MinRanked = 3
	return observing(t, cfg)
}

// population sends heartbeats of so many participants of a country, and detections
// on so many of them.
func population(t *testing.T, a *App, token, country string, active, attacked int, at time.Time) {
	t.Helper()
	var beats, found strings.Builder
	for i := range active {
		fmt.Fprintf(&beats, `{"participant":"%s-%d","time":%q,"country":%q}`+"\n", country, i, at.Format(time.RFC3339), country)
		if i < attacked {
			fmt.Fprintf(&found, `{"participant":"%s-%d","time":%q,"name":"Trojan.X","country":%q}`+"\n", country, i, at.Format(time.RFC3339), country)
		}
	}
	status, batch := beat(t, a, token, "beats-"+country, beats.String())
	if status != 200 {
		t.Fatalf("status %d", status)
	}
	storedBatch(t, a, "panel", batch, int64(active))
	if attacked == 0 {
		return
	}
	if status, batch = sendAs(t, a, "detection", token, "found-"+country, found.String()); status != 200 {
		t.Fatalf("status %d", status)
	}
	storedBatch(t, a, "panel", batch, int64(attacked))
}

// Shares of 21.5 %, 21.5 % and 20.1 %, and a fourth country with 9,999 active:
// ranks 1, 1 and 3 of three; the fourth is not ranked (STATISTICS, worked examples).
func TestSharesAreRanked(t *testing.T) {
	a := ranking(t)
	defer stop(t, a)
	token := enrol(t, a, event.Sensor{Name: "panel", Country: "VN"})
	y, m, d := testNow().In(a.zone).AddDate(0, 0, -1).Date()
	at := time.Date(y, m, d, 10, 0, 0, 0, a.zone)
	for _, c := range []struct {
		country          string
		active, attacked int
	}{{"VN", 10_000, 2_150}, {"LA", 10_000, 2_150}, {"KH", 10_000, 2_010}, {"TH", 9_999, 9_000}} {
		population(t, a, token, c.country, c.active, c.attacked, at)
	}
	type place struct {
		Country     string
		Value       float64
		Rank        int
		Best, Worst int
		Active      int64
		Few         bool
	}
	question := "share?of=world&by=country&period=" + at.Format(time.DateOnly)
	u := unitOf(t, a, question)
	var got []place
	for _, r := range u.Rows {
		p := place{Country: r.Group[0], Rank: r.Rank, Best: r.Ratio.Best, Worst: r.Ratio.Worst, Active: r.Ratio.Denominator, Few: r.Few}
		if r.Value != nil {
			p.Value = *r.Value
		}
		got = append(got, p)
	}
	want := []place{
		{"LA", 21.5, 1, 1, 2, 10_000, false}, {"VN", 21.5, 1, 1, 2, 10_000, false}, {"KH", 20.1, 3, 1, 3, 10_000, false}, {"TH", 0, 0, 0, 0, 9_999, true},
	}
	for i := range want { // the ranges are those of Wilson's intervals
		if i < len(got) {
			want[i].Best, want[i].Worst = got[i].Best, got[i].Worst
		}
	}
	if d := gocmp.Diff(want, got); d != "" || u.Ranked != 3 {
		t.Errorf("%d ranked: %s", u.Ranked, d)
	}
	checkRanges(t, u)
	checkShareWords(t, a, question, at)
}

// checkRanges works the ranges of places out from the intervals that are shown.
func checkRanges(t *testing.T, u unit) {
	t.Helper()
	for i, r := range u.Rows[:3] {
		best, worst := 1, 1
		for j, o := range u.Rows[:3] {
			if i != j && *o.Ratio.Low > *r.Ratio.High {
				best++
			}
			if i != j && *o.Ratio.High > *r.Ratio.Low {
				worst++
			}
		}
		if r.Ratio.Best != best || r.Ratio.Worst != worst || *r.Ratio.Low >= *r.Value || *r.Ratio.High <= *r.Value {
			t.Errorf("%+v: %d to %d by its interval", r.Ratio, best, worst)
		}
	}
}

// A share says of whom it is, in words and as CSV; the world's is pooled.
func checkShareWords(t *testing.T, a *App, question string, at time.Time) {
	t.Helper()
	day := at.Format(time.DateOnly)
	u := unitOf(t, a, "share/1?of=VN&period="+day)
	if *u.Rows[0].Value != 21.5 || !strings.Contains(u.Sentence.EN, "of participating users") || !strings.Contains(u.Sentence.VI, "người dùng tham gia") ||
		!strings.Contains(u.Interval.EN, "random variation among participants only") {
		t.Errorf("%+v %+v", u.Sentence, u.Interval)
	}
	world := unitOf(t, a, "world-share?period="+day)
	if r := world.Rows[0]; r.Ratio.Denominator != 39_999 || *r.Ratio.Numerator != 2*2_150+2_010+9_000 || *r.Value != 38.3 {
		t.Errorf("%+v", r)
	}
	if r := unitOf(t, a, "rate?of=KH&period="+day).Rows[0]; *r.Value != 201 || r.Ratio.Low != nil {
		t.Errorf("the rate: %+v", r)
	}
	if got := unitOf(t, a, "attacked-users?of=world&by=country&period="+day); got.Ranked != 0 || len(got.Rows) != 4 || *got.Rows[0].Value != 9_000 {
		t.Errorf("attacked countries: %+v", got)
	}
	status, text := askStats(t, a, question+"&format=csv")
	lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if status != 200 || err != nil || len(lines) != 5 || lines[1][0] != "share/1" || lines[1][14] != "21.5" || lines[4][14] != "" || lines[4][16] != "9999" {
		t.Errorf("%d %v %q", status, err, lines)
	}
	for _, c := range []struct{ question, want string }{{"share?of=world", "of="}, {"share?by=sector", "once they are final"}, {"active-participants?by=participant", "protect"}} {
		if status, text := askStats(t, a, c.question); status != 422 || !strings.Contains(text, c.want) {
			t.Errorf("%s: %d %s", c.question, status, text)
		}
	}
}

// Each calendar year has a key of its own: within it a participant is one; in a
// week that lies across New Year it counts as two (docs/28-participants.md).
func TestKeysChangeWithTheYear(t *testing.T) {
	a := observatory(t, t.TempDir())
	defer stop(t, a)
	token := enrol(t, a, event.Sensor{Name: "panel", Country: "VN"})
	year := testNow().In(a.zone).AddDate(0, -6, 0).Year() // whose June has begun
	newYear := time.Date(year, 1, 1, 0, 0, 0, 0, a.zone)
	var body strings.Builder
	for _, at := range []time.Time{newYear.Add(-time.Hour), newYear.Add(time.Hour), newYear.Add(2 * time.Hour), newYear.AddDate(0, 5, 0)} {
		fmt.Fprintf(&body, `{"participant":"one","time":%q}`+"\n", at.UTC().Format(time.RFC3339))
	}
	status, batch := beat(t, a, token, "k", body.String())
	if status != 200 {
		t.Fatalf("status %d", status)
	}
	storedBatch(t, a, "panel", batch, 4)
	y, w := newYear.ISOWeek()
	for _, c := range []struct {
		period string
		want   float64
	}{
		{fmt.Sprint(year), 1}, {fmt.Sprint(year - 1), 1}, {fmt.Sprintf("%d-H1", year), 1}, {fmt.Sprintf("%d-01", year), 1},
		{newYear.Format("2006-01-02T15"), 0}, {newYear.Add(time.Hour).Format("2006-01-02T15"), 1},
		{fmt.Sprintf("%04d-W%02d", y, w), 2},
	} {
		if newYear.Weekday() == time.Monday && strings.Contains(c.period, "W") {
			c.want = 1 // the week begins with the year
		}
		if u := unitOf(t, a, "active-participants?of=VN&period="+c.period); *u.Rows[0].Value != c.want {
			t.Errorf("%s: %v, want %v", c.period, *u.Rows[0].Value, c.want)
		}
	}
	// The same again, in another batch, is nobody new.
	if status, batch = beat(t, a, token, "again", body.String()); status != 200 {
		t.Fatalf("status %d", status)
	}
	storedBatch(t, a, "panel", batch, 4)
	if u := unitOf(t, a, "active-participants?of=VN&period="+fmt.Sprint(year)); *u.Rows[0].Value != 1 {
		t.Errorf("sent twice: %v", *u.Rows[0].Value)
	}
}
