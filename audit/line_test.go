// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"haidang/mutant"
)

func TestLineIsWhatItSays(t *testing.T) {
	e := Entry{
		Index: 7, Time: time.Date(2026, 11, 21, 8, 30, 0, 123456000, time.UTC), Action: Read,
		Actor: "00112233445566778899aabbccddeeff", Roles: []string{"analyst", "auditor"}, Organisations: []string{"org-1"},
		Object: Object{Kind: "event", Dataset: "d1", IDs: []string{"e1", "e2"}, More: 3},
		Tier:   "T2", Purpose: "incident", Outcome: Done, Request: "r1", Count: 5,
	}
	want := `{"n":7,"time":"2026-11-21T08:30:00.123456Z","action":"read","actor":"00112233445566778899aabbccddeeff",` +
		`"roles":["analyst","auditor"],"organisations":["org-1"],"object":{"kind":"event","dataset":"d1","ids":["e1","e2"],"more":3},` +
		`"tier":"T2","purpose":"incident","outcome":"done","request":"r1","count":5}` + "\n"
	if got := string(e.Line()); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	small := Entry{Time: time.Unix(0, 0).UTC(), Action: SignIn, Actor: Nobody, Outcome: Refused}
	if got, want := string(small.Line()), `{"n":0,"time":"1970-01-01T00:00:00.000000Z","action":"sign-in","actor":"nobody","outcome":"refused"}`+"\n"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

// Whatever a program gives, the line reads back as what was sealed.
func TestLinesReadBack(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	words := []string{"", "a", "org-1", "x@y.vn", "203.0.113.9", "Hồ Chí Minh", "0912345678", "urn:x/y_z~1+2=3", strings.Repeat("q", 200), "\x00", `"`, "\\", "fe80::1%eth0"}
	some := func() (out []string) {
		for range r.IntN(4) {
			out = append(out, words[r.IntN(len(words))])
		}
		return out
	}
	for range 20_000 {
		e := Entry{
			Time: time.Unix(r.Int64N(4e9), r.Int64N(1e9)).UTC().Truncate(time.Microsecond), Action: Actions[r.IntN(len(Actions))],
			Actor: Pseudonym(secret, words[r.IntN(len(words))]), Roles: some(), Organisations: some(),
			Object: Object{words[r.IntN(len(words))], words[r.IntN(len(words))], some(), r.Int64N(2)},
			Tier:   Tiers[r.IntN(len(Tiers))], Purpose: words[r.IntN(len(words))], Outcome: Failed, Request: words[r.IntN(len(words))], Count: r.Int64N(3),
		}.sealed(secret)
		e.Index = r.Int64N(1 << 40)
		got, err := Parse(e.Line())
		if err != nil {
			t.Fatalf("%s: %v", e.Line(), err)
		}
		if d := cmp.Diff(e, got, cmpopts.EquateEmpty()); d != "" {
			t.Fatal(d)
		}
	}
}

func TestLinesThatAreNotOurs(t *testing.T) {
	good := string((&Entry{Index: 3, Time: time.Unix(1e9, 0).UTC(), Action: Read, Actor: System, Outcome: Done, Request: "r", Count: 2}).Line())
	if _, err := Parse([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"empty":           "",
		"no newline":      strings.TrimSuffix(good, "\n"),
		"two newlines":    good + "\n",
		"space":           strings.Replace(good, `,"action`, `, "action`, 1),
		"order":           strings.Replace(strings.Replace(good, `,"request":"r"`, "", 1), `{"n":3`, `{"n":3,"request":"r"`, 1),
		"twice":           strings.Replace(good, `"count":2`, `"count":2,"count":2`, 1),
		"unknown":         strings.Replace(good, `"count":2`, `"count":2,"x":1`, 1),
		"case":            strings.Replace(good, `"count"`, `"Count"`, 1),
		"escape":          strings.Replace(good, `"r"`, `"\u0072"`, 1),
		"address":         strings.Replace(good, `"r"`, `"203.0.113.1"`, 1),
		"zero":            strings.Replace(good, `"count":2`, `"count":0`, 1),
		"float":           strings.Replace(good, `"count":2`, `"count":2.0`, 1),
		"negative number": strings.Replace(good, `"n":3`, `"n":-3`, 1),
		"zone":            strings.Replace(good, `000Z`, `000+00:00`, 1),
		"action":          strings.Replace(good, `"read"`, `"peek"`, 1),
		"long":            strings.Repeat(" ", maxLine) + good,
	} {
		if e, err := Parse([]byte(text)); err == nil {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

func FuzzParse(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	for i := range 12 {
		e := sample(i)
		e.Index, e.Time = int64(i), time.Unix(int64(i)*1e8, 1000).UTC()
		f.Add(e.Line())
	}
	f.Add([]byte(`{"n":0}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		e, err := Parse(in)
		if err != nil {
			return
		}
		if !bytes.Equal(e.Line(), in) {
			t.Fatalf("%q is taken and written as %q", in, e.Line())
		}
		if n, err := numberOf(in); err != nil || n != e.Index {
			t.Fatalf("%q: number %d, %v", in, n, err)
		}
	})
}

func FuzzCheckpoint(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	c := Checkpoint{Origin: "o", Size: 5, Time: time.Unix(1e9, 0).UTC()}
	s, key, err := newSigner("o", testKey(1))
	if err != nil {
		f.Fatal(err)
	}
	if err := c.sign(s); err != nil {
		f.Fatal(err)
	}
	f.Add(c.Note)
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := ParseCheckpoint(in, key)
		if err == nil && got.text() != c.text() {
			t.Fatalf("%q was never signed", in)
		}
	})
}
