// SPDX-License-Identifier: Apache-2.0

package strictjson

import "math/bits"

// member is a member's name as it was read.
type member struct {
	hash, first uint64
	text        []byte // without escapes
	off         uint32 // as in name.off
}

// scanName scans a name from inside its quotes to the closing quote and hashes
// it on the way. It gives -1 where oddName has to do it.
func scanName(b []byte, start int) (end int, h, first uint64) {
	if start+8 > len(b) {
		return -1, 0, 0
	}
	w := load(b, start)
	s := special(w)
	if s != 0 {
		n := bits.TrailingZeros64(s) // 8·length + 7
		w &= 1<<(n&56) - 1
		return start + n>>3, mixFirst(w), w
	}
	first, h = w, mixFirst(w)
	for i := start + 8; i+8 <= len(b); i += 8 {
		w = load(b, i)
		if s = special(w); s == 0 {
			h = mixNext(h, w)
			continue
		}
		n := bits.TrailingZeros64(s)
		if n > 7 {
			h = mixNext(h, w&(1<<(n&56)-1))
		}
		return i + n>>3, h, first
	}
	return -1, 0, 0
}

// name reads a name from inside its quotes and on to the start of the value,
// which it gives.
func (r *Reader) name(start int, m *member) int {
	end, h, first := scanName(r.data, start)
	if end < 0 || r.data[end] != '"' {
		return r.oddName(start, m)
	}
	m.hash, m.first, m.text, m.off = h, first, r.data[start:end], uint32(start)
	return r.colon(end + 1)
}

// oddName is for names with escapes or characters beyond ASCII and for those
// near the record's end.
func (r *Reader) oddName(start int, m *member) int {
	before := r.unusual
	r.unusual = false
	end, escaped := r.scanString(start)
	if end < 0 {
		return -1
	}
	r.foreign = r.foreign || r.unusual
	r.unusual = r.unusual || before
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
		if i++; i+8 <= len(b) { // many strings are short
			if s := special(load(b, i)); s != 0 {
				i += bits.TrailingZeros64(s) >> 3
			} else {
				i = skipPlain(b, i+8)
			}
		}
		if i < len(b) && b[i] == '"' {
			return i + 1
		}
		end, _ := r.scanString(i)
		if end < 0 {
			return -1
		}
		return end + 1
	case c == '{':
		return r.skipObject(i + 1)
	case c == '[':
		return r.skipArray(i + 1)
	case c-'1' < 9:
		end := digits(b, i+1)
		if end < len(b) && (b[end] == ',' || b[end] == '}') {
			return end
		}
		return r.scanNumber(i)
	case c == '-' || c == '0':
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
		if i = r.name(i+1, &m); i < 0 {
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
