// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"time"

	"haidang/event"
	"haidang/store"
)

// sequencer counts results in journal order and has them written, group by group,
// so that little memory waits; now and then what was written is committed. One
// goroutine writes, beside the counting of what comes after. What waits for it is
// bounded by Hold: beyond that nothing more is counted until it is done.
type sequencer struct {
	*Pipeline
	full      rowGroup     // counted and not yet handed to the writer
	group     rowGroup     // likewise, after it
	next      store.Commit // what the next commit holds beside records
	bytes     int64        // counted since the last commit
	refused   int64        // of which so many are rejects, which are held until then
	held      int64        // counted and not yet written, or rejects not yet committed
	whole     bool         // what was counted ends with a whole journal message
	due       bool         // commit at the next such end
	tasks     []*task      // for the writer, in order
	writing   *task        // what the writer has; nil while it has nothing
	committed bool         // no commit is among the tasks or being written
}

// rowGroup is what is written together.
type rowGroup struct {
	batches []*event.Batch
	rows    int
	bytes   int64
}

func (p *Pipeline) sequence(order <-chan job) {
	s := &sequencer{Pipeline: p, committed: true}
	tasks, done := make(chan *task), make(chan struct{})
	go p.write(tasks, done)
	defer close(tasks)
	timer := time.NewTicker(p.cfg.CommitEvery)
	defer timer.Stop()
	for order != nil || s.busy() {
		in, out := order, chan<- *task(nil)
		if s.held >= s.cfg.Hold && s.busy() {
			in = nil
		}
		var first *task
		if len(s.tasks) > 0 && s.writing == nil {
			out, first = tasks, s.tasks[0]
		}
		select {
		case j, ok := <-in:
			if ok {
				s.count(<-j.out)
			} else {
				order, s.due = nil, true
			}
		case out <- first:
			s.tasks, s.writing = s.tasks[1:], first
		case <-done:
			s.wrote()
		case <-timer.C:
			s.due = true
			s.rest()
		}
		s.commitIfDue()
		s.show()
	}
}

// busy reports whether the writer has anything to do.
func (s *sequencer) busy() bool { return len(s.tasks) > 0 || s.writing != nil }

func (s *sequencer) count(r result) {
	for i := range r.chunks {
		s.parts.Seen(&r.chunks[i])
	}
	if r.batch != nil {
		s.parts.Add(r.batch)
		s.add(r.batch)
		s.reject(r.rejects)
		s.records.Add(uint64(r.batch.Rows()))
	}
	last := r.chunks[len(r.chunks)-1].Through
	if s.whole = last > 0; s.whole {
		s.next.Position = last
	}
	s.due = s.due || s.bytes >= commitHolds*s.cfg.Hold || s.refused > s.cfg.Hold/2
}

// add gathers a batch. A full group waits for the next one to be full before it
// is handed to the writer, see last.
func (s *sequencer) add(b *event.Batch) {
	n := b.Size()
	s.bytes += n
	s.held += n
	if s.group.rows > 0 && s.group.rows+b.Rows() > store.GroupRows || s.group.bytes >= s.cfg.Hold/2 {
		if s.full.rows > 0 {
			s.hand(task{rowGroup: s.full})
		}
		s.full, s.group = s.group, rowGroup{}
	}
	s.group.batches, s.group.rows, s.group.bytes = append(s.group.batches, b), s.group.rows+b.Rows(), s.group.bytes+n
}

// last gives what a commit ends with. Small groups would have to be written once
// more when files are merged: such a one is joined to the full one before it.
func (s *sequencer) last() rowGroup {
	a, b := s.full, s.group
	s.full, s.group = rowGroup{}, rowGroup{}
	if a.rows > 0 && b.rows >= store.GroupRows*3/4 {
		s.hand(task{rowGroup: a})
		return b
	}
	return rowGroup{append(a.batches, b.batches...), a.rows + b.rows, a.bytes + b.bytes}
}

// hand gives a task to the writer.
func (s *sequencer) hand(t task) {
	t.bytes = t.rowGroup.bytes
	if t.commit != nil {
		t.bytes += rejectsSize(t.commit.Rejects)
	}
	s.tasks = append(s.tasks, &t)
}

func (s *sequencer) reject(list []event.Reject) {
	if s.parts.Rejected != nil {
		s.parts.Rejected(list)
	}
	n := rejectsSize(list)
	s.next.Rejects = append(s.next.Rejects, list...)
	s.bytes += n
	s.refused += n
	s.held += n
	s.metrics.rejects.Add(float64(len(list)))
}

// rejectsSize gives the memory that rejects hold.
func rejectsSize(list []event.Reject) (n int64) {
	for i := range list {
		n += rejectBytes + int64(len(list[i].Bytes)+len(list[i].Detail))
	}
	return n
}

// rejectBytes is what a reject takes beside its texts.
const rejectBytes = 256

// commitIfDue commits at the end of a journal message only: a restart reads on
// from a message, and half of one would be counted twice. While a commit waits or
// runs, counting goes on as long as there is room.
func (s *sequencer) commitIfDue() {
	if !s.due || !s.whole || !s.committed {
		return
	}
	c := s.next
	c.Sidecars = s.parts.Cut()
	c.Watermark = s.parts.Watermark()
	s.hand(task{rowGroup: s.last(), commit: &c})
	s.next, s.bytes, s.refused, s.due, s.whole, s.committed = store.Commit{}, 0, 0, false, false, false
}

// wrote notes that the writer is done.
func (s *sequencer) wrote() {
	s.held -= s.writing.bytes
	s.committed = s.committed || s.writing.commit != nil
	s.writing = nil
}

// rest gives memory back while nothing comes.
func (s *sequencer) rest() {
	if s.held == 0 && !s.busy() {
		s.free.shrink()
	}
}

func (s *sequencer) show() {
	var writing int64
	if s.writing != nil {
		writing = s.writing.bytes
	}
	s.metrics.held.waiting.Set(float64(s.held - writing))
	s.metrics.held.committing.Set(float64(writing))
	s.metrics.held.free.Set(float64(s.free.size()))
}
