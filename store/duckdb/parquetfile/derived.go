// SPDX-License-Identifier: Apache-2.0

package parquetfile

import "haidang/event"

// derived columns follow from others; they are stored beside them because
// grouping by them is what most questions do, and a condition evaluated row by
// row costs ten times as much. Where both sides are affected they show the
// first, the destination; see event.Batch.AffectedParties.
var derived = []Column{
	{Name: "affected.country", Kind: String, fill: func(v *Vector, b *event.Batch) {
		v.countries(b, affectedParty, b.SourceCountry, b.DestinationCountry)
	}},
	{Name: "hosting.country", Kind: String, fill: func(v *Vector, b *event.Batch) {
		v.countries(b, hostingParty, b.SourceCountry, b.DestinationCountry)
	}},
	{Name: "hosting.as", Kind: Int32, Bits: 32, fill: func(v *Vector, b *event.Batch) {
		v.numbers(b, hostingParty, b.SourceAS, b.DestinationAS)
	}},
}

// chooser says which end of a record a derived column shows.
type chooser func(b *event.Batch, row int) event.Side

func (v *Vector) countries(b *event.Batch, end chooser, source, destination []event.Country) {
	last, code := event.Country(0), v.Dict.Code("")
	for row := range b.Rows() {
		var x event.Country
		switch end(b, row) {
		case event.SideSource:
			x = source[row]
		case event.SideDestination:
			x = destination[row]
		}
		if x != last {
			last, code = x, v.Dict.Code(x.String())
		}
		v.Dict.Codes = append(v.Dict.Codes, code)
	}
}

func (v *Vector) numbers(b *event.Batch, end chooser, source, destination []uint32) {
	for row := range b.Rows() {
		var x uint32
		switch end(b, row) {
		case event.SideSource:
			x = source[row]
		case event.SideDestination:
			x = destination[row]
		}
		v.Ints = append(v.Ints, int64(x))
	}
}

func affectedParty(b *event.Batch, row int) event.Side {
	switch b.Affected[row] {
	case event.SideSource:
		return event.SideSource
	case event.SideDestination, event.SideBoth:
		return event.SideDestination
	}
	return event.SideNone
}

func hostingParty(b *event.Batch, row int) event.Side {
	if b.Stage[row] == event.StageState {
		return event.SideNone
	}
	switch b.Affected[row] {
	case event.SideSource:
		return event.SideDestination
	case event.SideDestination, event.SideBoth:
		return event.SideSource
	}
	return event.SideNone
}
