// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"strings"

	"haidang/event"
)

// A cut is a version byte and entries, each a kind and its fields. In the first
// version every digest is SHA-256; since the second one its kind stands before it.
const (
	cutVersion      = 2
	cutVersionFirst = 1

	cutKey   = 1 // an Idempotency-Key
	cutSpool = 2 // one number of a spool
	cutState = 3 // a whole spool, replacing what is known of it
)

func appendAccepted(b []byte, a accepted, at event.Time) []byte {
	b = append(b, byte(a.kind))
	b = append(b, a.digest[:]...)
	b = binary.AppendUvarint(b, a.id.seq)
	b = binary.AppendUvarint(b, uint64(a.id.part))
	b = binary.AppendUvarint(b, uint64(a.bytes))
	b = binary.AppendUvarint(b, uint64(a.records))
	return binary.AppendVarint(b, int64(at))
}

// cutReader reads a cut of any version.
type cutReader struct {
	reader
	version byte
}

func (r *cutReader) accepted() (a accepted, at event.Time) {
	if r.version > cutVersionFirst {
		a.kind = digestKind(r.byte())
		r.bad = r.bad || a.kind > digestXXH3
	}
	copy(a.digest[:], r.bytes(16))
	a.id.seq = r.uvarint(math.MaxUint64)
	a.id.part = uint16(r.uvarint(math.MaxUint16))
	a.bytes = int64(r.uvarint(math.MaxInt64))
	a.records = int64(r.uvarint(math.MaxInt64))
	return a, event.Time(r.varint())
}

func appendKeyEntry(b []byte, k keyHash, e keyEntry) []byte {
	b = append(b, cutKey)
	b = append(b, k[:]...)
	return appendAccepted(b, e.accepted, e.at)
}

func appendSpoolEntry(b []byte, n spoolName, seq uint64, a accepted, at event.Time) []byte {
	b = append(b, cutSpool)
	b = appendString(appendString(b, n.sensor), n.spool)
	b = binary.AppendUvarint(b, seq)
	return appendAccepted(b, a, at)
}

func appendSpoolState(b []byte, n spoolName, s *spool) []byte {
	b = append(b, cutState)
	b = appendString(appendString(b, n.sensor), n.spool)
	wrap := byte(0)
	if s.wrap {
		wrap = 1
	}
	b = append(b, wrap)
	b = binary.AppendUvarint(b, s.next)
	b = binary.AppendUvarint(b, s.floor)
	b = binary.AppendVarint(b, int64(s.used))
	b = binary.AppendUvarint(b, uint64(len(s.gaps)))
	for _, g := range s.gaps {
		b = binary.AppendUvarint(b, g.lo)
		b = binary.AppendUvarint(b, g.hi)
	}
	b = binary.AppendUvarint(b, uint64(len(s.recent)))
	for i := range s.recent { // oldest first
		r := &s.recent[(s.at+i)%len(s.recent)]
		b = binary.AppendUvarint(b, r.seq)
		b = appendAccepted(b, r.accepted, s.used)
	}
	return b
}

func (r *cutReader) spoolState() *spool {
	s := &spool{wrap: r.byte() == 1}
	s.next = r.uvarint(math.MaxUint64)
	s.floor = r.uvarint(math.MaxUint64)
	s.used = event.Time(r.varint())
	for range r.uvarint(maxGaps) {
		s.gaps = append(s.gaps, span{r.uvarint(math.MaxUint64), r.uvarint(math.MaxUint64)})
	}
	for range r.uvarint(maxRecent) {
		seq := r.uvarint(math.MaxUint64)
		a, _ := r.accepted()
		s.remember(seq, a)
	}
	for i, g := range s.gaps {
		if g.lo > g.hi || (g.hi >= s.next && !s.wrap) || (i > 0 && g.lo <= s.gaps[i-1].hi) {
			r.bad = true
		}
	}
	return s
}

// LedgerCut gives what the ledger learnt since the last cut; nil when nothing.
// What it gives once it does not give again: the caller commits it together
// with a position, or hands it to the next commit.
func (j *Journal) LedgerCut() []byte {
	l := j.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.cut) == 0 {
		return nil
	}
	out := append([]byte{cutVersion}, l.cut...)
	l.cut = l.cut[:0]
	if cap(l.cut) > 1<<20 {
		l.cut = nil
	}
	return out
}

// LedgerFull gives the whole ledger as one cut, which may replace all earlier
// ones. What LedgerCut would have given is in it and is not given again.
func (j *Journal) LedgerFull() []byte {
	l := j.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	l.expire(event.TimeOf(j.now()))
	out := []byte{cutVersion}
	for _, o := range l.order {
		if e, ok := l.keys[o.key]; ok && e.at == o.at {
			out = appendKeyEntry(out, o.key, e)
		}
	}
	names := make([]spoolName, 0, len(l.spools))
	for n := range l.spools {
		names = append(names, n)
	}
	slices.SortFunc(names, func(a, b spoolName) int {
		return strings.Compare(a.sensor+"\x00"+a.spool, b.sensor+"\x00"+b.spool)
	})
	for _, n := range names {
		out = appendSpoolState(out, n, l.spools[n])
	}
	l.cut = nil
	return out
}

var errCut = errors.New("journal: the batch ledger's cut is damaged; restore the store from a backup")

// LedgerLoad puts a cut back, in the order cut, between Start and Recover.
func (j *Journal) LedgerLoad(cut []byte) error {
	if len(cut) == 0 {
		return nil
	}
	r := cutReader{reader: reader{b: cut}}
	if r.version = r.byte(); r.version < cutVersionFirst || r.version > cutVersion {
		return errCut
	}
	l := j.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(r.b) > 0 && !r.bad {
		l.loadEntry(&r)
	}
	if r.bad {
		return errCut
	}
	return nil
}

func (l *ledger) loadEntry(r *cutReader) {
	switch r.byte() {
	case cutKey:
		var k keyHash
		copy(k[:], r.bytes(16))
		a, at := r.accepted()
		if !r.bad {
			l.enterKey(k, keyEntry{a, at})
		}
	case cutSpool:
		n := spoolName{r.string(), r.string()}
		seq := r.uvarint(math.MaxUint64)
		a, at := r.accepted()
		if !r.bad {
			l.enterSpool(n, seq, a, at)
		}
	case cutState:
		n := spoolName{r.string(), r.string()}
		s := r.spoolState()
		if r.bad {
			return
		}
		if _, ok := l.spools[n]; !ok {
			l.bySen[n.sensor]++
		}
		l.spools[n] = s
	default:
		r.bad = true
	}
}
