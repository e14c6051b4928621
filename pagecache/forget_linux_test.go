// SPDX-License-Identifier: Apache-2.0

package pagecache_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"haidang/pagecache"
	"haidang/pagecache/pagecachetest"
)

// What was forgotten has left memory, what was not has not, and both can be read.
func TestForget(t *testing.T) {
	const size = 4 << 20
	f, err := os.Create(filepath.Join(t.TempDir(), "f"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want := bytes.Repeat([]byte("haidang\n"), size/8)
	if _, err := f.Write(want); err != nil {
		t.Fatal(err)
	}
	if err := f.Sync(); err != nil {
		t.Fatal(err)
	}
	all := pagecachetest.Resident(t, f.Name())
	pagecache.Forget(f, 0, size/2)
	half := pagecachetest.Resident(t, f.Name())
	pagecache.Forget(f, 0, 0)
	none := pagecachetest.Resident(t, f.Name())
	if half >= all || half < all/4 || none >= half {
		t.Errorf("pages in memory: %d, without the first half %d, without all %d", all, half, none)
	}
	got := make([]byte, size)
	if _, err := f.ReadAt(got, 0); err != nil || !bytes.Equal(got, want) {
		t.Errorf("what was forgotten reads differently (%v)", err)
	}
}

// A file that is closed, or none at all, costs nothing.
func TestForgetClosed(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "f"))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	pagecache.Forget(f, 0, 0)
	pagecache.Forget(nil, 0, 0)
}
