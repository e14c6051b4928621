// SPDX-License-Identifier: Apache-2.0

package disclosure

import "slices"

// reveals reports whether a line may be shown of days [from, to) as far as sums over
// time go. Numbers of days and longer periods are differences of a running total:
// between two days' ends that are joined by a chain of published periods everybody
// can tell the sum. What is unknown in each smallest such stretch has to pass the
// rules.
func (c *Calendar) reveals(key Key, from, to int) bool {
	joined := c.joined(key, from, to)
	group := joined.find(from)
	last := -1
	for end := range len(c.Days) + 1 {
		if joined.find(end) != group {
			continue
		}
		if last >= 0 && !passes(c.rest(key, joined, last, end)) {
			return false
		}
		last = end
	}
	return true
}

// joined says which days' ends are joined by what is published of a line, and by the
// days [from, to). Where nothing happened everybody knows that it is nothing.
func (c *Calendar) joined(key Key, from, to int) chains {
	j := make(chains, len(c.Days)+1)
	for i := range j {
		j[i] = i
	}
	t := c.lines[key]
	for d := range c.Days {
		if t == nil || len(t.days[d]) == 0 || c.shown(d, key) {
			j.join(d, d+1)
		}
	}
	for _, s := range c.Spans {
		if s.Shown[key] {
			j.join(s.From, s.To)
		}
	}
	j.join(from, to)
	return j
}

// rest gives what is unknown in a stretch without the stretches in it that are known
// by themselves.
func (c *Calendar) rest(key Key, j chains, from, to int) (out []Atom) {
	for d := from; d < to; {
		// The longest known stretch from here: to the last end of its chain.
		next := d
		for end := d + 1; end <= to; end++ {
			if (d > from || end < to) && j.find(d) == j.find(end) {
				next = end
			}
		}
		if next > d {
			d = next
			continue
		}
		out = append(out, c.sum(key, d, d+1, true)...)
		d++
	}
	return slices.Clip(out)
}

// chains are days' ends, each with one that it is joined to.
type chains []int

func (j chains) find(i int) int {
	for j[i] != i {
		j[i] = j[j[i]]
		i = j[i]
	}
	return i
}

func (j chains) join(a, b int) { j[j.find(a)] = j.find(b) }
