// SPDX-License-Identifier: Apache-2.0

package main

import (
	"math"
	"testing"
)

func TestEqualEarth(t *testing.T) {
	// The corners of the published graticule (Šavrič, Patterson, Jenny 2018).
	for _, c := range []struct{ lon, lat, x, y float64 }{{0, 0, 0, 0}, {180, 0, 2.7066299836, 0}, {0, 90, 0, 1.3173627591}} {
		x, y := equalEarth(c.lon, c.lat)
		if math.Abs(x-c.x) > 1e-6 || math.Abs(y-c.y) > 1e-6 {
			t.Errorf("%v, %v: %v, %v, want %v, %v", c.lon, c.lat, x, y, c.x, c.y)
		}
	}
}

func TestUnionRemovesTheSharedBorder(t *testing.T) {
	left := []point{{0, 0}, {1, 0}, {1, 1}, {0, 1}}
	right := []point{{1, 0}, {2, 0}, {2, 1}, {1, 1}}
	got := union([][]point{left, right})
	if len(got) != 1 || len(got[0]) != 6 {
		t.Fatalf("%v", got)
	}
	if a, _ := measureRing(got[0]); a != 2 {
		t.Errorf("area %v", a)
	}
	apart := [][]point{left, {{5, 5}, {6, 5}, {6, 6}}}
	if got := union(apart); len(got) != 2 {
		t.Errorf("rings apart became %v", got)
	}
}

func TestThinKeepsEndsAndCorners(t *testing.T) {
	line := []point{{0, 0}, {1, 0.001}, {2, 0}, {3, 5}, {4, 0}, {5, 0.001}, {6, 0}}
	got := thin(line, 0.1)
	if got[0] != line[0] || got[len(got)-1] != line[6] || len(got) != 5 {
		t.Errorf("%v", got)
	}
}

func TestUnwrapAndSide(t *testing.T) {
	r := unwrap([]point{{179, 60}, {-179, 60}, {-178, 65}, {178, 65}})
	if r[1].x != 181 || r[3].x != 178 {
		t.Errorf("%v", r)
	}
	if s := side([]point{{-100, 0}, {-90, 0}, {-90, 10}}); s[0].x != 260 {
		t.Errorf("America lies at %v", s[0].x)
	}
	if s := side([]point{{0, 0}, {10, 0}, {10, 10}}); s[0].x != 0 {
		t.Errorf("Africa lies at %v", s[0].x)
	}
}
