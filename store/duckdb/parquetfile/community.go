// SPDX-License-Identifier: Apache-2.0

package parquetfile

import (
	"encoding/binary"
	"slices"

	"haidang/event"
)

// A community id is a hash of the flow's ends, which the record holds already:
// twenty bytes that no compression makes smaller. Where it is what everybody
// computes, only its first two bytes are stored, in a column of their own: by
// them a question finds the few records that may have an id, and the reader
// computes it anew. An id that is another (of a sensor with a seed, of ICMP) is
// stored in full, and then has no short one.

const communityName = "network.community_id"

// ShortCommunityName is the column of the beginnings of ids that follow from
// their flows.
const ShortCommunityName = communityName + ".short"

const shortBytes = 2

// ShortCommunity gives the beginning of an id as it is stored: never zero, which
// means "not set".
func ShortCommunity(id []byte) [shortBytes]byte {
	out := [shortBytes]byte(id)
	if out == ([shortBytes]byte{}) {
		out[shortBytes-1] = 1
	}
	return out
}

// flow is a flow whose id was compared with the computed one.
type flow struct {
	id                   event.Bytes20
	source, destination  event.Addr
	sourcePort, destPort uint16
	transport            uint8
}

// flowsKept is how many flows are remembered: records of one flow come close to
// each other, and to compare costs a tenth of computing.
const flowsKept = 1 << 12

// flowIDs are what is stored of a batch's community ids.
type flowIDs struct {
	short []byte          // the beginnings of those that follow from their flows; zero for others
	rest  []event.Bytes20 // those that do not follow; empty when all do
}

// following compares a batch's ids with those of their flows.
func (f *filler) following(b *event.Batch) *flowIDs {
	if out := f.follows[b]; out != nil {
		return out
	}
	if f.flows == nil {
		f.flows, f.follows = make([]flow, flowsKept), make(map[*event.Batch]*flowIDs)
	}
	out := &flowIDs{short: make([]byte, shortBytes*b.Rows())}
	f.follows[b] = out
	for row := range b.CommunityID {
		id := &b.CommunityID[row]
		if !id.IsSet() {
			continue
		}
		if f.follow(b, row) {
			*(*[shortBytes]byte)(out.short[shortBytes*row:]) = ShortCommunity(id[:])
			continue
		}
		if out.rest == nil {
			out.rest = make([]event.Bytes20, b.Rows())
		}
		out.rest[row] = *id
	}
	return out
}

// follow says whether a row's id follows from its flow.
func (f *filler) follow(b *event.Batch, row int) bool {
	id := &b.CommunityID[row]
	known := &f.flows[binary.LittleEndian.Uint16(id[:])%flowsKept]
	if known.transport == b.Transport[row] && known.sourcePort == b.SourcePort[row] && known.destPort == b.DestinationPort[row] &&
		known.id == *id && known.source == b.SourceIP[row] && known.destination == b.DestinationIP[row] {
		return true
	}
	x := flow{*id, b.SourceIP[row], b.DestinationIP[row], b.SourcePort[row], b.DestinationPort[row], b.Transport[row]}
	if x.computed() != *id {
		return false
	}
	*known = x
	return true
}

func (x *flow) computed() event.Bytes20 {
	return event.CommunityID(x.source, x.destination, x.sourcePort, x.destPort, x.transport)
}

// community fills the column of ids that do not follow.
func (f *filler) community(v *Vector, b *event.Batch) {
	if rest := f.following(b).rest; rest != nil {
		v.Fixed = appendFixed(v.Fixed, rest)
		return
	}
	v.Fixed = append(v.Fixed, make([]byte, b.Rows()*len(event.Bytes20{}))...)
}

// shortCommunity fills the column of the beginnings of those that do.
func (f *filler) shortCommunity(v *Vector, b *event.Batch) {
	v.Fixed = append(v.Fixed, f.following(b).short...)
}

// flowColumns are those from which an id follows, by their places in Columns.
var flowColumns = struct{ id, short, source, destination, sourcePort, destPort, transport int }{
	place(communityName), place(ShortCommunityName), place("source.ip"), place("destination.ip"),
	place("source.port"), place("destination.port"), place("network.transport"),
}

func place(name string) int {
	return slices.IndexFunc(Columns, func(c Column) bool { return c.Name == name })
}

// Needed adds the columns that are needed to rebuild those that are wanted.
func Needed(wanted []bool) []bool {
	out := slices.Clone(wanted)
	out[residualColumns.outlines] = out[residualColumns.outlines] || wanted[residualColumns.values]
	if !wanted[flowColumns.id] {
		return out
	}
	x := &flowColumns
	for _, i := range []int{x.short, x.source, x.destination, x.sourcePort, x.destPort, x.transport} {
		out[i] = true
	}
	return out
}

// Rebuild computes what follows from other columns and was left out of the
// file. Vectors are those of Columns, read from a segment; where the columns
// that Needed names are empty nothing is rebuilt.
func Rebuild(vectors []Vector) {
	rebuildResiduals(vectors)
	x := &flowColumns
	ids, short := vectors[x.id].Fixed, vectors[x.short].Fixed
	const width = len(event.Bytes20{})
	for row := range len(ids) / width {
		id := ids[row*width : (row+1)*width]
		if len(short) == 0 || isZero(short[row*shortBytes:(row+1)*shortBytes]) || !isZero(id) {
			continue
		}
		f := flow{
			source:      event.Addr(vectors[x.source].Fixed[row*16 : row*16+16]),
			destination: event.Addr(vectors[x.destination].Fixed[row*16 : row*16+16]),
			sourcePort:  uint16(vectors[x.sourcePort].Ints[row]), destPort: uint16(vectors[x.destPort].Ints[row]),
			transport: uint8(vectors[x.transport].Ints[row]),
		}
		computed := f.computed()
		copy(id, computed[:])
	}
}
