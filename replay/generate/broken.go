// SPDX-License-Identifier: Apache-2.0

package generate

import "bytes"

// breakLine spoils the line that begins at start, each time in one of the ways
// in which lines arrive broken. The line stays one line.
func breakLine(b []byte, start int, r *random) []byte {
	line := b[start : len(b)-1]
	switch r.below(5) {
	case 0: // cut off, as by a full disk
		return append(b[:start+1+int(r.below(uint32(len(line)-2)))], '\n')
	case 1: // a name twice
		return insert(b, start+1, `"flow_id":1,`)
	case 2: // not UTF-8
		return insert(b, start+bytes.Index(line, []byte(`"host":"`))+8, "\xff\xfe")
	case 3: // half of a pair
		return insert(b, start+bytes.Index(line, []byte(`"host":"`))+8, `\ud83d`)
	default: // something else altogether
		return append(b[:start], "suricata: Signal Received. Stopping engine.\n"...)
	}
}

func insert(b []byte, at int, text string) []byte {
	b = append(b, text...)
	copy(b[at+len(text):], b[at:len(b)-len(text)])
	copy(b[at:], text)
	return b
}
