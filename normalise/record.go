// SPDX-License-Identifier: Apache-2.0

package normalise

import "haidang/event"

// Record gives the nth record (0-based) of data in a format's framing, without
// its line break, cut as Chunk cuts it. What it gives is part of data; ok is
// false where there are not so many records.
func (n *Normaliser) Record(format string, data []byte, nth uint32) (record []byte, ok bool) {
	lines := true
	if f, known := n.formats[format]; known {
		lines = f.Framing() == event.FramingLines
	}
	for len(data) > 0 {
		if lines {
			record, data = cutLine(data)
		} else {
			record, data = cutRow(data, n.cfg.MaxRecord)
		}
		if len(record) == 0 {
			continue
		}
		if nth == 0 {
			return record, true
		}
		nth--
	}
	return nil, false
}
