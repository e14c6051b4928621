// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"haidang/event"
)

func TestFull(t *testing.T) {
	c := testConfig(t.TempDir())
	c.MessageBytes, c.MaxBytes = 64<<10, 512<<10
	j := open(t, c, 0, Dependencies{})
	r := rand.New(rand.NewPCG(1, 1))
	var kept []string
	for i := range 100 {
		piece := noise(r, 40<<10)
		_, err := send(t.Context(), j, delivery("s", fmt.Sprint(i)), piece)
		if errors.Is(err, ErrBehind) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, piece)
	}
	if len(kept) < 5 || len(kept) > 13 {
		t.Fatalf("%d batches of 40 KiB fit into 512 KiB", len(kept))
	}
	if _, err := j.Begin(delivery("s", "more")); !errors.Is(err, ErrBehind) {
		t.Errorf("begin: %v", err)
	}
	// A batch that had begun before gets the same answer, and its key is free again.
	if _, err := send(t.Context(), j, delivery("s", "more"), noise(r, 40<<10)); !errors.Is(err, ErrBehind) {
		t.Errorf("send: %v", err)
	}
	if err := j.Purge(t.Context(), j.State().Last-2); err != nil {
		t.Fatal(err)
	}
	mustSend(t, j, delivery("s", "more"), "fits\n")
	chunks := collect(t, j, 0)
	if len(chunks) != 4 || string(chunks[0].Data) != kept[len(kept)-3] || string(chunks[3].Data) != "fits\n" {
		t.Errorf("%d chunks after the purge", len(chunks))
	}
}

// The stream may also turn out to be full only when it is written to.
func TestFullWhileWriting(t *testing.T) {
	c := testConfig(t.TempDir())
	c.MessageBytes, c.MaxBytes = 128<<10, 512<<10
	j := open(t, c, 0, Dependencies{})
	r := rand.New(rand.NewPCG(1, 1))
	a, err := j.Begin(delivery("s", "k"))
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if err = a.Write([]byte(noise(r, 60<<10)), 1, nil); err != nil {
			break
		}
	}
	if err == nil {
		_, err = a.Commit(t.Context())
	}
	a.Abort()
	if !errors.Is(err, ErrBehind) {
		t.Fatalf("1.2 MiB into 512 KiB: %v", err)
	}
	if err := j.Purge(t.Context(), j.State().Last); err != nil {
		t.Fatal(err)
	}
	mustSend(t, j, delivery("s", "k"), "small\n")
	if chunks := collect(t, j, 0); len(chunks) != 1 || string(chunks[0].Data) != "small\n" {
		t.Errorf("chunks %+v", chunks)
	}
}

func TestNoSpace(t *testing.T) {
	var free atomic.Uint64
	for _, x := range []struct {
		name string
		set  func(*Config)
	}{
		{"bytes", func(c *Config) { c.MinFree = 1000 }},
		{"share", func(c *Config) { c.MinFreePercent = 10 }},
	} {
		c := testConfig(t.TempDir())
		x.set(&c)
		free.Store(1000)
		j := open(t, c, 0, Dependencies{Free: func(string) (uint64, uint64, error) { return free.Load(), 10000, nil }})
		mustSend(t, j, delivery("s", "a"), "a\n")
		free.Store(999)
		if _, err := j.Begin(delivery("s", "b")); !errors.Is(err, ErrNoSpace) {
			t.Errorf("%s: %v", x.name, err)
		}
		b, err := j.Bucket(t.Context(), "b")
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Put(t.Context(), "k", nil); !errors.Is(err, ErrNoSpace) {
			t.Errorf("%s: bucket: %v", x.name, err)
		}
		free.Store(1000)
		mustSend(t, j, delivery("s", "b"), "b\n")
	}
}

