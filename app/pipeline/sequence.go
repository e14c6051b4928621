// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"time"

	"haidang/event"
	"haidang/store"
)

// sequencer counts results in journal order and commits them now and then. One
// commit runs at a time, beside the counting of what comes after it.
type sequencer struct {
	*Pipeline
	now     store.Commit // what was counted and not yet committed
	bytes   int64
	whole   bool          // now ends with a whole journal message
	due     bool          // commit at the next such end
	running chan struct{} // closed when the running commit is done
	failed  bool          // a commit was given up: nothing after it may be committed
}

func (p *Pipeline) sequence(order <-chan job) {
	s := &sequencer{Pipeline: p}
	timer := time.NewTicker(p.cfg.CommitEvery)
	defer timer.Stop()
	for {
		select {
		case j, ok := <-order:
			if !ok {
				s.due = true
				s.commitIfDue()
				s.wait()
				return
			}
			s.count(<-j.out)
			s.due = s.due || s.bytes >= p.cfg.CommitBytes
		case <-timer.C:
			s.due = true
		}
		s.commitIfDue()
	}
}

func (s *sequencer) count(r result) {
	s.parts.Seen(&r.chunk)
	if r.batch != nil {
		s.parts.Add(r.batch)
		s.now.Batches = append(s.now.Batches, r.batch)
		s.now.Rejects = append(s.now.Rejects, r.rejects...)
		s.bytes += batchBytes(r.batch)
		s.metrics.records.Add(float64(r.batch.Rows()))
		s.metrics.rejects.Add(float64(len(r.rejects)))
	}
	if s.whole = r.chunk.Through > 0; s.whole {
		s.now.Position = r.chunk.Through
	}
}

// commitIfDue commits at the end of a journal message only: a restart reads on
// from a message, and half of one would be counted twice.
func (s *sequencer) commitIfDue() {
	if !s.due || !s.whole {
		return
	}
	s.wait()
	if !s.failed {
		s.running = s.start(s.now)
	}
	s.now, s.bytes, s.due, s.whole = store.Commit{}, 0, false, false
}

func (s *sequencer) wait() {
	if s.running != nil {
		<-s.running
		s.running = nil
	}
}

// batchBytes estimates the memory that a batch holds until its commit.
func batchBytes(b *event.Batch) int64 {
	return int64(b.Rows())*600 + int64(cap(b.Residual.Data)+cap(b.URL.Data)+cap(b.CommandLine.Data))
}

// start makes c durable in the background. A commit that fails is tried again
// until Stop: what was acknowledged is in the journal, and going on without it
// would lose it from sight.
func (s *sequencer) start(c store.Commit) chan struct{} {
	c.Sidecars = s.parts.Cut()
	c.Watermark = s.parts.Watermark()
	done := make(chan struct{})
	go func() {
		defer close(done)
		began := time.Now()
		if !s.try(c) {
			s.failed = true
			return
		}
		s.metrics.commitSeconds.Observe(time.Since(began).Seconds())
		for _, b := range c.Batches {
			b.Reset()
			s.batches.Put(b)
		}
		s.parts.Committed(c.Position)
	}()
	return done
}

func (s *sequencer) try(c store.Commit) bool {
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 10*time.Second) {
		err := s.parts.Commit(context.Background(), c)
		if err == nil {
			return true
		}
		s.metrics.commitErrors.Inc()
		s.parts.Log.Error("commit failed; trying again", "error", err, "position", c.Position, "wait", wait)
		select {
		case <-s.stop:
			return false // the journal has it; the next start reads it again
		case <-time.After(wait):
		}
	}
}
