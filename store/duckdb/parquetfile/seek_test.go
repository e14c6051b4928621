// SPDX-License-Identifier: Apache-2.0

package parquetfile

import (
	"math/rand/v2"
	"testing"

	"github.com/parquet-go/parquet-go/encoding/rle"
)

// TestSeek: single values of a hybrid sequence are those that reading all gives.
func TestSeek(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	for range 300 {
		width := r.IntN(20)
		values := make([]int32, 1+r.IntN(3000))
		for i := 0; i < len(values); {
			x := int32(r.Uint32() & (1<<width - 1))
			for n := 1 + r.IntN(2)*r.IntN(200); n > 0 && i < len(values); n, i = n-1, i+1 {
				values[i] = x
			}
		}
		enc := rle.Encoding{BitWidth: width}
		data, err := enc.EncodeInt32(nil, values)
		if err != nil {
			t.Fatal(err)
		}
		s := seeker{rest: data, width: width}
		for i := r.IntN(50); i < len(values); i += r.IntN(90) {
			got, err := s.at(i)
			if err != nil || got != uint32(values[i]) {
				t.Fatalf("width %d, value %d of %d: %d, %v, want %d", width, i, len(values), got, err, values[i])
			}
		}
	}
}

// TestRanks counts definition levels as counting one by one does.
func TestRanks(t *testing.T) {
	r := rand.New(rand.NewPCG(10, 10))
	for range 300 {
		levels := make([]uint8, 1+r.IntN(3000))
		often := r.IntN(2)
		for i := range levels {
			levels[i] = uint8((r.IntN(40) + 38*often) / 39)
		}
		enc := rle.Encoding{BitWidth: 1}
		data, err := enc.EncodeLevels(nil, levels)
		if err != nil {
			t.Fatal(err)
		}
		k := ranker{seeker: seeker{rest: data, width: 1}}
		ones, next := 0, r.IntN(50)
		for i, level := range levels {
			if i == next {
				next += r.IntN(90)
				if got, err := k.rank(i); err != nil || got != ones {
					t.Fatalf("%d ones before %d of %d: %v, want %d", got, i, len(levels), err, ones)
				}
				if got, err := k.at(i); err != nil || got != uint32(level) {
					t.Fatalf("level %d is %d, %v, want %d", i, got, err, level)
				}
			}
			ones += int(level)
		}
		if got, err := k.rank(len(levels)); err != nil || got != ones {
			t.Fatalf("%d ones in all, %v, want %d", got, err, ones)
		}
	}
	if _, err := (&ranker{seeker: seeker{width: 1}}).rank(1); err == nil {
		t.Error("nothing was read as something")
	}
}
