// SPDX-License-Identifier: Apache-2.0

package event

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
)

// filled puts values into a dictionary and seals it now and then.
func filled(r *rand.Rand, d *Dict, values []string, seals bool) {
	for _, v := range values {
		d.Append(v)
		if seals && r.IntN(50) == 0 {
			d.seal()
		}
	}
}

func someValues(r *rand.Rand, n, distinct int) []string {
	out := make([]string, n)
	for i := range out {
		if k := r.IntN(distinct); k > 0 {
			out[i] = fmt.Sprintf("value %d", k)
		}
	}
	return out
}

func TestSealedDictionariesGoOn(t *testing.T) {
	var workers sync.WaitGroup
	for seed := range uint64(4) { // they share the tables
		workers.Go(func() {
			r := rand.New(rand.NewPCG(seed, 1))
			var sealed Dict
			for range 30 {
				values := someValues(r, 1+r.IntN(2000), 1+r.IntN(3000))
				var plain Dict
				filled(r, &plain, values, false)
				filled(r, &sealed, values, true)
				sealed.seal()
				if !slices.Equal(sealed.Values, plain.Values) || !slices.Equal(sealed.Codes, plain.Codes) {
					t.Errorf("seed %d: %d values in another order, or other codes", seed, len(values))
				}
				sealed.Reset()
			}
		})
	}
	workers.Wait()
}

func TestSealedBatchesAreSmaller(t *testing.T) {
	var b Batch
	var e Event
	for i := range 3000 {
		e.Reset()
		e.Time, e.DNSName, e.Techniques = 1, fmt.Sprint("name", i), append(e.Techniques[:0], fmt.Sprint("T", i%700))
		b.AppendSet(&e)
	}
	b.Pad()
	before := b.Size()
	b.Seal()
	if after := b.Size(); after > before-8*2*3000 {
		t.Errorf("%d bytes, %d before", after, before)
	}
	b.AppendSet(&e)
	b.Pad()
	if b.Rows() != 3001 || b.DNSName.At(3000) != "name2999" || b.DNSName.Codes[3000] != b.DNSName.Codes[2999] {
		t.Error("a value added after the seal has another code")
	}
}

// One batch of many values does not make the tables of all that follow large.
func TestRoomShrinks(t *testing.T) {
	var d Dict
	filled(nil, &d, someValues(rand.New(rand.NewPCG(1, 2)), 9000, 9000), false)
	d.seal()
	large := d.room
	for range 10 {
		d.Reset()
		d.Append("one")
		d.seal()
	}
	if large < 8192 || d.room > 128 {
		t.Errorf("room %d at first, then %d", large, d.room)
	}
}
