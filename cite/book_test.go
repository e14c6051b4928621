// SPDX-License-Identifier: Apache-2.0

package cite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"haidang/event"
	"haidang/journal"
)

// shelf keeps a book in memory.
type shelf struct {
	mu   sync.Mutex
	kept map[string][]byte
	full error
}

func (s *shelf) Get(_ context.Context, key string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v, ok := s.kept[key]; ok {
		return v, nil
	}
	return nil, errors.New("not there")
}

func (s *shelf) Put(_ context.Context, key string, value []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.full != nil {
		return s.full
	}
	if s.kept == nil {
		s.kept = map[string][]byte{}
	}
	s.kept[key] = value
	return nil
}

func (s *shelf) Keys(context.Context) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Keys(s.kept)), nil
}

func opened(t *testing.T, b Bucket, c Config, now func() time.Time) *Book {
	t.Helper()
	book, err := New(c, Dependencies{Bucket: b, Key: keyOf(1), Now: now, Metrics: prometheus.NewRegistry()})
	if err != nil {
		t.Fatal(err)
	}
	if err := book.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return book
}

func at(now *time.Time) func() time.Time { return func() time.Time { return *now } }

var visitor = netip.MustParseAddr("203.0.113.7")

// small is a table of one number in a day of 2026.
func small(day int, value int64) *event.CitedFigure {
	from := time.Date(2026, 1, day, 0, 0, 0, 0, time.UTC)
	return &event.CitedFigure{Position: 9, Coverage: event.Coverage{Sensors: 2, Set: "x"}, Figure: event.Figure{
		Definition: "attacks/1", Unit: "attacks", Of: "VN", By: []string{}, Status: event.FigureProvisional, Revision: 1,
		Period: event.FigurePeriod{Name: from.Format(time.DateOnly), Kind: "day", Zone: "UTC", From: event.TimeOf(from), To: event.TimeOf(from.AddDate(0, 0, 1)), Days: 1, Ended: true},
		Rows:   []event.FigureRow{{Group: []string{}, Value: value, PerDay: float64(value)}},
	}}
}