// While the log is down for want of space, it stays down, and answers so.
func TestDownWithoutSpace(t *testing.T) {
	var free atomic.Uint64
	free.Store(1000)
	c := testConfig(t.TempDir())
	c.MinFree = 1000
	j := open(t, c, 0, Dependencies{Free: func(string) (uint64, uint64, error) { return free.Load(), 10000, nil }})
	mustSend(t, j, delivery("s", "a"), "a\n")
	a, err := j.Begin(delivery("s", "b"))
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Write([]byte("b\n"), 1, nil); err != nil {
		t.Fatal(err)
	}
	free.Store(1)
	if err := j.link.Load().srv.ShutdownJetStream(); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Commit(t.Context()); !errors.Is(err, ErrNoSpace) {
		t.Errorf("commit: %v", err)
	}
	free.Store(5000)
	sendUntilTaken(t, j, delivery("s", "b"), "b\n")
	if n := testutil.ToFloat64(j.m.restarts); n != 1 {
		t.Errorf("%v restarts", n)
	}
	if chunks := collect(t, j, 0); len(chunks) != 2 {
		t.Errorf("chunks %+v", chunks)
	}
}

func TestConnectionLost(t *testing.T) {
	j := start(t)
	mustSend(t, j, delivery("s", "a"), "a\n")
	j.link.Load().nc.Close()
	if _, err := send(t.Context(), j, delivery("s", "b"), "b\n"); !errors.Is(err, ErrUnavailable) {
		t.Errorf("send: %v", err)
	}
	sendUntilTaken(t, j, delivery("s", "b"), "b\n")
	if chunks := collect(t, j, 0); len(chunks) != 2 {
		t.Errorf("chunks %+v", chunks)
	}
}

// An acknowledgement that got lost on its way is found; a write that never
// arrived is fenced off, so that it cannot arrive later.
func TestProbe(t *testing.T) {
	j := start(t)
	mustSend(t, j, delivery("s", "a"), "a\n")
	var msg message
	msg.begin(1, 1, 0)
	if err := j.publish(&msg); err != nil {
		t.Fatal(err)
	}
	j.last--
	if stored, err := j.probe(&msg); !stored || err != nil || j.last != 2 {
		t.Errorf("lost acknowledgement: %v %v, last %d", stored, err, j.last)
	}
	msg.begin(2, 2, 0)
	if stored, err := j.probe(&msg); stored || err != nil || j.last != 3 {
		t.Errorf("lost write: %v %v, last %d", stored, err, j.last)
	}
	late := j.last
	j.last = 2
	if err := j.publish(&msg); !errors.Is(err, errUncertain) {
		t.Errorf("a late write: %v", err)
	}
	j.last = late
	j.applied.set(late)
	mustSend(t, j, delivery("s", "b"), "b\n")
	if chunks := collect(t, j, 0); len(chunks) != 2 || chunks[1].Seq != 4 {
		t.Errorf("chunks %+v", chunks)
	}
}

func TestPurgeKeepsWhatABatchNeeds(t *testing.T) {
	c := testConfig(t.TempDir())
	c.MessageBytes, c.PartWait = 16<<10, time.Millisecond
	j := open(t, c, 0, Dependencies{})
	r := rand.New(rand.NewPCG(1, 1))
	long, err := j.Begin(delivery("s", "long"))
	if err != nil {
		t.Fatal(err)
	}
	want := ""
	write := func() {
		piece := noise(r, 20<<10)
		want += piece
		if err := long.Write([]byte(piece), 1, nil); err != nil {
			t.Fatal(err)
		}
	}
	write()
	write()
	for i := range 10 {
		mustSend(t, j, delivery("s", fmt.Sprint(i)), "x\n")
	}
	if err := j.Purge(t.Context(), j.State().Last); err != nil {
		t.Fatal(err)
	}
	write()
	rec, err := long.Commit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	before := mustPosition(t, rec)
	if err := j.Purge(t.Context(), before); err != nil {
		t.Fatal(err)
	}
	if got := text(collect(t, j, before-1))[rec.Batch]; got != want {
		t.Errorf("%d bytes, want %d", len(got), len(want))
	}
	// Once more after a restart, where the need is known only from the journal.
	closeJournal(t, j)
	j = open(t, c, before-1, Dependencies{})
	if err := j.Purge(t.Context(), before); err != nil {
		t.Fatal(err)
	}
	if got := text(collect(t, j, before-1))[rec.Batch]; got != want {
		t.Errorf("after a restart: %d bytes, want %d", len(got), len(want))
	}
	if err := j.Purge(t.Context(), before+1); err != nil {
		t.Fatal(err)
	}
	if first := j.State().First; first != before+1 {
		t.Errorf("first position %d, want %d", first, before+1)
	}
}

