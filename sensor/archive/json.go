// SPDX-License-Identifier: Apache-2.0

package archive

import "bytes"

// element reads one element of a JSON array, wherever its line breaks are. It
// knows strings, escapes and nesting and nothing else of JSON: a line break
// between tokens becomes a space; one within a string, which no JSON may have,
// becomes a carriage return, which it may not have either.
func (r *Records) element() (line int64, err error) {
	b, err := r.skipSpace()
	for err == nil && b == ',' {
		b, err = r.skipSpace()
	}
	line = r.line
	depth := 0
	for ; err == nil; b, err = r.byte() {
		switch {
		case b == '"':
			r.keep(b)
			if err = r.text(); err != nil {
				return line, err
			}
			continue
		case depth == 0 && b == ',':
			r.rec = bytes.TrimRight(r.rec, " ")
			return line, nil
		case depth == 0 && b == ']':
			r.array = false
			r.rec = bytes.TrimRight(r.rec, " ")
			return line, nil
		case b == '{' || b == '[':
			depth++
		case b == '}' || b == ']':
			depth--
		case b == '\n' || b == '\r':
			b = ' '
		}
		if depth < 0 {
			depth = 0 // a closing brace too many: the record is broken, the next need not be
		}
		r.keep(b)
	}
	return line, err
}

// text reads the rest of a string, its closing quote included.
func (r *Records) text() error {
	escaped := false
	for {
		b, err := r.byte()
		if err != nil {
			return err
		}
		if b == '\n' {
			b = '\r'
		}
		r.keep(b)
		switch {
		case escaped:
			escaped = false
		case b == '\\':
			escaped = true
		case b == '"':
			return nil
		}
	}
}
