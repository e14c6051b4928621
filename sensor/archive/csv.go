// SPDX-License-Identifier: Apache-2.0

package archive

import "bytes"

// row reads one row of RFC 4180: a line break within quotes belongs to it, and
// a quote opens only at the start of a field. A row that grows beyond what is
// kept ends at the next line break, so that a quote that is never closed does
// not eat the file.
func (r *Records) row() (line int64, err error) {
	line = r.line
	r.rec = r.rec[:0]
	start, quoted, closing := true, false, false
	for {
		b, err := r.byte()
		if err != nil {
			r.rec = bytes.TrimSuffix(r.rec, []byte("\r"))
			return line, err
		}
		if b == '\n' && (!quoted || len(r.rec) >= MaxRecord) {
			r.rec = bytes.TrimSuffix(r.rec, []byte("\r"))
			return line, nil
		}
		r.keep(b)
		switch {
		case quoted:
			if b == '"' {
				quoted, closing = false, true
			}
			continue
		case b == '"' && (start || closing):
			quoted = true
		}
		start, closing = b == ',', false
	}
}
