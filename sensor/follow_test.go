// SPDX-License-Identifier: Apache-2.0

package sensor

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestHalfLineWaits(t *testing.T) {
	dir := t.TempDir()
	w := newWriter(t, filepath.Join(dir, "eve.json"))
	w.text(`{"half":`)
	f, err := NewFollower([]string{w.path}, nil, false, testLog(t))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r records
	for range 3 {
		if f.Read(&r, batchBytes, time.Now()); len(r.raw) != 0 {
			t.Fatalf("%q", r.raw)
		}
	}
	w.text("1}\n{\"next\"")
	if f.Read(&r, batchBytes, time.Now()); string(r.raw) != "{\"half\":1}\n" || r.n != 1 {
		t.Fatalf("%d %q", r.n, r.raw)
	}
}

// rotations are what log rotation does to a file between two writes.
var rotations = map[string]func(t *testing.T, w *writer){
	"rename and create": func(t *testing.T, w *writer) {
		must(t, os.Rename(w.path, w.path+".1"))
		w.reopen()
	},
	"rename, written on, created later": func(t *testing.T, w *writer) {
		must(t, os.Rename(w.path, w.path+".1"))
		w.lines(40) // the daemon has not noticed yet
		w.reopen()
	},
	"dated name": func(t *testing.T, w *writer) {
		must(t, os.Rename(w.path, w.path+"-20261121"))
		w.reopen()
	},
	"removed and created": func(t *testing.T, w *writer) {
		must(t, os.Remove(w.path))
		w.reopen()
	},
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestRotationWhileFollowing(t *testing.T) {
	for name, rotate := range rotations {
		t.Run(name, func(t *testing.T) {
			o, d := newObservatory(t)
			dir := t.TempDir()
			w := newWriter(t, filepath.Join(dir, "eve.json"))
			s := sensorOn(t, filepath.Join(dir, "state"), d, w.path)
			for round := range 3 {
				w.lines(200)
				eventually(t, "the file is followed", func() bool { return len(o.lines()) > 200*round })
				rotate(t, w)
				w.lines(10)
				o.wants(t, numbered(1, w.n))
				_ = os.Remove(w.path + ".1") // make room for the next
			}
			stop(t, s)
		})
	}
}

func TestRotationWhileAway(t *testing.T) {
	for name, rotate := range rotations {
		if name == "removed and created" {
			continue // what was removed unread is lost
		}
		t.Run(name, func(t *testing.T) {
			o, d := newObservatory(t)
			dir := t.TempDir()
			w := newWriter(t, filepath.Join(dir, "eve.json"))
			w.lines(50)
			s := sensorOn(t, filepath.Join(dir, "state"), d, w.path)
			o.wants(t, numbered(1, 50))
			stop(t, s)
			w.lines(30)
			rotate(t, w)
			w.lines(20)
			s = sensorOn(t, filepath.Join(dir, "state"), d, w.path)
			o.wants(t, numbered(1, w.n))
			stop(t, s)
		})
	}
}

// Two rotations while nobody followed: the file in between was never seen.
func TestTwoRotationsWhileAway(t *testing.T) {
	o, d := newObservatory(t)
	dir := t.TempDir()
	w := newWriter(t, filepath.Join(dir, "eve.json"))
	w.lines(50)
	s := sensorOn(t, filepath.Join(dir, "state"), d, w.path)
	o.wants(t, numbered(1, 50))
	stop(t, s)
	w.lines(30)
	must(t, os.Rename(w.path, w.path+".2"))
	w.reopen()
	w.lines(25)
	must(t, os.Rename(w.path, w.path+".1"))
	must(t, os.Chtimes(w.path+".2", time.Now().Add(-time.Hour), time.Now().Add(-time.Hour)))
	must(t, os.WriteFile(w.path+".3.gz", []byte("packed, and read long ago"), 0o644))
	w.reopen()
	w.lines(5)
	s = sensorOn(t, filepath.Join(dir, "state"), d, w.path)
	o.wants(t, numbered(1, 110))
	stop(t, s)
}

func copyTruncate(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path+".1", data, 0o644))
	must(t, os.Truncate(path, 0))
}

func TestCopyTruncate(t *testing.T) {
	for _, away := range []bool{false, true} {
		t.Run(fmt.Sprintf("away %v", away), func(t *testing.T) {
			o, d := newObservatory(t)
			dir := t.TempDir()
			w := newWriter(t, filepath.Join(dir, "eve.json"))
			w.lines(60)
			s := sensorOn(t, filepath.Join(dir, "state"), d, w.path)
			o.wants(t, numbered(1, 60))
			if away {
				stop(t, s)
				w.lines(35) // only the copy will have these
			}
			copyTruncate(t, w.path)
			w.lines(3)
			if away {
				s = sensorOn(t, filepath.Join(dir, "state"), d, w.path)
			}
			o.wants(t, numbered(1, w.n))
			w.lines(400) // beyond where it was before
			o.wants(t, numbered(1, w.n))
			stop(t, s)
		})
	}
}