// The same figure has the same address, whoever cites it and wherever the journal is
// meanwhile; what says something else is linked to it.
func TestTheSameFigureHasOneAddress(t *testing.T) {
	now := noon
	s := &shelf{}
	b := opened(t, s, Config{}, at(&now))
	first, err := b.Cite(t.Context(), small(1, 5), visitor)
	if err != nil {
		t.Fatal(err)
	}
	later := small(1, 5)
	later.Position, later.Snapshots = 99, []event.Snapshot{{Kind: "country", ID: "newer"}}
	now = now.Add(time.Hour)
	again, err := b.Cite(t.Context(), later, visitor)
	if err != nil || again.ID != first.ID || !bytes.Equal(again.Document, first.Document) || b.Kept() != 1 {
		t.Fatalf("%v: %s and %s", err, first.ID, again.ID)
	}
	if id, err := b.Known(later); err != nil || id != first.ID {
		t.Errorf("%s %v", id, err)
	}
	revised := small(1, 7)
	revised.Figure.Status, revised.Figure.Revision = event.FigureRevised, 2
	newest, err := b.Cite(t.Context(), revised, visitor)
	if err != nil || newest.Revises != first.ID || newest.RevisedBy != "" {
		t.Fatalf("%+v %v", newest, err)
	}
	five, seven := int64(5), int64(7)
	want := []event.FigureDifference{{What: "status", From: "provisional", To: "revised"}, {What: "revision", From: "1", To: "2"}, {What: "value", Group: []string{}, Old: &five, New: &seven}}
	for range 2 {
		old, err := b.Get(t.Context(), first.ID)
		if err != nil || old.RevisedBy != newest.ID || cmp.Diff(want, old.Differences) != "" || !bytes.Equal(old.Canonical, first.Canonical) {
			t.Errorf("%v %s", err, cmp.Diff(want, old.Differences))
		}
		b = opened(t, s, Config{}, at(&now)) // and after a restart
	}
	if _, err := b.Get(t.Context(), "nothing"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if got := len(b.IDs()); got != 2 {
		t.Errorf("%d ids", got)
	}
}

// Visitors cannot fill the disk.
func TestLimits(t *testing.T) {
	now := noon
	b := opened(t, &shelf{}, Config{PerAddress: 3, Daily: 5, OfOne: 2, Most: 8, MaxBytes: 4000}, at(&now))
	cite := func(c *event.CitedFigure, from netip.Addr) string {
		t.Helper()
		_, err := b.Cite(t.Context(), c, from)
		if err == nil {
			return ""
		}
		var limit *LimitError
		if !errors.As(err, &limit) {
			t.Fatal(err)
		}
		return fmt.Sprintf("%s %s", limit.Retry, limit.Detail)
	}
	other := netip.MustParseAddr("2001:db8::1")
	for i, step := range []struct {
		c    *event.CitedFigure
		from netip.Addr
		want string
	}{
		{small(1, 1), visitor, ""}, {small(1, 2), visitor, ""}, {small(1, 3), visitor, "cited 2 times"}, {small(1, 1), visitor, ""},
		{small(2, 1), visitor, ""}, {small(3, 1), visitor, "1h0m0s no more than 3"}, {small(2, 1), visitor, ""},
		{small(3, 1), other, ""}, {small(4, 1), other, ""}, {small(5, 1), other, "12h0m0s no more than 5"},
		{small(5, 1), netip.Addr{}, ""}, // the observatory's own people
	} {
		if got := cite(step.c, step.from); !strings.Contains(got, step.want) || (got == "") != (step.want == "") {
			t.Errorf("step %d: %q, want %q", i, got, step.want)
		}
	}
	now = now.Add(13 * time.Hour)
	for i, want := range []string{"", "", "full"} {
		if got := cite(small(10+i, 1), visitor); !strings.Contains(got, want) || (got == "") != (want == "") {
			t.Errorf("the next day, %d: %q, want %q", i, got, want)
		}
	}
	long := small(20, 1)
	for i := range 50 {
		long.Figure.Rows = append(long.Figure.Rows, event.FigureRow{Group: []string{fmt.Sprint(i)}, Value: 1})
	}
	if got := cite(long, visitor); !strings.Contains(got, "fewer dimensions") {
		t.Error(got)
	}
	if network(netip.MustParseAddr("2001:db8::2")) != network(other) || network(netip.MustParseAddr("::ffff:203.0.113.7")) != network(visitor) {
		t.Error("one network counts as two visitors")
	}
}

// What could not be kept has no address.
func TestNothingIsPromisedThatIsNotKept(t *testing.T) {
	now := noon
	s := &shelf{}
	b := opened(t, s, Config{}, at(&now))
	s.full = errors.New("no space")
	if _, err := b.Cite(t.Context(), small(1, 1), visitor); err == nil || b.Kept() != 0 {
		t.Errorf("%v, %d kept", err, b.Kept())
	}
	s.full = nil
	c, err := b.Cite(t.Context(), small(1, 1), visitor)
	if err != nil {
		t.Fatal(err)
	}
	for key := range s.kept {
		if strings.HasPrefix(key, documentKey) {
			s.kept[key] = bytes.Replace(s.kept[key], []byte(`"value":1}`), []byte(`"value":2}`), 1)
		}
	}
	if _, err := b.Get(t.Context(), c.ID); err == nil || !strings.Contains(err.Error(), "backup") {
		t.Errorf("a changed document is given: %v", err)
	}
	s.kept["f/what"] = nil
	late, err := New(Config{}, Dependencies{Bucket: s, Key: keyOf(1)})
	if err != nil {
		t.Fatal(err)
	}
	if err := late.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "f/what") {
		t.Error(err)
	}
}

// Old public keys stay, each with when it was in use; a crash in the middle of a
// change leaves a key in use.
func TestKeysRotate(t *testing.T) {
	now := noon
	s := &shelf{}
	b := opened(t, s, Config{}, at(&now))
	old, err := b.Cite(t.Context(), small(1, 1), visitor)
	if err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Hour)
	if err := b.Rotate(t.Context(), keyOf(2)); err != nil {
		t.Fatal(err)
	}
	newer, err := b.Cite(t.Context(), small(2, 1), visitor)
	if err != nil || newer.Key == old.Key {
		t.Fatal(err)
	}
	check := func(b *Book) {
		t.Helper()
		keys := b.Keys()
		if len(keys) != 2 || keys[0].ID != old.Key || keys[0].Until != event.TimeOf(now) || keys[1].Until.IsSet() {
			t.Errorf("%+v", keys)
		}
		for _, c := range []event.Citation{old, newer} {
			if _, err := Verify(c.Document, keys); err != nil {
				t.Error(err)
			}
		}
	}
	check(b)
	if err := b.Rotate(t.Context(), keyOf(1)); err == nil {
		t.Error("a key that was given up is used again")
	}
	again, err := New(Config{}, Dependencies{Bucket: s, Key: keyOf(2), Now: at(&now)})
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	check(again)
}

// Many at once ask for the same: one document.
func TestCitingAtOnce(t *testing.T) {
	b := opened(t, &shelf{}, Config{}, time.Now)
	var wait sync.WaitGroup
	ids := make([]string, 50)
	for i := range ids {
		wait.Go(func() {
			c, err := b.Cite(t.Context(), small(1+i%5, 1), visitor)
			if err != nil {
				t.Error(err)
			}
			ids[i] = c.ID
		})
	}
	wait.Wait()
	slices.Sort(ids)
	if n := len(slices.Compact(ids)); n != 5 || b.Kept() != 5 {
		t.Errorf("%d ids, %d kept", n, b.Kept())
	}
}

