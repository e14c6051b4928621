// SPDX-License-Identifier: Apache-2.0

// Package pagecachetest tells tests what of a file lies in the kernel's memory.
// Names of files come in, numbers of pages go out. It may not be imported but by
// tests.
package pagecachetest

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// Resident counts the pages of a file that lie in memory. It skips the test
// where the file system is nothing but memory, or nobody tells.
func Resident(t testing.TB, name string) (pages int) {
	t.Helper()
	var fs unix.Statfs_t
	if err := unix.Statfs(name, &fs); err != nil {
		t.Fatal(err)
	}
	if fs.Type == unix.TMPFS_MAGIC {
		t.Skipf("%s lies in memory alone", name)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var have unix.Cachestat_t
	if err := unix.Cachestat(uint(f.Fd()), &unix.CachestatRange{}, &have, 0); err != nil {
		t.Skipf("this kernel (before 6.5) does not tell which pages lie in memory: %v", err)
	}
	return int(have.Cache)
}
