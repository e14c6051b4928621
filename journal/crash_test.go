// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"haidang/event"
)

// snapshotUnderLoad sends from several senders and copies the folder meanwhile,
// as a kill would leave it. It gives what was acknowledged before each copy
// began and what was ever sent before it ended.
func snapshotUnderLoad(t *testing.T, c Config, copies int) (dirs []string, acked, sent []map[string]bool) {
	t.Helper()
	j := open(t, c, 0, Dependencies{})
	var mu sync.Mutex
	ackedNow, sentNow := map[string]bool{}, map[string]bool{}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for s := range 8 {
		r := rand.New(rand.NewPCG(uint64(s), 1))
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				key := fmt.Sprintf("%d-%d", s, i)
				pieces := []string{key + "\n"}
				if s == 0 { // one sender's batches span messages
					pieces = append(pieces, noise(r, 40<<10), noise(r, 40<<10))
				}
				mu.Lock()
				sentNow[key] = true
				mu.Unlock()
				if _, err := send(context.Background(), j, delivery("s", key), pieces...); err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				ackedNow[key] = true
				mu.Unlock()
			}
		})
	}
	for i := range copies {
		for { // let something happen in between
			mu.Lock()
			n := len(ackedNow)
			mu.Unlock()
			if n > 40*(i+1) {
				break
			}
		}
		dir := t.TempDir()
		mu.Lock()
		acked = append(acked, clone(ackedNow))
		mu.Unlock()
		copyTree(t, c.Dir, dir)
		mu.Lock()
		sent = append(sent, clone(sentNow))
		mu.Unlock()
		dirs = append(dirs, dir)
	}
	cancel()
	wg.Wait()
	return dirs, acked, sent
}

func clone(m map[string]bool) map[string]bool {
	out := map[string]bool{}
	for k := range m {
		out[k] = true
	}
	return out
}

func TestKilled(t *testing.T) {
	c := testConfig(t.TempDir())
	c.MessageBytes = 32 << 10
	dirs, acked, sent := snapshotUnderLoad(t, c, 5)
	for i, dir := range dirs {
		c.Dir = dir
		checkSurvivors(t, open(t, c, 0, Dependencies{}), acked[i], sent[i])
	}
}

