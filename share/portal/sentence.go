// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"math"

	"haidang/event"
)

// sentence says in plain words what is happening: the count, the change
// against a base that is always named, and what most of it is.
func (l *language) sentence(pic *event.Picture) string {
	if withheld(pic, "now") {
		return l.T("withheld.held")
	}
	home, at := l.country(homeOf(pic)), l.clock(until(pic)).Text
	if pic.Today.Attacks == 0 {
		return l.T("empty.sentence", "time", at, "home", home)
	}
	return l.T("sentence.count", "time", at, "n", l.Number(pic.Today.Attacks), "home", home) +
		l.change(pic) + l.mostly(pic)
}

// until is the time that a sentence about today speaks for: after a silence,
// the last report, not now.
func until(pic *event.Picture) event.Time {
	if stale(pic) && pic.LastEvent >= pic.DayStart {
		return pic.LastEvent
	}
	return pic.At
}

// change compares with the average up to this hour; what stopped earlier would
// only look like less.
func (l *language) change(pic *event.Picture) string {
	if pic.Average <= 0 || stale(pic) {
		return ""
	}
	percent := math.Round(100 * (float64(pic.Today.Attacks) - pic.Average) / pic.Average)
	key := "sentence.same"
	switch {
	case percent >= 1:
		key = "sentence.more"
	case percent <= -1:
		key = "sentence.less"
	}
	p := l.Number(int64(math.Abs(percent))) + narrow + "%"
	return l.T(key, "p", p, "weekday", l.weekday(pic.DayStart))
}

// mostly speaks of the greatest kind; "most" only when it is more than half.
func (l *language) mostly(pic *event.Picture) string {
	if len(pic.Kinds) == 0 || pic.Kinds[0].Events == 0 {
		return l.T("sentence.end")
	}
	top, all := pic.Kinds[0], sum(pic.Kinds)
	kind := l.line("kind", top.Key)
	if 2*top.Events > all {
		return l.T("sentence.most", "kind", kind)
	}
	return l.T("sentence.top", "kind", kind, "p", l.share(top.Events, all))
}

func sum(in []event.Count) (n int64) {
	for _, c := range in {
		n += c.Events
	}
	return n
}
