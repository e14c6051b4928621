// SPDX-License-Identifier: Apache-2.0

package tables

import (
	"slices"

	"haidang/event"
)

// Combine builds one Index over a country table and an AS table, so that one
// look-up answers both; Unpack takes its values apart.
func Combine(country, as *Table) *Index {
	special := specialTable()
	v4 := merge4(country.V4, as.V4, special.V4)
	v6 := merge6(country.V6, as.V6, special.V6)
	return build(v4, v6)
}

// Unpack takes apart what an Index made by Combine found.
func Unpack(v uint64) (event.Country, uint32) { return event.Country(v >> 32), uint32(v) }

func pack(country, as, special uint32) uint64 {
	if special != 0 {
		return 0
	}
	return uint64(country)<<32 | uint64(as)
}

// cursor walks a sorted list of ranges and says which value holds at a place.
type cursor4 struct {
	r []Range4
}

func (c *cursor4) at(ip uint32) uint32 {
	for len(c.r) > 0 && c.r[0].To < ip {
		c.r = c.r[1:]
	}
	if len(c.r) > 0 && c.r[0].From <= ip {
		return c.r[0].Value
	}
	return 0
}

func merge4(country, as, special []Range4) []run4 {
	edges := []uint32{0}
	for _, list := range [][]Range4{country, as, special} {
		for _, r := range list {
			edges = append(edges, r.From)
			if r.To != ^uint32(0) {
				edges = append(edges, r.To+1)
			}
		}
	}
	slices.Sort(edges)
	edges = slices.Compact(edges)
	a, b, s := cursor4{country}, cursor4{as}, cursor4{special}
	runs := make([]run4, 0, len(edges))
	for _, e := range edges {
		v := pack(a.at(e), b.at(e), s.at(e))
		if n := len(runs); n == 0 || runs[n-1].value != v {
			runs = append(runs, run4{e, v})
		}
	}
	return runs
}

type cursor6 struct {
	r []Range6
}

func (c *cursor6) at(ip U128) uint32 {
	for len(c.r) > 0 && c.r[0].To.Compare(ip) < 0 {
		c.r = c.r[1:]
	}
	if len(c.r) > 0 && c.r[0].From.Compare(ip) <= 0 {
		return c.r[0].Value
	}
	return 0
}

func merge6(country, as, special []Range6) []run6 {
	edges := []U128{{}}
	for _, list := range [][]Range6{country, as, special} {
		for _, r := range list {
			edges = append(edges, r.From)
			if next := r.To.next(); next != (U128{}) {
				edges = append(edges, next)
			}
		}
	}
	slices.SortFunc(edges, U128.Compare)
	edges = slices.Compact(edges)
	a, b, s := cursor6{country}, cursor6{as}, cursor6{special}
	runs := make([]run6, 0, len(edges))
	for _, e := range edges {
		v := pack(a.at(e), b.at(e), s.at(e))
		if n := len(runs); n == 0 || runs[n-1].value != v {
			runs = append(runs, run6{e, v})
		}
	}
	return runs
}
