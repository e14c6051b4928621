// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"strconv"
	"sync"
	"time"

	"haidang/classify"
	"haidang/event"
	"haidang/figure"
	"haidang/share"
)

// settledFor bounds how long a figure of a final period is remembered. stillFor is
// how long no record may have come before it is: counts are read from views that
// are seconds old.
const (
	settledFor = time.Minute
	stillFor   = 10 * time.Second
)

// still notes since when the data have not changed.
type still struct {
	mu    sync.Mutex
	data  string
	since time.Time
}

// at tells whether the data have stood still for long enough.
func (s *still) at(data string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if data != s.data || now.Before(s.since) {
		s.data, s.since = data, now
	}
	return data != "" && now.Sub(s.since) >= stillFor
}

// made remembers what is made for everybody, by what was decided at the release desk
// and ruled: a page from before a decision is never given after it.
func (p *Portal) made(key string, finished func() (*answer, error)) (*answer, error) {
	return p.cache.Get(strconv.FormatUint(p.dep.Gate.Edition().Decisions, 10)+" "+key, finished)
}

// remembered says where the answer to a question is remembered, and as what. What is
// final changes only with the data or with what is decided; all else with the second.
func (p *Portal) remembered(q *event.FigureQuery, key string) (*share.Answers[classify.Released[event.Figure]], string) {
	e := p.dep.Gate.Edition()
	key = strconv.FormatUint(e.Decisions, 10) + " " + key
	now := p.dep.Now()
	if !p.quiet.at(e.Data, now) {
		return p.known, key
	}
	if at, err := figure.ParsePeriod(q.Period, p.cfg.Zone); err != nil || now.Before(at.FinalAt()) {
		return p.known, key
	}
	return p.settled, e.Data + " " + key
}