func TestOpenTooLong(t *testing.T) {
	c := testConfig(t.TempDir())
	c.MessageBytes, c.PartWait, c.MaxOpen = 16<<10, time.Millisecond, time.Nanosecond
	j := open(t, c, 0, Dependencies{})
	r := rand.New(rand.NewPCG(1, 1))
	slow, err := j.Begin(delivery("s", "slow"))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := slow.Write([]byte(noise(r, 20<<10)), 1, nil); err != nil {
			t.Fatal(err)
		}
	}
	mustSend(t, j, delivery("s", "a"), "a\n")
	last := mustSend(t, j, delivery("s", "b"), "b\n")
	if err := j.Purge(t.Context(), mustPosition(t, last)); err != nil {
		t.Fatal(err)
	}
	if _, err := slow.Commit(t.Context()); !errors.Is(err, ErrExpired) {
		t.Errorf("commit: %v", err)
	}
	if err := j.Purge(t.Context(), mustPosition(t, last)); err != nil {
		t.Fatal(err)
	}
	if first := j.State().First; first != mustPosition(t, last) {
		t.Errorf("first position %d: the slow batch still holds it", first)
	}
	mustSend(t, j, delivery("s", "slow"), "again\n")
}

func TestBefore(t *testing.T) {
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	begin := now
	j := open(t, testConfig(t.TempDir()), 0, Dependencies{Now: func() time.Time { return now }})
	for i := range 10 {
		now = begin.Add(time.Duration(i) * time.Minute)
		mustSend(t, j, delivery("s", ""), "x\n")
	}
	now = begin // a clock set back does not confuse the order
	mustSend(t, j, delivery("s", ""), "x\n")
	for after, want := range map[time.Duration]event.Position{
		-time.Hour: 0, 0: 0, 1: 1, time.Minute: 1, time.Minute + 1: 2, 9 * time.Minute: 9, time.Hour: 11,
	} {
		if got, err := j.Before(t.Context(), begin.Add(after)); got != want || err != nil {
			t.Errorf("before %v: %d %v, want %d", after, got, err, want)
		}
	}
	if err := j.Purge(t.Context(), 6); err != nil {
		t.Fatal(err)
	}
	for after, want := range map[time.Duration]event.Position{0: 0, 5 * time.Minute: 0, 5*time.Minute + 1: 6} {
		if got, err := j.Before(t.Context(), begin.Add(after)); got != want || err != nil {
			t.Errorf("after the purge, before %v: %d %v, want %d", after, got, err, want)
		}
	}
}

