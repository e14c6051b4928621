// SPDX-License-Identifier: Apache-2.0

package parquetfile

import (
	"slices"

	"haidang/event"
)

// derived columns follow from others; they are stored beside them because
// grouping by them is what most questions do, and a condition evaluated row by
// row costs ten times as much. Where both sides are affected they show the
// first, the destination; see event.Batch.AffectedParties.
var derived = []Column{
	{Name: "affected.country", Kind: String, fill: func(f *filler, v *Vector, b *event.Batch) {
		f.partyCountries(v, b, &affectedEnd, nil)
	}},
	{Name: "hosting.country", Kind: String, fill: func(f *filler, v *Vector, b *event.Batch) {
		f.partyCountries(v, b, &hostingEnd, b.Stage)
	}},
	{Name: "hosting.as", Kind: Int32, Bits: 32, fill: func(_ *filler, v *Vector, b *event.Batch) {
		v.numbers(b, &hostingEnd, b.Stage, b.SourceAS, b.DestinationAS)
	}},
	{Name: OutlineName, Kind: String, fill: (*filler).outlines},
	{Name: ShortCommunityName, Kind: Blob, Width: shortBytes, Random: true, fill: (*filler).shortCommunity},
}

// ends says for each value of cert.affected which end a derived column shows, as
// masks of the source and of the destination. It is as long as there are bytes,
// so that no index needs a check, and masks need no branch: which end it is
// cannot be foreseen.
type ends [256]struct{ source, destination uint32 }

const all = ^uint32(0)

var (
	affectedEnd = ends{event.SideSource: {source: all}, event.SideDestination: {destination: all}, event.SideBoth: {destination: all}}
	hostingEnd  = ends{event.SideSource: {destination: all}, event.SideDestination: {source: all}, event.SideBoth: {source: all}}
	// isState is a mask for each value of cert.stage. A state has no hosting end.
	isState = [256]uint32{event.StageState: all}
)

// partyCountries fills a column of the countries of one end; records whose stage
// is a state have none where stages are given.
func (f *filler) partyCountries(v *Vector, b *event.Batch, of *ends, stages []event.Stage) {
	f.noCountries(v)
	out := v.rowsOf(b.Rows())
	affected, source, destination := b.Affected[:len(out)], b.SourceCountry[:len(out)], b.DestinationCountry[:len(out)]
	for row := range out {
		end := of[affected[row]]
		x := uint32(source[row])&end.source | uint32(destination[row])&end.destination
		if stages != nil {
			x &^= isState[stages[row]]
		}
		out[row] = f.country(v, event.Country(x))
	}
}

func (v *Vector) numbers(b *event.Batch, of *ends, stages []event.Stage, source, destination []uint32) {
	rows := b.Rows()
	v.Ints = slices.Grow(v.Ints, rows)
	out := v.Ints[len(v.Ints) : len(v.Ints)+rows]
	affected, stages, source, destination := b.Affected[:rows], stages[:rows], source[:rows], destination[:rows]
	for row := range out {
		end := of[affected[row]]
		x := source[row]&end.source | destination[row]&end.destination
		out[row] = int64(x &^ isState[stages[row]])
	}
	v.Ints = v.Ints[:len(v.Ints)+rows]
}
