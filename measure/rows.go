// SPDX-License-Identifier: Apache-2.0

package measure

import "haidang/event"

// part is what one record adds.
type part struct{ events, records, live int64 }

func (s *sum) add(p part) {
	s.events += p.events
	s.records += p.records
	s.live += p.live
}

// Gathered keys. The slot stands above, the column below it, then what is
// particular to the table.
const (
	slotShift = 52
	colShift  = 49 // 3 bits: colAttempt … colState, colContext, colExcluded

	// profiles
	primaryShift   = 43 // counts in total, hosting and sector; the second affected country does not
	affectedShift  = 33 // 10 bits
	hostingShift   = 23 // 10 bits
	hasAffectedBit = 22
	hasHostingBit  = 21
	confirmedBit   = 20
	kindShift      = 14 // 6 bits
	wayShift       = 10 // 4 bits
	sectorShift    = 4  // 6 bits
	bandShift      = 0  // 3 bits

	// systems: AS << 8 | home << 7 | confirmed << 6 | kind, as the hosting cube's key
	systemHosting = 1 << 40

	// named: affects home (sensors only) << 35 | dim << 32 | id
	dimRule      = 0
	dimMalware   = 1
	dimTechnique = 2
	dimLure      = 3
	dimSensor    = 4
	namedHome    = 35
)

// parties is who suffers and who hosts, decided once a row.
type parties struct {
	affected [2]event.Party
	n        int
	host     event.Party
	hosted   bool
	sure     uint64 // 1 when the hosting address cannot have been forged
}

// home is 1 where the home country is affected.
func (w *parties) home(c event.Country) uint64 {
	for i := range w.n {
		if w.affected[i].Country == c {
			return 1
		}
	}
	return 0
}

// count puts one record into all gathered tables.
func (r *rower) count(row int, slot uint64, col int, p part, sensor uint64) {
	m, b := r.m, r.b
	var w parties
	w.affected, w.n = b.AffectedParties(row)
	w.host, w.hosted = b.HostingParty(row)
	if w.hosted && b.Confirmed[row] == event.ConfirmedYes {
		w.sure = 1
	}
	head := slot<<slotShift | uint64(col)<<colShift
	kind := uint64(b.RSIT[row]) & (1<<bitsKind - 1)
	if col < colRecords {
		r.sight(head, sensor, kind, &w, p)
	} else {
		m.in.named.at(head | w.home(m.cfg.Home)<<namedHome | dimSensor<<32 | sensor).add(p)
	}
	if id := m.in.rule.id(m.names, &b.RuleID, b.RuleID.Codes[row]); id != 0 {
		m.in.named.at(head | dimRule<<32 | uint64(id)).add(p)
	}
	if code := b.Software.Codes[row]; code != 0 {
		m.in.named.at(head | dimMalware<<32 | uint64(m.in.malware.id(m.names, &b.Software, code))).add(p)
	}
	if code := b.Lure.Codes[row]; code != 0 {
		m.in.named.at(head | dimLure<<32 | uint64(m.in.lure.id(m.names, &b.Lure, code))).add(p)
	}
	for _, code := range b.Techniques.Codes(row) {
		m.in.named.at(head | dimTechnique<<32 | uint64(m.in.technique.id(m.names, &b.Techniques.Dict, code))).add(p)
	}
	r.profile(row, head, col, kind, &w, p)
	r.systems(head, kind, &w, p)
	if orgs := b.Orgs.At(row); len(orgs) != 0 || b.Sector[row] != 0 {
		r.orgs(row, slot, col, kind, orgs, p)
	}
}

func (r *rower) profile(row int, head uint64, col int, kind uint64, w *parties, p part) {
	m, b := r.m, r.b
	key := head | 1<<primaryShift | w.sure<<confirmedBit | kind<<kindShift |
		uint64(b.Way[row]&(1<<bitsWay-1))<<wayShift |
		uint64(b.Sector[row]&(1<<bitsSector-1))<<sectorShift | uint64(b.Band[row]&(1<<bitsBand-1))
	if w.hosted {
		key |= place(w.host.Country)<<hostingShift | 1<<hasHostingBit
	}
	if w.n == 0 {
		m.in.profiles.at(key).add(p)
		return
	}
	key |= 1 << hasAffectedBit
	for i := range w.n {
		party := &w.affected[i]
		k := key | place(party.Country)<<affectedShift
		if i == 1 {
			if k &^= 1 << primaryShift; party.Country == w.affected[0].Country {
				// Once for the country; the address still counts as affected.
				if p.records != 0 {
					r.addresses(k|1<<primaryShift, col, party.IP)
				}
				return
			}
		}
		at := m.in.profiles.place(k)
		m.in.profiles.sums[at].add(p)
		if col != colExcluded && p.records != 0 {
			r.setsOf(at, k, party.IP, w)
		}
	}
}

// systems counts by AS; an AS that is affected at both ends counts once.
func (r *rower) systems(head, kind uint64, w *parties, p part) {
	m := r.m
	home := uint64(0)
	for i := range w.n {
		party := &w.affected[i]
		if party.Country == m.cfg.Home {
			home = 1
		}
		if i == 1 && party.AS == w.affected[0].AS {
			continue
		}
		m.in.systems.at(head | uint64(party.AS)<<8 | kind).add(p)
	}
	if w.hosted {
		m.in.systems.at(head | systemHosting | uint64(w.host.AS)<<8 | home<<7 | w.sure<<6 | kind).add(p)
	}
}

// orgs counts by the organisations of the affected side, each once; org 0 stands
// for a sector known without an organisation.
func (r *rower) orgs(row int, slot uint64, col int, kind uint64, matches []event.OrgMatch, p part) {
	b, found := r.b, false
	side := b.Affected[row]
	key := slot<<slotShift | uint64(b.Sector[row]&(1<<bitsSector-1))<<9 |
		uint64(b.Band[row]&(1<<bitsBand-1))<<6 | kind
	for i, match := range matches {
		if side != event.SideBoth && match.Side != side || repeated(matches[:i], match.Org, side) {
			continue
		}
		found = true
		r.m.orgSum(key|uint64(match.Org)<<15, col).add(p)
	}
	if !found && b.Sector[row] != 0 {
		r.m.orgSum(key, col).add(p)
	}
}

func repeated(matches []event.OrgMatch, org uint32, side event.Side) bool {
	for _, o := range matches {
		if o.Org == org && (side == event.SideBoth || o.Side == side) {
			return true
		}
	}
	return false
}

// orgSum finds the sum of an organisation's cell. 32 bits of organisation leave
// room for two bits of column: excluded stands as 3.
func (m *Measure) orgSum(key uint64, col int) *sum {
	return m.in.orgs.at(key | uint64(min(col, 3))<<47)
}
