// SPDX-License-Identifier: Apache-2.0

package event

// UnitCell is a number of units (participants, persons, addresses), with what
// disclosure control needs to know of them. Key is the sum modulo 2⁶⁴ of the
// members' secret keyed hashes: the same members give the same key in every
// question. It never leaves the machine.
type UnitCell struct {
	Count         int64
	Key           uint64
	Organisations int // different ones among the members; those without are not counted
}

// UnitQuery asks for participants in a period. By is empty or one of
// country, sector, kind, way and class.
type UnitQuery struct {
	From, To Time
	By       []string
	Of       Country // only those of this country; 0 for all
}

// UnitRow is one group. Active participants do not depend on kind, way and
// class: they are those of the group's country and sector.
type UnitRow struct {
	Group    []string
	Active   UnitCell // with a heartbeat or an event in the period
	Attacked UnitCell // by class, of that class; else of malware and other attacks
	Malware  UnitCell // attacked by malware; riskware and adware are no malware
	Infected UnitCell // with resident malware
	Events   int64    // folded attempts and incidents, of places alone
}

// Units is the answer to a UnitQuery, its rows by group.
type Units struct {
	Rows   []UnitRow
	Total  UnitRow // of the whole place
	Whole  bool    // false where the period cannot be cut so finely
	Replay bool    // some of it was sent by a replay
}

// FigureRatio is a share or a rate: a number of one thing by a number of another.
type FigureRatio struct {
	Numerator, Denominator int64
	Value                  float64 // as published, rounded: percent, or by 1,000
	Low, High              float64 // Wilson 95 %, likewise; both 0 where there is no interval
	Best, Worst            int     // places that the row may have, where intervals overlap; 0 without a rank
}
