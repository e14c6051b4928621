// SPDX-License-Identifier: Apache-2.0

package enrich

import (
	"strings"
	"testing"
	"time"

	"haidang/event"
	"haidang/mutant"
)

const benignYAML = `benign:
  - prefix: 192.0.2.0/24
    reason: research scanner
  - prefix: 192.0.2.64/26
    from: 2026-01-01
    to: 2026-02-01
    reason: own scan in January
  - prefix: 192.0.2.64/26
    rule: "2100366"
    reason: own ping
  - rule: "9000001"
    to: 2026-11-21T08:00:00+07:00
    reason: test rule
`

func TestBenignReason(t *testing.T) {
	l, err := parseBenign("b.yaml", []byte(benignYAML))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ ip, day, rule, want string }{
		{"192.0.2.1", "2026-01-15T00:00:00Z", "", "research scanner"},
		{"192.0.2.65", "2026-01-15T00:00:00Z", "", "own scan in January"},
		{"192.0.2.65", "2026-01-01T00:00:00Z", "", "own scan in January"},
		{"192.0.2.65", "2026-02-01T00:00:00Z", "", "research scanner"}, // over: the shorter one
		{"192.0.2.65", "2025-12-31T23:59:59Z", "2100366", "own ping"},
		{"198.51.100.1", "2026-01-15T00:00:00Z", "2100366", ""},
		{"198.51.100.1", "2026-11-21T00:59:59Z", "9000001", "test rule"},
		{"198.51.100.1", "2026-11-21T01:00:00Z", "9000001", ""},
		{"", "2026-01-15T00:00:00Z", "", ""},
	} {
		at, err := time.Parse(time.RFC3339, c.day)
		if err != nil {
			t.Fatal(err)
		}
		a, _ := event.ParseAddr(c.ip)
		if got := l.reason(&a, event.TimeOf(at), c.rule); got != c.want {
			t.Errorf("%s at %s rule %q: %q, want %q", c.ip, c.day, c.rule, got, c.want)
		}
	}
}

func TestBenignFaults(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"benign:\n  - prefix: 10.0.0.1/8\n    reason: x", "b.yaml:2: prefixes: \"10.0.0.1/8\" has bits set beyond its length; write 10.0.0.0/8"},
		{"benign:\n  - prefix: 10.0.0.0/8", "b.yaml:2: reason: missing"},
		{"benign:\n  - reason: x", "give a prefix, a rule, or both"},
		{"benign:\n  - {rule: a, reason: x, from: yesterday}", `from: "yesterday" is no time`},
		{"benign:\n  - {rule: a, reason: x, from: 2026-01-02, to: 2026-01-02}", "to: 2026-01-02 is not after 2026-01-02"},
		{"benign:\n  - {rules: a}", "rules"},
	} {
		_, err := parseBenign("b.yaml", []byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\nerror %v\nwant one with %q", c.text, err, c.want)
		}
	}
}

func FuzzBenign(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	f.Add([]byte(benignYAML))
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := parseBenign("b.yaml", data)
		if err != nil {
			return
		}
		for _, e := range l.entries {
			if e.reason == "" {
				t.Fatal("an entry without a reason was accepted")
			}
			a := event.AddrFrom(e.prefix.Addr())
			l.reason(&a, 0, e.rule)
		}
	})
}
