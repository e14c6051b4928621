// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"strings"

	"haidang/event"
)

// maxNames bounds the strings of one dimension and maxName the length of one:
// they come from senders. What is beyond counts under OtherName.
const (
	maxNames  = 1 << 16
	maxName   = 200
	otherID   = 1<<32 - 1
	OtherName = "~other"
)

// namedDims lists the dimensions whose values are strings, by cube.
var namedDims = [...]Dim{DimRule, DimMalware, DimTechnique, DimLure, DimSensor}

func namedAt(d Dim) int {
	for i, n := range namedDims {
		if n == d {
			return i
		}
	}
	return -1
}

// names numbers the strings of the named dimensions. A number, once given, is
// part of stored keys and never changes: it is stored with the cut that first
// uses it. Number 0 is the empty string.
type names struct {
	dims  [len(namedDims)]nameDim
	fresh []nameRef // given since the last cut
	over  int64     // strings refused
}

type nameDim struct {
	short shortNames
	long  map[string]uint32 // those that are not short
	text  []string
}

// find gives the number of a string.
func (d *nameDim) find(s string) (id uint32, ok bool) {
	if k, short := shortOf(s); short {
		return d.short.find(&k)
	}
	id, ok = d.long[s]
	return id, ok
}

func (d *nameDim) put(s string, id uint32) {
	if k, short := shortOf(s); short {
		d.short.put(&k, id)
		return
	}
	d.long[s] = id
}

type nameRef struct {
	dim uint8
	id  uint32
}

func newNames() *names {
	n := &names{}
	for i := range n.dims {
		n.dims[i] = nameDim{short: newShortNames(), long: map[string]uint32{"": 0}, text: []string{""}}
	}
	return n
}

// id finds or gives the number of a string.
func (n *names) id(dim int, s string) uint32 {
	d := &n.dims[dim]
	if len(s) > maxName {
		s = s[:maxName]
	}
	if id, ok := d.find(s); ok {
		return id
	}
	if len(d.text) >= maxNames {
		n.over++
		return otherID
	}
	id := uint32(len(d.text))
	s = strings.Clone(s)
	d.text = append(d.text, s)
	d.put(s, id)
	n.fresh = append(n.fresh, nameRef{uint8(dim), id})
	return id
}

// texts is what a reader needs of the names: the lists only ever grow, so their
// headers may be copied and read without a lock.
type texts [len(namedDims)][]string

func (n *names) texts() (t texts) {
	for i := range n.dims {
		t[i] = n.dims[i].text
	}
	return t
}

func (t *texts) name(d Dim, id uint32) string {
	at := namedAt(d)
	if id == otherID || at < 0 {
		return OtherName
	}
	if int(id) < len(t[at]) {
		return t[at][id]
	}
	return ""
}

// bind puts a stored number back; a gap before it is filled with empty names.
func (n *names) bind(dim int, id uint32, s string) {
	d := &n.dims[dim]
	for len(d.text) <= int(id) {
		d.text = append(d.text, "")
	}
	d.text[id] = s
	d.put(s, id)
}

// codes maps one batch's dictionary codes to numbers, each looked up once.
type codes struct {
	dim int
	ids []uint32 // number+1, 0 not looked up yet
}

func (c *codes) begin(d *event.Dict) {
	n := max(len(d.Values), 1)
	if cap(c.ids) < n {
		c.ids = make([]uint32, n, 2*n)
	}
	c.ids = c.ids[:n]
	clear(c.ids)
}

func (c *codes) id(n *names, d *event.Dict, code uint32) uint32 {
	if code == 0 {
		return 0
	}
	if id := c.ids[code]; id != 0 {
		return id - 1
	}
	id := n.id(c.dim, d.Values[code])
	c.ids[code] = id + 1 // otherID+1 wraps to 0: looked up again, and counted again
	return id
}
