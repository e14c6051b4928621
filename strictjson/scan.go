// SPDX-License-Identifier: Apache-2.0

package strictjson

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
	"unsafe"
)

// Eight bytes at a time: a byte's top bit is set in the mask where the byte
// ends a run of plain characters. Only the lowest set bit is exact (a borrow may
// run on from there), which is the one that is used.
const (
	ones   = 0x0101010101010101
	tops   = 0x8080808080808080
	quotes = 0x22 * ones
	slants = 0x5C * ones
	blanks = 0x20 * ones
)

func special(w uint64) uint64 {
	q, s := w^quotes, w^slants
	return ((q - ones) | (s - ones) | (w - blanks) | w) & tops
}

// load gives eight bytes; the caller has made sure that i ≥ 0 and i+8 ≤ len(b).
func load(b []byte, i int) uint64 {
	return binary.LittleEndian.Uint64((*[8]byte)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(b)), i))[:])
}

// plain says for one byte what special says for eight.
func plain(c byte) bool { return c >= 0x20 && c < 0x80 && c != '"' && c != '\\' }

// skipPlain gives the first place at or after i that is not an ordinary ASCII
// character of a string.
func skipPlain(b []byte, i int) int {
	for ; i+8 <= len(b); i += 8 {
		if m := special(load(b, i)); m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
	}
	for i < len(b) && plain(b[i]) {
		i++
	}
	return i
}

// scanString reads on from inside a string to its closing quote, whose place it
// gives; -1 after an error.
func (r *Reader) scanString(i int) (end int, escaped bool) {
	b := r.data
	for {
		i = skipPlain(b, i)
		if i >= len(b) {
			return r.fail(NotJSON, i), false
		}
		switch c := b[i]; {
		case c == '"':
			return i, escaped
		case c == '\\':
			escaped = true
			if i = r.scanEscape(i); i < 0 {
				return -1, false
			}
		case c < 0x20:
			return r.fail(NotJSON, i), false
		default:
			if i = r.scanUTF8(i); i < 0 {
				return -1, false
			}
		}
	}
}

// scanUTF8 checks a run of characters beyond ASCII.
func (r *Reader) scanUTF8(i int) int {
	b := r.data
	r.unusual = true
	for i < len(b) && b[i] >= 0x80 {
		c, n := utf8.DecodeRune(b[i:])
		if c == utf8.RuneError && n == 1 {
			return r.fail(InvalidUTF8, i)
		}
		i += n
	}
	return i
}

// scanEscape checks the escape sequence at i.
func (r *Reader) scanEscape(i int) int {
	b := r.data
	if i+1 >= len(b) {
		return r.fail(NotJSON, i)
	}
	switch b[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
		r.unusual = true
	default:
		return r.fail(NotJSON, i)
	}
	c, ok := hex4(b, i+2)
	switch {
	case !ok:
		return r.fail(NotJSON, i)
	case c < 0xD800 || c > 0xDFFF:
		return i + 6
	case c > 0xDBFF:
		return r.fail(InvalidUTF8, i)
	}
	if i+8 > len(b) || b[i+6] != '\\' || b[i+7] != 'u' {
		return r.fail(InvalidUTF8, i)
	}
	if low, ok := hex4(b, i+8); !ok || low < 0xDC00 || low > 0xDFFF {
		return r.fail(InvalidUTF8, i)
	}
	return i + 12
}

func hex4(b []byte, i int) (c rune, ok bool) {
	if i+4 > len(b) {
		return 0, false
	}
	for _, d := range b[i : i+4] {
		switch {
		case d >= '0' && d <= '9':
			d -= '0'
		case d|0x20 >= 'a' && d|0x20 <= 'f':
			d = d | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		c = c<<4 | rune(d)
	}
	return c, true
}

// unescape appends the text of a string that scanString accepted.
func unescape(dst, s []byte) []byte {
	for i := 0; i < len(s); {
		if s[i] != '\\' {
			j := i + 1
			for j < len(s) && s[j] != '\\' {
				j++
			}
			dst = append(dst, s[i:j]...)
			i = j
			continue
		}
		switch c := s[i+1]; c {
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			c, _ := hex4(s, i+2)
			if c >= 0xD800 && c <= 0xDFFF {
				low, _ := hex4(s, i+8)
				c = (c-0xD800)<<10 + (low - 0xDC00) + 0x10000
				i += 6
			}
			dst = utf8.AppendRune(dst, c)
			i += 4
		default:
			dst = append(dst, c)
		}
		i += 2
	}
	return dst
}

// scanNumber reads a number (RFC 8259 section 6) and gives the place after it.
func (r *Reader) scanNumber(i int) int {
	b := r.data
	if b[i] == '-' {
		i++
	}
	switch {
	case i < len(b) && b[i] == '0':
		i++
	default:
		start := i
		if i = digits(b, i); i == start {
			return r.fail(NotJSON, i)
		}
	}
	if i >= len(b) || b[i] != '.' && b[i]|0x20 != 'e' {
		return i
	}
	if b[i] == '.' {
		start := i + 1
		if i = digits(b, start); i == start {
			return r.fail(NotJSON, i)
		}
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		start := i
		if i = digits(b, i); i == start {
			return r.fail(NotJSON, i)
		}
	}
	return i
}

func digits(b []byte, i int) int {
	for ; i+8 <= len(b); i += 8 {
		// As in special: a digit's byte stays below 10 and gets no top bit.
		w := load(b, i) ^ '0'*ones
		if m := ((w + (0x80-10)*ones) | w) & tops; m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
	}
	for i < len(b) && b[i]-'0' < 10 {
		i++
	}
	return i
}

// Literals as words.
const (
	wordTrue  = 'e'<<24 | 'u'<<16 | 'r'<<8 | 't'
	wordNull  = 'l'<<24 | 'l'<<16 | 'u'<<8 | 'n'
	wordFalse = 'e'<<32 | 's'<<24 | 'l'<<16 | 'a'<<8 | 'f'
)

// scanLiteral reads null, true or false.
func (r *Reader) scanLiteral(i int) (int, Kind) {
	var w uint64
	if i+8 <= len(r.data) {
		w = load(r.data, i)
	} else {
		w = firstWord(r.data[min(i, len(r.data)):])
	}
	switch {
	case uint32(w) == wordTrue:
		return i + 4, Bool
	case w&(1<<40-1) == wordFalse:
		return i + 5, Bool
	case uint32(w) == wordNull:
		return i + 4, Null
	}
	return r.fail(NotJSON, i), 0
}

// space skips white space.
func space(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}
