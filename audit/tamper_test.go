// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"bytes"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// folderOf reads a folder into memory; put writes it back.
type folderOf map[string][]byte

func readFolder(t testing.TB, dir string) folderOf {
	t.Helper()
	out := folderOf{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == lockFile {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err == nil {
			out[name], err = os.ReadFile(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (f folderOf) put(t testing.TB, dir string) {
	t.Helper()
	for name, data := range f {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, data, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
}

// memoryDir is a folder in memory where there is one: a thousand copies of a log
// are a lot of writing.
func memoryDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "audit-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func (f folderOf) clone() folderOf {
	out := folderOf{}
	for name, data := range f {
		out[name] = bytes.Clone(data)
	}
	return out
}

func (f folderOf) names() []string {
	var out []string
	for name := range f {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

func (f folderOf) pick(r *rand.Rand, prefix string) string {
	var out []string
	for _, n := range f.names() {
		if strings.HasPrefix(n, prefix) {
			out = append(out, n)
		}
	}
	return out[r.IntN(len(out))]
}

// history is a log with several files, tiles, hours and a change of the key, and
// how its folder looked before.
type history struct {
	past []folderOf // oldest first; the last is the newest
	key  string     // the first one
	held []byte     // the newest checkpoint
}

func makeHistory(t testing.TB) history {
	t.Helper()
	dir := t.TempDir()
	var h history
	clock := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	total := 0
	for i, step := range []int{40, 300, 250, 90, 33} {
		l := newLog(t, dir, func(c *Config, d *Dependencies) {
			c.SegmentBytes = 24 << 10
			d.Now = func() time.Time { return clock }
			if i >= 3 {
				d.Key, d.Previous = testKey(2), testKey(1)
			}
		})
		if err := l.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		fill(t, l, total, step)
		total += step
		if i == 0 {
			h.key = verifierKey(t, l)
		}
		h.held = l.Checkpoint().Note
		closeLog(t, l)
		h.past = append(h.past, readFolder(t, dir))
		clock = clock.Add(time.Hour)
	}
	return h
}

// meddlings change a folder; each says what it did, or nothing when it could not.
var meddlings = map[string]func(*rand.Rand, folderOf, history) bool{
	"a byte of any file": func(r *rand.Rand, f folderOf, _ history) bool { return flip(r, f[f.pick(r, "")]) },
	"a byte of an entry": func(r *rand.Rand, f folderOf, _ history) bool { return flip(r, f[f.pick(r, entriesDir)]) },
	"a digit that stays a digit": func(r *rand.Rand, f folderOf, _ history) bool {
		data := f[f.pick(r, entriesDir)]
		for at := r.IntN(len(data)); at < len(data); at++ {
			if '0' <= data[at] && data[at] <= '9' {
				data[at] = '0' + (data[at]-'0'+1+byte(r.IntN(9)))%10
				return true
			}
		}
		return false
	},
	"truncation": func(r *rand.Rand, f folderOf, _ history) bool {
		name := f.pick(r, "")
		f[name] = f[name][:r.IntN(len(f[name]))]
		return true
	},
	"truncation at a line": func(r *rand.Rand, f folderOf, _ history) bool {
		name := f.pick(r, entriesDir)
		at := bytes.LastIndexByte(f[name][:r.IntN(len(f[name]))], '\n') + 1
		f[name] = f[name][:at]
		return true
	},
	"a file is gone": func(r *rand.Rand, f folderOf, _ history) bool {
		name := f.pick(r, "")
		if strings.HasPrefix(name, hoursDir) {
			return false // an hourly copy less takes nothing from the log
		}
		delete(f, name)
		return true
	},
	"two lines change places": func(r *rand.Rand, f folderOf, _ history) bool {
		name := f.pick(r, entriesDir)
		lines := bytes.SplitAfter(f[name], []byte("\n"))
		i, k := r.IntN(len(lines)-1), r.IntN(len(lines)-1)
		lines[i], lines[k] = lines[k], lines[i]
		f[name] = bytes.Join(lines, nil)
		return i != k
	},
	"a line is left out and the rest numbered anew": func(r *rand.Rand, f folderOf, _ history) bool {
		return renumber(f, func(lines [][]byte) [][]byte {
			i := r.IntN(len(lines))
			return slices.Delete(lines, i, i+1)
		})
	},
	"a line is put in and the rest numbered anew": func(r *rand.Rand, f folderOf, _ history) bool {
		return renumber(f, func(lines [][]byte) [][]byte {
			return slices.Insert(lines, r.IntN(len(lines)), lines[r.IntN(len(lines))])
		})
	},
	"two files change places": func(r *rand.Rand, f folderOf, _ history) bool {
		a, b := f.pick(r, ""), f.pick(r, "")
		f[a], f[b] = f[b], f[a]
		return !bytes.Equal(f[a], f[b])
	},
	"two tiles change places": func(r *rand.Rand, f folderOf, _ history) bool {
		a, b := f.pick(r, tilesDir), f.pick(r, tilesDir)
		f[a], f[b] = f[b], f[a]
		return a != b
	},
	"an older checkpoint is put back": func(r *rand.Rand, f folderOf, h history) bool {
		f[checkpointFile] = h.past[r.IntN(len(h.past)-1)][checkpointFile]
		return true
	},
	"the whole folder is rolled back": func(r *rand.Rand, f folderOf, h history) bool {
		old := h.past[r.IntN(len(h.past)-1)]
		clear(f)
		for name, data := range old.clone() {
			f[name] = data
		}
		return true
	},
	"a line is added": func(r *rand.Rand, f folderOf, _ history) bool {
		names := f.names()
		var last string
		for _, n := range names {
			if strings.HasPrefix(n, entriesDir) {
				last = n
			}
		}
		e := sample(r.IntN(100))
		e.Index, e.Time = int64(bytes.Count(bytes.Join(entriesOf(f), nil), []byte("\n"))), time.Unix(1_790_000_000, 0).UTC()
		f[last] = append(f[last], e.Line()...)
		return true
	},
	"a file is added": func(r *rand.Rand, f folderOf, _ history) bool {
		f[filepath.Join(entriesDir, "notes.txt")] = []byte("x")
		return true
	},
}

func flip(r *rand.Rand, data []byte) bool {
	data[r.IntN(len(data))] ^= byte(1 + r.IntN(255))
	return true
}

func entriesOf(f folderOf) (out [][]byte) {
	for _, n := range f.names() {
		if strings.HasPrefix(n, entriesDir) {
			out = append(out, f[n])
		}
	}
	return out
}

// renumber changes the lines of the last file and makes them look right again.
func renumber(f folderOf, change func([][]byte) [][]byte) bool {
	var last string
	for _, n := range f.names() {
		if strings.HasPrefix(n, entriesDir) {
			last = n
		}
	}
	first, _ := number(filepath.Base(last), ".jsonl")
	lines := bytes.SplitAfter(bytes.TrimSuffix(f[last], []byte("\n")), []byte("\n"))
	var out []byte
	for i, l := range change(lines) {
		e, err := Parse(append(bytes.TrimSuffix(bytes.Clone(l), []byte("\n")), '\n'))
		if err != nil {
			panic(err)
		}
		e.Index = first + int64(i)
		out = append(out, e.Line()...)
	}
	same := bytes.Equal(out, f[last])
	f[last] = out
	return !same
}

// A thousand random changes, and every one is told. The verifier holds the
// newest checkpoint and the log's first key.
func TestEveryMeddlingIsDetected(t *testing.T) {
	h := makeHistory(t)
	newest := h.past[len(h.past)-1]
	clean := t.TempDir()
	newest.put(t, clean)
	verified(t, clean, h.key, h.held)
	var kinds []string
	for name := range meddlings {
		kinds = append(kinds, name)
	}
	slices.Sort(kinds)
	const seed = 20261121
	r := rand.New(rand.NewPCG(seed, 1))
	counts := map[string]int{}
	root := filepath.Join(memoryDir(t), "log")
	for tries := 0; tries < 1000; {
		kind := kinds[r.IntN(len(kinds))]
		f := newest.clone()
		if !meddlings[kind](r, f, h) || sameFolder(f, newest) {
			continue
		}
		tries++
		counts[kind]++
		if err := os.RemoveAll(root); err != nil {
			t.Fatal(err)
		}
		f.put(t, root)
		report, err := Verify(t.Context(), root, []string{h.key}, h.held)
		if err == nil && report.Err() == nil {
			t.Fatalf("try %d (seed %d): %q was not detected", tries, seed, kind)
		}
		if err == nil && !errors.Is(report.Err(), ErrTampered) {
			t.Fatalf("%q: %v", kind, report.Err())
		}
	}
	t.Log(counts)
}

func sameFolder(a, b folderOf) bool {
	if len(a) != len(b) {
		return false
	}
	for name := range a {
		if !bytes.Equal(a[name], b[name]) {
			return false
		}
	}
	return true
}

// Every byte of a small log, each changed in every bit.
func TestEveryBitIsCovered(t *testing.T) {
	dir := t.TempDir()
	l := newLog(t, dir, nil)
	if err := l.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	fill(t, l, 1, 4)
	key := verifierKey(t, l)
	closeLog(t, l)
	fast := memoryDir(t)
	readFolder(t, dir).put(t, fast)
	dir = fast
	for name, data := range readFolder(t, dir) {
		for at := range data {
			for bit := range 8 {
				data[at] ^= 1 << bit
				if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
					t.Fatal(err)
				}
				if r, err := Verify(t.Context(), dir, []string{key}, nil); err == nil && r.Err() == nil {
					t.Fatalf("%s: bit %d of byte %d is not covered", name, bit, at)
				}
				data[at] ^= 1 << bit
			}
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	verified(t, dir, key, nil)
}

// A finding names the entry, the file and the byte.
func TestFindingsSayWhere(t *testing.T) {
	dir := t.TempDir()
	l := newLog(t, dir, nil)
	if err := l.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	fill(t, l, 0, 600)
	key := verifierKey(t, l)
	held := l.Checkpoint().Note
	closeLog(t, l)
	name := segmentName(0)
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(data, []byte("\n"))
	const victim = 300
	offset := int64(len(bytes.Join(lines[:victim], nil)))
	at := bytes.Index(lines[victim], []byte(`"time":"2`)) + len(`"time":"20`)
	lines[victim][at] ^= 1 // another year
	if err := os.WriteFile(filepath.Join(dir, name), bytes.Join(lines, nil), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := Verify(t.Context(), dir, []string{key}, held)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(r.Findings, func(f Finding) bool {
		return f.File == name && f.Entry == victim && f.Offset == offset
	}) {
		t.Errorf("no finding names entry %d at byte %d of %s: %v", victim, offset, name, r.Findings)
	}
	// A start compares the end only; the end is good here.
	if err := newLogStart(t, dir); err != nil {
		t.Errorf("an old entry was changed, and the start says %v", err)
	}
}

func newLogStart(t *testing.T, dir string) error {
	t.Helper()
	l := newLog(t, dir, nil)
	if err := l.Start(t.Context()); err != nil {
		return err
	}
	return l.Stop(t.Context())
}

// What a start cannot explain by a crash it refuses.
func TestStartRefusesATamperedEnd(t *testing.T) {
	dir := t.TempDir()
	l := newLog(t, dir, nil)
	if err := l.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	fill(t, l, 0, 300)
	closeLog(t, l)
	good := readFolder(t, dir)
	for name, change := range map[string]func(folderOf){
		"last line changed": func(f folderOf) { d := f[segmentName(0)]; d[len(d)-40] ^= 1 },
		"last line gone": func(f folderOf) {
			d := f[segmentName(0)]
			f[segmentName(0)] = d[:bytes.LastIndexByte(d[:len(d)-1], '\n')+1]
		},
		"entries gone":       func(f folderOf) { delete(f, segmentName(0)) },
		"checkpoint gone":    func(f folderOf) { delete(f, checkpointFile) },
		"checkpoint changed": func(f folderOf) { f[checkpointFile][len(good[checkpointFile])-30] ^= 1 },
	} {
		bad := t.TempDir()
		f := good.clone()
		change(f)
		f.put(t, bad)
		if err := newLogStart(t, bad); !errors.Is(err, ErrTampered) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A tile is made of the entries: the start makes it again.
	f := good.clone()
	tile := f.pick(rand.New(rand.NewPCG(1, 1)), tilesDir)
	f[tile][5] ^= 1
	bad := t.TempDir()
	f.put(t, bad)
	if err := newLogStart(t, bad); err != nil {
		t.Errorf("a damaged tile: %v", err)
	}
}
