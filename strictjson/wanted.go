// SPDX-License-Identifier: Apache-2.0

package strictjson

import "math/bits"

// run is a stretch of neighbouring members that nobody took, not yet copied to
// the residual.
type run struct{ from, to int }

// flush copies the run to the residual.
func (r *Reader) flush(s *run) {
	if s.from == 0 {
		return
	}
	r.comma()
	r.copied(s.from, s.to)
	s.from = 0
}

func (r *Reader) comma() {
	if r.residual[len(r.residual)-1] != '{' {
		r.char(',')
	}
}

// char writes a byte of the residual.
func (r *Reader) char(c byte) {
	r.residual = append(r.residual, c)
	if r.lesson.on {
		r.lesson.pieces = append(r.lesson.pieces, piece{char: c})
	}
}

// copied writes a stretch of the record to the residual.
func (r *Reader) copied(from, to int) {
	r.residual = append(r.residual, r.data[from:to]...)
	if r.lesson.on {
		r.lesson.pieces = append(r.lesson.pieces, piece{from: from, to: to})
	}
}

// object reads an object of which some members are known, from behind its
// opening brace. What is met at almost every member is written out here.
func (r *Reader) object(n *node, i int) int {
	i, done := r.enter(i, '}')
	if i < 0 || done {
		r.depth--
		return i
	}
	b, f := r.data, frame{base: len(r.names)}
	var left run
	var seen [2]uint64
	for place, more := n.first, true; more; {
		if i >= len(b) || b[i] != '"' {
			return r.fail(NotJSON, i)
		}
		at, taken := i, false
		g := &r.guess[place]
		e := g[0]
		if end := i + 1 + len(e.name); end+8 <= len(b) && load(b, i+1)&e.mask == e.first && colonAt(load(b, end)) &&
			(len(e.name) <= 8 || e.ends(b, i+1, end)) {
			i = end + 2
		} else if e, i = r.other(n, g, i, &f); i < 0 {
			return -1
		}
		if e == nil {
			i = r.pass(i)
		} else {
			word, bit := &seen[e.id>>6&1], uint64(1)<<(e.id&63)
			if *word&bit != 0 {
				return r.fail(DuplicateName, at)
			}
			*word |= bit
			place = e.place
			if e.left {
				i = r.pass(i)
			} else {
				i, taken = r.known(e, at, i, &left)
			}
		}
		switch {
		case i < 0:
			return -1
		case r.inArray > 0:
			r.leftover = r.leftover || !taken
		case taken:
			r.flush(&left)
		case left.from == 0:
			left = run{at, i}
		default:
			left.to = i
		}
		if i+1 < len(b) && b[i] == ',' && b[i+1] == '"' {
			i++
		} else if i, more = r.next(i, '}'); i < 0 {
			return -1
		}
	}
	r.flush(&left)
	r.leave(&f)
	return i
}

// other finds the member at i where the first guess failed, and remembers it.
func (r *Reader) other(n *node, g *[2]*entry, i int, f *frame) (e *entry, value int) {
	if value = guessed(r.data, i+1, g[1]); value > 0 {
		g[0], g[1] = g[1], g[0]
		return g[0], value
	}
	if e, value = r.member(n, i, f); e != nil && value >= 0 {
		g[0], g[1] = e, g[0]
	}
	return e, value
}

// member reads a name that was not guessed right, from its opening quote on to
// the value. It gives nil for an unknown name.
func (r *Reader) member(n *node, at int, f *frame) (e *entry, value int) {
	var m member
	if value = r.name(at+1, &m); value < 0 {
		return nil, -1
	}
	if e = n.find(m.hash, m.first, m.text); e == nil && r.unknown(f, m.hash, m.text, m.off) {
		return nil, r.fail(DuplicateName, at)
	}
	return e, value
}

// known reads the value of a known member whose name starts at `at`. taken is
// false where the member belongs to the residual.
func (r *Reader) known(e *entry, at, i int, left *run) (after int, taken bool) {
	b := r.data
	if i >= len(b) {
		return r.fail(NotJSON, i), false
	}
	switch c := b[i]; {
	case c == '"':
		end := i + 1
		if end+8 <= len(b) { // many strings are short
			if s := special(load(b, end)); s != 0 {
				end += bits.TrailingZeros64(s) >> 3
			} else {
				end = skipPlain(b, end+8)
			}
		}
		if e.plain && !r.lesson.on && end < len(b) && b[end] == '"' && end > i+int(e.least) {
			r.values[e.field].set(i+1, end, String)
			r.present.add(e.field)
			return end + 1, !e.keep
		}
		return r.wantedString(e, i, end)
	case e.digit && !r.lesson.on && c-'1' < 9:
		end := digits(b, i+1)
		if end < len(b) && (b[end] == ',' || b[end] == '}') {
			r.values[e.field].set(i, end, Number)
			r.present.add(e.field)
			return end, !e.keep
		}
		return r.wanted(e, i)
	case c == '{' && e.child != nil && e.want&Object == 0:
		return r.inner(e, at, i, left)
	default:
		return r.wanted(e, i)
	}
}

