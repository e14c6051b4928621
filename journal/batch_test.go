// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"haidang/event"
)

// noise is text that does not compress, ending in a line break.
func noise(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('!' + r.IntN(90))
	}
	b[n-1] = '\n'
	return string(b)
}

func TestBatchOverManyMessages(t *testing.T) {
	c := testConfig(t.TempDir())
	c.MessageBytes = 64 << 10
	j := open(t, c, 0, Dependencies{})
	r := rand.New(rand.NewPCG(1, 2))
	var wg sync.WaitGroup
	var mu sync.Mutex
	sent := map[string]string{}
	for s := range 4 {
		var pieces []string
		for range 20 { // some far longer than a message
			pieces = append(pieces, noise(r, 1+r.IntN(200<<10)))
		}
		wg.Go(func() {
			rec, err := send(context.Background(), j, delivery(fmt.Sprint("s", s), ""), pieces...)
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			sent[rec.Batch] = strings.Join(pieces, "")
		})
	}
	wg.Wait()
	chunks := collect(t, j, 0)
	got := text(chunks)
	if len(got) != len(sent) {
		t.Errorf("%d batches, sent %d", len(got), len(sent))
	}
	for id, want := range sent {
		if got[id] != want {
			t.Errorf("batch %s: %d bytes, sent %d", id, len(got[id]), len(want))
		}
	}
	checkOrder(t, chunks)
}

// checkOrder checks what every consumer relies on.
func checkOrder(t *testing.T, chunks []event.Chunk) {
	t.Helper()
	places := map[string]bool{}
	through := event.Position(0)
	var batch string
	var next int64
	for i, c := range chunks {
		if batch == "" {
			batch, next = c.Batch, 0
		}
		if c.Batch != batch || c.First != next {
			t.Fatalf("chunk %d: batch %s record %d, want %s record %d", i, c.Batch, c.First, batch, next)
		}
		next += int64(c.Records)
		for n := range c.Records {
			place := fmt.Sprint(c.Seq, "/", c.Offset+n)
			if places[place] {
				t.Fatalf("place %s twice", place)
			}
			places[place] = true
		}
		if c.Last {
			batch = ""
		}
		if c.Through != 0 {
			if c.Through <= through || !c.Last {
				t.Fatalf("chunk %d: through %d after %d", i, c.Through, through)
			}
			through = c.Through
		}
		if end, _ := ParseBatch(c.Batch); end <= through && c.Through == 0 {
			t.Fatalf("chunk %d of position %d after through %d", i, end, through)
		}
	}
	if batch != "" {
		t.Fatal("the last batch has no end")
	}
}

func TestConsumeFromTheMiddle(t *testing.T) {
	c := testConfig(t.TempDir())
	c.MessageBytes = 32 << 10
	j := open(t, c, 0, Dependencies{})
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 12 {
		mustSend(t, j, delivery("s", fmt.Sprint(i)), noise(r, 20<<10), noise(r, 50<<10), "end\n")
	}
	all := collect(t, j, 0)
	for after := range j.State().Last {
		var want int
		for _, c := range all {
			if end, _ := ParseBatch(c.Batch); end > after {
				want++
			}
		}
		if got := collect(t, j, after); len(got) != want {
			t.Errorf("after %d: %d chunks, want %d", after, len(got), want)
		}
	}
}

func TestOneLongRecord(t *testing.T) {
	j := start(t)
	long := noise(rand.New(rand.NewPCG(5, 6)), 9<<20)
	r := mustSend(t, j, delivery("s", ""), "a\n", long, "b\n")
	chunks := collect(t, j, 0)
	if len(chunks) != 3 || text(chunks)[r.Batch] != "a\n"+long+"b\n" {
		t.Errorf("%d chunks", len(chunks))
	}
	checkOrder(t, chunks)
}

func TestPreambleAndEmptyBatch(t *testing.T) {
	j := start(t)
	a, err := j.Begin(delivery("csv", ""))
	if err != nil {
		t.Fatal(err)
	}
	buf := []byte("1,2\n")
	for range 2 {
		if err := a.Write(buf, 1, []byte("a,b\n")); err != nil {
			t.Fatal(err)
		}
		copy(buf, "x,y\n") // the buffer is the caller's again
	}
	if _, err := a.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	empty := mustSend(t, j, delivery("empty", "e"))
	chunks := collect(t, j, 0)
	if len(chunks) != 3 {
		t.Fatalf("%d chunks", len(chunks))
	}
	if string(chunks[0].Data) != "1,2\n" || string(chunks[1].Data) != "x,y\n" || string(chunks[1].Preamble) != "a,b\n" {
		t.Errorf("%+v", chunks[:2])
	}
	if e := chunks[2]; e.Batch != empty.Batch || e.Records != 0 || len(e.Data) != 0 || !e.Last || e.Dup != 0 {
		t.Errorf("empty batch: %+v", e)
	}
}

