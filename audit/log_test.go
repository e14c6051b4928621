// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
)

var secret = []byte("0123456789abcdef0123456789abcdef")

func testKey(n byte) ed25519.PrivateKey {
	seed := make([]byte, ed25519.SeedSize)
	seed[0] = n
	return ed25519.NewKeyFromSeed(seed)
}

func newLog(t testing.TB, dir string, change func(*Config, *Dependencies)) *Log {
	t.Helper()
	c := Config{Dir: dir}
	d := Dependencies{Key: testKey(1), Pseudonyms: secret, Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry()}
	if change != nil {
		change(&c, &d)
	}
	l, err := New(c, d)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// opened is a log that runs until the test ends.
func opened(t testing.TB, dir string, change func(*Config, *Dependencies)) *Log {
	t.Helper()
	l := newLog(t, dir, change)
	if err := l.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeLog(t, l) })
	return l
}

func closeLog(t testing.TB, l *Log) {
	t.Helper()
	if err := l.Stop(context.Background()); err != nil {
		t.Error(err)
	}
}

func sample(n int) Entry {
	e := Entry{
		Action: Actions[n%len(Actions)], Actor: Pseudonym(secret, fmt.Sprint("person ", n%7)), Outcome: Done,
		Roles: []string{"analyst"}, Organisations: []string{fmt.Sprintf("org-%d", n%3)},
		Object: Object{Kind: "event", IDs: []string{fmt.Sprintf("e%08x", n)}}, Tier: "T2", Purpose: "incident",
		Request: fmt.Sprintf("r%d", n), Count: int64(n),
	}
	if n%5 == 0 {
		e = Entry{Action: SignIn, Actor: Nobody, Outcome: Refused}
	}
	return e
}

func fill(t testing.TB, l *Log, from, n int) {
	t.Helper()
	for i := from; i < from+n; i += 64 {
		var group sync.WaitGroup
		for k := i; k < min(i+64, from+n); k++ {
			group.Go(func() {
				if _, err := l.Append(t.Context(), sample(k)); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
	}
}

func verifierKey(t testing.TB, l *Log) string {
	t.Helper()
	keys := l.PublicKeys()
	return keys[len(keys)-1]
}

func TestEntriesAreNumberedAndReadBack(t *testing.T) {
	dir := t.TempDir()
	l := opened(t, dir, func(c *Config, _ *Dependencies) { c.SegmentBytes = 8 << 10 })
	seen := map[int64]string{}
	var mu sync.Mutex
	var group sync.WaitGroup
	const total = 700
	for i := range total {
		group.Go(func() {
			e := sample(i)
			e.Request = fmt.Sprintf("q%d", i)
			n, err := l.Append(t.Context(), e)
			mu.Lock()
			defer mu.Unlock()
			if err != nil || seen[n] != "" {
				t.Errorf("entry %d: number %d, %v", i, n, err)
			}
			seen[n] = e.Request
		})
	}
	group.Wait()
	if c := l.Checkpoint(); c.Size != total {
		t.Fatalf("the checkpoint covers %d of %d entries", c.Size, total)
	}
	var got []Entry
	for from := int64(0); ; {
		p, err := l.Entries(t.Context(), from, 37, Filter{})
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, p.Entries...)
		if from = p.Next; from == 0 {
			break
		}
	}
	if len(got) != total {
		t.Fatalf("%d entries, want %d", len(got), total)
	}
	for i, e := range got {
		if e.Index != int64(total-1-i) || e.Request != seen[e.Index] {
			t.Fatalf("place %d holds entry %d of request %s, appended as %s", i, e.Index, e.Request, seen[e.Index])
		}
	}
	one, err := l.Entry(123)
	if err != nil || one.Request != seen[123] {
		t.Errorf("entry 123: %+v, %v", one, err)
	}
	if _, err := l.Entry(total); !errors.Is(err, ErrNotFound) {
		t.Errorf("an entry that is not there: %v", err)
	}
}

func TestFilters(t *testing.T) {
	l := opened(t, t.TempDir(), nil)
	fill(t, l, 0, 300)
	address := Entry{Action: Search, Actor: Nobody, Outcome: Done, Object: Object{Kind: "address", IDs: []string{"203.0.113.5"}}}
	if _, err := l.Append(t.Context(), address); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		filter Filter
		want   func(Entry) bool
	}{
		{"action", Filter{Action: SignIn}, func(e Entry) bool { return e.Action == SignIn }},
		{"actor", Filter{Actor: Pseudonym(secret, "person 3")}, func(e Entry) bool { return e.Actor == Pseudonym(secret, "person 3") }},
		{"organisation", Filter{Organisation: "org-1"}, func(e Entry) bool { return len(e.Organisations) == 1 && e.Organisations[0] == "org-1" }},
		{"outcome", Filter{Outcome: Refused}, func(e Entry) bool { return e.Outcome == Refused }},
		{"request", Filter{Request: "r77"}, func(e Entry) bool { return e.Request == "r77" }},
		{"a sealed id", Filter{Object: "203.0.113.5"}, func(e Entry) bool { return e.Object.Kind == "address" }},
		{"no time", Filter{To: time.Unix(0, 0)}, func(Entry) bool { return false }},
	} {
		all, err := l.Entries(t.Context(), 0, maxPage, Filter{})
		if err != nil {
			t.Fatal(err)
		}
		var want []Entry
		for _, e := range all.Entries {
			if c.want(e) {
				want = append(want, e)
			}
		}
		got, err := l.Entries(t.Context(), 0, maxPage, c.filter)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got.Entries); d != "" || len(want) == 0 && c.name != "no time" {
			t.Errorf("%s: %s (%d wanted)", c.name, d, len(want))
		}
	}
}

