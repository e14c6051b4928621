// SPDX-License-Identifier: Apache-2.0

package app

import (
	"sync"
	"time"
)

// answers remembers what was answered for a moment, and lets those who ask the
// same at the same time share one answer. Live figures change by the second:
// nobody can tell one from a second ago from a new one, and a page that a whole
// country opens at once is computed once.
type answers[T any] struct {
	keep time.Duration
	most int // entries
	now  func() time.Time

	mu    sync.Mutex
	known map[string]*answer[T]
}

type answer[T any] struct {
	done  chan struct{} // closed when value and err are set
	until time.Time
	value T
	err   error
}

func newAnswers[T any](keep time.Duration, most int, now func() time.Time) *answers[T] {
	return &answers[T]{keep: keep, most: most, now: now, known: map[string]*answer[T]{}}
}

// get gives the answer to a question, found by find unless somebody asked the
// same a moment ago. Callers must not change it.
func (a *answers[T]) get(question string, find func() (T, error)) (T, error) {
	a.mu.Lock()
	e := a.known[question]
	if e == nil || e.old(a.now()) {
		if len(a.known) >= a.most {
			a.sweep()
		}
		e = &answer[T]{done: make(chan struct{})}
		a.known[question] = e
		a.mu.Unlock()
		a.fill(e, question, find)
		return e.value, e.err
	}
	a.mu.Unlock()
	<-e.done
	return e.value, e.err
}

// fill computes an answer; one that failed is not remembered.
func (a *answers[T]) fill(e *answer[T], question string, find func() (T, error)) {
	finished := false
	defer func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		e.until = a.now().Add(a.keep)
		if !finished || e.err != nil {
			if a.known[question] == e {
				delete(a.known, question)
			}
		}
		close(e.done)
	}()
	e.value, e.err = find()
	finished = true
}

// old holds for an answer that was given longer ago than it is kept.
func (e *answer[T]) old(now time.Time) bool {
	select {
	case <-e.done:
		return now.After(e.until)
	default:
		return false // still being found
	}
}

// sweep forgets what is old or, where nothing is, everything that is not being
// found just now.
func (a *answers[T]) sweep() {
	now, before := a.now(), len(a.known)
	for q, e := range a.known {
		if e.old(now) {
			delete(a.known, q)
		}
	}
	if len(a.known) < before {
		return
	}
	for q, e := range a.known {
		select {
		case <-e.done:
			delete(a.known, q)
		default:
		}
	}
}
