// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"time"

	"haidang/store"
)

// sequencer counts results in journal order and commits them now and then. One
// commit runs at a time, beside the counting of what comes after it. What waits
// for the next is bounded by CommitBytes and a journal message: beyond that
// nothing more is counted until the running commit is done.
type sequencer struct {
	*Pipeline
	now     store.Commit  // what was counted and not yet committed
	bytes   int64         // that it holds
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
				s.wait()
				s.commitIfDue()
				s.wait()
				return
			}
			s.count(<-j.out)
			s.due = s.due || s.full()
		case <-timer.C:
			s.due = true
			s.rest()
		case <-s.running:
			s.running = nil
		}
		s.commitIfDue()
	}
}

func (s *sequencer) count(r result) {
	for i := range r.chunks {
		s.parts.Seen(&r.chunks[i])
	}
	if r.batch != nil {
		s.parts.Add(r.batch)
		if s.parts.Rejected != nil {
			s.parts.Rejected(r.rejects)
		}
		s.now.Batches = append(s.now.Batches, r.batch)
		s.now.Rejects = append(s.now.Rejects, r.rejects...)
		s.bytes += r.bytes()
		s.metrics.held.waiting.Set(float64(s.bytes))
		s.metrics.records.Add(float64(r.batch.Rows()))
		s.metrics.rejects.Add(float64(len(r.rejects)))
	}
	last := r.chunks[len(r.chunks)-1].Through
	if s.whole = last > 0; s.whole {
		s.now.Position = last
	}
}

// bytes gives the memory that the result holds until its commit.
func (r *result) bytes() int64 {
	n := r.batch.Size()
	for i := range r.rejects {
		n += rejectBytes + int64(len(r.rejects[i].Bytes)+len(r.rejects[i].Detail))
	}
	return n
}

// rejectBytes is what a reject takes beside its texts.
const rejectBytes = 256

func (s *sequencer) full() bool { return s.bytes >= s.cfg.CommitBytes }

// commitIfDue commits at the end of a journal message only: a restart reads on
// from a message, and half of one would be counted twice. While a commit runs,
// counting goes on as long as there is room.
func (s *sequencer) commitIfDue() {
	if !s.due || !s.whole || s.running != nil && !s.full() {
		return
	}
	s.wait()
	if !s.failed {
		s.running = s.start(s.now, s.bytes)
	}
	s.now, s.bytes, s.due, s.whole = store.Commit{}, 0, false, false
	s.metrics.held.waiting.Set(0)
}

// rest gives memory back while nothing comes.
func (s *sequencer) rest() {
	if len(s.now.Batches) == 0 && s.running == nil {
		s.free.shrink()
		s.metrics.held.free.Set(float64(s.free.size()))
	}
}

func (s *sequencer) wait() {
	if s.running != nil {
		<-s.running
		s.running = nil
	}
}

// start makes c durable in the background. A commit that fails is tried again
// until Stop: what was acknowledged is in the journal, and going on without it
// would lose it from sight.
func (s *sequencer) start(c store.Commit, bytes int64) chan struct{} {
	c.Sidecars = s.parts.Cut()
	c.Watermark = s.parts.Watermark()
	s.metrics.held.committing.Set(float64(bytes))
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
			s.free.put(b)
		}
		s.metrics.held.committing.Set(0)
		s.metrics.held.free.Set(float64(s.free.size()))
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