func TestAbortedAndUnfinishedAreNotDelivered(t *testing.T) {
	c := testConfig(t.TempDir())
	c.MessageBytes, c.PartWait = 16<<10, time.Millisecond
	j := open(t, c, 0, Dependencies{})
	r := rand.New(rand.NewPCG(7, 8))
	for _, key := range []string{"aborted", "unfinished"} {
		a, err := j.Begin(delivery("s", key))
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			if err := a.Write([]byte(noise(r, 30<<10)), 1, nil); err != nil {
				t.Fatal(err)
			}
		}
		if key == "aborted" {
			a.Abort()
			a.Abort()
			if _, err := a.Commit(t.Context()); !errors.Is(err, errAborted) {
				t.Errorf("commit after abort: %v", err)
			}
			if err := a.Write([]byte("x\n"), 1, nil); !errors.Is(err, errAborted) {
				t.Errorf("write after abort: %v", err)
			}
		}
	}
	mustSend(t, j, delivery("s", "aborted"), "after\n")
	if _, err := j.Begin(delivery("s", "unfinished")); !errors.Is(err, ErrKeyBusy) {
		t.Errorf("unfinished key: %v", err)
	}
	if c := collect(t, j, 0); len(c) != 1 || string(c[0].Data) != "after\n" {
		t.Errorf("chunks %+v", c)
	}
	closeJournal(t, j)
	j = open(t, c, 0, Dependencies{})
	mustSend(t, j, delivery("s", "unfinished"), "again\n")
	if c := collect(t, j, 0); len(c) != 2 || string(c[1].Data) != "again\n" {
		t.Errorf("chunks %+v", c)
	}
}

