// SPDX-License-Identifier: Apache-2.0

package strictjson

import "slices"

// patterns is the tree of patterns that a Reader knows. It is of a bounded size;
// when it is full it is forgotten, but not more often than every forgetEvery
// records.
type patterns struct {
	root  *step
	steps []step // room for more
	text  []byte // of some of them
	count int    // of steps
	since int    // records that followed none, since the tree was empty
}

const (
	maxPatternSteps = 1 << 12
	stepsAtOnce     = 64
	longestText     = 1 << 10
	forgetEvery     = 1 << 16
)

// lesson is what is noted of a record that is read member by member.
type lesson struct {
	on     bool
	notes  []note
	pieces []piece
}

// note is a value that may be another one in the next record.
type note struct {
	start, end int // a string's start is behind its opening quote, the end behind the closing one
	entry      *entry
	kind       stepKind
	json       Kind
	given      bool
	depth      int
}

// piece is a part of the residual as it was written: a byte, or a stretch of the
// record.
type piece struct {
	char     byte
	from, to int
}

func (l *lesson) begin(on bool) {
	l.on, l.notes, l.pieces = on, l.notes[:0], l.pieces[:0]
}

// note notes a value from its first byte on.
func (r *Reader) note(e *entry, i, end int, given bool) {
	n := note{start: i, end: end, entry: e, given: given, depth: r.depth}
	switch c := r.data[i]; {
	case c == '"':
		n.start++
		n.kind, n.json = stepString, String
	case c == '{':
		n.kind, n.json = stepBox, Object
	case c == '[':
		n.kind, n.json = stepBox, Array
	case c == 'n':
		n.kind, n.json = stepLiteral, Null
	case c == 't' || c == 'f':
		n.kind, n.json = stepLiteral, Bool
	default:
		n.kind, n.json = stepNumber, Number
	}
	if e != nil && e.want&n.json == 0 {
		n.entry = nil
	}
	r.lesson.notes = append(r.lesson.notes, n)
}

// learning reports whether the next record that follows no pattern shall become
// one.
func (r *Reader) learning() bool {
	p := &r.patterns
	p.since++
	if p.count+maxSteps < maxPatternSteps {
		return true
	}
	if p.since < forgetEvery {
		return false
	}
	*p = patterns{}
	return true
}

// learn makes a pattern of the record that was just read. Literals that nobody wants
// are as good as names: there are three of them.
func (r *Reader) learn() {
	l := &r.lesson
	l.notes = slices.DeleteFunc(l.notes, func(n note) bool { return n.kind == stepLiteral && n.entry == nil })
	if len(l.notes) >= maxSteps-1 || !l.short(len(r.data)) {
		return
	}
	at, from := &r.patterns.root, 0
	for i := range l.notes {
		n := &l.notes[i]
		at = &r.patterns.step(at, r.data[from:n.start], n).next
		from = n.end
	}
	end := r.patterns.step(at, r.data[from:], &note{kind: stepEnd})
	end.leaf = &leaf{present: l.present(), residual: l.cuts(r.data), outline: l.outline(r.data)}
}

// short reports whether all that lies between values is short.
func (l *lesson) short(end int) bool {
	from := 0
	for i := range l.notes {
		if l.notes[i].start-from > longestText {
			return false
		}
		from = l.notes[i].end
	}
	return end-from <= longestText
}

// step finds or makes a step among those that may come at one place.
func (p *patterns) step(at **step, text []byte, n *note) *step {
	for s := *at; s != nil; s = s.other {
		if s.text == string(text) && s.kind == n.kind && s.json == n.json && s.entry == n.entry && s.given == n.given {
			return s
		}
	}
	if len(p.steps) == cap(p.steps) {
		p.steps = make([]step, 0, stepsAtOnce)
	}
	p.count++
	if len(text) > cap(p.text)-len(p.text) {
		p.text = make([]byte, 0, 4*longestText)
	}
	from := len(p.text)
	p.text = append(p.text, text...)
	p.steps = append(p.steps, step{
		text: view(p.text[from:]), entry: n.entry, kind: n.kind, json: n.json, given: n.given, depth: uint8(n.depth),
		other: *at,
	})
	s := &p.steps[len(p.steps)-1]
	s.first, s.mask = firstWord(s.text), ^uint64(0)
	if k := len(text); k < 8 {
		s.mask = 1<<(8*k) - 1
	} else {
		s.last = firstWord(s.text[k-8:])
	}
	s.quick = s.quicken()
	if s.entry != nil {
		s.least, s.field = s.entry.least, s.entry.field
	}
	*at = s
	return s
}

// present gives the fields that the pattern has.
func (l *lesson) present() (f fieldSet) {
	for i := range l.notes {
		if n := &l.notes[i]; n.given && !n.entry.item {
			f.add(n.entry.field)
		}
	}
	return f
}

// cuts says the pieces of the residual by ends of values.
func (l *lesson) cuts(data []byte) (out []cut) {
	for _, p := range l.joined(data) {
		c := cut{char: p.char}
		if p.char == 0 {
			var plus [2]int
			c.from, plus[0] = l.place(p.from)
			c.to, plus[1] = l.place(p.to)
			c.fromPlus, c.toPlus = uint16(plus[0]), uint16(plus[1])
		}
		out = append(out, c)
	}
	return out
}

// place says a position as a value's number and how far behind its end it is.
func (l *lesson) place(at int) (value uint8, plus int) {
	i := len(l.notes)
	for i > 0 && l.notes[i-1].end > at {
		i--
	}
	if i == 0 {
		return 0, at
	}
	return uint8(i), at - l.notes[i-1].end
}

// joined makes few pieces of many: the byte before or behind a stretch is mostly
// the one that the record has there, between two values.
func (l *lesson) joined(data []byte) (out []piece) {
	for _, p := range l.pieces {
		var last *piece
		if len(out) > 0 {
			last = &out[len(out)-1]
		}
		stretch := last != nil && last.char == 0
		switch {
		case p.char != 0 && stretch && last.to < len(data) && data[last.to] == p.char:
			last.to++
		case p.char == 0 && last != nil && last.char != 0 && p.from > 0 && data[p.from-1] == last.char:
			*last = piece{from: p.from - 1, to: p.to}
		case p.char == 0 && stretch && last.to == p.from:
			last.to = p.to
		default:
			out = append(out, p)
		}
	}
	// A byte that became part of a stretch may touch the one before.
	n := 0
	for i := 1; i < len(out); i++ {
		a, b := &out[n], out[i]
		if a.char|b.char == 0 && a.to == b.from {
			a.to = b.to
			continue
		}
		n++
		out[n] = b
	}
	return out[:min(n+1, len(out))]
}
