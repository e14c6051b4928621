// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A burst is told at the first look, and is over some looks after its end, not in a
// pause of it.
func TestPlacesFollowBursts(t *testing.T) {
	var p burst
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

// The places are as many as processors, more while records come in bulk, and as many
// as processors again once that is over, or at the end.
func TestPlacesAreMoreWhileRecordsComeInBulk(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	runtime.SetDefaultGOMAXPROCS()
	usual := runtime.GOMAXPROCS(0)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var records atomic.Uint64
		done := make(chan struct{})
		go func() {
			defer close(done)
			(&burst{}).follow(ctx, records.Load, sharePlaces)
		}()
		expect := func(when string, want int) {
			t.Helper()
			synctest.Wait()
			if got := runtime.GOMAXPROCS(0); got != want {
				t.Errorf("%s: %d places, want %d", when, got, want)
			}
		}
		pass := func(seconds int, each uint64) {
			for range seconds {
				records.Add(each)
				time.Sleep(looked)
			}
		}
		time.Sleep(looked / 2) // between two looks
		pass(3, bulkRate/2)
		expect("while some come", usual)
		pass(3, bulkRate)
		expect("in bulk", usual+morePlaces)
		pass(quietLooks+1, 0)
		expect("after it", usual)
		pass(2, bulkRate)
		expect("in bulk again", usual+morePlaces)
		cancel()
		<-done
		expect("at the end", usual)
	})
}
