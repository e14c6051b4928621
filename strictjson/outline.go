// SPDX-License-Identifier: Apache-2.0

package strictjson

import "strings"

// Gap stands in an outline for a value, and between two values that fill one. No
// strict JSON text holds it.
const Gap = '\x1f'

// longestOutline bounds what a Reader remembers of a pattern.
const longestOutline = 1 << 10

// outline is what the residuals of all records of a pattern share.
type outline struct {
	text string // empty: it is not worth while
	gaps []gap
}

// gap is a value of the residual: from some bytes behind the end of the value
// before it to its own end, without a closing quote.
type gap struct {
	before uint8 // value
	quote  uint8
	plus   uint16
}

// Outlined gives the residual as a text that records of one pattern have in common,
// with a Gap for each value, and the values, a Gap between two. The text is empty
// where the record follows no pattern: then the rest is the whole residual.
func (r *Reader) Outlined() (text string, rest []byte) {
	if r.leaf == nil || r.leaf.outline.text == "" {
		return "", r.Residual()
	}
	if r.filling(r.leaf.outline.gaps); len(r.fill) == 0 {
		return "", r.Residual()
	}
	return r.leaf.outline.text, r.fill
}

// wide is how many bytes are copied at once: most values are shorter, and to copy
// what is not needed costs less than to ask how much is.
const wide = 16

func (r *Reader) filling(gaps []gap) {
	if most := len(r.data) + len(gaps) + wide; cap(r.fill) < most {
		r.fill = make([]byte, 2*most)
	}
	to, b, at := r.fill[:cap(r.fill)], r.data, 0
	for i := range gaps {
		g := &gaps[i]
		from := int(r.ends[g.before%maxSteps]) + int(g.plus)
		end := int(r.ends[(g.before+1)%maxSteps]) - int(g.quote)
		if end-from <= wide && from+wide <= len(b) {
			*(*[wide]byte)(to[at:]) = [wide]byte(b[from:])
		} else {
			copy(to[at:], b[from:end])
		}
		at += end - from
		to[at] = Gap
		at++
	}
	r.fill = to[:max(at-1, 0)]
}

// outline makes the outline of the record that was just read.
func (l *lesson) outline(data []byte) (o outline) {
	var text strings.Builder
	next := 0 // note
	for _, p := range l.joined(data) {
		if p.char != 0 {
			text.WriteByte(p.char)
			continue
		}
		from := p.from
		for ; next < len(l.notes) && l.notes[next].start < p.to; next++ {
			n := &l.notes[next]
			if n.start < from { // it was taken
				continue
			}
			if n.end > p.to {
				return outline{}
			}
			g := gap{before: uint8(next), plus: uint16(n.start)}
			if next > 0 {
				g.plus = uint16(n.start - l.notes[next-1].end)
			}
			if n.kind == stepString {
				g.quote = 1
			}
			text.Write(data[from:n.start])
			text.WriteByte(Gap)
			from = n.end - int(g.quote)
			o.gaps = append(o.gaps, g)
		}
		text.Write(data[min(from, p.to):p.to])
	}
	if text.Len() > longestOutline {
		return outline{}
	}
	o.text = text.String()
	return o
}
