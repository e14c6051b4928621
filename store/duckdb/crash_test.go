// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package duckdb

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"haidang/event"
	"haidang/store"
	"haidang/store/duckdb/disk"
	"haidang/store/duckdb/manifest"
	"haidang/store/storetest"
)

var errPower = errors.New("the power is gone")

// breaker lets a number of steps pass, then nothing more: the process is dead.
// It remembers what would not have survived a loss of power: bytes and folder
// entries that were not synced.
type breaker struct {
	mu       sync.Mutex
	dir      string
	left     int
	dead     bool
	unsynced map[string]bool   // files whose bytes were not synced
	entries  map[string]bool   // names that came since the folder was synced
	before   map[string][]byte // replaced files' old content, until the folder is synced
}

func (b *breaker) hook(op disk.Op, name string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left--; b.left < 0 || b.dead {
		b.dead = true
		return fmt.Errorf("%w at %s %s", errPower, op, name)
	}
	switch op {
	case disk.OpCreate:
		b.unsynced[name], b.entries[name] = true, true
	case disk.OpSync:
		delete(b.unsynced, name)
	case disk.OpRename:
		old, err := os.ReadFile(filepath.Join(b.dir, name))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		b.before[name] = old // nil when there was none
		delete(b.entries, name+".new")
	case disk.OpSyncDir:
		clear(b.entries)
		clear(b.before)
	}
	return nil
}

