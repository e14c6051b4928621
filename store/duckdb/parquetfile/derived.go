// SPDX-License-Identifier: Apache-2.0

package parquetfile

import "haidang/event"

// derived columns follow from others; they are stored beside them because
// grouping by them is what most questions do, and a condition evaluated row by
// row costs ten times as much. Where both sides are affected they show the
// first, the destination; see event.Batch.AffectedParties.
var derived = []Column{
	{Name: "affected.country", Kind: String, fill: func(f *filler, v *Vector, b *event.Batch) {
		f.partyCountries(v, b, affectedParty, b.SourceCountry, b.DestinationCountry)
	}},
	{Name: "hosting.country", Kind: String, fill: func(f *filler, v *Vector, b *event.Batch) {
		f.partyCountries(v, b, hostingParty, b.SourceCountry, b.DestinationCountry)
	}},
	{Name: "hosting.as", Kind: Int32, Bits: 32, fill: func(_ *filler, v *Vector, b *event.Batch) {
		v.numbers(b, hostingParty, b.SourceAS, b.DestinationAS)
	}},
	{Name: ShortCommunityName, Kind: Blob, Width: shortBytes, Random: true, fill: (*filler).shortCommunity},
}

// chooser says which end of a record a derived column shows.
type chooser func(b *event.Batch, row int) event.Side

// ends says for each value of cert.affected which end a derived column shows.
// It is as long as there are bytes, so that no index needs a check.
type ends [256]event.Side

var (
	affectedEnd = ends{event.SideSource: event.SideSource, event.SideDestination: event.SideDestination, event.SideBoth: event.SideDestination}
	hostingEnd  = ends{event.SideSource: event.SideDestination, event.SideDestination: event.SideSource, event.SideBoth: event.SideSource}
)

func affectedParty(b *event.Batch, row int) event.Side { return affectedEnd[b.Affected[row]] }

func hostingParty(b *event.Batch, row int) event.Side {
	if b.Stage[row] == event.StageState {
		return event.SideUnset
	}
	return hostingEnd[b.Affected[row]]
}

func (f *filler) partyCountries(v *Vector, b *event.Batch, end chooser, source, destination []event.Country) {
	f.noCountries(v)
	out := v.rowsOf(b.Rows())
	for row := range out {
		switch end(b, row) {
		case event.SideSource:
			out[row] = f.country(v, source[row])
		case event.SideDestination:
			out[row] = f.country(v, destination[row])
		default:
			out[row] = 0
		}
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
