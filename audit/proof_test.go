// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"encoding/base64"
	"errors"
	"io"
	"math/rand/v2"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// The tree of tiles gives the same hashes as tlog's own store of all hashes.
func TestTreeAgreesWithTlog(t *testing.T) {
	var stored []tlog.Hash
	reference := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			out[i] = stored[x]
		}
		return out, nil
	})
	tiles := map[string][]byte{}
	read := func(t tile) ([]byte, error) { return tiles[t.path()], nil }
	grown := new(tree)
	r := rand.New(rand.NewPCG(7, 7))
	for n := int64(0); n < 70_000; n++ {
		leaf := []byte{byte(n), byte(n >> 8), byte(n >> 16)}
		hashes, err := tlog.StoredHashes(n, leaf, reference)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, hashes...)
		for _, f := range grown.add(tlog.RecordHash(leaf)) {
			tiles[f.path()] = f.data
		}
		if n > 600 && r.IntN(500) > 0 && n != 65535 && n != 65536 {
			continue
		}
		want, err := tlog.TreeHash(n+1, reference)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := grown.root(); err != nil || got != want {
			t.Fatalf("%d entries: another root, %v", n+1, err)
		}
		if p, err := tlog.ProveRecord(n+1, r.Int64N(n+1), grown.reader(read)); err != nil || p == nil && n > 0 {
			t.Fatalf("%d entries: %v", n+1, err)
		}
	}
	if len(tiles) != 70_000/256+1 {
		t.Errorf("%d tiles", len(tiles))
	}
}

func TestProofs(t *testing.T) {
	l := opened(t, t.TempDir(), nil)
	var held []Checkpoint
	for i := range 8 {
		held = append(held, l.Checkpoint())
		fill(t, l, i*90, 90)
	}
	for _, index := range []int64{0, 1, 255, 256, 511, 600, 719} {
		e, err := l.Entry(index)
		if err != nil {
			t.Fatal(err)
		}
		c, p, err := l.ProveEntry(index)
		if err != nil || CheckEntry(c, e, p) != nil {
			t.Fatalf("entry %d: %v, %v", index, err, CheckEntry(c, e, p))
		}
		e.Count++
		if CheckEntry(c, e, p) == nil {
			t.Errorf("entry %d: another one has the same proof", index)
		}
	}
	for _, old := range held {
		c, p, err := l.ProveConsistency(old.Size)
		if err != nil || CheckConsistency(old, c, p) != nil {
			t.Fatalf("from %d: %v, %v", old.Size, err, CheckConsistency(old, c, p))
		}
		if old.Size == 0 {
			continue
		}
		old.Root[3] ^= 1
		if CheckConsistency(old, c, p) == nil {
			t.Errorf("from %d: another log has the same proof", old.Size)
		}
		if CheckConsistency(c, old, p) == nil {
			t.Error("a log may go back")
		}
	}
	if _, _, err := l.ProveEntry(720); !errors.Is(err, ErrNotFound) {
		t.Errorf("an entry that is not there: %v", err)
	}
	if _, _, err := l.ProveConsistency(721); !errors.Is(err, ErrNotFound) {
		t.Errorf("a size that is not there: %v", err)
	}
}

func get(t *testing.T, l *Log, url string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	l.CheckpointHandler().ServeHTTP(w, httptest.NewRequest("GET", url, nil))
	body, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, string(body)
}

func TestCheckpointHandler(t *testing.T) {
	l := opened(t, t.TempDir(), nil)
	fill(t, l, 0, 10)
	code, text := get(t, l, "/.well-known/haidang/checkpoint")
	old, err := ParseCheckpoint([]byte(text), verifierKey(t, l))
	if code != 200 || err != nil || old.Size != 10 {
		t.Fatalf("%d, %+v, %v", code, old, err)
	}
	fill(t, l, 10, 400)
	code, text = get(t, l, "/.well-known/haidang/checkpoint?from=10")
	hashes, rest, ok := strings.Cut(text, "\n\n")
	if code != 200 || !ok {
		t.Fatalf("%d: %s", code, text)
	}
	var proof tlog.TreeProof
	for line := range strings.Lines(hashes + "\n") {
		h, err := tlog.ParseHash(strings.TrimSpace(line))
		if err != nil {
			t.Fatal(err)
		}
		proof = append(proof, h)
	}
	c, err := ParseCheckpoint([]byte(rest), verifierKey(t, l))
	if err != nil || c.Size != 410 || CheckConsistency(old, c, proof) != nil {
		t.Errorf("%+v, %v, %v", c, err, CheckConsistency(old, c, proof))
	}
	for _, bad := range []string{"x", "-1", "411"} {
		if code, _ := get(t, l, "/?from="+bad); code != 400 {
			t.Errorf("from=%s: %d", bad, code)
		}
	}
}

