// SPDX-License-Identifier: Apache-2.0

package app

import "testing"

// A burst is told at the first look, and is over some looks after its end, not in a
// pause of it.
func TestPlacesFollowBursts(t *testing.T) {
	var p processors
	var records uint64
	look := func(more uint64) bool {
		records += more
		return p.look(records)
	}
	for i := range 3 {
		if look(bulkRate - 1) {
			t.Fatalf("look %d: %d records are taken for a burst", i, bulkRate-1)
		}
	}
	for i, more := range []uint64{bulkRate, 0, 0, 5 * bulkRate, 0, 0, 0, 0, 0, 0, 0, 0, 0} {
		if !look(more) {
			t.Fatalf("look %d after it began: the burst is over", i)
		}
	}
	if look(0) || look(bulkRate-1) {
		t.Error("the burst does not end")
	}
	if !look(bulkRate) {
		t.Error("the next burst is not told")
	}
}
