// SPDX-License-Identifier: Apache-2.0

package normalise

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"

	"github.com/go-json-experiment/json/jsontext"

	"haidang/event"
)

// secretReject is what becomes of a record that carries a marking of a state
// secret: it says nothing of what the record held.
var secretReject = &RejectError{Reason: event.ReasonLabel}

// secret reports whether the mapped record carries a marking of a state secret.
// Fields of the schema carry none, so what the format has beyond them is asked;
// of a record that a log shipper wrapped, what the shipper added, too.
func (j *job) secret(e *event.Event) bool {
	ask := j.w.n.cfg.Secret
	if ask == nil {
		return false
	}
	return j.unusual(e) && holds(e.Residual) && marked(event.AppendFilled(nil, e.Outline, e.Residual), ask) ||
		j.wrapped && holds(j.current) && marked(j.current, ask)
}

// unusual is asked of every record, so it must cost next to nothing.
func (j *job) unusual(e *event.Event) bool {
	if n := j.f.notice; n != nil {
		return n.Unusual()
	}
	return unusual(e.Residual)
}

// secretRaw is secret for a record that could not be mapped: it is asked as it came.
func (j *job) secretRaw() bool {
	ask := j.w.n.cfg.Secret
	if ask == nil || !holds(j.current) {
		return false
	}
	if !j.f.lines {
		return markedRow(j.ctx.Preamble, j.current, ask)
	}
	if marked(j.current, ask) {
		return true
	}
	inner, ok := j.w.unwrap.inner(j.current)
	return ok && marked(inner, ask)
}

// Eight bytes at a time: a byte's top bit is set in the mask where the byte is
// not ASCII or is a backslash, or above such a byte.
const (
	ones   = 0x0101010101010101
	tops   = 0x8080808080808080
	slants = '\\' * ones
)

func odd(w uint64) uint64 { return w | ((w ^ slants) - ones) }

// unusual reports whether b holds anything but ASCII, or an escape.
func unusual(b []byte) bool {
	if len(b) < 8 {
		for _, c := range b {
			if c >= 0x80 || c == '\\' {
				return true
			}
		}
		return false
	}
	last := odd(binary.LittleEndian.Uint64(b[len(b)-8:]))
	for ; len(b) >= 32; b = b[32:] {
		last |= odd(binary.LittleEndian.Uint64(b)) | odd(binary.LittleEndian.Uint64(b[8:])) |
			odd(binary.LittleEndian.Uint64(b[16:])) | odd(binary.LittleEndian.Uint64(b[24:]))
	}
	for ; len(b) >= 8; b = b[8:] {
		last |= odd(binary.LittleEndian.Uint64(b))
	}
	return last&tops != 0
}

// signs are the byte sequences of which every marking with accents holds one:
// its vowel Ậ composed, or one of the two accents on its own (U+0323, U+0302).
var signs = [][]byte{[]byte("\u1eac"), []byte("\u1ead"), []byte("\u0323"), []byte("\u0302")}

// escapedSigns are the same as JSON may write them.
var escapedSigns = [][]byte{[]byte("1eac"), []byte("1ead"), []byte("0323"), []byte("0302")}

// holds reports whether b may hold a marking; most that does not is told here.
func holds(b []byte) bool {
	for _, s := range signs {
		if bytes.Contains(b, s) {
			return true
		}
	}
	for {
		i := bytes.Index(b, []byte(`\u`))
		if i < 0 || len(b) < i+6 {
			return false
		}
		for _, s := range escapedSigns {
			if bytes.EqualFold(b[i+2:i+6], s) {
				return true
			}
		}
		b = b[i+2:]
	}
}

// marked asks about every name and every string of a JSON text, at any depth, as
// far as it can be read. A string is asked under the name of its member and the
// one that this lies in: {"labels":[{"value":…}]}.
func marked(text []byte, ask func(field, value string) bool) bool {
	d := jsontext.NewDecoder(bytes.NewBuffer(text), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	names := []string{""} // by depth: of the member at hand
	for {
		token, err := d.ReadToken()
		if err != nil {
			return false
		}
		depth := d.StackDepth()
		switch token.Kind() {
		case '{':
			names = append(names[:depth], "")
		case '[':
			names = append(names[:depth], names[depth-1])
		case '"':
			value, outer := token.String(), names[max(depth-1, 0)]
			field := names[depth]
			if kind, length := d.StackIndex(depth); kind == '{' && length%2 == 1 { // a name
				names[depth], field = value, outer
			}
			if holds([]byte(value)) && (ask(field, value) || field != outer && ask(outer, value)) {
				return true
			}
		}
	}
}

// markedRow asks about the cells of a CSV row under the names of their columns.
func markedRow(header, row []byte, ask func(field, value string) bool) bool {
	names, cells := readRow(header), readRow(row)
	for i := range min(len(names), len(cells)) {
		if holds([]byte(cells[i])) && ask(names[i], cells[i]) {
			return true
		}
	}
	return false
}

func readRow(row []byte) []string {
	r := csv.NewReader(bytes.NewReader(row))
	r.LazyQuotes = true
	cells, err := r.Read()
	if err != nil {
		return nil
	}
	return cells
}