func TestOnce(t *testing.T) {
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	j := open(t, testConfig(t.TempDir()), 0, Dependencies{Now: func() time.Time { return now }})
	first := mustSend(t, j, delivery("s", "k"), "a\n", "b\n")
	again := mustSend(t, j, delivery("s", "k"), "a\nb\n")
	if !again.Duplicate || again.Batch != first.Batch || again.Records != 2 || again.Bytes != 4 {
		t.Errorf("again: %+v", again)
	}
	if _, err := send(t.Context(), j, delivery("s", "k"), "a\nc\n"); !errors.Is(err, ErrKeyMismatch) {
		t.Errorf("other bytes: %v", err)
	}
	if r := mustSend(t, j, delivery("s2", "k"), "a\nc\n"); r.Duplicate {
		t.Error("another sensor's key counts")
	}
	open1, err := j.Begin(delivery("s", "busy"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.Begin(delivery("s", "busy")); !errors.Is(err, ErrKeyBusy) {
		t.Errorf("busy: %v", err)
	}
	open1.Abort()
	mustSend(t, j, delivery("s", "busy"), "x\n")

	now = now.Add(7*24*time.Hour - time.Second)
	if r := mustSend(t, j, delivery("s", "k"), "a\nb\n"); !r.Duplicate {
		t.Error("forgotten within seven days")
	}
	now = now.Add(time.Second)
	if r := mustSend(t, j, delivery("s", "k"), "a\nb\n"); r.Duplicate {
		t.Error("remembered after seven days")
	}
	var dups int64
	for _, c := range collect(t, j, 0) {
		dups += c.Dup
		if c.Dup > 0 && (c.Batch != first.Batch || len(c.Data) > 0 || c.Records != 0) {
			t.Errorf("duplicate chunk %+v", c)
		}
	}
	if dups != 4 {
		t.Errorf("%d records came again, want 4", dups)
	}
}

func TestSpoolOnce(t *testing.T) {
	c := testConfig(t.TempDir())
	j := open(t, c, 0, Dependencies{})
	numbered := func(n uint64) event.Delivery {
		d := delivery("s", "")
		d.Spool, d.SpoolSeq = "spool-a", n
		return d
	}
	first := mustSend(t, j, numbered(5), "five\n")
	mustSend(t, j, numbered(3), "three\n")
	if r := mustSend(t, j, numbered(5), "five\n"); !r.Duplicate || r.Batch != first.Batch {
		t.Errorf("five again: %+v", r)
	}
	if _, err := send(t.Context(), j, numbered(3), "other\n"); !errors.Is(err, ErrKeyMismatch) {
		t.Errorf("three with other bytes: %v", err)
	}
	for n := range uint64(100) {
		mustSend(t, j, numbered(10+n), fmt.Sprintln(n))
	}
	// Too long ago for a receipt, but never stored twice.
	if r := mustSend(t, j, numbered(5), "five\n"); !r.Duplicate || r.Batch != "" {
		t.Errorf("five, later: %+v", r)
	}
	if r := mustSend(t, j, numbered(4), "four\n"); r.Duplicate {
		t.Error("a gap counts as seen")
	}
	cut := j.LedgerCut()
	last := j.State().Last
	closeJournal(t, j)
	j = open(t, c, last, Dependencies{}, cut)
	for _, n := range []uint64{3, 4, 5, 10, 109} {
		if r := mustSend(t, j, numbered(n), map[uint64]string{109: "99\n", 4: "four\n"}[n]); !r.Duplicate {
			t.Errorf("%d is new after a restart", n)
		}
	}
	if r := mustSend(t, j, numbered(6), "six\n"); r.Duplicate {
		t.Error("six counts as seen after a restart")
	}
}

func TestSameKeyAtOnce(t *testing.T) {
	j := start(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	var fresh, dup, busy int
	for range 50 {
		wg.Go(func() {
			r, err := send(context.Background(), j, delivery("s", "k"), "a\n")
			mu.Lock()
			defer mu.Unlock()
			switch {
			case errors.Is(err, ErrKeyBusy):
				busy++
			case err != nil:
				t.Error(err)
			case r.Duplicate:
				dup++
			default:
				fresh++
			}
		})
	}
	wg.Wait()
	if fresh != 1 || fresh+dup+busy != 50 {
		t.Errorf("%d new, %d duplicate, %d busy", fresh, dup, busy)
	}
}

func TestRefusedHeaders(t *testing.T) {
	j := start(t)
	for name, d := range map[string]event.Delivery{
		"no sensor": {Door: "http", Format: "eve"},
		"no door":   {Sensor: "s", Format: "eve"},
		"no format": {Sensor: "s", Door: "http"},
		"long key":  {Sensor: "s", Door: "http", Format: "eve", Key: strings.Repeat("k", 257)},
		"long id":   {Sensor: "s", Door: "http", Format: "eve", Spool: strings.Repeat("k", 129)},
	} {
		if _, err := j.Begin(d); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	a, err := j.Begin(delivery("s", ""))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Abort()
	if err := a.Write(make([]byte, maxPiece+1), 1, nil); !errors.Is(err, ErrTooLong) {
		t.Errorf("too long: %v", err)
	}
	if err := a.Write(nil, 1, make([]byte, maxPreamble+1)); !errors.Is(err, ErrTooLong) {
		t.Errorf("preamble: %v", err)
	}
	if err := a.Write(nil, -1, nil); !errors.Is(err, ErrInvalid) {
		t.Errorf("records: %v", err)
	}
}

func TestCommitGivesUpWaiting(t *testing.T) {
	j := start(t)
	other, err := j.Begin(delivery("other", "")) // company, so that the group waits
	if err != nil {
		t.Fatal(err)
	}
	defer other.Abort()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := send(ctx, j, delivery("s", "k"), "a\n"); !errors.Is(err, context.Canceled) {
		t.Fatalf("commit: %v", err)
	}
	// The batch counts all the same, once: sending it again tells.
	for {
		r, err := send(t.Context(), j, delivery("s", "k"), "a\n")
		if errors.Is(err, ErrKeyBusy) {
			continue
		}
		if err != nil || !r.Duplicate {
			t.Fatalf("again: %+v %v", r, err)
		}
		break
	}
}

func TestNotReady(t *testing.T) {
	j, err := New(testConfig(t.TempDir()), Dependencies{})
	if err != nil {
		t.Fatal(err)
	}
	check := func(when string) {
		t.Helper()
		if _, err := j.Begin(delivery("s", "")); !errors.Is(err, ErrNotReady) {
			t.Errorf("%s: begin: %v", when, err)
		}
		if err := j.Consume(t.Context(), 0, nil); !errors.Is(err, ErrNotReady) {
			t.Errorf("%s: consume: %v", when, err)
		}
		if err := j.Purge(t.Context(), 1); !errors.Is(err, ErrNotReady) {
			t.Errorf("%s: purge: %v", when, err)
		}
	}
	check("before start")
	if err := j.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	check("before recover")
	closeJournal(t, j)
}

func TestStopped(t *testing.T) {
	j := start(t)
	a, err := j.Begin(delivery("s", ""))
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Write([]byte("a\n"), 1, nil); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		ended <- j.Consume(context.Background(), 0, func(event.Chunk) error { return io.EOF })
	}()
	closeJournal(t, j)
	if _, err := a.Commit(t.Context()); !errors.Is(err, ErrStopped) {
		t.Errorf("commit: %v", err)
	}
	if _, err := j.Begin(delivery("s", "")); err == nil {
		t.Error("begin after stop")
	}
	if err := <-ended; !errors.Is(err, ErrStopped) {
		t.Errorf("consume: %v", err)
	}
}

func TestTwoProcesses(t *testing.T) {
	c := testConfig(t.TempDir())
	open(t, c, 0, Dependencies{})
	second, err := New(c, Dependencies{})
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("second start: %v", err)
	}
}

func TestBatchID(t *testing.T) {
	for _, id := range []batchID{{1, 0}, {1, 1}, {1 << 63, 65535}, {77, 12}} {
		s := id.String()
		if got, ok := parseBatchID(s); !ok || got != id || len(s) != 16 {
			t.Errorf("%+v: %q gives %+v %v", id, s, got, ok)
		}
	}
	for _, s := range []string{"", "x", strings.Repeat("0", 16), strings.Repeat("z", 16), strings.ToUpper(batchID{1<<62 - 1, 3}.String()), strings.Repeat("0", 17)} {
		if p, ok := ParseBatch(s); ok {
			t.Errorf("%q is %d", s, p)
		}
	}
	if (batchID{}).String() != "" {
		t.Error("no batch has an id")
	}
}
