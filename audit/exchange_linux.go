// SPDX-License-Identifier: Apache-2.0

package audit

import "golang.org/x/sys/unix"

// exchange makes two files change names in one step.
func exchange(a, b string) error {
	return unix.Renameat2(unix.AT_FDCWD, a, unix.AT_FDCWD, b, unix.RENAME_EXCHANGE)
}
