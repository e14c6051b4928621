// SPDX-License-Identifier: Apache-2.0

package normalise

import "bytes"

// cutLine gives the next line without its line break, LF or CR LF.
func cutLine(data []byte) (line, rest []byte) {
	i := bytes.IndexByte(data, '\n')
	if i < 0 {
		return trimBreak(data), nil
	}
	return trimBreak(data[:i+1]), data[i+1:]
}

// cutRow gives the next CSV row without its line break; line breaks within
// quotes (RFC 4180) belong to it. A row longer than limit ends at the next line
// break whatever its quotes say, as it does at the doors, so that an open quote
// costs one record and not all that follow.
func cutRow(data []byte, limit int) (row, rest []byte) {
	i := bytes.IndexByte(data, '\n')
	if i < 0 {
		return trimBreak(data), nil
	}
	if bytes.IndexByte(data[:i], '"') < 0 {
		return trimBreak(data[:i+1]), data[i+1:]
	}
	if i = rowEnd(data, limit); i < 0 {
		return trimBreak(data), nil
	}
	return trimBreak(data[:i+1]), data[i+1:]
}

// beyondLimit is how many bytes of an over-long record the doors hand on beyond
// the limit.
const beyondLimit = 3

// rowEnd finds the line break that ends a row; -1 when there is none.
func rowEnd(data []byte, limit int) int {
	start, quoted := true, false // start: of a field, where a quote opens it
	stop := min(len(data), limit+beyondLimit)
	for i := 0; i < stop; i++ {
		b := data[i]
		switch {
		case quoted:
			if b == '"' {
				quoted = false
				if i+1 < stop && data[i+1] == '"' {
					i++
					quoted = true
				}
			}
			continue
		case b == '\n':
			return i
		case b == '"' && start:
			quoted = true
		}
		start = b == ','
	}
	if n := bytes.IndexByte(data[stop:], '\n'); n >= 0 {
		return stop + n
	}
	return -1
}

// trimBreak takes one line break off the end.
func trimBreak(b []byte) []byte {
	if n := len(b); n > 0 && b[n-1] == '\n' {
		b = b[:n-1]
	}
	if n := len(b); n > 0 && b[n-1] == '\r' {
		b = b[:n-1]
	}
	return b
}
