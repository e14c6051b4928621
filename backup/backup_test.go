// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
)

func identity(t testing.TB) *age.X25519Identity {
	t.Helper()
	i, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// part hands over files from memory; the sizes of those in pieces are not told.
func part(files map[string][]byte, pieces map[string]bool) Part {
	return Part{Name: "memory", Files: func(_ context.Context, put func(File) error) error {
		for name, data := range files {
			f := File{Name: name, Size: int64(len(data)), Open: func(context.Context) (io.ReadCloser, error) {
				return io.NopCloser(bytes.NewReader(data)), nil
			}}
			if pieces[name] {
				f.Size = -1
			}
			if err := put(f); err != nil {
				return err
			}
		}
		return nil
	}}
}

func folder(t testing.TB, dir string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err == nil {
			out[filepath.ToSlash(rel)], err = os.ReadFile(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// memoryDir is a folder in memory where there is one.
func memoryDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "backup-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// siblings are what lies beside a target: nothing may be left there.
func siblings(t testing.TB, target string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(target))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func TestWhatGoesInComesOut(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for round := range 12 {
		files, pieces := map[string][]byte{}, map[string]bool{}
		for i := range r.IntN(8) {
			data := make([]byte, []int{0, 1, 100, pieceSize - 1, pieceSize, pieceSize + 1, 3 * pieceSize}[r.IntN(7)])
			for k := range data {
				data[k] = byte(r.Uint32())
			}
			name := fmt.Sprintf("d%d/Tệp số %d", i%3, i)
			files[name], pieces[name] = data, r.IntN(2) == 0
		}
		one, two := identity(t), identity(t)
		var archive bytes.Buffer
		want := Manifest{Program: "test", Created: time.Unix(int64(round), 0).UTC(), Position: 17, Checkpoint: "note\n"}
		m, err := Write(t.Context(), &archive, Sources{want, []Part{part(files, pieces)}}, []age.Recipient{one.Recipient(), two.Recipient()})
		if err != nil {
			t.Fatal(err)
		}
		target := filepath.Join(t.TempDir(), "data")
		finished := false
		got, err := Restore(t.Context(), &archive, []age.Identity{two}, target, func(dir string, m Manifest) error {
			finished = len(folder(t, dir)) == len(files) && m.Position == 17
			return nil
		})
		if err != nil || !finished || got != m || got.Position != 17 || got.Checkpoint != "note\n" || got.Files != int64(len(files)) {
			t.Fatalf("%+v, %+v, %v", got, m, err)
		}
		if !maps.EqualFunc(files, folder(t, target), bytes.Equal) {
			t.Fatal("other files came out than went in")
		}
		if s := siblings(t, target); len(s) != 1 {
			t.Errorf("left beside the target: %v", s)
		}
	}
}

func small(t testing.TB, to age.Recipient) []byte {
	t.Helper()
	var archive bytes.Buffer
	files := map[string][]byte{"keys/a": []byte("secret"), "store/x": bytes.Repeat([]byte("canary"), 50)}
	if _, err := Write(t.Context(), &archive, Sources{Manifest{}, []Part{part(files, map[string]bool{"store/x": true})}}, []age.Recipient{to}); err != nil {
		t.Fatal(err)
	}
	return archive.Bytes()
}

// Whatever happens to an archive, it is not restored, and no half of it is.
func TestDamageIsTold(t *testing.T) {
	key := identity(t)
	good := small(t, key.Recipient())
	if bytes.Contains(good, []byte("canary")) || bytes.Contains(good, []byte("keys/a")) {
		t.Fatal("the archive can be read without a key")
	}
	target := filepath.Join(memoryDir(t), "data")
	refuse := func(what string, archive []byte) {
		t.Helper()
		_, err := Restore(t.Context(), bytes.NewReader(archive), []age.Identity{key}, target, nil)
		if !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrWrongKey) {
			t.Fatalf("%s: %v", what, err)
		}
		if s := siblings(t, target); len(s) != 0 {
			t.Fatalf("%s: left %v", what, s)
		}
	}
	for n := range good {
		refuse(fmt.Sprintf("cut at byte %d", n), good[:n])
		bad := bytes.Clone(good)
		bad[n] ^= 1 << (n % 8)
		refuse(fmt.Sprintf("byte %d changed", n), bad)
	}
	refuse("bytes added", append(bytes.Clone(good), 0))
	refuse("not an archive", []byte("hello"))
	if _, err := Restore(t.Context(), bytes.NewReader(good), []age.Identity{identity(t)}, target, nil); !errors.Is(err, ErrWrongKey) {
		t.Errorf("another key: %v", err)
	}
	if _, err := Restore(t.Context(), bytes.NewReader(good), []age.Identity{key}, target, nil); err != nil {
		t.Errorf("the good one: %v", err)
	}
	if _, err := Restore(t.Context(), bytes.NewReader(good), []age.Identity{key}, target, nil); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("onto a folder that holds something: %v", err)
	}
	failing := errors.New("no")
	other := filepath.Join(t.TempDir(), "data")
	_, err := Restore(t.Context(), bytes.NewReader(good), []age.Identity{key}, other, func(string, Manifest) error { return failing })
	if !errors.Is(err, failing) || len(siblings(t, other)) != 0 {
		t.Errorf("finish fails: %v", err)
	}
}

// entry is one of an archive made by hand, by who has the recipients' key.
type entry struct {
	name, data string
	kind       byte
	more       bool
}

func forged(t *testing.T, to age.Recipient, entries []entry, behind string) []byte {
	t.Helper()
	var out bytes.Buffer
	sealed, err := age.Encrypt(&out, to)
	if err != nil {
		t.Fatal(err)
	}
	packed, err := zstd.NewWriter(sealed)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(packed)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Typeflag: tar.TypeReg, Size: int64(len(e.data)), Mode: 0o777, Format: tar.FormatPAX}
		if e.kind != 0 {
			h.Typeflag, h.Linkname, h.Size = e.kind, "/etc/passwd", 0
		}
		if e.more {
			h.PAXRecords = map[string]string{moreRecord: "1"}
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, e.data[:h.Size]); err != nil {
			t.Fatal(err)
		}
	}
	_, err = io.WriteString(packed, "")
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(packed, behind); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(packed.Close(), sealed.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestForgedArchives(t *testing.T) {
	key := identity(t)
	head := entry{name: manifestName, data: `{"version":1}`}
	file := entry{name: "data/x", data: "hello"}
	sums := entry{name: sumsName, data: fmt.Sprintf("%x  x\n", sha256.Sum256([]byte("hello")))}
	for name, c := range map[string]struct {
		entries []entry
		behind  string
		want    error // nil: restored
	}{
		"good":           {[]entry{head, file, sums}, "", nil},
		"in two pieces":  {[]entry{head, {name: "data/x", data: "hel", more: true}, {name: "data/x", data: "lo"}, sums}, "", nil},
		"newer":          {[]entry{{name: manifestName, data: `{"version":2}`}, file, sums}, "", ErrVersion},
		"no version":     {[]entry{{name: manifestName, data: `{}`}, file, sums}, "", ErrDamaged},
		"no manifest":    {[]entry{file, sums}, "", ErrDamaged},
		"no hashes":      {[]entry{head, file}, "", ErrDamaged},
		"another hash":   {[]entry{head, {name: "data/x", data: "hallo"}, sums}, "", ErrDamaged},
		"without a hash": {[]entry{head, file, {name: "data/y", data: "y"}, sums}, "", ErrDamaged},
		"a file less":    {[]entry{head, sums}, "", ErrDamaged},
		"comes twice":    {[]entry{head, file, file, sums}, "", ErrDamaged},
		"outside":        {[]entry{head, {name: "data/../../x", data: "hello"}, sums}, "", ErrDamaged},
		"absolute":       {[]entry{head, {name: "/etc/x", data: "hello"}, sums}, "", ErrDamaged},
		"not data":       {[]entry{head, {name: "x", data: "hello"}, sums}, "", ErrDamaged},
		"a link":         {[]entry{head, {name: "data/x", kind: tar.TypeSymlink}, sums}, "", ErrDamaged},
		"a hard link":    {[]entry{head, {name: "data/x", kind: tar.TypeLink}, sums}, "", ErrDamaged},
		"half a file":    {[]entry{head, {name: "data/x", data: "hel", more: true}, sums}, "", ErrDamaged},
		"mixed pieces":   {[]entry{head, {name: "data/x", data: "hel", more: true}, {name: "data/y", data: "lo"}, sums}, "", ErrDamaged},
		"goes on":        {[]entry{head, file, sums, {name: "data/y", data: "y"}}, "", ErrDamaged},
		"behind the end": {[]entry{head, file, sums}, "more", ErrDamaged},
	} {
		target := filepath.Join(t.TempDir(), "data")
		_, err := Restore(t.Context(), bytes.NewReader(forged(t, key.Recipient(), c.entries, c.behind)), []age.Identity{key}, target, nil)
		if !errors.Is(err, c.want) || c.want == nil && err != nil {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if left := siblings(t, target); c.want != nil && len(left) != 0 {
			t.Errorf("%s: left %v", name, left)
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	key := identity(t)
	to := []age.Recipient{key.Recipient()}
	one := func(name string, size int64, open func(context.Context) (io.ReadCloser, error)) []Part {
		return []Part{{"p", func(_ context.Context, put func(File) error) error { return put(File{name, size, open}) }}}
	}
	hello := func(context.Context) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("hello")), nil }
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		parts []Part
		to    []age.Recipient
		want  string
	}{
		"nobody":     {nil, nil, "recipient"},
		"outside":    {one("../x", 5, hello), to, "no name"},
		"a new line": {one("x\ny", 5, hello), to, "no name"},
		"shrinks":    {one("x", 6, hello), to, "changes"},
		"unreadable": {one("x", 5, func(context.Context) (io.ReadCloser, error) { return nil, broken }), to, "broken"},
		"twice":      {append(one("x", 5, hello), one("x", 5, hello)...), to, "twice"},
	} {
		if _, err := Write(t.Context(), io.Discard, Sources{Parts: c.parts}, c.to); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Write(ctx, io.Discard, Sources{Parts: one("x", 5, hello)}, to); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestFolder(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"a", "lock", "store/x", "keys/k", "keys/.new-1"} {
		path := filepath.Join(root, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(name), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(root, "link")); err != nil {
		t.Fatal(err)
	}
	p := Folder("plain", root, func(path string) bool { return path == "lock" || path == "store" || strings.Contains(path, "/.new-") })
	var got []string
	err := p.Files(t.Context(), func(f File) error { got = append(got, f.Name); return nil })
	if d := cmp.Diff([]string{"a", "keys/k"}, got); err != nil || d != "" {
		t.Errorf("%v %s", err, d)
	}
	large := filepath.Join(root, "large")
	if err := os.WriteFile(large, make([]byte, smallFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	err = p.Files(t.Context(), func(f File) error {
		if f.Name != "large" {
			return nil
		}
		return os.Truncate(large, smallFile)
	})
	if !errors.Is(err, ErrChanged) {
		t.Errorf("a large file that changes meanwhile: %v", err)
	}
}

func TestKeys(t *testing.T) {
	key := identity(t)
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte("# made today\n"+key.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if i, err := Identities(file); err != nil || len(i) != 1 {
		t.Errorf("%d, %v", len(i), err)
	}
	if err := os.WriteFile(file, []byte("AGE-SECRET-KEY-canary\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Identities(file); err == nil || strings.Contains(err.Error(), "canary") {
		t.Errorf("an unreadable key: %v", err)
	}
	public := key.Recipient().String()
	if r, err := Recipients([]string{public}); err != nil || len(r) != 1 {
		t.Errorf("%d, %v", len(r), err)
	}
	if _, err := Recipients(nil); !errors.Is(err, ErrNoRecipient) {
		t.Errorf("nobody: %v", err)
	}
	if _, err := Recipients([]string{"age1x"}); err == nil {
		t.Error("taken")
	}
	if err := os.WriteFile(file, []byte("# ours\n\n"+public+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r, err := RecipientKeys([]string{public}, file); err != nil || len(r) != 2 {
		t.Errorf("%v, %v", r, err)
	}
	fresh := filepath.Join(t.TempDir(), "new")
	made, err := NewIdentity(fresh)
	if err != nil {
		t.Fatal(err)
	}
	if i, err := Identities(fresh); err != nil || i[0].(*age.X25519Identity).Recipient().String() != made {
		t.Errorf("%v, %v", i, err)
	}
	if _, err := NewIdentity(fresh); err == nil {
		t.Error("a key was written over")
	}
}
