// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
)

// crashed is a log's folder as a power cut leaves it: with the spare, which holds
// the checkpoint before the newest.
func crashed(t *testing.T) (f folderOf, key string) {
	t.Helper()
	dir := t.TempDir()
	l := newLog(t, dir, nil)
	if err := l.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	fill(t, l, 0, 299)
	fill(t, l, 299, 1) // by itself: what the two notes differ by
	key = verifierKey(t, l)
	f = readFolder(t, dir).clone()
	closeLog(t, l)
	if f[checkpointFile+freshSuffix] == nil {
		t.Skip("names cannot be exchanged here")
	}
	return f, key
}

// Of the two notes one may be torn, and their names may not be on disk: nothing
// that was acknowledged is lost, and the log says what it took in.
func TestOneOfTwoNotes(t *testing.T) {
	f, key := crashed(t)
	const spare = checkpointFile + freshSuffix
	older := f[spare]
	for name, c := range map[string]struct {
		change  func(folderOf)
		adopted int64
	}{
		"as it was":          {func(folderOf) {}, 0},
		"names changed back": {func(f folderOf) { f[checkpointFile], f[spare] = f[spare], f[checkpointFile] }, 0},
		"spare torn":         {func(f folderOf) { f[spare] = f[spare][:100] }, 0},
		"spare empty":        {func(f folderOf) { f[spare] = nil }, 0},
		"newest torn":        {func(f folderOf) { copy(f[checkpointFile][60:], "torn") }, 1},
		"newest empty":       {func(f folderOf) { f[checkpointFile] = nil }, 1},
		"only the older":     {func(f folderOf) { f[checkpointFile] = bytes.Clone(older); delete(f, spare) }, 1},
	} {
		g := f.clone()
		c.change(g)
		dir := filepath.Join(t.TempDir(), "log")
		g.put(t, dir)
		l := newLog(t, dir, nil)
		if err := l.Start(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := int64(300)
		if c.adopted > 0 {
			if e, err := l.Entry(want); err != nil || e.Action != Recovery || e.Object.More != c.adopted {
				t.Errorf("%s: %+v, %v; want %d taken in", name, e, err, c.adopted)
			}
			want++
		}
		if got := l.Checkpoint().Size; got != want {
			t.Errorf("%s: %d entries, want %d", name, got, want)
		}
		closeLog(t, l)
		if left := slices.Sorted(maps.Keys(readFolder(t, dir))); slices.Contains(left, spare) {
			t.Errorf("%s: after a clean stop there are %v", name, left)
		}
		verified(t, dir, key, f[checkpointFile])
	}
}

// Two notes that nobody signed are no crash.
func TestNoneOfTwoNotes(t *testing.T) {
	f, _ := crashed(t)
	for _, name := range []string{checkpointFile, checkpointFile + freshSuffix} {
		f[name][len(f[name])-30] ^= 1
	}
	dir := filepath.Join(t.TempDir(), "log")
	f.put(t, dir)
	if err := newLogStart(t, dir); !errors.Is(err, ErrTampered) {
		t.Error(err)
	}
}

// Where names cannot be exchanged a new file takes the newest's name; with and
// without, the newest name gives the newest note, whatever their lengths.
func TestNotes(t *testing.T) {
	for _, exchanging := range []bool{true, false} {
		dir := t.TempDir()
		n, err := openNotes(dir, []byte("first"))
		if err != nil {
			t.Fatal(err)
		}
		if !exchanging {
			if err := n.close(); err != nil {
				t.Fatal(err)
			}
		}
		for _, note := range []string{"a longer one", "short", "", "the last one of all"} {
			if err := errors.Join(n.write([]byte(note)), n.publish()); err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(n.newest()); err != nil || string(got) != note {
				t.Errorf("%q, %v; want %q", got, err, note)
			}
		}
		if err := n.close(); err != nil {
			t.Error(err)
		}
		if list, err := readNotes(dir); err != nil || len(list) != 1 || string(list[0]) != "the last one of all" {
			t.Errorf("%q, %v", list, err)
		}
	}
}

// On a full disk a log does not start, and what it knew stays.
func TestNotesOnAFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no device here that is always full")
	}
	f, _ := crashed(t)
	for _, name := range []string{checkpointFile + ".start" + freshSuffix, checkpointFile + freshSuffix} {
		dir := filepath.Join(t.TempDir(), "log")
		f.put(t, dir)
		full := filepath.Join(dir, name)
		if err := errors.Join(os.RemoveAll(full), os.Symlink("/dev/full", full)); err != nil {
			t.Fatal(err)
		}
		if _, err := openNotes(dir, []byte("another")); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%s cannot be written: %v", name, err)
		}
		want := f[checkpointFile]
		if name == checkpointFile+freshSuffix { // the newest was safe before
			want = []byte("another")
		}
		at := filepath.Join(dir, checkpointFile)
		if info, err := os.Lstat(at); err != nil || !info.Mode().IsRegular() { // the device never ends
			t.Fatalf("%s cannot be written: the checkpoint became %v, %v", name, info, err)
		}
		if got, err := os.ReadFile(at); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s cannot be written: the checkpoint became %q, %v", name, got, err)
		}
	}
}

// Where the newest note's name may not be on disk the spare is kept.
func TestClosingNotesThatCannotBeSynced(t *testing.T) {
	dir := t.TempDir()
	n, err := openNotes(dir, []byte("first"))
	if err == nil {
		err = errors.Join(n.write([]byte("second")), n.publish())
	}
	if err != nil {
		t.Fatal(err)
	}
	if n.files[1] == nil {
		t.Skip("names cannot be exchanged here")
	}
	// Without a free descriptor the folder cannot be opened, but files can be removed.
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	none := limit
	none.Cur = 0
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &none); err != nil {
		t.Fatal(err)
	}
	err = n.close()
	if back := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); back != nil {
		t.Fatal(back)
	}
	if !errors.Is(err, syscall.EMFILE) {
		t.Errorf("closed: %v", err)
	}
	if list, err := readNotes(dir); err != nil || len(list) != 2 || string(list[0]) != "second" || string(list[1]) != "first" {
		t.Errorf("%q, %v; want both", list, err)
	}
}

// What was opened before a failure is closed.
func TestClosingOneOfTwoNotes(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), checkpointFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := (&notes{files: [2]*os.File{f}}).close(); err != nil {
		t.Error(err)
	}
	if err := f.Close(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("the file was left open: %v", err)
	}
}
