// SPDX-License-Identifier: Apache-2.0

package generate

import "math"

// random is a small, fast generator (SplitMix64): one number costs some
// nanoseconds, and a body's numbers follow from its own number.
type random uint64

func (r *random) next() uint64 {
	*r += 0x9e3779b97f4a7c15
	return mix64(uint64(*r))
}

// below gives a number from 0 to n-1.
func (r *random) below(n uint32) uint32 { return uint32(r.next() >> 32 * uint64(n) >> 32) }

func mix64(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// threshold is the number that a share of all random numbers lies below.
func threshold(share float64) uint64 { return uint64(min(share, 0.999999) * (1 << 63) * 2) }

// zipf picks ranks: rank k with a probability in proportion to (v+k)^-s. It is
// a table of quantiles, between which ranks are as good as equally likely.
type zipf []uint32

const quantiles = 1 << 16

func newZipf(s, v float64, n int) zipf {
	sum := make([]float64, n)
	total := 0.0
	for k := range sum {
		total += math.Pow(v+float64(k), -s)
		sum[k] = total
	}
	z := make(zipf, quantiles+1)
	k := 0
	for q := range z {
		for k < n-1 && sum[k] <= total*float64(q)/quantiles {
			k++
		}
		z[q] = uint32(k)
	}
	return z
}

func (z zipf) pick(r *random) int {
	x := r.next()
	q := x >> 48
	low, high := z[q], z[q+1]
	return int(low + uint32(x&0xffffffff*uint64(high-low+1)>>32))
}
