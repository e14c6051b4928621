// SPDX-License-Identifier: Apache-2.0

package pagecache

import (
	"os"

	"golang.org/x/sys/unix"
)

// Forget says that n bytes of a file from one on will not be read soon; n = 0
// means up to its end. Pages that lie there as a whole and are on disk leave the
// kernel's memory, who reads them next reads the disk.
func Forget(f *os.File, from, n int64) {
	c, err := f.SyscallConn()
	if err != nil {
		return // closed
	}
	// It is advice: a file system that does not take it has lost nothing.
	_ = c.Control(func(fd uintptr) { _ = unix.Fadvise(int(fd), from, n, unix.FADV_DONTNEED) })
}
