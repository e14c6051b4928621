// SPDX-License-Identifier: Apache-2.0

package enrich

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"haidang/event"
)

// attributed is one record of a hash, of which something was found out.
func attributed(hash event.Bytes16, r *rand.Rand) (event.Event, string) {
	var ev event.Event
	ev.Reset()
	ev.Hash = hash
	ev.Source.Country, ev.Destination.Country = event.Country(r.IntN(2)), event.Country(r.IntN(2))
	ev.Source.AS, ev.Destination.AS = uint32(r.IntN(2)), uint32(r.IntN(2))
	ev.Sector, ev.Band = event.Sector(r.IntN(2)), event.Band(r.IntN(2))
	for range r.IntN(3) {
		ev.Orgs = append(ev.Orgs, event.OrgMatch{Org: uint32(1 + r.IntN(2)), Reason: event.MatchReason(r.IntN(3)), Side: event.Side(1 + r.IntN(2))})
	}
	said := fmt.Sprint(hash, ev.Source.Country, ev.Destination.Country, ev.Source.AS, ev.Destination.AS, ev.Sector, ev.Band)
	for _, m := range ev.Orgs {
		said += fmt.Sprint(" ", m.Org, m.Side) // by what it was found makes no other event
	}
	return ev, said
}

// Records are repeats of each other where they say the same and the same was found out
// about them, and nowhere else.
func TestRepeatsAreOfOneAttribution(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	var b event.Batch
	var all []string
	for range 20_000 {
		ev, said := attributed(event.Bytes16{byte(1 + r.IntN(2)), byte(r.IntN(2)), 15: 9}, r)
		b.Append(&ev)
		all = append(all, said)
	}
	var none event.Event
	none.Reset()
	none.Source.Country = 7
	b.Append(&none)
	attribute(&b, b.Rows())
	byHash, bySaid, byKey := map[event.Bytes16]string{}, map[string]event.Bytes16{}, map[[8]byte]string{}
	for i, said := range all {
		hash := b.Hash[i]
		if was, ok := byHash[hash]; ok && was != said {
			t.Fatalf("%q and %q are repeats", was, said)
		}
		if was, ok := bySaid[said]; ok && was != hash {
			t.Fatalf("two of %q are no repeats", said)
		}
		if was, ok := byKey[[8]byte(hash[:8])]; ok && was != said {
			t.Fatalf("%q and %q are one to who reads the first half", was, said)
		}
		byHash[hash], bySaid[said], byKey[[8]byte(hash[:8])] = said, hash, said
	}
	if len(byHash) < 500 {
		t.Errorf("only %d kinds of records", len(byHash))
	}
	if b.Hash[len(all)].IsSet() {
		t.Error("what folds with nothing has a hash")
	}
}
