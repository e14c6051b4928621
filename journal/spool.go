// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"slices"
	"time"

	"haidang/event"
)

const (
	maxSpools = 4096                // a sensor's spools
	maxGaps   = 1024                // runs of missing numbers in one spool
	maxRecent = 32                  // batches of a spool whose receipt is remembered
	spoolIdle = 90 * 24 * time.Hour // after which a spool may be forgotten
)

type spoolName struct{ sensor, spool string }

// span is a run of numbers, both ends included.
type span struct{ lo, hi uint64 }

// spool follows one sensor's numbering. Seen is every number below next that
// lies in no gap. When there are too many gaps the oldest are closed by raising
// floor: numbers below it are neither taken nor called duplicates, but refused.
type spool struct {
	next   uint64
	wrap   bool // the highest number there is was seen
	gaps   []span
	floor  uint64
	recent []spoolAccepted
	at     int // next place in recent to be overwritten
	used   event.Time
}

type spoolAccepted struct {
	seq uint64
	accepted
}

type spoolAnswer int

const (
	spoolNew spoolAnswer = iota
	spoolSeen
	spoolOld // too far back to know
)

func (s *spool) look(seq uint64) spoolAnswer {
	switch {
	case seq < s.floor:
		return spoolOld
	case seq >= s.next && !s.wrap:
		return spoolNew
	}
	if _, in := s.gap(seq); in {
		return spoolNew
	}
	return spoolSeen
}

// gap finds the gap that holds seq, or where one would be inserted.
func (s *spool) gap(seq uint64) (int, bool) {
	i, _ := slices.BinarySearchFunc(s.gaps, seq, func(g span, seq uint64) int {
		if g.hi < seq {
			return -1
		}
		return 1
	})
	return i, i < len(s.gaps) && s.gaps[i].lo <= seq
}

// add marks a number as seen; it reports whether it was new.
func (s *spool) add(seq uint64) bool {
	if s.look(seq) != spoolNew {
		return false
	}
	if seq >= s.next && !s.wrap {
		if seq > s.next {
			s.gaps = append(s.gaps, span{s.next, seq - 1})
		}
		s.next = seq + 1
		s.wrap = s.next == 0
		s.bound()
		return true
	}
	i, _ := s.gap(seq)
	g := s.gaps[i]
	switch {
	case g.lo == g.hi:
		s.gaps = slices.Delete(s.gaps, i, i+1)
	case g.lo == seq:
		s.gaps[i].lo++
	case g.hi == seq:
		s.gaps[i].hi--
	default:
		s.gaps[i].hi = seq - 1
		s.gaps = slices.Insert(s.gaps, i+1, span{seq + 1, g.hi})
		s.bound()
	}
	return true
}

func (s *spool) bound() {
	if n := len(s.gaps) - maxGaps; n > 0 {
		s.floor = s.gaps[n-1].hi + 1
		s.gaps = slices.Delete(s.gaps, 0, n)
	}
}

func (s *spool) remember(seq uint64, a accepted) {
	if len(s.recent) < maxRecent {
		s.recent = append(s.recent, spoolAccepted{seq, a})
		return
	}
	s.recent[s.at] = spoolAccepted{seq, a}
	s.at = (s.at + 1) % maxRecent
}

func (s *spool) recall(seq uint64) *accepted {
	for i := range s.recent {
		if s.recent[i].seq == seq {
			a := s.recent[i].accepted
			return &a
		}
	}
	return nil
}
