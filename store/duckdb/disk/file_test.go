// SPDX-License-Identifier: Apache-2.0

package disk

import (
	"bytes"
	"errors"
	"runtime"
	"strings"
	"testing"
)

// Buffers go from file to file: what one did not flush is not in the next.
func TestWhatWasNotFlushedIsNowhere(t *testing.T) {
	d := &Dir{Path: t.TempDir()}
	for range 8 {
		f, err := d.Begin("lost")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte("never flushed")); err != nil {
			t.Fatal(err)
		}
		if err := f.Drop(); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Create("kept", put("kept")); err != nil {
			t.Fatal(err)
		}
		if b, err := d.Read("kept"); string(b) != "kept" || err != nil {
			t.Fatalf("%q, %v", b, err)
		}
		if err := d.Remove("kept"); err != nil {
			t.Fatal(err)
		}
	}
}

// Two files that are written at once have buffers of their own.
func TestFilesAtOnce(t *testing.T) {
	d := &Dir{Path: t.TempDir()}
	var files []*File
	for _, name := range []string{"a", "b", "c"} {
		f, err := d.Begin(name)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	for range 100 {
		for _, f := range files {
			if _, err := f.Write(bytes.Repeat([]byte(f.Name()), 10_000)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, f := range files {
		if err := errors.Join(f.Flush(), f.Close()); err != nil {
			t.Fatal(err)
		}
		if b, err := d.Read(f.Name()); err != nil || string(b) != strings.Repeat(f.Name(), 1_000_000) {
			t.Errorf("%s: %d bytes, %v", f.Name(), len(b), err)
		}
	}
}

func TestFilesTakeTheBuffersOfOthers(t *testing.T) {
	d := &Dir{Path: t.TempDir()}
	const files = 64
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range files {
		if _, err := d.Create("x", put("x")); err != nil {
			t.Fatal(err)
		}
		if err := d.Remove("x"); err != nil {
			t.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	// The race detector has pools lose some.
	if n := after.TotalAlloc - before.TotalAlloc; n > files*(256<<10)/2 {
		t.Errorf("%d bytes were allocated for %d files", n, files)
	}
}
