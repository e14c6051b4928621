// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"haidang/event"
)

// lasting holds pages that were made of final figures alone: they are given again for
// as long as settledFor, while the counts of all periods that they tell of are the same.
type lasting struct {
	mu    sync.Mutex
	known map[string]*lastingPage
}

type lastingPage struct {
	at      time.Time
	answer  *answer
	periods map[string]dataOf
}

// dataOf is by what counts one period's figures were made, and a question for them.
type dataOf struct {
	q    event.FigureQuery
	data string
}

// lastingMost bounds the pages: they take some 100 KB each.
const lastingMost = 128

func newLasting() *lasting { return &lasting{known: map[string]*lastingPage{}} }

// page gives a page that was made before, if it still holds, or has it made by a
// portal that notes on what it rests.
func (s *lasting) page(p *Portal, key string, made func(*Portal) (*answer, error)) (*answer, error) {
	key = p.edition() + key
	s.mu.Lock()
	one := s.known[key]
	s.mu.Unlock()
	if one != nil && one.holds(p) {
		return one.answer, nil
	}
	a, rests, err := p.anew(made)
	if err != nil || rests.ends || len(rests.periods) == 0 {
		return a, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.known) >= lastingMost {
		clear(s.known)
	}
	s.known[key] = &lastingPage{p.dep.Now(), a, rests.periods}
	return a, nil
}

// anew has a page made, and gives on what it rests. That its figures are final is on disk
// then; where that cannot be, it is made once more of figures that are not.
func (p *Portal) anew(made func(*Portal) (*answer, error)) (*answer, *basis, error) {
	q := *p
	q.rests = &basis{periods: map[string]dataOf{}}
	a, err := made(&q)
	if err == nil && p.dep.Gate.Settled() != nil {
		q.rests = &basis{periods: map[string]dataOf{}, ends: true}
		q.known, q.settled = knownFigures(p.cfg.Keep, &p.dep), knownFigures(settledFor, &p.dep)
		a, err = made(&q)
	}
	return a, q.rests, err
}

func (one *lastingPage) holds(p *Portal) bool {
	if age := p.dep.Now().Sub(one.at); age < 0 || age >= settledFor {
		return false
	}
	for _, d := range one.periods {
		if p.dep.Gate.Data(d.q) != d.data {
			return false
		}
	}
	return true
}

// basis notes on what a page rests while it is made, by one goroutine.
type basis struct {
	periods map[string]dataOf
	ends    bool // something of it may change by itself
}

// note takes down a question and by what counts it was answered. That there is no such
// figure stays so within the hour; that it is not shown may end at any time.
func (b *basis) note(q *event.FigureQuery, data string, err error) {
	switch {
	case b == nil || errors.Is(err, errNothing):
	case err != nil || data == "":
		b.ends = true
	default:
		key := q.Period + " " + q.Zone + " " + q.Base
		if d, ok := b.periods[key]; ok && d.data != data {
			b.ends = true // a record came meanwhile
		}
		b.periods[key] = dataOf{*q, data}
	}
}

// passing says that something was told that may change by itself.
func (b *basis) passing() {
	if b != nil {
		b.ends = true
	}
}

// changing is what else a page of figures shows: which hour it is, by which periods are
// offered, and what is said of the present on every page or of the sensors that there are.
func (l *language) changing(p *Portal, pic *event.Picture) string {
	hour := p.dep.Now().In(p.cfg.Zone).Format("2006-01-02T15")
	silent := event.TimeUnset // since when, where nothing comes any more
	if stale(pic) {
		silent = pic.LastEvent
	}
	return fmt.Sprint(" ", hour, pic.Replay, pic.LastEvent.IsSet(), silent, l.coverageLine(pic), strings.Join(pic.Withheld, ","))
}
