// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"cmp"
	"math"
	"slices"

	"haidang/event"
)

// tau is the time constant of the live rate in seconds (STATISTICS, live rate).
const tau10 = 10

// maxFlows is how many flows of a second are told one by one.
const maxFlows = 50

// live holds the present second by arrival.
type live struct {
	second int64 // being counted; 0 before the first
	home   int64
	world  int64
	flows  map[uint64]int64 // hosting << 16 | affected << 6 | kind

	rateHome, rateWorld mean
	last                []event.Flow // of the last closed second
	rest                int64
}

// mean is the exponential mean of a count a second, corrected after a start.
type mean struct {
	r float64
	t float64
}

// close takes in one second.
func (e *mean) close(n int64) {
	a := 1 - math.Exp(-1.0/tau10)
	e.r = a*float64(n) + (1-a)*e.r
	e.t++
}

// idle takes in n seconds without any.
func (e *mean) idle(n int64) {
	e.r *= math.Exp(-float64(n) / tau10)
	e.t += float64(n)
}

// value gives the rate: r / (1 − (1−a)^t), so that a start is not read as calm.
func (e *mean) value() float64 {
	if e.t == 0 {
		return 0
	}
	return e.r / (1 - math.Exp(-e.t/tau10))
}

// due reports whether the second being counted is over.
func (l *live) due(second int64) bool { return second > l.second }

// advance closes seconds up to the given one.
func (l *live) advance(second int64) {
	gap := second - l.second
	if gap <= 0 {
		return
	}
	if l.second != 0 {
		l.rateHome.close(l.home)
		l.rateWorld.close(l.world)
		if gap > 1 {
			l.rateHome.idle(gap - 1)
			l.rateWorld.idle(gap - 1)
		}
		if l.last, l.rest = nil, 0; gap == 1 {
			l.rank()
		}
	}
	l.second, l.home, l.world = second, 0, 0
	clear(l.flows)
}

// count takes in attacks of the present second. An attack whose hosting address
// may be forged, or whose place is unknown, is in no flow; it is in the rest.
func (l *live) count(p *profile, n int64, home uint64) {
	if p.hasAffected && p.affected == home {
		l.home += n
	}
	if p.primary {
		l.world += n
	}
	if !p.primary || !p.hasAffected {
		return
	}
	key := uint64(0)
	if p.sure == 1 && p.hosting != 0 && p.affected != 0 {
		key = p.hosting<<16 | p.affected<<6 | p.kind
	}
	l.flows[key] += n
}

// rank orders the closed second's flows, strongest first.
func (l *live) rank() {
	l.rest = l.flows[0]
	all := make([]event.Flow, 0, len(l.flows))
	for key, n := range l.flows {
		if key != 0 && n > 0 {
			all = append(all, event.Flow{
				From: country(key >> 16), To: country(key >> 6 & (1<<bitsPlace - 1)),
				Kind: event.RSIT(key & (1<<bitsKind - 1)), Events: n,
			})
		}
	}
	slices.SortFunc(all, func(a, b event.Flow) int {
		return cmp.Or(cmp.Compare(b.Events, a.Events), cmp.Compare(a.From, b.From),
			cmp.Compare(a.To, b.To), cmp.Compare(a.Kind, b.Kind))
	})
	for _, f := range all[min(maxFlows, len(all)):] {
		l.rest += f.Events
	}
	l.last = all[:min(maxFlows, len(all))]
}
