// SPDX-License-Identifier: Apache-2.0

package duckdb

import (
	"fmt"
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

	grantBit = 8 // a scope code is the grant's number from 1 on, then the ends
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
	hide map[string]ends // column → where it reads as "not set"
	cut  map[string]ends // address column → where it reads as its network
	orgs [2]ends         // where cert.orgs loses the source's, the destination's
	used ends            // all of the above
}

// scope is an event.Scope in terms of stored columns; nil is everything.
type scope []grant

// newScope reads a scope. A wrong one is the program's mistake, not the asker's.
func newScope(s *event.Scope) (scope, error) {
	if s == nil {
		return nil, nil
	}
	out := make(scope, 0, len(s.Grants))
	for i := range s.Grants {
		from := &s.Grants[i]
		g := grant{all: from.All, hide: make(map[string]ends), cut: make(map[string]ends)}
		for _, name := range from.Mask {
			if err := g.mask(name); err != nil {
				return nil, fmt.Errorf("store: grant %d: mask %w", i, err)
			}
		}
		for _, name := range from.Truncate {
			if err := g.truncate(name); err != nil {
				return nil, fmt.Errorf("store: grant %d: truncate %w", i, err)
			}
		}
		out = append(out, g)
	}
	return out, nil
}

func (g *grant) mask(name string) error {
	if slices.Contains(whole, name) {
		return fmt.Errorf("%s: the order of records and their count rest on it", name)
	}
	if event.FieldByName(name) != nil {
		g.add(g.hide, name, always)
		return nil
	}
	side, part, _ := strings.Cut(name, ".")
	at, ok := sidesOf[side]
	switch column := partsOf[part]; {
	case ok && column != "":
		g.add(g.hide, "source."+column, at[0])
		g.add(g.hide, "destination."+column, at[1])
	case ok && part == "org":
		g.orgs[0], g.orgs[1] = g.orgs[0]|at[0], g.orgs[1]|at[1]
		g.used |= at[0] | at[1]
	case name == "affected.sector":
		g.add(g.hide, "cert.sector", always)
		g.add(g.hide, "cert.band", always)
	case name == "other.sector":
		g.add(g.hide, "cert.sector", affectedOther)
		g.add(g.hide, "cert.band", affectedOther)
	default:
		return fmt.Errorf("%q: neither a stored field nor a part of a side", name)
	}
	return nil
}

func (g *grant) truncate(name string) error {
	side, part, _ := strings.Cut(name, ".")
	at, ok := sidesOf[side]
	switch {
	case part != "ip" || !ok && event.FieldByName(name) == nil:
		return fmt.Errorf("%q: not an address", name)
	case !ok:
		g.add(g.cut, name, always)
	default:
		g.add(g.cut, "source.ip", at[0])
		g.add(g.cut, "destination.ip", at[1])
	}
	return nil
}

func (g *grant) add(to map[string]ends, column string, where ends) {
	to[column] |= where
	g.used |= where
}

// touches says whether a column may differ from what is stored.
func (s scope) touches(column string) bool {
	return slices.ContainsFunc(s, func(g grant) bool {
		return g.hide[column]|g.cut[column] != 0 || column == "cert.orgs" && g.orgs[0]|g.orgs[1] != 0
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
		g, at := &s[code>>grantBit-1], ends(code)&(1<<grantBit-1)
		hidden := g.hide[c.Name]&at != 0
		switch {
		case c.Kind == parquetfile.Text && hidden:
			text.Append("")
		case c.Kind == parquetfile.Text:
			text.AppendBytes(v.Text.At(row))
		case hidden:
			clearRow(c, v, row)
		case g.cut[c.Name]&at != 0:
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
func (g *grant) orgsLeft(orgs string, at ends) string {
	source, destination := g.orgs[0]&at != 0, g.orgs[1]&at != 0
	if !source && !destination {
		return orgs
	}
	left := slices.DeleteFunc(strings.Fields(orgs), func(m string) bool {
		return destination && source || source && !strings.HasSuffix(m, ":destination") || destination && !strings.HasSuffix(m, ":source")
	})
	return strings.Join(left, " ")
}