// What is old is asked for every now and then, and each message that is read takes
// a block of the log's files into memory: while nothing is older, none is read.
func TestBeforeReadsFewMessages(t *testing.T) {
	const messages, asked = 64, 50
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	begin := now
	j := open(t, testConfig(t.TempDir()), 0, Dependencies{Now: func() time.Time { return now }})
	for i := range messages {
		now = begin.Add(time.Duration(i) * time.Minute)
		mustSend(t, j, delivery("s", ""), "x\n")
	}
	j.refresh(t.Context())
	answers := func() uint64 { return j.link.Load().nc.Stats().InMsgs }
	for _, x := range []struct {
		after time.Duration
		want  event.Position
		reads uint64 // of a question, at most; the log tells its state once a second besides
	}{{0, 0, 0}, {time.Minute, 1, 2}, {3 * time.Minute, 3, 4}} {
		if _, err := j.Before(t.Context(), begin); err != nil {
			t.Fatal(err)
		}
		before := answers()
		for range asked {
			if got, err := j.Before(t.Context(), begin.Add(x.after)); got != x.want || err != nil {
				t.Fatalf("before %v: %d %v, want %d", x.after, got, err, x.want)
			}
		}
		if n := answers() - before; n > asked*x.reads+asked/2 {
			t.Errorf("before %v: %d messages were read in %d questions", x.after, n, asked)
		}
	}
	if err := j.Purge(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	if got, err := j.Before(t.Context(), begin.Add(time.Minute+1)); got != 2 || err != nil {
		t.Errorf("when the oldest is another: %d %v", got, err)
	}
}

func TestPendingIsBounded(t *testing.T) {
	c := testConfig(t.TempDir())
	c.MessageBytes, c.PendingBytes = 64<<10, 128<<10
	j := open(t, c, 0, Dependencies{})
	r := rand.New(rand.NewPCG(1, 1))
	for s := range 3 {
		var pieces []string
		for range 40 {
			pieces = append(pieces, noise(r, 60<<10))
		}
		mustSend(t, j, delivery("s", fmt.Sprint(s)), pieces...)
		j.queue.mu.Lock()
		if j.queue.bytes != 0 || j.queue.open != 0 || j.queue.closing != 0 {
			t.Errorf("left over: %d bytes, %d open, %d closing", j.queue.bytes, j.queue.open, j.queue.closing)
		}
		j.queue.mu.Unlock()
	}
}

func TestMetricsAndConfig(t *testing.T) {
	reg := prometheus.NewRegistry()
	j := open(t, testConfig(t.TempDir()), 0, Dependencies{Metrics: reg})
	mustSend(t, j, delivery("s", "a"), "a\n")
	mustSend(t, j, delivery("s", "a"), "a\n")
	if n, err := testutil.GatherAndCount(reg); err != nil || n < 12 {
		t.Errorf("%d metrics, %v", n, err)
	}
	if p, err := testutil.GatherAndLint(reg); err != nil || len(p) > 0 {
		t.Errorf("%v %v", p, err)
	}
	// The counter moves just after the sender was answered.
	duplicates := func() float64 { return testutil.ToFloat64(j.m.records.WithLabelValues("duplicate")) }
	for deadline := time.Now().Add(time.Minute); duplicates() != 1; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%v duplicates counted, want 1", duplicates())
		}
	}
	for name, c := range map[string]Config{
		"no folder":    {},
		"replicas":     {URL: "nats://127.0.0.1:1", Replicas: 1},
		"message size": {Dir: "x", MessageBytes: 1},
		"small":        {Dir: "x", MaxBytes: 1 << 20},
		"pending":      {Dir: "x", PendingBytes: 1},
		"stream":       {Dir: "x", Stream: "a.b"},
		"keys":         {Dir: "x", MaxKeys: -1},
	} {
		if _, err := New(c, Dependencies{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestBucket(t *testing.T) {
	c := testConfig(t.TempDir())
	j := open(t, c, 0, Dependencies{})
	ctx := context.Background()
	b, err := j.Bucket(ctx, "people")
	if err != nil {
		t.Fatal(err)
	}
	if l, err := b.List(ctx); err != nil || len(l) != 0 {
		t.Errorf("empty: %v %v", l, err)
	}
	if _, err := b.Get(ctx, "a"); !errors.Is(err, ErrNotFound) {
		t.Errorf("get: %v", err)
	}
	for _, kv := range [][2]string{{"a", "1"}, {"b/c=d", "2"}, {"a", "3"}, {"gone", "4"}} {
		if err := b.Put(ctx, kv[0], []byte(kv[1])); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := b.Delete(ctx, "gone"); err != nil {
			t.Error(err)
		}
	}
	if _, err := j.Bucket(ctx, "a.b"); err == nil {
		t.Error("a bucket with a dot")
	}
	closeJournal(t, j)
	j = open(t, c, 0, Dependencies{})
	if b, err = j.Bucket(ctx, "people"); err != nil {
		t.Fatal(err)
	}
	l, err := b.List(ctx)
	if err != nil || len(l) != 2 || string(l["a"]) != "3" || string(l["b/c=d"]) != "2" {
		t.Errorf("list %q %v", l, err)
	}
	if v, err := b.Get(ctx, "a"); err != nil || string(v) != "3" {
		t.Errorf("get %q %v", v, err)
	}
}
