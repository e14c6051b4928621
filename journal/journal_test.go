// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/zeebo/xxh3"

	"haidang/event"
)

// testConfig is small and looks at no disk.
func testConfig(dir string) Config {
	c := DefaultConfig()
	c.Dir = dir
	c.MinFree, c.MinFreePercent = -1, -1
	c.MaxBytes = 256 << 20
	return c
}

type testWriter struct{ t testing.TB }

func (w testWriter) Write(p []byte) (int, error) {
	w.t.Log(string(bytes.TrimSpace(p)))
	return len(p), nil
}

func testLog(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(testWriter{t}, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

func open(t testing.TB, c Config, after event.Position, d Dependencies, cuts ...[]byte) *Journal {
	t.Helper()
	if d.Log == nil {
		d.Log = testLog(t)
	}
	j, err := New(c, d)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, cut := range cuts {
		if err := j.LedgerLoad(cut); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Recover(t.Context(), after); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeJournal(t, j) })
	return j
}

func closeJournal(t testing.TB, j *Journal) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := j.Stop(ctx); err != nil {
		t.Error(err)
	}
}

func start(t testing.TB) *Journal { return open(t, testConfig(t.TempDir()), 0, Dependencies{}) }

func delivery(sensor, key string) event.Delivery {
	return event.Delivery{Sensor: sensor, Door: "http", Format: "eve", Key: key, Received: 5}
}

// send journals pieces of one line each.
func send(ctx context.Context, j *Journal, d event.Delivery, pieces ...string) (event.Receipt, error) {
	a, err := j.Begin(d)
	if err != nil {
		return event.Receipt{}, err
	}
	defer a.Abort()
	body := a.Body()
	for _, p := range pieces {
		if body != nil {
			_, _ = body.Write([]byte(p)) // never fails
		}
		if err := a.Write([]byte(p), bytes.Count([]byte(p), []byte("\n")), nil); err != nil {
			return event.Receipt{}, err
		}
	}
	return a.Commit(ctx)
}

