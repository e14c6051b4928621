// SPDX-License-Identifier: Apache-2.0

package parquetfile

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/klauspost/compress/zstd"
)

func unzstd(t *testing.T, b []byte) []byte {
	t.Helper()
	d, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	out, err := d.DecodeAll(b, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

var frameSizes = []int{0, 1, 2, 7, 8, 9, 100, 1023, 1024, 8189, 8190, 8191, 8192, 8193, 8194, 16382, 16384, 40_000, 1 << 17, 1<<17 + 1, 300_000}

func TestFramesOfBytesUnpack(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var f framer
	for _, n := range frameSizes {
		for _, most := range []int{1, 2, 6, 256} {
			in := make([]byte, n)
			for i := range in {
				in[i] = byte(min(r.IntN(most), r.IntN(most)))
			}
			packed := f.pack(nil, in)
			if got := unzstd(t, packed); !bytes.Equal(got, in) {
				t.Fatalf("%d bytes below %d do not come back", n, most)
			}
			if most == 6 && n >= 1<<14 && len(packed) > n/2 {
				t.Errorf("%d bytes of few values take %d", n, len(packed))
			}
			if len(packed) > n+9+3*(n/maxBlock+1) {
				t.Errorf("%d bytes grow to %d", n, len(packed))
			}
		}
	}
}

func TestFramesOfSpacedValuesUnpack(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, s := range []spacing{mappedAddrs, halfKeys} {
		for _, n := range frameSizes[1:] {
			own := make([]byte, n*s.own)
			for i := range own {
				own[i] = byte(r.Uint32())
			}
			want := []byte("what stands before")
			packed := rawBlocks(beginFrame(nil, len(want)+16*n), want, false)
			for i := range n {
				want = s.value(want, own[i*s.own:(i+1)*s.own])
			}
			if got := unzstd(t, s.blocks(packed, own, true)); !bytes.Equal(got, want) {
				t.Fatalf("%d values of %d bytes do not come back", n, s.own)
			}
			if size := len(s.blocks(nil, own, true)); n > 1000 && size > n*s.own+100+n/100 {
				t.Errorf("%d values of %d bytes take %d", n, s.own, size)
			}
			// Others may follow.
			want = append(want, "and after"...)
			packed = s.blocks(rawBlocks(beginFrame(nil, len(want)), want[:18], false), own, false)
			if got := unzstd(t, rawBlocks(packed, want[len(want)-9:], true)); !bytes.Equal(got, want) {
				t.Fatalf("what follows %d values of %d bytes does not come back", n, s.own)
			}
		}
	}
}
