// SPDX-License-Identifier: Apache-2.0

package api

import "haidang/event"

// numeric reports whether a field is written as a number in JSON and Parquet.
func numeric(f *event.Field) bool {
	switch f.Type {
	case event.TypeU8, event.TypeU16, event.TypeU32, event.TypeU64:
		return true
	}
	return false
}