func TestTruncatedAndGrownBeyond(t *testing.T) {
	dir := t.TempDir()
	w := newWriter(t, filepath.Join(dir, "eve.json"))
	w.lines(10)
	f, err := NewFollower([]string{w.path}, nil, false, testLog(t))
	must(t, err)
	defer f.Close()
	var r records
	f.Read(&r, batchBytes, time.Now())
	must(t, os.Truncate(w.path, 0))
	w.lines(30) // longer than before: only the begin tells
	r = records{}
	for range 3 {
		f.Read(&r, batchBytes, time.Now())
	}
	if r.n != 30 || !strings.HasPrefix(string(r.raw), line(11)) {
		t.Errorf("%d lines: %.60q", r.n, r.raw)
	}
}

func TestLastLineWithoutBreakOfARotatedFile(t *testing.T) {
	dir := t.TempDir()
	w := newWriter(t, filepath.Join(dir, "eve.json"))
	w.lines(2)
	w.text(line(3))
	f, err := NewFollower([]string{w.path}, nil, false, testLog(t))
	must(t, err)
	defer f.Close()
	var r records
	now := time.Now()
	f.Read(&r, batchBytes, now)
	must(t, os.Rename(w.path, w.path+".1"))
	w.reopen()
	f.Read(&r, batchBytes, now)
	if r.n != 2 {
		t.Fatalf("%d lines while the file may still be written", r.n)
	}
	f.Read(&r, batchBytes, now.Add(time.Minute))
	if r.n != 3 || len(f.tails) != 1 {
		t.Errorf("%d lines, %d files", r.n, len(f.tails))
	}
}

func TestGlobAndSeveralFiles(t *testing.T) {
	o, d := newObservatory(t)
	dir := t.TempDir()
	a, b := newWriter(t, filepath.Join(dir, "eve-a.json")), newWriter(t, filepath.Join(dir, "eve-b.json"))
	b.n = 1000
	a.lines(5)
	b.lines(5)
	must(t, os.WriteFile(filepath.Join(dir, "eve-old.json.gz"), []byte("packed"), 0o644))
	s := sensorOn(t, filepath.Join(dir, "state"), d, filepath.Join(dir, "eve-*"))
	eventually(t, "both files arrive", func() bool { return len(o.lines()) == 10 })
	must(t, os.Rename(a.path, filepath.Join(dir, "eve-a2.json"))) // still matches: the same file
	a.lines(5)
	c := newWriter(t, filepath.Join(dir, "eve-c.json"))
	c.n = 2000
	c.lines(5)
	eventually(t, "the new file arrives", func() bool { return len(o.lines()) == 20 })
	stop(t, s)
	got := o.lines()
	slices.Sort(got)
	want := slices.Concat(numbered(1, 10), numbered(1001, 1005), numbered(2001, 2005))
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestFromEndOnlyAtTheVeryFirstStart(t *testing.T) {
	o, d := newObservatory(t)
	dir := t.TempDir()
	w := newWriter(t, filepath.Join(dir, "eve.json"))
	w.lines(20)
	start := func() *Sensor {
		s := quick(t, filepath.Join(dir, "state"), d, w.path)
		s.config.FromEnd = true
		must(t, s.Start(t.Context()))
		return s
	}
	s := start()
	eventually(t, "the place is kept", func() bool { return len(s.spool.Places()) == 1 })
	stop(t, s)
	w.lines(5)
	s = start()
	o.wants(t, numbered(21, 25))
	stop(t, s)
}

// BenchmarkFollow reads a file of 300,000 lines in batches, without a spool.
func BenchmarkFollow(b *testing.B) {
	w := newWriter(b, filepath.Join(b.TempDir(), "eve.json"))
	for range 300 {
		w.lines(1000)
	}
	info, err := os.Stat(w.path)
	must(b, err)
	b.SetBytes(info.Size())
	for b.Loop() {
		f, err := NewFollower([]string{w.path}, nil, false, slog.New(slog.DiscardHandler))
		must(b, err)
		n := 0
		for more := true; more; {
			var r records
			more = f.Read(&r, batchBytes, time.Now())
			n += r.n
		}
		f.Close()
		if n != w.n {
			b.Fatalf("%d lines of %d", n, w.n)
		}
	}
}
