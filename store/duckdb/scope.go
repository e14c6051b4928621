// SPDX-License-Identifier: Apache-2.0

package duckdb

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"haidang/event"
	"haidang/store/duckdb/parquetfile"
)

// ends says in a record what the sides that masks name mean there. A column is
// hidden in a record whose ends meet those of the rule.
type ends int64

const (
	sourceAffected ends = 1 << iota
	destinationAffected
	sourceHosting
	destinationHosting
	sourceOther // not the party by which the grant admits the record
	destinationOther
	affectedOther // the affected side is not, or not wholly, that party
	always        // in every record

	cutBit = 8 // a scope code is the number of the grant's cut from 1 on, then the ends
)

// sidesOf gives for the sides that a mask may name when source and destination
// are meant.
var sidesOf = map[string][2]ends{
	"affected": {sourceAffected, destinationAffected},
	"hosting":  {sourceHosting, destinationHosting},
	"other":    {sourceOther, destinationOther},
}

// partsOf gives the columns of an end by the part that a mask names.
var partsOf = map[string]string{
	"ip": "ip", "port": "port", "domain": "domain", "as": "as.number", "country": "geo.country_iso_code", "bytes": "bytes",
}

// whole fields cannot be masked: order, cursors and counts rest on them.
var whole = []string{"@timestamp", "event.id", "cert.count"}

// grant is an event.Grant in terms of stored columns.
type grant struct {
	all  []event.Filter
	stop bool // admits nothing, nor does a later one
	cut  int  // number of its cut
}

// cut is what grants take away from the records that they admit. Many grants
// have few cuts between them.
type cut struct {
	hide map[string]ends // column → where it reads as "not set"
	trim map[string]ends // address column → where it reads as its network
	orgs [2]ends         // where cert.orgs loses the source's, the destination's
	used ends            // all of the above
}

// scope is an event.Scope in terms of stored columns. Without grants it is nothing
// at all; a question that has none sees everything.
type scope struct {
	grants  []grant
	cuts    []cut
	columns uses // that the table it works on has; nil for all
}

// newScope reads a scope. A wrong one is the program's mistake, not the asker's.
func newScope(s *event.Scope) (out scope, err error) {
	if s == nil {
		return out, nil
	}
	for i := range s.Grants {
		from := &s.Grants[i]
		c, err := newCut(from)
		if err != nil {
			return scope{}, fmt.Errorf("store: grant %d: %w", i, err)
		}
		number := slices.IndexFunc(out.cuts, c.equal)
		if number < 0 {
			number, out.cuts = len(out.cuts), append(out.cuts, c)
		}
		out.grants = append(out.grants, grant{all: from.All, stop: from.Stop, cut: number})
	}
	return out, nil
}

func newCut(from *event.Grant) (cut, error) {
	c := cut{hide: make(map[string]ends), trim: make(map[string]ends)}
	for _, name := range from.Mask {
		if err := c.mask(name); err != nil {
			return c, fmt.Errorf("mask %w", err)
		}
	}
	for _, name := range from.Truncate {
		if err := c.truncate(name); err != nil {
			return c, fmt.Errorf("truncate %w", err)
		}
	}
	return c, nil
}

func (c *cut) equal(d cut) bool {
	return maps.Equal(c.hide, d.hide) && maps.Equal(c.trim, d.trim) && c.orgs == d.orgs
}

func (c *cut) mask(name string) error {
	if slices.Contains(whole, name) {
		return fmt.Errorf("%s: the order of records and their count rest on it", name)
	}
	if event.FieldByName(name) != nil {
		c.add(c.hide, name, always)
		return nil
	}
	side, part, _ := strings.Cut(name, ".")
	at, ok := sidesOf[side]
	switch column := partsOf[part]; {
	case ok && column != "":
		c.add(c.hide, "source."+column, at[0])
		c.add(c.hide, "destination."+column, at[1])
	case ok && part == "org":
		c.orgs[0], c.orgs[1] = c.orgs[0]|at[0], c.orgs[1]|at[1]
		c.used |= at[0] | at[1]
	case name == "affected.sector":
		c.add(c.hide, "cert.sector", always)
		c.add(c.hide, "cert.band", always)
	case name == "other.sector":
		c.add(c.hide, "cert.sector", affectedOther)
		c.add(c.hide, "cert.band", affectedOther)
	default:
		return fmt.Errorf("%q: neither a stored field nor a part of a side", name)
	}
	return nil
}

func (c *cut) truncate(name string) error {
	side, part, _ := strings.Cut(name, ".")
	at, ok := sidesOf[side]
	switch {
	case part != "ip" || !ok && event.FieldByName(name) == nil:
		return fmt.Errorf("%q: not an address", name)
	case !ok:
		c.add(c.trim, name, always)
	default:
		c.add(c.trim, "source.ip", at[0])
		c.add(c.trim, "destination.ip", at[1])
	}
	return nil
}

func (c *cut) add(to map[string]ends, column string, where ends) {
	to[column] |= where
	c.used |= where
}

// touches says whether a column may differ from what is stored.
func (s scope) touches(column string) bool {
	return slices.ContainsFunc(s.cuts, func(g cut) bool {
		return g.hide[column]|g.trim[column] != 0 || column == "cert.orgs" && g.orgs[0]|g.orgs[1] != 0
	})
}

// reduce does to the rows of a column what the scope's SQL does: codes holds each
// row's scope code, as the engine gave it.
func (s scope) reduce(codes []int64, c *parquetfile.Column, v *parquetfile.Vector) {
	if !s.touches(c.Name) {
		return
	}
	var text event.Text // columns of kind Text are written anew
	for row, code := range codes {
		g, at := &s.cuts[code>>cutBit-1], ends(code)&(1<<cutBit-1)
		hidden := g.hide[c.Name]&at != 0
		switch {
		case c.Kind == parquetfile.Text && hidden:
			text.Append("")
		case c.Kind == parquetfile.Text:
			text.AppendBytes(v.Text.At(row))
		case hidden:
			clearRow(c, v, row)
		case g.trim[c.Name]&at != 0:
			b := v.Fixed[row*c.Width : (row+1)*c.Width]
			a := event.Addr(b).Network()
			copy(b, a[:])
		case c.Name == "cert.orgs":
			v.Dict.Codes[row] = v.Dict.Code(g.orgsLeft(v.Dict.At(row), at))
		}
	}
	if c.Kind == parquetfile.Text {
		v.Text = text
	}
}

// clearRow makes one row of a column other than Text read as "not set".
func clearRow(c *parquetfile.Column, v *parquetfile.Vector, row int) {
	switch c.Kind {
	case parquetfile.String:
		v.Dict.Codes[row] = v.Dict.Code("")
	case parquetfile.UUID, parquetfile.Blob:
		clear(v.Fixed[row*c.Width : (row+1)*c.Width])
	case parquetfile.Time:
		v.Ints[row] = int64(event.TimeUnset)
	default:
		v.Ints[row] = 0
	}
}

// orgsLeft gives the stored form of cert.orgs without the organisations of the
// ends that lose theirs.
func (c *cut) orgsLeft(orgs string, at ends) string {
	source, destination := c.orgs[0]&at != 0, c.orgs[1]&at != 0
	if !source && !destination {
		return orgs
	}
	left := slices.DeleteFunc(strings.Fields(orgs), func(m string) bool {
		return destination && source || source && !strings.HasSuffix(m, ":destination") || destination && !strings.HasSuffix(m, ":source")
	})
	return strings.Join(left, " ")
}
