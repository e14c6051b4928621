// SPDX-License-Identifier: Apache-2.0

package app

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
)

// asked gives the answers to questions when it is decided which lines are shown,
// without when they were given, and of those that are refused why.
func asked(t *testing.T, a *App, questions []event.FigureQuery) []event.Figure {
	t.Helper()
	out := make([]event.Figure, len(questions))
	for i, q := range questions {
		if r, err := oracleAnswer(t, a, q); err == nil {
			out[i] = r.Value()
			out[i].At, out[i].Watermark = 0, 0
		} else {
			out[i].Status = event.FigureStatus("refused: " + err.Error())
		}
	}
	return out
}

func sameFigures(t *testing.T, how string, questions []event.FigureQuery, want, got []event.Figure) {
	t.Helper()
	for i := range want {
		if d := cmp.Diff(want[i], got[i]); d != "" {
			t.Fatalf("%s, %+v (-want +got): %.2000s", how, questions[i], d)
		}
	}
}

// The same records in another order, in other batches, some sent again, over
// restarts, merged segments, and counted anew from what is stored: the same figures,
// with the same noise, the same lines withheld, the same status and revision.
func TestNoOrderBatchRestartReplayOrMergeChangesAFigure(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 4))
	first, other := t.TempDir(), t.TempDir()
	a := oracleStart(t, first)
	w := &oracleWorld{now: a.now().Add(-time.Hour), zone: a.zone, limits: a.cfg.Participants, noise: map[string]int64{}}
	w.organise(t, a)
	tokens, mail, records := w.enrolAll(t, a), w.mail(r), int64(0)
	for _, m := range mail {
		w.sent(t, a, m.format, m.sensor, tokens[m.sensor], m.lines)
		records += int64(strings.Count(m.lines, "\n"))
	}
	attempts := int64(0)
	for i := range w.records {
		if w.records[i].Stage == "attempt" {
			attempts += w.records[i].Count
		}
	}
	countsHold(t, a, attempts)
	questions := everyTable(w.now, a.zone)
	for range 300 {
		questions = append(questions, oracleQuestion(r, w.now, []*time.Location{a.zone, time.UTC}[r.IntN(2)]))
	}
	want := asked(t, a, questions)
	stop(t, a)

	keys := filepath.Join(other, "keys")
	if err := os.CopyFS(keys, os.DirFS(filepath.Join(first, "keys"))); err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(keys, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names { // a copy is readable by everybody, a key must not be
		if err := os.Chmod(name, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b := oracleStart(t, other)
	orgs := slices.Clone(w.orgs)
	w.orgs = nil
	if w.organise(t, b); !slices.Equal(orgs, w.orgs) {
		t.Fatalf("organisations %v, before %v", w.orgs, orgs)
	}
	tokens = w.enrolAll(t, b)
	parcels := parcelled(r, mail)
	for i, p := range parcels {
		if i%(len(parcels)/3) == len(parcels)/3-1 {
			stop(t, b)
			b = oracleStart(t, other)
		}
		for range 1 + max(0, r.IntN(8)-6) { // now and then the same again, as a sender does who saw no answer
			if status, _ := sendAs(t, b, p.format, tokens[p.sensor], fmt.Sprint("parcel-", i), p.lines); status != 200 {
				t.Fatalf("parcel %d: %d", i, status)
			}
		}
	}
	waitFor(t, b, records)
	countsHold(t, b, attempts)
	sameFigures(t, "in another order", questions, want, asked(t, b, questions))
	stop(t, b)
	b = oracleStart(t, other)
	sameFigures(t, "after a restart", questions, want, asked(t, b, questions))
	stop(t, b)
	if n, err := RebuildRollups(t.Context(), oracleSettings(other), slog.New(slog.DiscardHandler)); err != nil || n.Records != records {
		t.Fatalf("%+v %v", n, err)
	}
	b = oracleStart(t, other)
	defer stop(t, b)
	sameFigures(t, "counted anew from merged segments", questions, want, asked(t, b, questions))
}

// parcelled shuffles each sensor's records and cuts them into batches of any size,
// in any order.
func parcelled(r *rand.Rand, mail []oracleMail) (out []oracleMail) {
	for _, m := range mail {
		lines := slices.Collect(strings.Lines(m.lines))
		r.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
		for len(lines) > 0 {
			n := min(len(lines), 1+r.IntN(600))
			out = append(out, oracleMail{m.format, m.sensor, strings.Join(lines[:n], "")})
			lines = lines[n:]
		}
	}
	r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}
