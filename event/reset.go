// SPDX-License-Identifier: Apache-2.0

package event

// resetSlice empties a fixed-width column in place. It panics on a column type
// that the registry does not know, so that a new type cannot be forgotten.
func resetSlice(c any) {
	switch c := c.(type) {
	case *[]Time:
		*c = (*c)[:0]
	case *[]bool:
		*c = (*c)[:0]
	case *[]uint8:
		*c = (*c)[:0]
	case *[]uint16:
		*c = (*c)[:0]
	case *[]uint32:
		*c = (*c)[:0]
	case *[]uint64:
		*c = (*c)[:0]
	case *[]Categories:
		*c = (*c)[:0]
	case *[]Country:
		*c = (*c)[:0]
	case *[]Addr:
		*c = (*c)[:0]
	case *[]Bytes16:
		*c = (*c)[:0]
	case *[]Bytes20:
		*c = (*c)[:0]
	case *[]Bytes32:
		*c = (*c)[:0]
	default:
		resetEnum(c)
	}
}

func resetEnum(c any) {
	if v, ok := EnumBytes(c); ok {
		*v = (*v)[:0]
		return
	}
	panic("event: column of unknown type")
}
