// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package pagecache

import "os"

// Forget does nothing here: there is no such advice that all systems know.
func Forget(_ *os.File, _, _ int64) {}
