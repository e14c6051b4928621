// SPDX-License-Identifier: Apache-2.0

package my

import (
	"cmp"
	"net/http"
	"slices"

	"haidang/classify"
	"haidang/event"
)

const (
	// kindsShown of others' incidents.
	kindsShown = 50
	// sourcesShown of each.
	sourcesShown = 5
)

// communityBody is what happens to others in the sector, without who they are.
type communityBody struct {
	Rows []communityRow
	Of   string // how many records the page rests on
}

type communityRow struct {
	Title, Detail, Stage, Count string
	Techniques                  []string
	Sources                     []string // hosting addresses, the most frequent first
	First, Last                 moment
}

// trend is records of one problem, of whomever.
type trend struct {
	kind        event.RSIT
	name        string
	stage       event.Stage
	count       uint64
	first, last event.Time
	techniques  map[string]bool
	sources     map[event.Addr]uint64
}

// community shows others' incidents as they were released: nothing of who
// suffered is in the records any more.
func (s *Server) community(x *visit) {
	released, err := s.dep.Community(x.r.Context(), x.viewer)
	if err != nil {
		panic(err)
	}
	s.show(x, http.StatusOK, "community", s.trends(x.l, released))
}

func (s *Server) trends(l *language, released classify.Released[classify.Page]) *communityBody {
	rows := released.Value().Rows
	if rows == nil || rows.Rows() == 0 {
		return &communityBody{}
	}
	all := gather(rows)
	b := &communityBody{Of: l.T("community.of", "n", l.n(uint64(rows.Rows())))}
	for _, t := range all[:min(len(all), kindsShown)] {
		row := communityRow{
			Title: s.dep.Advise(l.Code, t.kind).Title, Detail: clean(t.name), Stage: l.T("stage." + t.stage.String()), Count: l.n(t.count),
			First: l.moment(t.first, s.now()), Last: l.moment(t.last, s.now()),
		}
		for id := range t.techniques {
			row.Techniques = append(row.Techniques, clean(id))
		}
		slices.Sort(row.Techniques)
		row.Sources = frequent(t.sources)
		b.Rows = append(b.Rows, row)
	}
	return b
}

// gather sums records by problem, the latest first.
func gather(b *event.Batch) []*trend {
	type key struct {
		kind event.RSIT
		name string
	}
	found := map[key]*trend{}
	for row := range b.Rows() {
		k := key{b.RSIT[row], cmp.Or(b.Software.At(row), b.RuleName.At(row), b.RuleID.At(row))}
		t := found[k]
		if t == nil {
			t = &trend{kind: k.kind, name: k.name, stage: b.Stage[row], first: b.Time[row], last: b.Time[row],
				techniques: map[string]bool{}, sources: map[event.Addr]uint64{}}
			found[k] = t
		}
		t.first, t.last = min(t.first, b.Time[row]), max(t.last, b.Time[row])
		t.count += uint64(max(b.Count[row], 1))
		for _, id := range b.Techniques.At(row) {
			t.techniques[id] = true
		}
		if p, ok := b.HostingParty(row); ok && p.IP.IsSet() {
			t.sources[p.IP] += uint64(max(b.Count[row], 1))
		}
	}
	out := make([]*trend, 0, len(found))
	for _, t := range found {
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b *trend) int {
		return cmp.Or(cmp.Compare(b.last, a.last), cmp.Compare(a.kind, b.kind), cmp.Compare(a.name, b.name))
	})
	return out
}

func frequent(of map[event.Addr]uint64) (out []string) {
	addrs := make([]event.Addr, 0, len(of))
	for a := range of {
		addrs = append(addrs, a)
	}
	slices.SortFunc(addrs, func(a, b event.Addr) int {
		return cmp.Or(cmp.Compare(of[b], of[a]), slices.Compare(a[:], b[:]))
	})
	for _, a := range addrs[:min(len(addrs), sourcesShown)] {
		out = append(out, address(a, true))
	}
	return out
}
