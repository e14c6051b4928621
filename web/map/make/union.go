// SPDX-License-Identifier: Apache-2.0

package main

// union removes the borders between rings of one country: an edge that is
// walked both ways lies inside and goes; what remains is walked anew.
func union(rings [][]point) [][]point {
	type edge struct{ a, b point }
	inside := map[edge]bool{}
	for _, r := range rings {
		for i, p := range r {
			inside[edge{p, r[(i+1)%len(r)]}] = true
		}
	}
	next := map[point][]point{}
	shared := false
	for _, r := range rings {
		for i, p := range r {
			q := r[(i+1)%len(r)]
			if inside[edge{q, p}] {
				shared = true
				continue
			}
			next[p] = append(next[p], q)
		}
	}
	if !shared {
		return rings
	}
	var out [][]point
	for _, r := range rings {
		for _, start := range r {
			if ring := walk(start, next); len(ring) > 2 {
				out = append(out, ring)
			}
		}
	}
	return out
}

// walk follows unused edges from start until it is back, using them up.
func walk(start point, next map[point][]point) []point {
	var ring []point
	for at := start; ; {
		to := next[at]
		if len(to) == 0 {
			return ring
		}
		ring = append(ring, at)
		at, next[at] = to[0], to[1:]
		if at == start {
			return ring
		}
	}
}
