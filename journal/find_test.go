// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"haidang/event"
)

// Find must name exactly the places at which Consume delivers a batch.
func TestFindNamesTheBatchsPieces(t *testing.T) {
	j := start(t)
	want := map[string]map[Piece]bool{}
	for i, pieces := range []int{1, 40, 3} {
		a, err := j.Begin(delivery("hue-1", ""))
		if err != nil {
			t.Fatal(err)
		}
		for range pieces {
			if err := a.Write([]byte(strings.Repeat(noise(rand.New(rand.NewPCG(uint64(i), 1)), 100)+"\n", 1000)), 1000, nil); err != nil {
				t.Fatal(err)
			}
		}
		r, err := a.Commit(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want[r.Batch] = map[Piece]bool{}
	}
	left := len(want)
	done := errors.New("all seen")
	err := j.Consume(t.Context(), 0, func(c event.Chunk) error {
		want[c.Batch][Piece{c.Seq, c.Offset, c.Records}] = true
		if c.Last {
			left--
		}
		if left == 0 {
			return done
		}
		return nil
	})
	if !errors.Is(err, done) {
		t.Fatal(err)
	}
	for id, pieces := range want {
		f, err := j.Find(t.Context(), id)
		if err != nil || f.Sensor != "hue-1" || len(f.Pieces) != len(pieces) {
			t.Fatalf("%s: %+v %v, want %d pieces", id, f, err, len(pieces))
		}
		for _, p := range f.Pieces {
			if !pieces[p] {
				t.Errorf("%s: %+v was not delivered", id, p)
			}
		}
	}
	for _, id := range []string{"", "nonsense", batchID{seq: 1 << 40}.String()} {
		if _, err := j.Find(t.Context(), id); !errors.Is(err, ErrNotFound) {
			t.Errorf("%q: %v", id, err)
		}
	}
}
