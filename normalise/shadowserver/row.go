// SPDX-License-Identifier: Apache-2.0

package shadowserver

import "unsafe"

// row is one CSV row (RFC 4180) taken apart. Its fields are views into the
// record or, where a quote was doubled, into buf.
type row struct {
	fields [][]byte
	buf    []byte
}

// split takes a row apart; it reports false for a quote that is never closed or
// text behind a closing one.
func (r *row) split(rec []byte) bool {
	r.fields = r.fields[:0]
	if cap(r.buf) < len(rec) { // never grown below, so that views stay valid
		r.buf = make([]byte, 0, len(rec)+len(rec)/2)
	}
	r.buf = r.buf[:0]
	for at := 0; ; {
		if at < len(rec) && rec[at] == '"' {
			f, next, ok := r.quoted(rec, at+1)
			if !ok {
				return false
			}
			r.fields, at = append(r.fields, f), next
		} else {
			end := at
			for end < len(rec) && rec[end] != ',' {
				end++
			}
			r.fields, at = append(r.fields, rec[at:end]), end
		}
		if at >= len(rec) {
			return true
		}
		at++ // the comma
	}
}

// quoted reads from behind the opening quote; next is at a comma or the end.
func (r *row) quoted(rec []byte, at int) (f []byte, next int, ok bool) {
	from, copied := at, -1
	for ; at < len(rec); at++ {
		if rec[at] != '"' {
			if copied >= 0 {
				r.buf = append(r.buf, rec[at])
			}
			continue
		}
		if at+1 < len(rec) && rec[at+1] == '"' {
			if copied < 0 {
				copied = len(r.buf)
				r.buf = append(r.buf, rec[from:at]...)
			}
			r.buf = append(r.buf, '"')
			at++
			continue
		}
		if at+1 < len(rec) && rec[at+1] != ',' {
			return nil, 0, false
		}
		if copied >= 0 {
			return r.buf[copied:], at + 1, true
		}
		return rec[from:at], at + 1, true
	}
	return nil, 0, false
}

// view gives bytes as a string without copying them.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