// lose throws away what was not synced. A disk may keep a rename and yet lose
// an entry that came before it.
func (b *breaker) lose(t *testing.T, dir string, keepRename bool) {
	t.Helper()
	for name, old := range b.before {
		if keepRename {
			break
		}
		if old == nil {
			b.entries[name] = true
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, name), old, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name := range b.unsynced {
		if err := os.Truncate(filepath.Join(dir, name), 0); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	for name := range b.entries {
		if keepRename && name == manifest.FileName {
			continue
		}
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
}

// shape is everything that may differ between two states.
func shape(t *testing.T, s *Store) string {
	t.Helper()
	ctx := context.Background()
	q := event.Query{From: event.TimeUnset, To: event.TimeUnset, Limit: MaxPage}
	p, err := s.Events(ctx, q)
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Rejects(ctx, store.RejectQuery{Limit: MaxPage})
	if err != nil {
		t.Fatal(err)
	}
	slots, err := s.Sidecars("k")
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("position %d, records %v, rejects %v, slots %q", s.Position(), p.Batch.ID, r.Rejects, slots)
}

func full(position event.Position, r *rand.Rand) store.Commit {
	return store.Commit{
		Position: position, Batches: []*event.Batch{storetest.RandomBatch(r, 5)}, Watermark: storetest.Epoch,
		Rejects: []event.Reject{{Sensor: "x", Seq: position, At: storetest.Epoch}},
		Sidecars: []store.Sidecar{
			{Kind: "k", Key: "set", Replace: true, Data: fmt.Appendf(nil, "at %d", position)},
			{Kind: "k", Key: "add", Data: fmt.Appendf(nil, "add %d", position)},
		},
	}
}

// prepare makes a store of n commits in a folder of its own.
func prepare(t *testing.T, n int) (dir string, r *rand.Rand) {
	t.Helper()
	dir, r = filepath.Join(t.TempDir(), "s"), rand.New(rand.NewPCG(5, 5))
	s := open(t, dir, nil)
	for i := range n {
		if err := s.Commit(t.Context(), full(event.Position(i+1), r)); err != nil {
			t.Fatal(err)
		}
	}
	shut(t, s)
	return dir, r
}

func open(t *testing.T, dir string, hook func(disk.Op, string) error) *Store {
	t.Helper()
	s := New(Config{Dir: dir, NoMerge: true, Threads: 1}, Dependencies{Hook: hook})
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func shut(t testing.TB, s *Store) {
	t.Helper()
	if err := s.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func copyDir(t *testing.T, from string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "s")
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return to
}

// TestPowerCut cuts the power at every step of a commit, a merge, an expiry:
// what is found afterwards is the old state or the new one, and the new one when
// the step was reported done.
func TestPowerCut(t *testing.T) {
	if testing.Short() {
		t.Skip("tries every system call of one goroutine")
	}
	for _, c := range []struct {
		name    string
		commits int
		act     func(s *Store, r *rand.Rand) error
	}{
		{"first commit", 0, func(s *Store, r *rand.Rand) error { return s.Commit(context.Background(), full(1, r)) }},
		{"commit", 3, func(s *Store, r *rand.Rand) error { return s.Commit(context.Background(), full(9, r)) }},
		{"commit of what was written ahead", 3, func(s *Store, r *rand.Rand) error {
			for range 2 {
				if err := s.Append(context.Background(), []*event.Batch{storetest.RandomBatch(r, 5)}); err != nil {
					return err
				}
			}
			return s.Commit(context.Background(), full(9, r))
		}},
		{"merge", 9, func(s *Store, _ *rand.Rand) error { _, err := s.mergeOnce(context.Background()); return err }},
		{"expire", 3, func(s *Store, _ *rand.Rand) error {
			_, err := s.Expire(context.Background(), storetest.Epoch+event.Time(1e18))
			return err
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			origin, r := prepare(t, c.commits)
			seed := r.Uint64()
			act := func(s *Store) error { return c.act(s, rand.New(rand.NewPCG(seed, 1))) }
			whole := open(t, copyDir(t, origin), nil)
			before := shape(t, whole)
			if err := act(whole); err != nil {
				t.Fatal(err)
			}
			after := shape(t, whole)
			shut(t, whole)
			for step := 0; ; step++ {
				if powerCutAt(t, origin, step, act, before, after) {
					if step < 5 {
						t.Errorf("only %d steps: the hook sees too little", step)
					}
					return
				}
			}
		})
	}
}

// powerCutAt says whether the act was through before the step came.
func powerCutAt(t *testing.T, origin string, step int, act func(s *Store) error, before, after string) bool {
	t.Helper()
	dir := copyDir(t, origin)
	b := &breaker{dir: dir, left: 1 << 30, unsynced: map[string]bool{}, entries: map[string]bool{}, before: map[string][]byte{}}
	s := open(t, dir, b.hook)
	b.mu.Lock()
	b.left = step
	b.mu.Unlock()
	err := act(s)
	died := b.dead
	if err != nil && !died {
		t.Fatal(err)
	}
	if err := s.engine.stop(); err != nil {
		t.Fatal(err)
	}
	lost, reordered := copyDir(t, dir), copyDir(t, dir)
	b.lose(t, lost, false)
	b.lose(t, reordered, true)
	for what, dir := range map[string]string{"killed": dir, "lost": lost, "reordered": reordered} {
		again := open(t, dir, nil)
		got := shape(t, again)
		shut(t, again)
		if got != before && got != after {
			t.Fatalf("step %d, %s: neither the old state nor the new one:\n%s\nold %s\nnew %s", step, what, got, before, after)
		}
		if err == nil && got != after {
			t.Fatalf("step %d, %s: reported done, yet the old state is back", step, what)
		}
		onlyLiveFiles(t, dir)
	}
	return !died
}

// onlyLiveFiles checks that nothing was left behind.
func onlyLiveFiles(t *testing.T, dir string) {
	t.Helper()
	d := &disk.Dir{Path: dir}
	m, err := manifest.Load(d)
	if err != nil {
		t.Fatal(err)
	}
	if orphans, err := m.Check(d); err != nil || len(orphans) > 0 {
		t.Fatalf("left behind: %v, %v", orphans, err)
	}
}

func TestStartSaysWhatIsMissing(t *testing.T) {
	dir, _ := prepare(t, 1)
	names, err := filepath.Glob(filepath.Join(dir, "events-*.parquet"))
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	for what, damage := range map[string]func(path string) error{
		"is missing": os.Remove,
		"instead of": func(path string) error { return os.Truncate(path, 10) },
	} {
		broken := copyDir(t, dir)
		name := filepath.Base(names[0])
		if err := damage(filepath.Join(broken, name)); err != nil {
			t.Fatal(err)
		}
		err := New(Config{Dir: broken}, Dependencies{}).Start(t.Context())
		if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), what) ||
			!strings.Contains(err.Error(), "backup") {
			t.Errorf("error %v, want one that names %s, %q and the remedy", err, name, what)
		}
	}
	broken := copyDir(t, dir)
	path := filepath.Join(broken, manifest.FileName)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[20] ^= 1
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := New(Config{Dir: broken}, Dependencies{}).Start(t.Context()); err == nil || !strings.Contains(err.Error(), "checksum") {
		t.Errorf("a damaged manifest: %v", err)
	}
}

// TestFullDisk: a commit that cannot be written changes nothing and leaves
// nothing behind; when there is room again the next one goes through.
func TestFullDisk(t *testing.T) {
	dir, r := prepare(t, 2)
	errFull := errors.New("no space left on device")
	deny := ""
	s := open(t, dir, func(op disk.Op, name string) error {
		if deny != "" && op == disk.OpSync && strings.HasPrefix(name, deny) {
			return errFull
		}
		return nil
	})
	before := shape(t, s)
	for _, deny = range []string{"events", "rejects", "parts", "manifest"} {
		if err := s.Commit(t.Context(), full(9, r)); !errors.Is(err, errFull) {
			t.Fatalf("%s: error %v", deny, err)
		}
		if got := shape(t, s); got != before {
			t.Fatalf("%s: a failed commit changed something: %s", deny, got)
		}
		onlyLiveFiles(t, dir)
	}
	deny = ""
	if err := s.Commit(t.Context(), full(9, r)); err != nil {
		t.Fatal(err)
	}
	if s.Position() != 9 {
		t.Errorf("position %d", s.Position())
	}
	shut(t, s)
}