// A verifier who holds either key follows the change of keys to the other.
func TestKeyRotation(t *testing.T) {
	dir := t.TempDir()
	var keys []string
	var held []byte
	for n := byte(1); n <= 3; n++ {
		l := newLog(t, dir, func(_ *Config, d *Dependencies) {
			d.Key = testKey(n)
			if n > 1 {
				d.Previous = testKey(n - 1)
			}
		})
		if err := l.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		fill(t, l, int(n)*100, 100)
		keys = append(keys, verifierKey(t, l))
		if n == 1 {
			held = l.Checkpoint().Note
		}
		if n > 1 {
			p, err := l.Entries(t.Context(), 0, 10, Filter{Action: Key, Object: keyID(keys[n-1])})
			if err != nil || len(p.Entries) != 1 {
				t.Errorf("the change is told %d times, %v", len(p.Entries), err)
			}
		}
		closeLog(t, l)
	}
	for _, key := range keys {
		if r := verified(t, dir, key, held); len(r.Keys) != 3 || r.Checkpoint.Size != 302 {
			t.Errorf("keys %v, %d entries", r.Keys, r.Checkpoint.Size)
		}
	}
	stranger, err := VerifierKey(originOf(held), testKey(77))
	if err != nil {
		t.Fatal(err)
	}
	if r, err := Verify(t.Context(), dir, []string{stranger}, nil); err == nil && r.Err() == nil {
		t.Error("a key that nobody here has is trusted")
	}
	if _, err := Verify(t.Context(), dir, nil, nil); err == nil {
		t.Error("no key, and it verifies")
	}
	// The old key alone is of no use any more.
	if err := newLog(t, dir, nil).Start(t.Context()); !errors.Is(err, ErrTampered) {
		t.Errorf("started with the first key: %v", err)
	}
}

// A running log verifies too, and a snapshot of it is a log.
func TestVerifyAndSnapshotWhileRunning(t *testing.T) {
	dir := t.TempDir()
	l := opened(t, dir, func(c *Config, _ *Dependencies) { c.SegmentBytes = 16 << 10 })
	fill(t, l, 0, 500)
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			if _, err := l.Append(t.Context(), sample(i)); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	for range 10 {
		held := l.Checkpoint().Note
		if r := verified(t, dir, verifierKey(t, l), held); !r.Running {
			t.Error("it does not see that the log is written to")
		}
		c, files, err := l.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		to := memoryDir(t)
		copied(t, files).put(t, to)
		if r := verified(t, to, verifierKey(t, l), held); r.Entries != c.Size {
			t.Errorf("the snapshot has %d entries, its checkpoint %d", r.Entries, c.Size)
		}
		copyLog := newLog(t, to, nil)
		if err := copyLog.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		closeLog(t, copyLog)
	}
	close(stop)
	<-done
}

func copied(t *testing.T, files []File) folderOf {
	t.Helper()
	out := folderOf{}
	for _, f := range files {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(io.LimitReader(r, f.Size))
		if err := errors.Join(err, r.Close()); err != nil || int64(len(data)) != f.Size {
			t.Fatalf("%s: %d of %d bytes, %v", f.Name, len(data), f.Size, err)
		}
		out[filepath.FromSlash(f.Name)] = data
	}
	return out
}

func TestCheckpointsOfOthers(t *testing.T) {
	l := opened(t, t.TempDir(), nil)
	fill(t, l, 0, 3)
	key, good := verifierKey(t, l), l.Checkpoint()
	witnessKey, witness, err := witnessed(good)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := ParseCheckpoint(witness, key); err != nil || c.Size != 3 {
		t.Errorf("a witness's signature beside ours: %v", err)
	}
	if c, err := ParseCheckpoint(witness, witnessKey); err != nil || c.Size != 3 {
		t.Errorf("by the witness's key: %v", err)
	}
	if _, err := ownCheckpoint(witness, 1, key); err == nil {
		t.Error("the log's own file bears a signature of a stranger")
	}
	for name, text := range map[string]string{
		"no lines": "x\n", "size": "o\n-1\n" + zero + "\ntime 2026-01-01T00:00:00Z\n", "root": "o\n1\nAA\ntime 2026-01-01T00:00:00Z\n",
		"time": "o\n1\n" + zero + "\ntime soon\n", "leading zero": "o\n01\n" + zero + "\ntime 2026-01-01T00:00:00Z\n",
		"one key": "o\n1\n" + zero + "\ntime 2026-01-01T00:00:00Z\nkeys a\n", "more": "o\n1\n" + zero + "\ntime 2026-01-01T00:00:00Z\nkeys a b\nx\n",
	} {
		if c, err := parseText(text); err == nil {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

var zero = base64.StdEncoding.EncodeToString(make([]byte, 32))

// witnessed adds the signature of another program.
func witnessed(c Checkpoint) (key string, signed []byte, err error) {
	s, key, err := newSigner("witness.example", testKey(50))
	if err != nil {
		return "", nil, err
	}
	own, _, err := newSigner(c.Origin, testKey(1))
	if err != nil {
		return "", nil, err
	}
	signed, err = note.Sign(&note.Note{Text: c.text()}, own, s)
	return key, signed, err
}