func mustSend(t testing.TB, j *Journal, d event.Delivery, pieces ...string) event.Receipt {
	t.Helper()
	r, err := send(context.Background(), j, d, pieces...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// sendUntilTaken sends one batch as a patient sensor does. It ends the waiting,
// not the test: it may run in any goroutine.
func sendUntilTaken(t testing.TB, j *Journal, d event.Delivery, pieces ...string) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(time.Minute); ; <-tick.C {
		_, err := send(context.Background(), j, d, pieces...)
		if err == nil {
			return
		}
		soon := errors.Is(err, ErrNoSpace) || errors.Is(err, ErrUnavailable) || errors.Is(err, ErrKeyBusy)
		if !soon || time.Now().After(deadline) {
			t.Errorf("batch %s: %v", d.Key, err)
			return
		}
	}
}

var errEnough = errors.New("enough")

// collect reads chunks until everything journalled by now was delivered.
func collect(t testing.TB, j *Journal, after event.Position) []event.Chunk {
	t.Helper()
	j.applied.mu.Lock()
	end := event.Position(j.applied.seq)
	j.applied.mu.Unlock()
	if end <= after {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	// A batch of its own marks the end, since messages without a batch give nothing.
	mark := mustSend(t, j, delivery("end-mark", ""), "end\n")
	var out []event.Chunk
	err := j.Consume(ctx, after, func(c event.Chunk) error {
		if c.Batch == mark.Batch {
			return errEnough
		}
		if c.Sensor != "end-mark" {
			out = append(out, c)
		}
		return nil
	})
	if !errors.Is(err, errEnough) {
		t.Fatalf("consume: %v", err)
	}
	return out
}

// text joins the chunks of every batch, by batch.
func text(chunks []event.Chunk) map[string]string {
	out := map[string]string{}
	for _, c := range chunks {
		out[c.Batch] += string(c.Data)
	}
	return out
}

func TestOneBatch(t *testing.T) {
	j := start(t)
	d := delivery("s1", "k1")
	d.Shed, d.Replay, d.Spool, d.SpoolSeq = 7, true, "sp", 3
	r := mustSend(t, j, d, "a\nb\n", "c\n")
	if r.Bytes != 6 || r.Records != 3 || r.Duplicate || r.Batch == "" {
		t.Fatalf("receipt %+v", r)
	}
	chunks := collect(t, j, 0)
	if len(chunks) != 2 {
		t.Fatalf("%d chunks", len(chunks))
	}
	sum := xxh3.Hash128([]byte("a\nb\nc\n")).Bytes()
	copy(d.Digest[:], sum[:])
	for i, want := range []event.Chunk{
		{Batch: r.Batch, Seq: 1, Offset: 0, First: 0, Records: 2, Data: []byte("a\nb\n")},
		{Batch: r.Batch, Seq: 1, Offset: 2, First: 2, Records: 1, Data: []byte("c\n"), Last: true, Through: 1},
	} {
		got := chunks[i]
		if got.Delivery != d {
			t.Errorf("chunk %d: delivery %+v, want %+v", i, got.Delivery, d)
		}
		if got.Batch != want.Batch || got.Seq != want.Seq || got.Offset != want.Offset || got.First != want.First ||
			got.Records != want.Records || !bytes.Equal(got.Data, want.Data) || got.Last != want.Last || got.Through != want.Through {
			t.Errorf("chunk %d: %+v, want %+v", i, got, want)
		}
		if !got.Ingested.IsSet() {
			t.Errorf("chunk %d: no time", i)
		}
	}
	if pos, ok := ParseBatch(r.Batch); !ok || pos != 1 {
		t.Errorf("ParseBatch(%q) = %d, %v", r.Batch, pos, ok)
	}
}

func TestGroupCommit(t *testing.T) {
	j := start(t)
	const senders, each = 64, 40
	var wg sync.WaitGroup
	for s := range senders {
		wg.Go(func() {
			for i := range each {
				if _, err := send(context.Background(), j, delivery(fmt.Sprintf("s%d", s), fmt.Sprint(i)), fmt.Sprintf("%d-%d\n", s, i)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	messages := testutil.ToFloat64(j.m.messages)
	t.Logf("%d batches in %.0f messages", senders*each, messages)
	if messages > senders*each/8 {
		t.Errorf("%.0f messages for %d batches: no grouping", messages, senders*each)
	}
	seen := map[string]bool{}
	ids := map[string]bool{}
	for _, c := range collect(t, j, 0) {
		if seen[string(c.Data)] {
			t.Errorf("%q twice", c.Data)
		}
		seen[string(c.Data)] = true
		ids[fmt.Sprint(c.Seq, "/", c.Offset)] = true
	}
	if len(seen) != senders*each || len(ids) != senders*each {
		t.Errorf("%d batches, %d places; want %d", len(seen), len(ids), senders*each)
	}
}

func TestRestart(t *testing.T) {
	c := testConfig(t.TempDir())
	j := open(t, c, 0, Dependencies{})
	first := mustSend(t, j, delivery("s", "k"), "a\n")
	closeJournal(t, j)
	j = open(t, c, 0, Dependencies{})
	again := mustSend(t, j, delivery("s", "k"), "a\n")
	if !again.Duplicate || again.Batch != first.Batch {
		t.Errorf("after restart: %+v, first %+v", again, first)
	}
	mustSend(t, j, delivery("s", "k2"), "b\n")
	chunks := collect(t, j, 0)
	if len(chunks) != 3 || string(chunks[0].Data) != "a\n" || chunks[1].Dup != 1 || string(chunks[2].Data) != "b\n" {
		t.Errorf("chunks %+v", chunks)
	}
}

func copyTree(t *testing.T, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	_ = os.Remove(filepath.Join(to, "lock"))
}
