// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package audit

import "errors"

// exchange is Linux's alone.
func exchange(_, _ string) error { return errors.ErrUnsupported }
