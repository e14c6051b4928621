// SPDX-License-Identifier: Apache-2.0

package app

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"haidang/classify"
	"haidang/event"
)

// someBeats are heartbeats of some participants in the days before a time.
func someBeats(rng *rand.Rand, n int, until time.Time) string {
	var b strings.Builder
	for range n {
		at := until.Add(-time.Duration(rng.Int64N(int64(3 * 24 * time.Hour))))
		fmt.Fprintf(&b, `{"participant":"pc-%d","time":%q,"country":%q,"sector":%q}`+"\n", rng.IntN(20), at.Format(time.RFC3339),
			[]string{"VN", "VN", "LA"}[rng.IntN(3)], []string{"health", "education"}[rng.IntN(2)])
	}
	return b.String()
}

// someFinds are detections likewise.
func someFinds(rng *rand.Rand, n int, until time.Time) string {
	var b strings.Builder
	for range n {
		at := until.Add(-time.Duration(rng.Int64N(int64(3 * 24 * time.Hour))))
		fmt.Fprintf(&b, `{"participant":"pc-%d","time":%q,"country":"VN","name":"Trojan.%d","class":%q,"way":%q,"resident":%v}`+"\n", rng.IntN(25), at.Format(time.RFC3339),
			rng.IntN(5), []string{"malware", "malware", "adware"}[rng.IntN(3)], []string{"mail", "web"}[rng.IntN(2)], rng.IntN(2) == 0)
	}
	return b.String()
}

// citedUnits cites figures of participants of all tables, days and bases.
func citedUnits(t *testing.T, a *App, until time.Time) map[string]event.Citation {
	t.Helper()
	out := map[string]event.Citation{}
	for _, table := range []string{"active-participants", "active-participants world country", "attacked-users", "attacked-users VN kind", "attacked-users VN way",
		"attacked-users VN class", "attacked-users world country", "infected", "infected world country", "share VN", "rate VN", "world-share world", "active-participants VN sector"} {
		words := strings.Fields(table)
		q := event.FigureQuery{Figure: words[0]}
		if len(words) > 1 {
			q.Of = words[1]
		}
		if len(words) > 2 {
			q.By = []string{words[2]}
		}
		for back := range 4 {
			for _, zone := range []string{"local", "UTC"} {
				for _, layout := range []string{time.DateOnly, "2006-01-02T15"} {
					q.Period, q.Zone, q.Base = until.Add(-time.Duration(back)*24*time.Hour-time.Hour).In(a.zone).Format(layout), zone, []string{"", "previous"}[back%2]
					r, err := a.gate.Cite(t.Context(), classify.Nobody(), q, netip.Addr{})
					var wrong *classify.QuestionError
					if errors.As(err, &wrong) {
						continue // not every period is open of every table
					}
					if err != nil {
						t.Fatalf("%+v: %v", q, err)
					}
					out[r.Value().ID] = r.Value()
				}
			}
		}
	}
	return out
}

// Cited figures of participants replay to the same bytes from what is kept and from
// the records: at once, after a restart, after the roll-ups were lost and counted
// anew, and from records after more came.
func TestCitedParticipantsReplayToTheSameBytes(t *testing.T) {
	data := t.TempDir()
	rng := rand.New(rand.NewPCG(41, 42))
	a := observatory(t, data)
	token := enrol(t, a, event.Sensor{Name: "av-1", Country: "VN"})
	until := time.Now().UTC().Add(-2 * time.Hour).Truncate(time.Hour)
	for i := range 4 {
		status, batch := beat(t, a, token, fmt.Sprint("h", i), someBeats(rng, 60, until))
		if status != 200 {
			t.Fatal(status)
		}
		storedBatch(t, a, "av-1", batch, 60)
		if status, batch = sendAs(t, a, "detection", token, fmt.Sprint("d", i), someFinds(rng, 40, until)); status != 200 {
			t.Fatal(status)
		}
		storedBatch(t, a, "av-1", batch, 40)
	}
	all := citedUnits(t, a, until)
	if len(all) < 60 {
		t.Fatalf("only %d figures were cited", len(all))
	}
	replayAll(t, a, "at once", all, true)
	replayAll(t, a, "from records", few(all, 25), false)
	stop(t, a)

	a = observatory(t, data)
	replayAll(t, a, "after a restart", all, true)
	stop(t, a)
	loseOf(t, data, participantKind)
	if _, err := RebuildRollups(t.Context(), settingsOf(data), slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	a = observatory(t, data)
	defer func() { stop(t, a) }()
	replayAll(t, a, "after a rebuild", all, true)
	status, batch := beat(t, a, token, "late", someBeats(rng, 100, until))
	if status != 200 {
		t.Fatal(status)
	}
	storedBatch(t, a, "av-1", batch, 100)
	replayAll(t, a, "from records, with later ones", few(all, 25), false)
}