// inner reads an object of which members are wanted.
func (r *Reader) inner(e *entry, at, i int, left *run) (after int, taken bool) {
	if r.inArray > 0 {
		return r.object(e.child, i+1), true
	}
	r.flush(left)
	mark, pieces := len(r.residual), len(r.lesson.pieces)
	r.comma()
	r.copied(at, i+1)
	start := len(r.residual)
	if i = r.object(e.child, i+1); i < 0 {
		return -1, false
	}
	if len(r.residual) == start {
		r.residual, r.lesson.pieces = r.residual[:mark], r.lesson.pieces[:pieces]
	} else {
		r.char('}')
	}
	return i, true
}

// wanted reads a value other than a string that may be a wanted leaf or an
// array of such.
func (r *Reader) wanted(e *entry, i int) (after int, taken bool) {
	b := r.data
	v := value{off: uint32(i)}
	switch c := b[i]; {
	case c == '-' || c-'0' < 10:
		v.kind, after = Number, r.scanNumber(i)
	case c == '{':
		v.kind, after = Object, r.skipObject(i+1)
	case c == '[':
		if e.want&Array == 0 && (e.elem != nil || e.head != nil) {
			return r.array(e, i+1)
		}
		v.kind, after = Array, r.skipArray(i+1)
	default:
		after, v.kind = r.scanLiteral(i)
	}
	if after < 0 {
		return -1, false
	}
	v.end = uint32(after)
	r.gave = false
	taken = r.give(e, v)
	if r.lesson.on {
		r.note(e, i, after, r.gave)
	}
	return after, taken
}

// wantedString reads a string from its opening quote; `end` is how far plain
// characters go.
func (r *Reader) wantedString(e *entry, i, end int) (after int, taken bool) {
	escaped := false
	if end >= len(r.data) || r.data[end] != '"' {
		if end, escaped = r.scanString(end); end < 0 {
			return -1, false
		}
	}
	v := value{off: uint32(i + 1), end: uint32(end), kind: String}
	if escaped && e.want&String != 0 {
		off := len(r.scratch)
		r.scratch = unescape(r.scratch, r.data[i+1:end])
		v.off, v.end, v.scratch = uint32(off), uint32(len(r.scratch)), true
	}
	r.gave = false
	taken = r.give(e, v)
	if r.lesson.on {
		r.note(e, i, end+1, r.gave)
	}
	return end + 1, taken
}

// pass reads a value of which nothing is wanted.
func (r *Reader) pass(i int) (after int) {
	if after = r.skip(i); after >= 0 && r.lesson.on {
		r.note(nil, i, after, false)
	}
	return after
}

// give hands a value out if it is wanted.
func (r *Reader) give(e *entry, v value) (taken bool) {
	if e.want&v.kind == 0 || v.end-v.off < uint32(e.least) || e.check != nil && !e.check(r.bytes(&v), &r.decoded[e.field]) {
		return false
	}
	r.gave = true
	if e.item {
		r.items = append(r.items, Item{int(e.field), v})
	} else {
		r.values[e.field] = v
		r.present.add(e.field)
	}
	return !e.keep
}

// array reads an array of wanted elements from behind its bracket. If any part
// of it was not taken, the whole array belongs to the residual.
func (r *Reader) array(e *entry, i int) (after int, taken bool) {
	i, done := r.enter(i, ']')
	outer := r.leftover
	r.leftover = false
	r.inArray++
	x := e.elem
	if e.head != nil {
		x = e.head
	}
	for more := !done; i >= 0 && more; x = e.elem {
		if x == nil {
			i, taken = r.pass(i), false
		} else {
			i, taken = r.known(x, 0, i, nil)
		}
		r.leftover = r.leftover || !taken
		if i >= 0 {
			i, more = r.next(i, ']')
		}
	}
	r.inArray--
	r.depth--
	taken, r.leftover = !r.leftover, outer
	return i, taken
}
