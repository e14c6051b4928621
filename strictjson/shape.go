// SPDX-License-Identifier: Apache-2.0

package strictjson

import "math/bits"

// Whoever writes records writes them by a few patterns: the same members in the
// same order, only the values differ. A pattern that was read once, member by
// member, is known from then on: what lies between two values is compared as a
// whole, and only the values are looked at. That is as strict as reading: the
// names are those of a record that was found strict, and a value that is a
// strict string or number may stand where another one stood. Where a record
// differs from all patterns known it is read member by member from its start.

type stepKind uint8

const (
	stepString  stepKind = iota // the text before it ends with the opening quote
	stepNumber                  //
	stepLiteral                 // true, false or null
	stepBox                     // an object or array as a whole
	stepEnd                     // nothing follows the text
)

// step is a place in the tree of patterns: the text before a value, and what is
// done with the value. What is looked at first comes first.
type step struct {
	first, mask uint64 // the first bytes of text, and which they are
	last        uint64 // the last eight of a longer one
	text        string
	next        *step // the first that may follow
	other       *step // another that may be here
	quick       quick
	least       uint8 // as entry.least
	field       uint16

	kind  stepKind
	json  Kind   // of the value
	given bool   // the value is handed out: neither empty nor refused
	depth uint8  // of what stepBox is in
	entry *entry // what is wanted there; nil: nothing
	leaf  *leaf  // of stepEnd
}

// quick says what can be done with a value at once.
type quick uint8

const (
	quickNot quick = iota
	quickPassString
	quickTakeString
	quickAskString
	quickPassNumber
	quickTakeNumber
)

func (s *step) quicken() quick {
	switch e := s.entry; {
	case s.kind == stepString && e == nil:
		return quickPassString
	case s.kind == stepNumber && e == nil:
		return quickPassNumber
	case s.kind == stepString && !e.item && e.check != nil:
		return quickAskString
	case e == nil || e.item || e.check != nil || !s.given:
		return quickNot
	case s.kind == stepString:
		return quickTakeString
	case s.kind == stepNumber:
		return quickTakeNumber
	}
	return quickNot
}

// leaf is a whole pattern.
type leaf struct {
	present  fieldSet
	residual []cut
	outline  outline
}

// cut is a part of the residual: a byte, or a stretch of the record from some
// bytes behind the end of a value to some bytes behind that of another.
type cut struct {
	char             byte
	from, to         uint8 // 0 is the record's start, then the values
	fromPlus, toPlus uint16
}

const maxSteps = 64 // values of a pattern

// shaped reads the record by a known pattern; false says that it follows none.
func (r *Reader) shaped() bool {
	b := r.data
	i, n := 0, 1
	for head := &r.patterns.root; ; n++ {
		link, after := head, 0
		s := *link
		for ; s != nil; link, s = &s.other, s.other {
			end := i + len(s.text)
			if end+8 > len(b) {
				if after = r.nearEnd(s, i); after >= 0 {
					break
				}
				continue
			}
			if load(b, i)&s.mask != s.first || len(s.text) > 8 && (load(b, end-8) != s.last || len(s.text) > 16 && string(b[i:end]) != s.text) {
				continue
			}
			if after = r.quickly(s, end); after >= 0 {
				break
			}
			items := len(r.items)
			if after = r.value(s, end); after >= 0 {
				break
			}
			r.items = r.items[:items]
		}
		if s == nil {
			return false
		}
		if s.kind == stepEnd {
			r.finish(s.leaf)
			return true
		}
		if s != *head { // what was met lately is met again
			*link, s.other, *head = s.other, *head, s
		}
		i = after
		r.ends[n%maxSteps] = uint32(i)
		head = &s.next
	}
}

// quickly reads the usual values; -1 leaves it to value.
func (r *Reader) quickly(s *step, i int) (after int) {
	b, end := r.data, i
	if s.quick >= quickPassNumber {
		// No number begins with a zero and goes on.
		w := load(b, i) ^ '0'*ones
		m := ((w + (0x80-10)*ones) | w) & tops
		if m == 0 {
			end = digits(b, i+8)
		} else {
			end += bits.TrailingZeros64(m) >> 3
		}
		if end >= len(b) || end == i || b[end] != ',' && b[end] != '}' || b[i] == '0' && end > i+1 {
			return -1
		}
		if s.quick == quickTakeNumber {
			r.values[s.field].set(i, end, Number)
		}
		return end
	}
	if s.quick == quickNot {
		return -1
	}
	for {
		if m := special(load(b, end)); m != 0 {
			end += bits.TrailingZeros64(m) >> 3
			break
		}
		if end += 8; end+8 > len(b) {
			return -1
		}
	}
	if b[end] != '"' {
		return -1
	}
	if s.quick != quickPassString {
		if end-i < int(s.least) || s.quick == quickAskString && s.entry.check(b[i:end], &r.decoded[s.field]) != s.given {
			return -1
		}
		r.values[s.field].set(i, end, String)
	}
	return end + 1
}

// nearEnd compares a step's text, and reads its value, near the record's end.
func (r *Reader) nearEnd(s *step, i int) (after int) {
	end := i + len(s.text)
	if end > len(r.data) || string(r.data[i:end]) != s.text {
		return -1
	}
	if s.kind == stepEnd {
		if end < len(r.data) {
			return -1
		}
		return end
	}
	items := len(r.items)
	if after = r.value(s, end); after < 0 {
		r.items = r.items[:items]
	}
	return after
}

// value reads a value as it is read member by member; -1 says that another step
// has to be looked for.
func (r *Reader) value(s *step, i int) (after int) {
	b := r.data
	if i >= len(b) {
		return -1
	}
	c := b[i]
	switch s.kind {
	case stepEnd: // something follows
		return -1
	case stepString:
		end := skipPlain(b, i)
		i-- // the opening quote
		if s.entry == nil {
			if end, _ = r.scanString(end); end < 0 {
				return -1
			}
			return end + 1
		}
		r.gave = false
		if after, _ = r.wantedString(s.entry, i, end); r.gave != s.given {
			return -1
		}
		return after
	case stepNumber:
		if c != '-' && c-'0' >= 10 {
			return -1
		}
	case stepLiteral:
		if c == 'n' != (s.json == Null) || c != 'n' && c != 't' && c != 'f' {
			return -1
		}
	case stepBox:
		if c == '{' != (s.json == Object) || c != '{' && c != '[' {
			return -1
		}
		r.depth = int(s.depth)
	}
	if s.entry == nil {
		return r.skip(i)
	}
	r.gave = false
	if after, _ = r.wanted(s.entry, i); r.gave != s.given {
		return -1
	}
	return after
}

// finish ends a record that a pattern has been followed through.
func (r *Reader) finish(l *leaf) { r.present, r.leaf = l.present, l }

// whole makes the residual of such a record.
func (r *Reader) whole(l *leaf) {
	for i := range l.residual {
		c := &l.residual[i]
		if c.char != 0 {
			r.residual = append(r.residual, c.char)
			continue
		}
		from, to := int(r.ends[c.from%maxSteps])+int(c.fromPlus), int(r.ends[c.to%maxSteps])+int(c.toPlus)
		r.residual = append(r.residual, r.data[from:to]...)
	}
}
