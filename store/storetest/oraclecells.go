// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"cmp"
	"slices"
	"strings"

	"haidang/event"
)

// tally is one group of the oracle.
type tally struct {
	group     []string
	records   int64
	unhashed  int64
	folded    map[event.Bytes16]uint32
	addresses map[event.Metric]map[event.Addr]bool
	times     []event.Time
}

// oracleCells gives what Aggregate must give, without limit, ordered by group.
func oracleCells(all []record, q event.Aggregate) (out []event.Cell) {
	named := slices.ContainsFunc(q.Filters, func(f event.Filter) bool { return f.Field == "cert.excluded" })
	tallies := make(map[string]*tally)
	if len(q.By) == 0 {
		tallies[""] = newTally(nil)
	}
	for i := range all {
		r := &all[i]
		if r.Excluded != "" && !named {
			continue
		}
		seen := make(map[string]bool)
		for _, s := range r.matching(&q.Query) {
			for _, group := range groups(r, s, q.By) {
				key := strings.Join(group, "\x00\x00")
				if tallies[key] == nil {
					tallies[key] = newTally(group)
				}
				tallies[key].add(r, s, !seen[key])
				seen[key] = true
			}
		}
	}
	for _, t := range tallies {
		cell := event.Cell{Group: t.group}
		for _, m := range q.Metrics {
			cell.Values = append(cell.Values, t.value(m))
		}
		out = append(out, cell)
	}
	sortCells(out)
	return out
}

func sortCells(cells []event.Cell) {
	slices.SortFunc(cells, func(a, b event.Cell) int { return slices.Compare(a.Group, b.Group) })
}

func newTally(group []string) *tally {
	return &tally{
		group: group, folded: make(map[event.Bytes16]uint32),
		addresses: make(map[event.Metric]map[event.Addr]bool),
	}
}

// groups gives every group in which a record stands by one of its parties.
func groups(r *record, s side, by []string) [][]string {
	out := [][]string{nil}
	for _, name := range by {
		var longer [][]string
		for _, g := range out {
			for _, t := range r.texts(name, s) {
				longer = append(longer, append(slices.Clone(g), t))
			}
		}
		out = longer
	}
	return out
}

func (t *tally) add(r *record, s side, firstTime bool) {
	if firstTime {
		t.records += int64(r.Count)
		if !r.Hash.IsSet() {
			t.unhashed += int64(r.Count)
		}
	}
	t.times = append(t.times, r.Time)
	if r.Hash.IsSet() {
		t.folded[r.Hash] = max(t.folded[r.Hash], r.Count)
	}
	hosting, _ := r.b.HostingParty(r.row)
	for m, a := range map[event.Metric]event.Addr{
		event.MetricAffected: s.IP, event.MetricHosting: hosting.IP,
		event.MetricSources: r.Source.IP, event.MetricDestinations: r.Destination.IP,
	} {
		if t.addresses[m] == nil {
			t.addresses[m] = make(map[event.Addr]bool)
		}
		if a.IsSet() {
			t.addresses[m][a] = true
		}
	}
}

func (t *tally) value(m event.Metric) int64 {
	switch m {
	case event.MetricRecords:
		return t.records
	case event.MetricEvents:
		n := t.unhashed
		for _, c := range t.folded {
			n += int64(c)
		}
		return n
	case event.MetricFirst, event.MetricLast:
		if len(t.times) == 0 {
			return int64(event.TimeUnset)
		}
		if m == event.MetricFirst {
			return int64(slices.Min(t.times))
		}
		return int64(slices.Max(t.times))
	}
	return int64(len(t.addresses[m]))
}

// largestFirst checks the order and the cut of a limited answer against the
// whole one.
func largestFirst(got, whole []event.Cell, limit int) bool {
	if len(got) != min(limit, len(whole)) {
		return false
	}
	slices.SortStableFunc(whole, func(a, b event.Cell) int { return cmp.Compare(b.Values[0], a.Values[0]) })
	for i := range got {
		if got[i].Values[0] != whole[i].Values[0] {
			return false
		}
	}
	return true
}
