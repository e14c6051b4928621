// SPDX-License-Identifier: Apache-2.0

package tables

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
)

// Kind says what a table tells of an address.
type Kind string

// Kinds of tables.
const (
	KindCountry Kind = "country" // values are event.Country
	KindAS      Kind = "as"      // values are AS numbers
)

// U128 is an IPv6 address as a number.
type U128 struct{ Hi, Lo uint64 }

// Compare orders as numbers.
func (u U128) Compare(v U128) int {
	if c := cmp.Compare(u.Hi, v.Hi); c != 0 {
		return c
	}
	return cmp.Compare(u.Lo, v.Lo)
}

func (u U128) next() U128 {
	u.Lo++
	if u.Lo == 0 {
		u.Hi++
	}
	return u
}

func (u U128) prev() U128 {
	if u.Lo == 0 {
		u.Hi--
	}
	u.Lo--
	return u
}

func (u U128) addr() netip.Addr {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], u.Hi)
	binary.BigEndian.PutUint64(b[8:], u.Lo)
	return netip.AddrFrom16(b)
}

func addrOf4(v uint32) netip.Addr {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], v)
	return netip.AddrFrom4(b)
}

func u128(a netip.Addr) U128 {
	b := a.As16()
	return U128{binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])}
}

func u32(a netip.Addr) uint32 {
	b := a.As4()
	return binary.BigEndian.Uint32(b[:])
}

// Range4 gives a value to the IPv4 addresses From to To, both included.
type Range4 struct{ From, To, Value uint32 }

// Range6 gives a value to the IPv6 addresses From to To, both included.
type Range6 struct {
	From, To U128
	Value    uint32
}

// Info says where a table comes from.
type Info struct {
	Kind    Kind   `json:"kind"`
	Source  string `json:"source"`  // package or file name
	Version string `json:"version"` // as its maker numbers it
	Date    string `json:"date"`    // day on which the data was cut, 2006-01-02
	Licence string `json:"licence"` // SPDX identifier where there is one
}

// Table is one data file, its ranges sorted and apart from each other.
type Table struct {
	Info  Info
	V4    []Range4
	V6    []Range6
	Names Names // of the AS numbers; empty for countries
}

// tidy sorts the ranges, lets the later start win where two overlap (one line
// of the published AS list runs into the next), and joins neighbours. A range
// within another is left for check to refuse.
func (t *Table) tidy() {
	slices.SortStableFunc(t.V4, func(a, b Range4) int { return cmp.Compare(a.From, b.From) })
	out4 := t.V4[:0]
	for _, r := range t.V4 {
		if n := len(out4); n > 0 {
			last := &out4[n-1]
			if last.To >= r.From && last.From < r.From && last.To < r.To {
				last.To = r.From - 1
			}
			if last.Value == r.Value && last.To+1 == r.From && last.To != ^uint32(0) {
				last.To = r.To
				continue
			}
		}
		out4 = append(out4, r)
	}
	t.V4 = out4
	slices.SortStableFunc(t.V6, func(a, b Range6) int { return a.From.Compare(b.From) })
	out6 := t.V6[:0]
	for _, r := range t.V6 {
		if n := len(out6); n > 0 {
			last := &out6[n-1]
			if last.To.Compare(r.From) >= 0 && last.From.Compare(r.From) < 0 && last.To.Compare(r.To) < 0 {
				last.To = r.From.prev()
			}
			if last.Value == r.Value && last.To.next() == r.From {
				last.To = r.To
				continue
			}
		}
		out6 = append(out6, r)
	}
	t.V6 = out6
}

// check reports the first range that is out of order, which no table may have.
func (t *Table) check() error {
	for i, r := range t.V4 {
		if r.To < r.From || i > 0 && r.From <= t.V4[i-1].To {
			return fmt.Errorf("IPv4 range %d is out of order", i+1)
		}
	}
	for i, r := range t.V6 {
		if r.To.Compare(r.From) < 0 || i > 0 && r.From.Compare(t.V6[i-1].To) <= 0 {
			return fmt.Errorf("IPv6 range %d (%s) is out of order", i+1, r.From.addr())
		}
	}
	if len(t.V4)+len(t.V6) == 0 {
		return fmt.Errorf("the table is empty")
	}
	return nil
}
