// SPDX-License-Identifier: Apache-2.0

package strictjson

import (
	"fmt"
	"strings"
)

// Kind is the kind of a JSON value; as a bit set it says which are wanted.
type Kind uint8

// Kinds of values.
const (
	Null Kind = 1 << iota
	Bool
	Number
	String
	Object
	Array
	Scalar = Null | Bool | Number | String
	Any    = Scalar | Object | Array
	// None wants nothing: the value stays in the residual. Naming members that
	// are often there makes reading them quicker.
	None Kind = 1 << 7
)

// Path asks for the value at one place.
type Path struct {
	// Name is the way to the value: member names joined by dots
	// ("alert.signature_id"). "[]" after a name stands for all elements of an
	// array, "[0]" for its first only ("dns.queries[0].rrname").
	Name string
	// Field is the number under which the Reader gives the value. Values met
	// behind "[]" are given as Items, all others by number. Several names may
	// share one number: the last one in the record wins.
	Field int
	// Want says which kinds are taken; a value of another kind stays in the
	// residual as if it had not been asked for. Zero means String|Number.
	Want Kind
	// Accept, when set, may refuse a value after a look at its text; it stays
	// in the residual then. Not for values behind "[]" or "[0]".
	Accept func(text []byte) bool
	// Decode is an Accept that keeps what the text says, for Reader.Decoded. It
	// writes nothing where it refuses.
	Decode func(text []byte, to *Decoded) bool
	// NotEmpty refuses the empty string, as an Accept would but for nothing.
	NotEmpty bool
	// Keep leaves the value in the residual although it was given.
	Keep bool
}

// Table is a compiled set of paths. It is immutable.
type Table struct {
	root    *node
	fields  int
	guesses int // places at which a member may be guessed from the one before
}

// node is the place of an object: its known members in a perfect hash.
type node struct {
	slots   []uint8 // id+1 of the member at a hash
	first   int     // place of the guess for the first member
	entries []entry // by id
	seed    uint64
	shift   uint8
	number  int // known members
	byName  map[string]*entry
}

// entry is a known member of an object.
type entry struct {
	name  string
	first uint64 // first eight bytes of name, little-endian, zero-filled
	mask  uint64 // which of them are the name's
	last  uint64 // last eight bytes of a longer name
	place int    // of the guess for the member that follows
	id    uint8  // bit in the object's seen set
	want  Kind   // kinds taken as a leaf; zero: no leaf
	least uint8  // characters that a string must have, 0 or 1
	keep  bool
	item  bool // give as Item
	plain bool // a string may be handed out without further questions
	digit bool // so may a whole number
	left  bool // nothing is wanted here
	field uint16
	check func([]byte, *Decoded) bool

	child *node  // when the value is an object
	elem  *entry // when the value is an array: each element
	head  *entry // when the value is an array: its first element
}

// Decoded is what Path.Decode made of a text.
type Decoded [32]byte

const (
	maxMembers = 128 // known members of one object
	maxFields  = 128
)

// NewTable compiles paths.
func NewTable(paths []Path) (*Table, error) {
	t := &Table{root: newNode()}
	for _, p := range paths {
		if err := t.add(p); err != nil {
			return nil, fmt.Errorf("path %q: %w", p.Name, err)
		}
	}
	return t, t.root.seal(&t.guesses)
}

// MustTable is NewTable for tables written in code; it panics on a bad path.
func MustTable(paths []Path) *Table {
	t, err := NewTable(paths)
	if err != nil {
		panic("strictjson: " + err.Error())
	}
	return t
}

func newNode() *node { return &node{byName: map[string]*entry{}} }

func (t *Table) add(p Path) error {
	if p.Field < 0 || p.Field >= maxFields {
		return fmt.Errorf("field %d is not within 0–%d", p.Field, maxFields-1)
	}
	if p.Want == 0 {
		p.Want = String | Number
	}
	n, item := t.root, false
	parts := strings.Split(p.Name, ".")
	for i, part := range parts {
		name, index, _ := strings.Cut(part, "[")
		if name == "" {
			return fmt.Errorf("a member's name is empty")
		}
		e, err := n.member(name)
		if err != nil {
			return err
		}
		if e, err = e.element(index, &item); err != nil {
			return err
		}
		if i < len(parts)-1 {
			n = e.object()
			continue
		}
		if e.want != 0 {
			return fmt.Errorf("is there twice")
		}
		e.want, e.keep, e.item, e.field, e.check = p.Want, p.Keep, item, uint16(p.Field), p.Decode
		if p.NotEmpty {
			e.least = 1
		}
		if p.Accept != nil {
			e.check = func(text []byte, _ *Decoded) bool { return p.Accept(text) }
		}
	}
	t.fields = max(t.fields, p.Field+1)
	return nil
}

func (n *node) member(name string) (*entry, error) {
	if e := n.byName[name]; e != nil {
		return e, nil
	}
	if n.number == maxMembers {
		return nil, fmt.Errorf("more than %d members of one object", maxMembers)
	}
	e := &entry{name: name, id: uint8(n.number), first: firstWord(name)}
	n.number++
	n.byName[name] = e
	return e, nil
}

// element goes to the element of an array that an index ("", "]" for all,
// "0]" for the first) stands for.
func (e *entry) element(index string, item *bool) (*entry, error) {
	switch index {
	case "":
		return e, nil
	case "]":
		*item = true
		if e.elem == nil {
			e.elem = &entry{}
		}
		return e.elem, nil
	case "0]":
		if e.head == nil {
			e.head = &entry{}
		}
		return e.head, nil
	default:
		return nil, fmt.Errorf("only [] and [0] are known")
	}
}

func (e *entry) object() *node {
	if e.child == nil {
		e.child = newNode()
	}
	return e.child
}