// Over the real journal: what was kept is there after a restart.
func TestKeptInTheJournal(t *testing.T) {
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(5, 5))
	open := func() (*journal.Journal, *Book) {
		c := journal.DefaultConfig()
		c.Dir, c.MaxBytes, c.MinFree, c.MinFreePercent = dir, 64<<20, -1, -1
		j, err := journal.New(c, journal.Dependencies{Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(), Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		if err := j.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		bucket, err := j.Bucket(t.Context(), "citations")
		if err != nil {
			t.Fatal(err)
		}
		return j, opened(t, bucket, Config{OfOne: 1000}, time.Now)
	}
	j, b := open()
	kept := map[string][]byte{}
	for range 100 {
		c, err := b.Cite(t.Context(), sample(r), netip.Addr{})
		if err != nil {
			t.Fatal(err)
		}
		kept[c.ID] = c.Document
	}
	if err := j.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	j, b = open()
	defer j.Stop(context.Background())
	for id, document := range kept {
		c, err := b.Get(t.Context(), id)
		if err != nil || !bytes.Equal(c.Document, document) {
			t.Fatalf("%s: %v", id, err)
		}
		if _, err := Verify(c.Document, b.Keys()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReplaysAreCompared(t *testing.T) {
	text, err := Canonical(small(1, 5))
	if err != nil {
		t.Fatal(err)
	}
	c := event.Citation{CitedFigure: *small(1, 5), Canonical: text}
	again := small(1, 5)
	again.Position, again.Figure.Status, again.Figure.Revision, again.Snapshots = 1000, event.FigureFinal, 3, []event.Snapshot{{Kind: "as", ID: "1"}}
	r, err := Compare(&c, *again)
	if err != nil || !r.Same || len(r.Differences) != 0 {
		t.Errorf("%+v %v", r, err)
	}
	again.Figure.Rows[0].Value = 6
	r, err = Compare(&c, *again)
	if err != nil || r.Same || len(r.Differences) != 1 || *r.Differences[0].New != 6 || text[r.At] != '5' {
		t.Errorf("%+v %v", r, err)
	}
}

// What is provisional may change: another provisional answer revises nothing, the
// final one revises them all, and late data revise that. A restart changes nothing.
func TestOnlyFinalFiguresRevise(t *testing.T) {
	s := &shelf{}
	b := opened(t, s, Config{OfOne: 2}, func() time.Time { return noon })
	c := sample(rand.New(rand.NewPCG(31, 32)))
	c.Figure.Rows = []event.FigureRow{{Group: []string{"a"}}}
	say := func(status event.FigureStatus, revision int, value int64) (string, error) {
		c.Figure.Status, c.Figure.Revision, c.Figure.Rows[0].Value = status, revision, value
		got, err := b.Cite(t.Context(), c, netip.Addr{})
		return got.ID, err
	}
	var ids []string
	for i, x := range []struct {
		status event.FigureStatus
		n      int
	}{{event.FigureProvisional, 1}, {event.FigureProvisional, 1}, {event.FigureFinal, 1}, {event.FigureRevised, 2}} {
		id, err := say(x.status, x.n, int64(i))
		if err != nil {
			t.Fatalf("%d: %v", i, err)
		}
		ids = append(ids, id)
		if got, err := b.Get(t.Context(), ids[0]); err != nil || (got.RevisedBy != "") != (i >= 2) {
			t.Errorf("after %d the first is revised by %q, %v", i, got.RevisedBy, err)
		}
	}
	for _, book := range []*Book{b, opened(t, s, Config{}, func() time.Time { return noon })} {
		for i, want := range [][2]string{{"", ids[3]}, {"", ids[3]}, {ids[1], ids[3]}, {ids[2], ""}} {
			if got, err := book.Get(t.Context(), ids[i]); err != nil || got.Revises != want[0] || got.RevisedBy != want[1] {
				t.Errorf("%d: revises %q, revised by %q, want %q, %v", i, got.Revises, got.RevisedBy, want, err)
			}
		}
	}
	// What was cited while it changed does not keep final ones out, nor these others.
	var limit *LimitError
	if _, err := say(event.FigureProvisional, 1, 9); !errors.As(err, &limit) {
		t.Errorf("a third provisional one: %v", err)
	}
	if _, err := say(event.FigureRevised, 3, 9); !errors.As(err, &limit) {
		t.Errorf("a third final one: %v", err)
	}
}
