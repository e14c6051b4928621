// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"strconv"
	"time"

	"haidang/classify"
	"haidang/event"
	"haidang/share"
)

// settledFor bounds how long a figure of final periods is remembered, which changes
// only with their own counts or with what is decided.
const settledFor = 10 * time.Minute

// edition is what begins the name of everything that is remembered: a page or figure
// from before a decision of the release desk or a ruling is never given after it.
func (p *Portal) edition() string { return strconv.FormatUint(p.dep.Gate.Edition(), 10) + " " }

// made remembers what is made for everybody.
func (p *Portal) made(key string, finished func() (*answer, error)) (*answer, error) {
	return p.cache.Get(p.edition()+key, finished)
}

// remembered says where the answer to a question is remembered, and as what; data are
// the Gate's.
func (p *Portal) remembered(q *event.FigureQuery, key string) (in *share.Answers[classify.Released[event.Figure]], as, data string) {
	edition := p.edition()
	if data = p.dep.Gate.Data(*q); data != "" {
		return p.settled, data + " " + edition + key, data
	}
	return p.known, edition + key, ""
}
