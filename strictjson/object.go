// SPDX-License-Identifier: Apache-2.0

package strictjson

import (
	"encoding/binary"
	"math/bits"
)

// member is a member's name as it was read.
type member struct {
	hash, first uint64
	text        []byte // without escapes
	off         uint32 // as in name.off
}

// scanName reads a name from inside its quotes and on to the start of the
// value, which it gives.
func (r *Reader) scanName(i int, m *member) int {
	b, start := r.data, i
	var h, first uint64
	for {
		if i+8 > len(b) {
			return r.scanOddName(start, m)
		}
		w := binary.LittleEndian.Uint64(b[i:])
		s := special(w)
		if s == 0 {
			if i == start {
				first, h = w, mixFirst(w)
			} else {
				h = mixNext(h, w)
			}
			i += 8
			continue
		}
		n := bits.TrailingZeros64(s) // 8·length + 7
		if b[i+n>>3] != '"' {
			return r.scanOddName(start, m)
		}
		w &= 1<<(n&^7&63) - 1
		if i == start {
			first, h = w, mixFirst(w)
		} else if n > 7 {
			h = mixNext(h, w)
		}
		i += n >> 3
		break
	}
	m.hash, m.first, m.text, m.off = h, first, b[start:i], uint32(start)
	return r.colon(i + 1)
}

// scanOddName is scanName for names with escapes or characters beyond ASCII
// and for those near the record's end.
func (r *Reader) scanOddName(start int, m *member) int {
	end, escaped := r.scanString(start)
	if end < 0 {
		return -1
	}
	m.text, m.off = r.data[start:end], uint32(start)
	if escaped {
		off := len(r.unescaped)
		r.unescaped = unescape(r.unescaped, m.text)
		m.text, m.off = r.unescaped[off:], uint32(off)|escapedName
	}
	m.hash, m.first = hashName(m.text)
	return r.colon(end + 1)
}

// colon reads the colon after a name and gives the start of the value.
func (r *Reader) colon(i int) int {
	b := r.data
	if i+1 < len(b) && b[i] == ':' && b[i+1] > ' ' {
		return i + 1
	}
	if i = space(b, i); i >= len(b) || b[i] != ':' {
		return r.fail(NotJSON, i)
	}
	return space(b, i+1)
}

// next reads what follows a member or an element: more is true after a comma,
// then i is the start of what comes; else i is after the closing bracket.
func (r *Reader) next(i int, bracket byte) (after int, more bool) {
	b := r.data
	if i < len(b) && b[i] <= ' ' {
		i = space(b, i)
	}
	switch {
	case i >= len(b):
	case b[i] == ',':
		if i++; i < len(b) && b[i] <= ' ' {
			i = space(b, i)
		}
		return i, true
	case b[i] == bracket:
		return i + 1, false
	}
	return r.fail(NotJSON, i), false
}

// enter checks the depth and tells whether the object or array is empty.
func (r *Reader) enter(i int, bracket byte) (after int, empty bool) {
	if r.depth++; r.depth > r.max {
		return r.fail(TooDeep, i-1), false
	}
	if i = space(r.data, i); i < len(r.data) && r.data[i] == bracket {
		return i + 1, true
	}
	return i, false
}

// skip reads a value that nobody asked for and gives the place after it.
func (r *Reader) skip(i int) int {
	b := r.data
	if i >= len(b) {
		return r.fail(NotJSON, i)
	}
	switch c := b[i]; {
	case c == '"':
		end, _ := r.scanString(i + 1)
		if end < 0 {
			return -1
		}
		return end + 1
	case c == '{':
		return r.skipObject(i + 1)
	case c == '[':
		return r.skipArray(i + 1)
	case c == '-' || c-'0' < 10:
		return r.scanNumber(i)
	default:
		i, _ = r.scanLiteral(i)
		return i
	}
}

func (r *Reader) skipArray(i int) int {
	i, done := r.enter(i, ']')
	for more := !done; i >= 0 && more; {
		if i = r.skip(i); i >= 0 {
			i, more = r.next(i, ']')
		}
	}
	r.depth--
	return i
}

func (r *Reader) skipObject(i int) int {
	i, done := r.enter(i, '}')
	if i < 0 || done {
		r.depth--
		return i
	}
	f := frame{base: len(r.names)}
	var m member
	for more := true; more; {
		if i >= len(r.data) || r.data[i] != '"' {
			return r.fail(NotJSON, i)
		}
		at := i
		if i = r.scanName(i+1, &m); i < 0 {
			return -1
		}
		if r.unknown(&f, m.hash, m.text, m.off) {
			return r.fail(DuplicateName, at)
		}
		if i = r.skip(i); i < 0 {
			return -1
		}
		if i, more = r.next(i, '}'); i < 0 {
			return -1
		}
	}
	r.leave(&f)
	return i
}
