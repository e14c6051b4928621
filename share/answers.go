// SPDX-License-Identifier: Apache-2.0

package share

import (
	"errors"
	"sync"
	"time"
)

// Answers remembers what was answered for a moment, and lets those who ask the
// same at the same time share one answer. Live figures change by the second:
// nobody can tell one from a second ago from a new one, and a page that a whole
// country opens at once is made once. Whoever may see different things must ask
// different questions.
type Answers[T any] struct {
	keep time.Duration
	most int
	now  func() time.Time

	mu    sync.Mutex
	known map[string]*answer[T]
	swept time.Time // when what is old was forgotten
}

type answer[T any] struct {
	done  chan struct{} // closed when the rest is set
	at    time.Time     // when it was asked for
	value T
	err   error
}

// NewAnswers keeps answers for so long, at most so many.
func NewAnswers[T any](keep time.Duration, most int, now func() time.Time) *Answers[T] {
	return &Answers[T]{keep: keep, most: most, now: now, known: map[string]*answer[T]{}}
}

// errFault is what those get who waited for an answer whose making panicked.
var errFault = errors.New("making the answer failed")

// Get gives the answer to a question, found by find unless somebody asked the
// same a moment ago. Callers must not change it.
func (a *Answers[T]) Get(question string, find func() (T, error)) (T, error) {
	a.mu.Lock()
	now := a.now()
	e := a.known[question]
	if e == nil || a.old(e, now) {
		a.sweep(now)
		e = &answer[T]{done: make(chan struct{}), at: now}
		a.known[question] = e
		a.mu.Unlock()
		a.fill(e, question, find)
		return e.value, e.err
	}
	a.mu.Unlock()
	<-e.done
	return e.value, e.err
}

// fill finds an answer; one that failed is not remembered.
func (a *Answers[T]) fill(e *answer[T], question string, find func() (T, error)) {
	e.err = errFault // until find returns
	defer func() {
		if e.err != nil {
			a.mu.Lock()
			if a.known[question] == e {
				delete(a.known, question)
			}
			a.mu.Unlock()
		}
		close(e.done)
	}()
	e.value, e.err = find()
}

// old holds for an answer that was asked for longer ago than it is kept, or, by
// a clock that was set back, later than now; not for one that is being found.
func (a *Answers[T]) old(e *answer[T], now time.Time) bool {
	return e.found() && (now.Sub(e.at) >= a.keep || now.Before(e.at))
}

func (e *answer[T]) found() bool {
	select {
	case <-e.done:
		return true
	default:
		return false
	}
}

// sweep forgets what is old, now and then, for it takes memory that nobody uses; and
// everything that is not being found just now where it is too much nevertheless.
func (a *Answers[T]) sweep(now time.Time) {
	full := len(a.known) >= a.most
	if since := now.Sub(a.swept); !full && since >= 0 && since < a.keep {
		return
	}
	a.swept = now
	before := len(a.known)
	for q, e := range a.known {
		if a.old(e, now) {
			delete(a.known, q)
		}
	}
	if !full || len(a.known) < before {
		return
	}
	for q, e := range a.known {
		if e.found() {
			delete(a.known, q)
		}
	}
}
