// SPDX-License-Identifier: Apache-2.0

package parquetfile

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/parquet-go/parquet-go/encoding/rle"
)

// Codes of every width are read back as they were written, whatever their number and
// however much of the page is left behind them.
func TestHybrid(t *testing.T) {
	r := rand.New(rand.NewPCG(52, 4711))
	for width := range 21 {
		for range 40 {
			values := make([]int32, 1+r.IntN(700))
			for i := range values {
				values[i] = int32(r.Uint32() & (1<<width - 1))
				if i > 0 && r.IntN(3) == 0 {
					values[i] = values[i-1]
				}
			}
			enc := rle.Encoding{BitWidth: width}
			data, err := enc.EncodeInt32(nil, values)
			if err != nil {
				t.Fatal(err)
			}
			got, err := hybrid([]int32{7}, data, width, len(values))
			if err != nil || !slices.Equal(got, values) {
				t.Fatalf("width %d, %d values: %v, %v, want %v", width, len(values), got, err, values)
			}
		}
	}
}
