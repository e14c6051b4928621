// SPDX-License-Identifier: Apache-2.0

package disclosure

import (
	_ "embed" // the published table
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// MaxNoise is the most that Perturb changes a count by.
const MaxNoise = 4

// noiseKeys is how many keys the table divides.
const noiseKeys = 1 << 16

//go:embed noise.csv
var noiseTable string

// noiseRows holds, by true count from 1 to MaxNoise, the first key above each
// noise.
type noiseRows [MaxNoise][2*MaxNoise + 1]uint32

var builtIn = sync.OnceValue(func() *noiseRows {
	rows, err := parseNoise(noiseTable)
	if err != nil {
		panic(err) // a test reads it
	}
	return rows
})

func parseNoise(text string) (*noiseRows, error) {
	r := csv.NewReader(strings.NewReader(text))
	r.Comment, r.FieldsPerRecord = '#', 2+2*MaxNoise
	lines, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("noise table: %w", err)
	}
	if len(lines) != MaxNoise {
		return nil, fmt.Errorf("noise table: has %d lines, want %d", len(lines), MaxNoise)
	}
	var out noiseRows
	for i, line := range lines {
		if line[0] != strconv.Itoa(i+1) {
			return nil, fmt.Errorf("noise table: line %d is for %q, want %d", i+1, line[0], i+1)
		}
		var sum, mean uint32
		for at, text := range line[1:] {
			n, err := strconv.ParseUint(text, 10, 17)
			if err != nil {
				return nil, fmt.Errorf("noise table: line %d: %w", i+1, err)
			}
			if noise := at - MaxNoise; noise < -(i+1) && n > 0 {
				return nil, fmt.Errorf("noise table: line %d makes %d of %d", i+1, noise+i+1, i+1)
			}
			sum += uint32(n)
			mean += uint32(n) * uint32(at)
			out[i][at] = sum
		}
		if sum != noiseKeys || mean != noiseKeys*MaxNoise {
			return nil, fmt.Errorf("noise table: line %d gives %d keys and is not unbiased, or not %d", i+1, sum, noiseKeys)
		}
	}
	return &out, nil
}

// Perturb gives the published number for an exact count of units. key is the sum,
// modulo 2⁶⁴, of the members' secret keyed hashes: the same members have the same
// noise in every question for ever, and nobody who lacks the secret can tell it.
// Noise is -4 to +4, 0 on average, its variance 2; 0 stays 0 and no count falls
// below it. An estimate of a sketch is not to be perturbed: it is no exact count.
func Perturb(count int64, key uint64) int64 {
	if count <= 0 {
		return 0
	}
	row := &builtIn()[min(count, MaxNoise)-1]
	draw := uint32(key >> 48)
	for at, above := range row {
		if draw < above {
			return count + int64(at) - MaxNoise
		}
	}
	return count // not reached: the last entry is above every draw
}
