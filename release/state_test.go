// SPDX-License-Identifier: Apache-2.0

package release

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var (
	noon = time.Date(2026, 12, 1, 5, 0, 0, 0, time.UTC)
	by   = Signed{By: "person/1", Reason: "the quarter's figures were checked", At: noon.Add(-time.Hour)}
)

func decided(t *testing.T, s *State, changes ...Change) *State {
	t.Helper()
	for _, c := range changes {
		next, _, err := s.Decide(c)
		if err != nil {
			t.Fatal(err)
		}
		s = next
	}
	return s
}

func TestVerdicts(t *testing.T) {
	kinds := Figure("attacks/1", []string{"kind"})
	for _, c := range []struct {
		name    string
		unless  Mode
		changes []Change
		block   Block
		period  string
		want    Verdict
	}{
		{"nobody decided", Withheld, nil, "live/now", "", Verdict{Why: NotOpen}},
		{"nobody decided, on this machine alone", Automatic, nil, "live/now", "", Verdict{}},
		{"all automatic", Withheld, []Change{&Rule{All, Automatic, by}}, "live/now", "", Verdict{}},
		{"the nearest rule holds", Withheld, []Change{&Rule{All, Automatic, by}, &Rule{"figure/attacks/kind", Withheld, by}}, kinds, "2026-Q3", Verdict{Why: NotOpen}},
		{"its neighbours keep theirs", Withheld, []Change{&Rule{All, Automatic, by}, &Rule{"figure/attacks/kind", Withheld, by}}, Figure("attacks", nil), "2026-Q3", Verdict{}},
		{"withheld where all is automatic here", Automatic, []Change{&Rule{"figure/attacks", Withheld, by}}, kinds, "2026-Q3", Verdict{Why: NotOpen}},
		{"unapproved", Automatic, []Change{&Rule{"figure", Approval, by}}, kinds, "2026-Q3", Verdict{Why: Unapproved}},
		{"another period approved", Automatic, []Change{&Rule{"figure", Approval, by}, &Approved{Block: "figure", Period: "2026-Q2", Signed: by}}, kinds, "2026-Q3", Verdict{Why: Unapproved}},
		{"approved", Automatic, []Change{&Rule{"figure", Approval, by}, &Approved{Block: "figure/attacks", Period: "2026-Q3", Signed: by}}, kinds, "2026-Q3", Verdict{}},
		{"embargoed", Automatic, []Change{&Rule{"figure", Approval, by}, &Approved{Block: "figure", Period: "2026-Q3", From: noon.Add(time.Nanosecond), Signed: by}}, kinds, "2026-Q3", Verdict{Embargoed, noon.Add(time.Nanosecond)}},
		{"the embargo ends", Automatic, []Change{&Rule{"figure", Approval, by}, &Approved{Block: "figure", Period: "2026-Q3", From: noon, Signed: by}}, kinds, "2026-Q3", Verdict{}},
		{"taken back", Automatic, []Change{&Rule{"figure", Approval, by}, &Approved{Block: "figure", Period: "2026-Q3", Signed: by}, &Revoke{"figure", "2026-Q3", by}}, kinds, "2026-Q3", Verdict{Why: Unapproved}},
		{"held", Automatic, []Change{&Hold{true, by}}, "live/map", "", Verdict{Why: Held}},
		{"held, all of it", Automatic, []Change{&Hold{true, by}}, Live, "", Verdict{Why: Held}},
		{"a hold is of live pages", Automatic, []Change{&Hold{true, by}}, kinds, "2026-Q3", Verdict{}},
		{"no longer held", Automatic, []Change{&Hold{true, by}, &Hold{false, by}}, "live/map", "", Verdict{}},
	} {
		s := decided(t, NewState(c.unless), c.changes...)
		if got := s.Of(c.block, c.period, noon); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestEarlyReaders(t *testing.T) {
	s := decided(t, NewState(Withheld), &Early{"figure/attacks", []string{"7", "9"}, by})
	for _, c := range []struct {
		block  Block
		person string
		want   bool
	}{{"figure/attacks/kind", "7", true}, {"figure/attacks", "9", true}, {"figure/attacks", "8", false}, {"figure/hosted", "7", false}, {"figure/attacks", "", false}} {
		if got := s.Before(c.block, c.person); got != c.want {
			t.Errorf("%s before %q: %v", c.block, c.person, got)
		}
	}
}

func TestOpenedOnlyByAPerson(t *testing.T) {
	s := NewState(Withheld)
	if s.Opened() || NewState(Automatic).Opened() {
		t.Error("opened by nobody")
	}
	if s = decided(t, s, &Rule{"live/map", Withheld, by}); s.Opened() {
		t.Error("opened by withholding")
	}
	if s = decided(t, s, &Rule{"live/now", Automatic, by}); !s.Opened() {
		t.Error("still closed")
	}
}

func TestWhatCannotBeDecided(t *testing.T) {
	nobody, silent := Signed{Reason: "x", At: noon}, Signed{By: "person/1", At: noon}
	for name, c := range map[string]Change{
		"by nobody":                     &Rule{All, Automatic, nobody},
		"for no reason":                 &Rule{All, Automatic, silent},
		"no mode":                       &Rule{All, "sometimes", by},
		"no block":                      &Rule{"pages", Automatic, by},
		"no block below all":            &Rule{"all/live", Automatic, by},
		"a block with a gap":            &Rule{"figure//kind", Automatic, by},
		"no period":                     &Approved{Block: "figure", Period: "the 3rd quarter", Signed: by},
		"nothing to take back":          &Revoke{"figure", "2026-Q3", by},
		"no line to strike":             &Strike{"abcdefgh", by},
		"a correction in one language":  &Correction{ID: "abcdefgh", Block: "figure", VI: "Đính chính", Signed: by},
		"a correction that is too long": &Correction{ID: "abcdefgh", Block: "figure", VI: "Đính chính", EN: strings.Repeat("x", mostText+1), Signed: by},
		"a plan without a time":         &Planned{ID: "abcdefgh", Block: "report", VI: "Báo cáo", EN: "Report", Signed: by},
		"too many early readers":        &Early{"report", make([]string, mostPersons+1), by},
	} {
		if _, _, err := NewState(Withheld).Decide(c); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What is kept and read again decides the same, whatever was decided in between,
// and a decision leaves the state alone that it was made on.
func TestKeptDecisionsAreTheState(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 1))
		s, kept := NewState(Withheld), map[string][]byte{}
		for n := range 60 {
			c := randomChange(r, n)
			before := *s.clone()
			next, entry, err := s.Decide(c)
			if diff := cmp.Diff(before, *s); diff != "" {
				t.Fatalf("the state asked was changed: %s", diff)
			}
			if err != nil {
				continue
			}
			if kept[entry.Key] = entry.Value; entry.Value == nil {
				delete(kept, entry.Key)
			}
			s = next
		}
		again := NewState(Withheld)
		if err := again.Load(kept); err != nil {
			t.Fatal(err)
		}
		for b, m := range s.Approvals {
			if len(m) == 0 {
				delete(s.Approvals, b)
			}
		}
		if diff := cmp.Diff(s, again); diff != "" {
			t.Fatalf("seed %d: %s", seed, diff)
		}
	}
}

func randomChange(r *rand.Rand, n int) Change {
	b := []Block{All, Live, "live/now", "figure", "figure/attacks/kind,way", "series/vendor-a", "report"}[r.IntN(7)]
	period := []string{"", "2026-Q3", "2026-11-21", "2026-YTD@2026-11-21"}[r.IntN(4)]
	at := Signed{By: "person/1", Reason: fmt.Sprint("reason ", n), At: noon.Add(time.Duration(n) * time.Second)}
	ident := fmt.Sprintf("abcdefg%d", r.IntN(5))
	switch r.IntN(8) {
	case 0:
		return &Rule{b, Modes[r.IntN(3)], at}
	case 1:
		return &Approved{b, period, noon.Add(time.Duration(r.IntN(5)-2) * time.Hour), at}
	case 2:
		return &Early{b, []string{fmt.Sprint(r.IntN(3))}, at}
	case 3:
		return &Planned{ident, b, period, noon, "Công bố", "Release", at}
	case 4:
		return &Correction{ident, b, period, "Đính chính", "Correction", at}
	case 5:
		return &Hold{r.IntN(2) == 0, at}
	case 6:
		return &Revoke{b, period, at}
	}
	return &Strike{ident, at}
}

func TestAnEntryThatCannotBeReadStopsTheStart(t *testing.T) {
	for key, raw := range map[string]string{"rule/x": `{`, "what/x": `{}`, "hold": `{"on":true}`, "rule/y": `{"block":"all","mode":"open","by":"a","reason":"b","at":"2026-01-01T00:00:00Z"}`} {
		if err := NewState(Withheld).Load(map[string][]byte{key: []byte(raw)}); err == nil {
			t.Errorf("%s: loaded", key)
		}
	}
}

func TestNewIDs(t *testing.T) {
	a, b := NewID(noon, "x"), NewID(noon, "y")
	if a == b || a != NewID(noon, "x") || id(a) != nil {
		t.Errorf("%q %q", a, b)
	}
}
