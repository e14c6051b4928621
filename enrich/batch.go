// SPDX-License-Identifier: Apache-2.0

package enrich

import (
	"haidang/enrich/tables"
	"haidang/event"
)

// scratch is what one batch needs beside itself; it is used again for the next.
type scratch struct {
	sourceOrg []uint32 // organisation by code of source.domain
	destOrg   []uint32
	matches   []event.OrgMatch // as the format set them
	ends      []uint32
	codes     []uint32 // techniques, rebuilt
	byMember  []bool   // row: its source is a member's
}

// Batch enriches all rows in place.
func (e *Enricher) Batch(b *event.Batch) {
	w := e.scratch.Get().(*scratch)
	defer e.scratch.Put(w)
	marked := e.state.Load().enrich(b, w)
	e.marked.Add(float64(marked))
	e.records.Add(float64(b.Rows()))
}

// enrich does the work with one state of the tables; it says how many rows it
// marked as known-benign.
func (s *state) enrich(b *event.Batch, w *scratch) (marked int) {
	n := b.Rows()
	s.places(b, n)
	w.byMember = w.byMember[:0]
	if len(s.members.orgs) > 0 {
		s.organisations(b, w, n)
	}
	w.techniques(b, n)
	attribute(b, n)
	if len(s.benign.entries) > 0 {
		marked = s.exclude(b, n)
	}
	return marked
}

// places sets country and AS of both ends where the tables know them. Where
// they do not, what the record brought stays: a feed's own word, or the country
// that a sensor with a private address was enrolled in. A honeypot's place is
// where it was enrolled, whatever its address says.
func (s *state) places(b *event.Batch, n int) {
	for i := range n {
		country, as := tables.Unpack(s.geo.Find(&b.SourceIP[i]))
		if country != 0 {
			b.SourceCountry[i] = country
		}
		if as != 0 {
			b.SourceAS[i] = as
		}
		country, as = tables.Unpack(s.geo.Find(&b.DestinationIP[i]))
		if country != 0 && (b.DestinationCountry[i] == 0 || b.ObserverType[i] != event.ObserverHoneypot) {
			b.DestinationCountry[i] = country
		}
		if as != 0 {
			b.DestinationAS[i] = as
		}
	}
}

// organisations sets cert.orgs of both ends, and sector and band of the
// affected side (the destination's, where both are affected and members).
func (s *state) organisations(b *event.Batch, w *scratch, n int) {
	w.sourceOrg = s.members.byCode(w.sourceOrg[:0], &b.SourceDomain)
	w.destOrg = s.members.byCode(w.destOrg[:0], &b.DestinationDomain)
	before := &b.Orgs
	if len(before.Matches) > 0 {
		w.matches = append(w.matches[:0], before.Matches...)
		w.ends = append(w.ends[:0], before.Ends...)
		before = &event.OrgSet{Matches: w.matches, Ends: w.ends}
	}
	out := b.Orgs.Matches[:0]
	for i := range n {
		if before != &b.Orgs {
			out = append(out, before.At(i)...)
		}
		src, why := s.members.match(&b.SourceIP[i], b.SourceAS[i], w.sourceOrg[b.SourceDomain.Codes[i]])
		if src != 0 {
			out = append(out, event.OrgMatch{Org: src, Reason: why, Side: event.SideSource})
		}
		w.byMember = append(w.byMember, src != 0)
		dst, why := s.members.match(&b.DestinationIP[i], b.DestinationAS[i], w.destOrg[b.DestinationDomain.Codes[i]])
		if dst != 0 {
			out = append(out, event.OrgMatch{Org: dst, Reason: why, Side: event.SideDestination})
		}
		b.Orgs.Ends[i] = uint32(len(out))
		if id := affectedOrg(b.Affected[i], src, dst); id != 0 {
			s.describeOrg(b, i, id)
		} else if before != &b.Orgs {
			s.sizeNamed(b, i, before.At(i))
		}
	}
	b.Orgs.Matches = out
}

func affectedOrg(side event.Side, src, dst uint32) uint32 {
	switch {
	case side == event.SideSource, side == event.SideBoth && dst == 0:
		return src
	case side == event.SideDestination, side == event.SideBoth:
		return dst
	}
	return 0
}

func (s *state) describeOrg(b *event.Batch, row int, id uint32) {
	o := s.members.org(id)
	if o.Sector != event.SectorUnset {
		b.Sector[row] = o.Sector
	}
	if o.Band != event.BandUnset {
		b.Band[row] = o.Band
	}
}

// sizeNamed sets the band by the affected organisation that the record names itself;
// of the sector such a record speaks too.
func (s *state) sizeNamed(b *event.Batch, row int, named []event.OrgMatch) {
	for _, m := range named {
		if o := s.members.org(m.Org); o != nil && o.Band != event.BandUnset && (m.Side == b.Affected[row] || b.Affected[row] == event.SideBoth) {
			b.Band[row] = o.Band
		}
	}
}

// byCode finds the organisation of each distinct domain once.
func (m *Members) byCode(out []uint32, d *event.Dict) []uint32 {
	for _, name := range d.Values {
		id := uint32(0)
		if name != "" && len(m.domains) > 0 {
			id = m.domain(name)
		}
		out = append(out, id)
	}
	return out
}

// techniques gives rows without a technique that of their kind, if it has one.
func (w *scratch) techniques(b *event.Batch, n int) {
	first := n
	for i := range n {
		if len(b.Techniques.Codes(i)) == 0 && defaultOf(b, i, w.member(i)) != "" {
			first = i
			break
		}
	}
	if first == n {
		return
	}
	t := &b.Techniques
	var from uint32
	if first > 0 {
		from = t.Ends[first-1]
	}
	w.codes = append(w.codes[:0], t.Dict.Codes[:from]...)
	for i := first; i < n; i++ {
		end := t.Ends[i]
		w.codes = append(w.codes, t.Dict.Codes[from:end]...)
		if from == end {
			if id := defaultOf(b, i, w.member(i)); id != "" {
				w.codes = append(w.codes, t.Dict.Code(id))
			}
		}
		from = end
		t.Ends[i] = uint32(len(w.codes))
	}
	t.Dict.Codes, w.codes = w.codes, t.Dict.Codes
}

func (w *scratch) member(row int) bool { return len(w.byMember) > 0 && w.byMember[row] }

// exclude marks known-benign rows and says how many. The origin is the hosting
// side; where a record has none, its source.
func (s *state) exclude(b *event.Batch, n int) int {
	marked := 0
	for i := range n {
		if b.Excluded.Codes[i] != 0 {
			continue
		}
		origin := &b.SourceIP[i]
		if p, ok := b.HostingParty(i); ok {
			origin = &p.IP
		}
		if why := s.benign.reason(origin, b.Time[i], b.RuleID.At(i)); why != "" {
			b.Excluded.Codes[i] = b.Excluded.Code(why)
			marked++
		}
	}
	return marked
}
