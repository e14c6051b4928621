// SPDX-License-Identifier: Apache-2.0

package vitals

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// Severity orders warnings.
type Severity string

// Severities, from worst to least.
const (
	Critical Severity = "critical" // the main job does not work
	Degraded Severity = "degraded" // it works, with loss or delay
	Notice   Severity = "notice"   // somebody should look
)

// Text is a sentence in the two languages of the product.
type Text struct {
	VI string `json:"vi"`
	EN string `json:"en"`
}

// Warning is one thing that is wrong now.
type Warning struct {
	Code     string    `json:"code"` // stable, lower-case, dotted: "disk.low"
	About    string    `json:"about,omitempty"`
	Severity Severity  `json:"severity"`
	Text     Text      `json:"text"`
	Since    time.Time `json:"since"`
}

// Board holds the warnings in force. The zero Board is ready to use; all
// methods are safe for concurrent use.
type Board struct {
	mu  sync.Mutex
	now map[[2]string]Warning
}

// Raise puts a warning in force, keeping the first moment it was seen.
func (b *Board) Raise(w Warning, at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.now == nil {
		b.now = map[[2]string]Warning{}
	}
	key := [2]string{w.Code, w.About}
	w.Since = at.UTC()
	if old, ok := b.now[key]; ok {
		w.Since = old.Since
	}
	b.now[key] = w
}

// Clear takes a warning out of force.
func (b *Board) Clear(code, about string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.now, [2]string{code, about})
}

// Warnings lists what is in force: worst first, then by code and subject.
func (b *Board) Warnings() []Warning {
	b.mu.Lock()
	out := make([]Warning, 0, len(b.now))
	for _, w := range b.now {
		out = append(out, w)
	}
	b.mu.Unlock()
	rank := map[Severity]int{Critical: 0, Degraded: 1, Notice: 2}
	slices.SortFunc(out, func(a, c Warning) int {
		return cmp.Or(cmp.Compare(rank[a.Severity], rank[c.Severity]),
			cmp.Compare(a.Code, c.Code), cmp.Compare(a.About, c.About))
	})
	return out
}

// Ready reports whether no critical warning is in force.
func (b *Board) Ready() bool {
	for _, w := range b.Warnings() {
		if w.Severity == Critical {
			return false
		}
	}
	return true
}
