// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"haidang/event"
)

func hashOf(n uint64) (h event.Bytes16) {
	binary.LittleEndian.PutUint64(h[:], scatter(n+1))
	return h
}

func TestRepeatsCountTheLargest(t *testing.T) {
	tests := []struct {
		name   string
		counts []uint32
		want   []int64
	}{
		{"once", []uint32{3}, []int64{3}},
		{"the same again", []uint32{3, 3, 3}, []int64{3, 0, 0}},
		{"growing", []uint32{1, 2, 7}, []int64{1, 1, 5}},
		{"shrinking", []uint32{7, 2, 1}, []int64{7, 0, 0}},
	}
	for _, tt := range tests {
		f := newFolding(1 << 20)
		for i, c := range tt.counts {
			if got, before, _ := f.repeat(hashOf(1), false, 100, c); got != tt.want[i] || before != 0 {
				t.Errorf("%s: record %d adds %d and takes back %d, want %d and 0", tt.name, i, got, before, tt.want[i])
			}
		}
	}
}

func TestFeedRepeatMovesToTheLargestRecordsMinute(t *testing.T) {
	f := newFolding(1 << 20)
	f.repeat(hashOf(1), true, 100, 2)
	if n, before, at := f.repeat(hashOf(1), true, 500, 5); n != 5 || before != 2 || at != 100 {
		t.Fatalf("adds %d, takes back %d at %d; want 5, 2, 100", n, before, at)
	}
	if n, before, _ := f.repeat(hashOf(1), true, 50, 4); n != 0 || before != 0 {
		t.Fatalf("a smaller record adds %d, takes back %d; want nothing", n, before)
	}
	if n, before, at := f.repeat(hashOf(1), true, 400, 5); n != 5 || before != 5 || at != 500 {
		t.Fatalf("an equal, earlier record adds %d, takes back %d at %d; want 5, 5, 500", n, before, at)
	}
}

// The table agrees with a map through growth and removal, as long as nothing is
// pushed out.
func TestFoldTableAgainstAMap(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	f := newFolding(8 << 20)
	want := map[uint64]uint32{}
	for range 200_000 {
		key, count := r.Uint64N(60_000), uint32(1+r.IntN(9))
		minute := int64(1000 + key%30)
		got, _, _ := f.repeat(hashOf(key), false, minute, count)
		if add := int64(max(want[key], count) - want[key]); got != add {
			t.Fatalf("key %d count %d adds %d, want %d", key, count, got, add)
		}
		want[key] = max(want[key], count)
		if r.IntN(50) == 0 {
			gone := r.Uint64N(60_000)
			at, ok := f.streams.find(foldKey(hashOf(gone)))
			if _, had := want[gone]; had != ok {
				t.Fatalf("finding key %d: %v, want %v", gone, ok, had)
			}
			if ok {
				f.streams.remove(at)
			}
			delete(want, gone)
		}
	}
	if f.pushed != 0 {
		t.Fatalf("%d pushed out although there was room", f.pushed)
	}
}

// Room that is made at once holds what it was made for without growing, is within the
// budget, and moves nothing that is there.
func TestFoldTableRoomMadeAtOnce(t *testing.T) {
	for _, n := range []int{0, 1, 767, 768, 769, 1000, 50_000, 10_000_000} {
		f := newFolding(8 << 20)
		table := &f.streams
		table.reserve(n)
		size := len(table.entries)
		if size > table.limit {
			t.Fatalf("%d: %d slots, the budget is for %d", n, size, table.limit)
		}
		put := min(n, table.limit/2)
		for key := range uint64(put) {
			table.restore(foldEntry{key: foldKey(hashOf(key)), count: uint32(key + 1), minute: 5})
		}
		if len(table.entries) != size || table.n != put {
			t.Fatalf("%d: %d slots became %d, %d entries", n, size, len(table.entries), table.n)
		}
		table.reserve(2 * table.limit)
		for key := range uint64(put) {
			at, ok := table.find(foldKey(hashOf(key)))
			if !ok || table.entries[at].count != uint32(key+1) {
				t.Fatalf("%d: entry %d is gone", n, key)
			}
		}
		if put > 0 && len(table.entries) != size {
			t.Fatalf("%d: room was made where there are entries", n)
		}
	}
}

func TestFoldBudgetHoldsAndPushesOutTheOldest(t *testing.T) {
	const budget = 1 << 20
	f := newFolding(budget)
	keys := uint64(0)
	for minute := int64(10_000); minute < 10_060; minute++ {
		for range 3000 {
			f.repeat(hashOf(keys), false, minute, 1)
			keys++
		}
	}
	if got := foldSlot * (len(f.streams.entries) + len(f.feeds.entries)); got > budget {
		t.Fatalf("the window takes %d bytes, budget %d", got, budget)
	}
	if f.pushed == 0 {
		t.Fatal("nothing was pushed out, or it was not counted")
	}
	for i := range uint64(3000) { // the newest minute is all there
		if n, _, _ := f.repeat(hashOf(keys-1-i), false, 10_059, 1); n != 0 {
			t.Fatal("an event of the newest minute was pushed out before older ones")
		}
	}
	pushed := f.pushed
	for i := range uint64(200_000) { // one minute beyond the budget
		f.repeat(hashOf(1<<40+i), false, 20_000, 1)
	}
	if got := foldSlot * len(f.streams.entries); got > budget || f.pushed == pushed {
		t.Fatalf("a flood within one minute: %d bytes, %d pushed out", got, f.pushed-pushed)
	}
}

func TestFeedsSurviveAFloodOfAlerts(t *testing.T) {
	f := newFolding(1 << 20)
	f.repeat(hashOf(7), true, 10_000, 3)
	for i := range uint64(200_000) {
		f.repeat(hashOf(1<<40+i), false, 11_000, 1)
	}
	if n, _, _ := f.repeat(hashOf(7), true, 10_000, 3); n != 0 {
		t.Fatal("a flood of alerts pushed out a feed's entry")
	}
}
