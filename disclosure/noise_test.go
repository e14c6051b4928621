// SPDX-License-Identifier: Apache-2.0

package disclosure

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func TestPerturbIsUnbiasedAndBounded(t *testing.T) {
	for count := range int64(8) {
		var sum, squares int64
		for draw := range uint64(noiseKeys) {
			got := Perturb(count, draw<<48|draw*2654435761&(1<<48-1))
			noise := got - count
			if got < 0 || noise < -MaxNoise || noise > MaxNoise || count == 0 && got != 0 {
				t.Fatalf("%d becomes %d", count, got)
			}
			sum += noise
			squares += noise * noise
		}
		if sum != 0 {
			t.Errorf("noise of %d is biased by %d of %d", count, sum, noiseKeys)
		}
		if v := float64(squares) / noiseKeys; count > 0 && (v < 1.9997 || v > 2.0003) {
			t.Errorf("variance of the noise of %d is %g, stated is 2.0", count, v)
		}
	}
	if got := Perturb(-3, 9); got != 0 {
		t.Errorf("-3 becomes %d", got)
	}
}

// The same members have the same noise however the question is put; other members
// of the same number have another, on average.
func TestPerturbFollowsMembers(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	same, n := 0, 2000
	for range n {
		var key, other uint64
		for range 20 {
			h := r.Uint64()
			key += h
			other += r.Uint64()
		}
		noisy := Perturb(20, key)
		if again := Perturb(20, key); again != noisy {
			t.Fatal("one cell has two noises")
		}
		if noisy == Perturb(20, other) {
			same++
		}
	}
	if same > n/3 {
		t.Errorf("%d of %d other cells have the same noise", same, n)
	}
}

func TestParseNoiseRefuses(t *testing.T) {
	good := strings.Split(noiseTable[strings.Index(noiseTable, "\n1,")+1:], "\n")
	for name, text := range map[string]string{
		"too few":    strings.Join(good[:3], "\n"),
		"order":      strings.Join([]string{good[1], good[0], good[2], good[3]}, "\n"),
		"biased":     strings.Replace(noiseTable, "35249,13711", "35250,13710", 1),
		"sum":        strings.Replace(noiseTable, "13711", "13710", 1),
		"negative":   strings.Replace(noiseTable, "1,0,0,0", "1,0,0,1", 1),
		"no number":  strings.Replace(noiseTable, "13711", "x", 1),
		"few fields": strings.Replace(noiseTable, ",2858", "", 1),
	} {
		if _, err := parseNoise(text); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
