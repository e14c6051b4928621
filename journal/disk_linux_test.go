// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// smallDisk mounts a file system of its own, where this is allowed.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("mounting a small disk needs rights that this test has not got: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// A disk that really fills: nobody looked at the free space, the log fails in
// the middle of a write, comes back when there is room, and what was
// acknowledged is there once.
func TestDiskFills(t *testing.T) {
	disk := smallDisk(t, "24m")
	ballast := filepath.Join(disk, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 12<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	c := testConfig(filepath.Join(disk, "journal"))
	j := open(t, c, 0, Dependencies{Free: diskFree})
	r := rand.New(rand.NewPCG(1, 1))
	batch := func(i int) (string, string) { return fmt.Sprint(i), fmt.Sprintln(i) + noise(r, 300<<10) }
	acked := map[string]bool{}
	full := false
	for i := 0; !full; i++ {
		key, text := batch(i)
		_, err := send(context.Background(), j, delivery("s", key), text)
		switch {
		case err == nil && i < 100:
			acked[text] = true
		case errors.Is(err, ErrNoSpace):
			full = true
		default:
			t.Fatalf("batch %d on a disk of 12 MiB: %v", i, err)
		}
	}
	if len(acked) < 20 {
		t.Fatalf("only %d batches fit", len(acked))
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		key, text := batch(1000 + i)
		sendUntilTaken(t, j, delivery("s", key), text)
		acked[text] = true
	}
	seen := map[string]int{}
	for _, c := range collect(t, j, 0) {
		if c.Dup == 0 {
			seen[string(c.Data)]++
		}
	}
	for text := range acked {
		if seen[text] != 1 {
			t.Errorf("an acknowledged batch is there %d times", seen[text])
		}
	}
	if len(seen) > len(acked)+1 {
		t.Errorf("%d batches, %d acknowledged", len(seen), len(acked))
	}
}
