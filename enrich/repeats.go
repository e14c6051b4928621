// SPDX-License-Identifier: Apache-2.0

package enrich

import (
	"encoding/binary"

	"haidang/event"
)

// attribute takes into event.hash what was found out about a record: only records of
// which the same was found are repeats of each other. A register or table may change
// between two that say the same. Each then is an event where it belongs, whichever came
// first; folded, the second would take back in its own place what the first had counted
// in another, and counting anew would depend on the order in which records are read.
// The second half stays zero where it is: 64 bits tell events apart (normalise), and
// what is zero takes no room.
func attribute(b *event.Batch, n int) {
	for i := range n {
		hash := &b.Hash[i]
		if !hash.IsSet() {
			continue
		}
		x := scatter(uint64(b.SourceCountry[i])<<48 | uint64(b.DestinationCountry[i])<<32 | uint64(b.Sector[i])<<8 | uint64(b.Band[i]))
		x = scatter(x ^ (uint64(b.SourceAS[i])<<32 | uint64(b.DestinationAS[i])))
		for _, m := range b.Orgs.At(i) {
			x = scatter(x ^ (uint64(m.Org)<<8 | uint64(m.Side)))
		}
		binary.LittleEndian.PutUint64(hash[:8], binary.LittleEndian.Uint64(hash[:8])^x)
	}
}

// scatter spreads what differs in some bits over all of them (the finaliser of
// SplitMix64), one to one.
func scatter(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
