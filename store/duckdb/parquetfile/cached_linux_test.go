// SPDX-License-Identifier: Apache-2.0

package parquetfile

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"haidang/pagecache/pagecachetest"
	"haidang/store/storetest"
)

// leavers writes to nobody and notes how much of the first source lies in memory
// when the second one is being written.
type leavers struct {
	t     *testing.T
	name  string
	after int // bytes written
	pages int // -1 until then
}

func (l *leavers) Write(b []byte) (int, error) {
	if l.after -= len(b); l.after < 0 && l.pages < 0 {
		l.pages = pagecachetest.Resident(l.t, l.name)
	}
	return len(b), nil
}

// A source that was copied whole leaves the kernel's cache while the next is copied.
func TestCopiedSourcesLeaveTheCache(t *testing.T) {
	data := write(t, storetest.RandomBatch(rand.New(rand.NewPCG(9, 9)), copyRows))
	var sources []Source
	for _, name := range []string{"first", "second"} {
		name = filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if err := file.Sync(); err != nil {
			t.Fatal(err)
		}
		r, err := Open(file, int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		sources = append(sources, Source{Reader: r, File: file})
	}
	before := pagecachetest.Resident(t, sources[0].File.Name())
	w, err := NewWriter(Thorough)
	if err != nil {
		t.Fatal(err)
	}
	out := leavers{t: t, name: sources[0].File.Name(), after: len(data) + len(data)/4, pages: -1}
	if err := w.Merge(t.Context(), &out, sources); err != nil {
		t.Fatal(err)
	}
	if before == 0 || out.pages != 0 {
		t.Errorf("%d pages of the first source in memory before, %d while the second was copied", before, out.pages)
	}
}