// checkSurvivors: every acknowledged batch is delivered whole and once, nothing
// else than what was sent is, and what was delivered counts as a duplicate.
func checkSurvivors(t *testing.T, j *Journal, acked, sent map[string]bool) {
	t.Helper()
	chunks := collect(t, j, 0)
	checkOrder(t, chunks)
	seen := map[string]bool{}
	for _, batch := range text(chunks) {
		key, rest, _ := strings.Cut(batch, "\n")
		if seen[key] || !sent[key] {
			t.Errorf("batch %s: again or unknown", key)
		}
		seen[key] = true
		if want := map[bool]int{true: 80 << 10, false: 0}[strings.HasPrefix(key, "0-")]; len(rest) != want {
			t.Errorf("batch %s: %d bytes follow, want %d", key, len(rest), want)
		}
	}
	for key := range acked {
		if !seen[key] {
			t.Errorf("batch %s was acknowledged and is lost", key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(sent)) {
		if strings.HasPrefix(key, "0-") {
			continue
		}
		r := mustSend(t, j, delivery("s", key), key+"\n")
		if r.Duplicate != seen[key] {
			t.Errorf("batch %s: duplicate %v, delivered %v", key, r.Duplicate, seen[key])
		}
	}
}

// lastBlock finds the newest block file.
func lastBlock(t *testing.T, j string) string {
	t.Helper()
	blocks, err := filepath.Glob(filepath.Join(j, "jetstream", "*", "streams", "HAIDANG", "msgs", "*.blk"))
	if err != nil || len(blocks) == 0 {
		t.Fatal("no block files", err)
	}
	slices.SortFunc(blocks, func(a, b string) int { return len(a) - len(b) + strings.Compare(a, b) })
	return blocks[len(blocks)-1]
}

func TestTornTail(t *testing.T) {
	for _, cut := range []int64{1, 7, 30, 100} {
		c := testConfig(t.TempDir())
		j := open(t, c, 0, Dependencies{})
		mustSend(t, j, delivery("s", "a"), "a\n")
		mustSend(t, j, delivery("s", "b"), "b\n")
		acked := filepath.Join(t.TempDir(), "copy")
		copyTree(t, c.Dir, acked)
		size := func(dir string) int64 {
			info, err := os.Stat(lastBlock(t, dir))
			if err != nil {
				t.Fatal(err)
			}
			return info.Size()
		}
		whole := size(acked)
		mustSend(t, j, delivery("s", "torn"), "torn\n")
		torn := filepath.Join(t.TempDir(), "torn")
		copyTree(t, c.Dir, torn)
		if size(torn) <= whole+cut {
			t.Fatalf("block grew from %d to %d", whole, size(torn))
		}
		if err := os.Truncate(lastBlock(t, torn), size(torn)-cut); err != nil {
			t.Fatal(err)
		}
		c.Dir = torn
		j = open(t, c, 0, Dependencies{})
		chunks := collect(t, j, 0)
		if len(chunks) != 2 || string(chunks[0].Data) != "a\n" || string(chunks[1].Data) != "b\n" {
			t.Errorf("cut %d: %+v", cut, chunks)
		}
		if r := mustSend(t, j, delivery("s", "torn"), "torn\n"); r.Duplicate {
			t.Errorf("cut %d: a torn batch counts as accepted", cut)
		}
	}
}

func TestStoreAheadOfJournal(t *testing.T) {
	c := testConfig(t.TempDir())
	j := open(t, c, 100, Dependencies{})
	if r := mustSend(t, j, delivery("s", "a"), "a\n"); mustPosition(t, r) != 101 {
		t.Errorf("first position %d", mustPosition(t, r))
	}
	closeJournal(t, j)
	// An older journal was put back; the store holds more.
	j = open(t, c, 500, Dependencies{})
	if r := mustSend(t, j, delivery("s", "b"), "b\n"); mustPosition(t, r) != 501 {
		t.Errorf("position %d", mustPosition(t, r))
	}
	closeJournal(t, j)
	j = open(t, c, 501, Dependencies{})
	if r := mustSend(t, j, delivery("s", "c"), "c\n"); mustPosition(t, r) != 502 {
		t.Errorf("position %d", mustPosition(t, r))
	}
}

func mustPosition(t *testing.T, r event.Receipt) event.Position {
	t.Helper()
	p, ok := ParseBatch(r.Batch)
	if !ok {
		t.Fatalf("batch %q", r.Batch)
	}
	return p
}

// The log dies in the middle of the load, as it does when the disk fills while
// nobody looked; the journal starts it again and nothing acknowledged is lost.
func TestLogDiesAndComesBack(t *testing.T) {
	c := testConfig(t.TempDir())
	j := open(t, c, 0, Dependencies{})
	var mu sync.Mutex
	acked := map[string]bool{}
	var wg sync.WaitGroup
	kill := make(chan struct{})
	for s := range 4 {
		wg.Go(func() {
			for i := range 200 {
				if s == 0 && i == 50 {
					close(kill)
				}
				key := fmt.Sprintf("%d-%d", s+1, i)
				sendUntilTaken(t, j, delivery("s", key), key+"\n")
				mu.Lock()
				acked[key] = true
				mu.Unlock()
			}
		})
	}
	<-kill
	if err := j.link.Load().srv.ShutdownJetStream(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	b, err := j.Bucket(t.Context(), "b")
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Put(t.Context(), "k", nil); err != nil {
		t.Error(err)
	}
	checkSurvivorsOnce(t, j, acked)
}

// checkSurvivorsOnce is checkSurvivors where batches were sent until they were taken.
func checkSurvivorsOnce(t *testing.T, j *Journal, acked map[string]bool) {
	t.Helper()
	seen := map[string]int{}
	for _, c := range collect(t, j, 0) {
		if c.Dup == 0 {
			seen[strings.TrimSpace(string(c.Data))]++
		}
	}
	for key := range acked {
		if seen[key] != 1 {
			t.Errorf("batch %s is there %d times", key, seen[key])
		}
	}
	if len(seen) != len(acked) {
		t.Errorf("%d batches, %d acknowledged", len(seen), len(acked))
	}
}
