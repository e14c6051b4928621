// SPDX-License-Identifier: Apache-2.0

package enrich

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"haidang/event"
)

// checker collects the faults of a member networks file and remembers who has
// what, so that nothing belongs to two organisations.
type checker struct {
	file     string
	faults   []error
	ids      map[uint32]place
	names    map[string]place
	prefixes map[netip.Prefix]place
	as       map[uint32]place
	domains  map[string]place
}

// place is where something was given before.
type place struct {
	line int
	org  string
}

func checkMembers(file string, entries []memberEntry) (*Members, error) {
	c := &checker{file: file, ids: map[uint32]place{}, names: map[string]place{},
		prefixes: map[netip.Prefix]place{}, as: map[uint32]place{}, domains: map[string]place{}}
	m := &Members{}
	for i := range entries {
		m.orgs = append(m.orgs, c.org(&entries[i]))
	}
	if len(c.faults) > 0 {
		return nil, errors.Join(c.faults...)
	}
	return m, nil
}

func (c *checker) fault(line int, field, format string, args ...any) {
	c.faults = append(c.faults, fmt.Errorf("%s:%d: %s: %s", c.file, line, field, fmt.Sprintf(format, args...)))
}

func (c *checker) org(e *memberEntry) Org {
	o := Org{ID: e.ID.V, Name: e.Name.V}
	if o.Name == "" {
		c.fault(e.line, "name", "missing; give the organisation's name")
	}
	here := place{e.line, o.Name}
	if e.ID.Line == 0 {
		o.ID = idOf(o.Name)
	} else if o.ID == 0 {
		c.fault(e.ID.Line, "id", "0 means \"none\"; give a number from 1 on, or leave it out")
	}
	if was, ok := c.ids[o.ID]; ok && o.ID != 0 {
		c.fault(e.line, "id", "%d is also that of %q (line %d); give each organisation its own id", o.ID, was.org, was.line)
	}
	c.ids[o.ID] = here
	if was, ok := c.names[o.Name]; ok && o.Name != "" {
		c.fault(e.line, "name", "%q is given twice (line %d); put both into one entry", o.Name, was.line)
	}
	c.names[o.Name] = here
	c.scalars(e, &o)
	for _, p := range e.Prefixes {
		c.prefix(p, &o)
	}
	for _, as := range e.AS {
		c.number(as, &o)
	}
	for _, d := range e.Domains {
		c.domain(d, &o)
	}
	return o
}

func (c *checker) scalars(e *memberEntry, o *Org) {
	if e.Sector.V != "" {
		s, err := event.Sectors.Parse(e.Sector.V)
		if err != nil {
			c.fault(e.Sector.Line, "sector", "%q is no sector; the list is %s", e.Sector.V, strings.Join(event.Sectors.Names[1:], ", "))
		}
		o.Sector = event.Sector(s)
	}
	if e.Band.V != "" {
		b, err := event.Bands.Parse(e.Band.V)
		if err != nil {
			c.fault(e.Band.Line, "band", "%q is no band; the list is %s", e.Band.V, strings.Join(event.Bands.Names[1:], ", "))
		}
		o.Band = event.Band(b)
	}
	if e.Headcount.Line != 0 {
		b := bandOf(e.Headcount.V)
		if e.Headcount.V <= 0 {
			c.fault(e.Headcount.Line, "headcount", "%d; give the number of persons, or leave it out", e.Headcount.V)
		} else if o.Band != event.BandUnset && o.Band != b {
			c.fault(e.Headcount.Line, "headcount", "%d persons are band %q, not %q; give only one of the two", e.Headcount.V, b, o.Band)
		}
		o.Band = b
	}
	if e.Country.V != "" {
		cc, ok := event.ParseCountry(e.Country.V)
		if !ok {
			c.fault(e.Country.Line, "country", "%q is no ISO 3166-1 code; write VN, for example", e.Country.V)
		}
		o.Country = cc
	}
}

func (c *checker) prefix(v at[string], o *Org) {
	p, err := netip.ParsePrefix(v.V)
	if err != nil {
		if a, err := netip.ParseAddr(v.V); err == nil {
			c.fault(v.Line, "prefixes", "%q has no length; write %s/%d", v.V, a, a.BitLen())
			return
		}
		c.fault(v.Line, "prefixes", "%q is no prefix; write 203.0.113.0/24 or 2001:db8::/32, for example", v.V)
		return
	}
	if p.Addr().Is4In6() {
		c.fault(v.Line, "prefixes", "%q is an IPv4 prefix written as IPv6; write it as IPv4", v.V)
		return
	}
	if p.Masked() != p {
		c.fault(v.Line, "prefixes", "%q has bits set beyond its length; write %s", v.V, p.Masked())
		return
	}
	if was, ok := c.prefixes[p]; ok {
		c.fault(v.Line, "prefixes", "%s is also given to %q (line %d); leave it with one organisation, or part it into longer prefixes", p, was.org, was.line)
		return
	}
	c.prefixes[p] = place{v.Line, o.Name}
	o.Prefixes = append(o.Prefixes, p)
}

func (c *checker) number(v at[uint32], o *Org) {
	if v.V == 0 {
		c.fault(v.Line, "as", "0 is no AS number")
		return
	}
	if was, ok := c.as[v.V]; ok {
		c.fault(v.Line, "as", "AS%d is also given to %q (line %d); leave it with one organisation", v.V, was.org, was.line)
		return
	}
	c.as[v.V] = place{v.Line, o.Name}
	o.AS = append(o.AS, v.V)
}

func (c *checker) domain(v at[string], o *Org) {
	d := strings.TrimSuffix(strings.TrimPrefix(strings.ToLower(v.V), "*."), ".")
	labels := strings.Split(d, ".")
	if len(labels) < 2 || slices.Contains(labels, "") || strings.ContainsAny(d, " /:@*") {
		c.fault(v.Line, "domains", "%q is no domain; write benhvien.vn, for example (names below it are included)", v.V)
		return
	}
	if was, ok := c.domains[d]; ok {
		c.fault(v.Line, "domains", "%s is also given to %q (line %d); leave it with one organisation", d, was.org, was.line)
		return
	}
	c.domains[d] = place{v.Line, o.Name}
	o.Domains = append(o.Domains, d)
}

// bandOf follows Commission Recommendation 2003/361/EC, by headcount alone.
func bandOf(persons int) event.Band {
	switch {
	case persons < 10:
		return event.BandMicro
	case persons < 50:
		return event.BandSmall
	case persons < 250:
		return event.BandMedium
	default:
		return event.BandLarge
	}
}

// idOf gives an organisation without a number one that follows from its name,
// so that it is the same after every reload; numbers given by hand stay below.
func idOf(name string) uint32 {
	sum := sha256.Sum256([]byte(name))
	return binary.BigEndian.Uint32(sum[:]) | 1<<31
}
