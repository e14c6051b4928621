// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"time"

	"haidang/store"
)

// task is something for the writer: a group, a commit, or a commit that begins
// with the last group that belongs to it.
type task struct {
	rowGroup
	commit *store.Commit
	bytes  int64 // of memory, given up when it is done
}

// write does one task after the other. What fails is tried again until Stop: what
// was acknowledged is in the journal, and going on without it would lose it from
// sight. Nothing follows a task that was given up.
func (p *Pipeline) write(tasks <-chan *task, done chan<- struct{}) {
	failed := false
	for t := range tasks {
		if failed = failed || !p.do(t); !failed {
			for _, b := range t.batches {
				p.free.put(b)
			}
			if t.commit != nil {
				p.parts.Committed(t.commit.Position)
			}
		}
		done <- struct{}{}
	}
}

func (p *Pipeline) do(t *task) bool {
	if len(t.batches) > 0 && !p.try(func() error { return p.parts.Append(context.Background(), t.batches) }) {
		return false
	}
	if t.commit == nil {
		return true
	}
	began := time.Now()
	if !p.try(func() error { return p.parts.Commit(context.Background(), *t.commit) }) {
		return false
	}
	p.metrics.commitSeconds.Observe(time.Since(began).Seconds())
	return true
}

func (p *Pipeline) try(step func() error) bool {
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 10*time.Second) {
		err := step()
		if err == nil {
			return true
		}
		p.metrics.commitErrors.Inc()
		p.parts.Log.Error("writing to the store failed; trying again", "error", err, "wait", wait)
		select {
		case <-p.stop:
			return false // the journal has it; the next start reads it again
		case <-time.After(wait):
		}
	}
}
