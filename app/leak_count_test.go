// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package app

import (
	"cmp"
	"slices"
	"strings"
)

// page gives the records that a question finds, newest first, as they may be seen.
func leakPage(seen []*leakRecord, q *leakQuestion) (out []*leakRecord) {
	for _, r := range seen {
		if len(r.meets(q)) > 0 {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b *leakRecord) int {
		return cmp.Or(cmp.Compare(b.at, a.at), strings.Compare(b.text["event.id"], a.text["event.id"]))
	})
	return out
}

// leakCell counts one group.
type leakCell struct {
	group   []string
	records int64
	single  int64            // of records that do not fold
	folded  map[string]int64 // by hash, the largest count
	sets    map[string]map[string]bool
}

func (c *leakCell) value(metric string) int64 {
	switch metric {
	case "records":
		return c.records
	case "events":
		n := c.single
		for _, m := range c.folded {
			n += m
		}
		return n
	}
	return int64(len(c.sets[metric]))
}

// leakCells counts the records that a question finds by groups; without by there
// is one group, of all. Known-benign records count only where they are asked for.
func leakCells(seen []*leakRecord, q *leakQuestion, by []string) map[string]*leakCell {
	cells := map[string]*leakCell{}
	if len(by) == 0 {
		cells[""] = &leakCell{folded: map[string]int64{}, sets: map[string]map[string]bool{}}
	}
	for _, r := range seen {
		if r.text["cert.excluded"] != "" || r.marked {
			continue
		}
		counted := map[string]bool{}
		for _, end := range r.meets(q) {
			for _, group := range r.groups(by, end) {
				key := strings.Join(group, "\x00")
				c := cells[key]
				if c == nil {
					c = &leakCell{group: group, folded: map[string]int64{}, sets: map[string]map[string]bool{}}
					cells[key] = c
				}
				c.add(r, end, !counted[key])
				counted[key] = true
			}
		}
	}
	return cells
}

// groups gives every group in which a record stands by one of its ends.
func (r *leakRecord) groups(by []string, end string) [][]string {
	out := [][]string{nil}
	for _, field := range by {
		var longer [][]string
		for _, g := range out {
			for _, v := range r.values(field, end) {
				longer = append(longer, append(slices.Clone(g), v))
			}
		}
		out = longer
	}
	return out
}

func (c *leakCell) add(r *leakRecord, end string, first bool) {
	hash := r.text["event.hash"]
	if first {
		c.records += r.count
		if hash == "" {
			c.single += r.count
		}
	}
	if hash != "" {
		c.folded[hash] = max(c.folded[hash], r.count)
	}
	for metric, ip := range map[string]string{
		"affected": r.values("affected.ip", end)[0], "hosting": r.values("hosting.ip", end)[0],
		"sources": r.text["source.ip"], "destinations": r.text["destination.ip"],
	} {
		if ip == "" {
			continue
		}
		if c.sets[metric] == nil {
			c.sets[metric] = map[string]bool{}
		}
		c.sets[metric][ip] = true
	}
}