// A log that is opened again goes on where it was, at every size around the
// edges of tiles and files.
func TestReopening(t *testing.T) {
	dir := t.TempDir()
	small := func(c *Config, _ *Dependencies) { c.SegmentBytes = 20 << 10 }
	total := 0
	for _, step := range []int{1, 254, 1, 1, 255, 256, 300} {
		l := newLog(t, dir, small)
		if err := l.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if c := l.Checkpoint(); c.Size != int64(total) {
			t.Fatalf("%d entries after opening, want %d", c.Size, total)
		}
		fill(t, l, total, step)
		total += step
		closeLog(t, l)
		if r := verified(t, dir, verifierKey(t, l), nil); r.Entries != int64(total) {
			t.Fatalf("%d entries verified, want %d", r.Entries, total)
		}
	}
}

func verified(t testing.TB, dir, key string, since []byte) Report {
	t.Helper()
	r, err := Verify(t.Context(), dir, []string{key}, since)
	if err := errors.Join(err, r.Err()); err != nil {
		t.Fatalf("%v\n%v", err, r.Findings)
	}
	return r
}

func TestNothingPersonalIsKept(t *testing.T) {
	dir := t.TempDir()
	l := opened(t, dir, nil)
	canaries := []string{
		"Nguyễn Văn An", "an.nguyen@example.vn", "203.0.113.77", "2001:db8::77", "203.0.113.0/24", "203.0.113.77:443",
		"+84 912 345 678", "0912345678", "001204012345", "a b", "line\nbreak", `quote"`, strings.Repeat("x", 300), "::ffff:0:0:0",
	}
	e := Entry{Action: Search, Actor: l.Pseudonym("an@example.vn"), Outcome: Done, Roles: canaries, Organisations: canaries,
		Object: Object{Kind: canaries[0], Dataset: canaries[1], IDs: canaries}, Purpose: canaries[2], Request: canaries[3]}
	if _, err := l.Append(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if e.Roles[0] != canaries[0] {
		t.Error("the caller's own slice was changed")
	}
	got, err := l.Entry(0)
	if err != nil || got.Request != Seal(secret, canaries[3]) || got.Actor != Pseudonym(secret, "an@example.vn") {
		t.Errorf("an auditor who holds the key cannot ask: %+v, %v", got, err)
	}
	all := ""
	err = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			data, rerr := os.ReadFile(path)
			all, err = all+string(data), rerr
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range append(canaries, "an@example.vn", string(secret), string(testKey(1))) {
		if c != "a b" && strings.Contains(all, c) {
			t.Errorf("%q stands in the log's folder", c)
		}
	}
}

func TestWhatMayNotBeWritten(t *testing.T) {
	l := opened(t, t.TempDir(), nil)
	good := Entry{Action: Read, Actor: System, Outcome: Done}
	for _, c := range []struct {
		name   string
		change func(*Entry)
	}{
		{"action", func(e *Entry) { e.Action = "look" }},
		{"outcome", func(e *Entry) { e.Outcome = "" }},
		{"actor", func(e *Entry) { e.Actor = "an@example.vn" }},
		{"tier", func(e *Entry) { e.Tier = "T9" }},
		{"count", func(e *Entry) { e.Count = -1 }},
		{"time", func(e *Entry) { e.Time = time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC) }},
		{"roles", func(e *Entry) { e.Roles = make([]string, 100) }},
	} {
		e := good
		c.change(&e)
		if c.name == "roles" {
			for i := range e.Roles {
				e.Roles[i] = "r"
			}
		}
		if _, err := l.Append(t.Context(), e); err == nil {
			t.Errorf("%s: taken", c.name)
		}
	}
	many := good
	for i := range 1000 {
		many.Object.IDs = append(many.Object.IDs, fmt.Sprintf("e%d", i))
	}
	if _, err := l.Append(t.Context(), many); err != nil {
		t.Fatal(err)
	}
	if e, err := l.Entry(0); err != nil || len(e.Object.IDs) != MaxIDs || e.Object.More != 1000-MaxIDs {
		t.Errorf("a long list: %d ids and %d more, %v", len(e.Object.IDs), e.Object.More, err)
	}
}

func TestOneWriterAndNoneAfterStop(t *testing.T) {
	dir := t.TempDir()
	l := newLog(t, dir, nil)
	if _, err := l.Append(t.Context(), sample(1)); !errors.Is(err, ErrStopped) {
		t.Errorf("before the start: %v", err)
	}
	if err := l.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := newLog(t, dir, nil).Start(t.Context()); err == nil {
		t.Error("two logs write to one folder")
	}
	closeLog(t, l)
	if _, err := l.Append(t.Context(), sample(1)); !errors.Is(err, ErrStopped) {
		t.Errorf("after the stop: %v", err)
	}
	if err := newLog(t, dir, func(_ *Config, d *Dependencies) { d.Key = testKey(9) }).Start(t.Context()); !errors.Is(err, ErrTampered) {
		t.Errorf("another key: %v", err)
	}
}

func TestConfigurations(t *testing.T) {
	good := Dependencies{Key: testKey(1), Pseudonyms: secret}
	for name, c := range map[string]struct {
		dir string
		d   Dependencies
	}{
		"no folder": {"", good},
		"no key":    {"d", Dependencies{Pseudonyms: secret}},
		"short":     {"d", Dependencies{Key: testKey(1), Pseudonyms: secret[:5]}},
	} {
		if _, err := New(Config{Dir: c.dir}, c.d); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
