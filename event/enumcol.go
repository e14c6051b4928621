// SPDX-License-Identifier: Apache-2.0

package event

import "unsafe"

// EnumBytes gives an enumeration's column, a pointer to a slice of a named
// uint8 (as Field.Column returns for TypeEnum), as its plain bytes, sharing
// memory. ok is false for any other type.
func EnumBytes(column any) (b *[]uint8, ok bool) {
	switch c := column.(type) {
	case *[]Kind:
		return plain(c), true
	case *[]Outcome:
		return plain(c), true
	case *[]ObserverType:
		return plain(c), true
	case *[]RSIT:
		return plain(c), true
	case *[]Stage:
		return plain(c), true
	case *[]Way:
		return plain(c), true
	case *[]Side:
		return plain(c), true
	case *[]Confirmed:
		return plain(c), true
	case *[]TLP:
		return plain(c), true
	case *[]PAP:
		return plain(c), true
	case *[]Sector:
		return plain(c), true
	case *[]Band:
		return plain(c), true
	case *[]Status:
		return plain(c), true
	}
	return nil, false
}

// plain is safe because every T is defined as uint8: same size, same layout.
func plain[T ~uint8](c *[]T) *[]uint8 { return (*[]uint8)(unsafe.Pointer(c)) }
