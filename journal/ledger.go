// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"crypto/sha256"
	"sync"
	"time"

	"haidang/event"
)

// accepted is what is remembered of a batch, so that the same batch sent again
// gets the same answer. Half a digest is enough to tell bytes apart.
type accepted struct {
	kind    digestKind
	digest  [16]byte
	id      batchID
	bytes   int64
	records int64
}

type keyHash [16]byte

type keyEntry struct {
	accepted
	at event.Time
}

type keyAge struct {
	key keyHash
	at  event.Time
}

// ledger makes a batch count once: by Idempotency-Key for a while, by spool
// number for ever. Only batches that are on disk are entered.
type ledger struct {
	mu      sync.Mutex
	keep    time.Duration
	maxKeys int
	keys    map[keyHash]keyEntry
	order   []keyAge // oldest first; may name keys that are gone
	dropped uint64   // keys forgotten before their time
	spools  map[spoolName]*spool
	bySen   map[string]int // spools a sensor has
	busy    map[any]struct{}
	cut     []byte // entries since the last cut, encoded
}

func newLedger(keep time.Duration, maxKeys int) *ledger {
	return &ledger{
		keep: keep, maxKeys: maxKeys,
		keys:   map[keyHash]keyEntry{},
		spools: map[spoolName]*spool{},
		bySen:  map[string]int{},
		busy:   map[any]struct{}{},
	}
}

func hashKey(sensor, key string) keyHash {
	sum := sha256.Sum256([]byte(sensor + "\x00" + key))
	return keyHash(sum[:16])
}

// ticket is a batch's claim to its key or number, held from Begin until the
// batch counts or is given up.
type ticket struct {
	claim any       // keyHash or spoolSeq; nil without either
	known *accepted // already counts: only a duplicate or a mismatch can come
	sure  bool      // known's digest is remembered, so it can be compared
}

type spoolSeq struct {
	spoolName
	seq uint64
}

// begin claims the delivery's number or, where it has none, its key.
func (l *ledger) begin(d *event.Delivery, now event.Time) (ticket, error) {
	if d.Spool == "" && d.Key == "" {
		return ticket{}, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.expire(now)
	var t ticket
	var err error
	if d.Spool != "" {
		t, err = l.beginSpool(d, now)
	} else {
		k := hashKey(d.Sensor, d.Key)
		t.claim = k
		if e, ok := l.keys[k]; ok {
			t.known, t.sure = &e.accepted, true
		}
	}
	if err != nil || t.known != nil {
		t.claim = nil // a duplicate holds nothing
		return t, err
	}
	if _, ok := l.busy[t.claim]; ok {
		return ticket{}, ErrKeyBusy
	}
	l.busy[t.claim] = struct{}{}
	return t, nil
}

func (l *ledger) beginSpool(d *event.Delivery, now event.Time) (ticket, error) {
	name := spoolName{d.Sensor, d.Spool}
	s := l.spools[name]
	if s == nil {
		if l.bySen[d.Sensor] >= maxSpools && !l.forgetSpool(d.Sensor, now) {
			return ticket{}, ErrSpool
		}
		return ticket{claim: spoolSeq{name, d.SpoolSeq}}, nil
	}
	switch s.look(d.SpoolSeq) {
	case spoolOld:
		return ticket{}, ErrSpool
	case spoolSeen:
		if a := s.recall(d.SpoolSeq); a != nil {
			return ticket{known: a, sure: true}, nil
		}
		return ticket{known: &accepted{}}, nil
	}
	return ticket{claim: spoolSeq{name, d.SpoolSeq}}, nil
}

// release gives a claim up.
func (l *ledger) release(t ticket) {
	if t.claim == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.busy, t.claim)
}

// enter records a batch that is on disk, and gives its claim up.
func (l *ledger) enter(h *head, id batchID, at event.Time) {
	d := &h.delivery
	if d.Spool == "" && d.Key == "" {
		return
	}
	a := accepted{kind: h.digestKind(), id: id, bytes: h.bytes, records: h.total}
	copy(a.digest[:], d.Digest[:])
	l.mu.Lock()
	defer l.mu.Unlock()
	if d.Spool != "" {
		name := spoolName{d.Sensor, d.Spool}
		delete(l.busy, spoolSeq{name, d.SpoolSeq})
		if l.enterSpool(name, d.SpoolSeq, a, at) {
			l.cut = appendSpoolEntry(l.cut, name, d.SpoolSeq, a, at)
		}
		return
	}
	k := hashKey(d.Sensor, d.Key)
	delete(l.busy, k)
	if l.enterKey(k, keyEntry{a, at}) {
		l.cut = appendKeyEntry(l.cut, k, keyEntry{a, at})
	}
}

// enterKey reports whether the key is new: the first acceptance stays.
func (l *ledger) enterKey(k keyHash, e keyEntry) bool {
	if old, ok := l.keys[k]; ok && e.at < old.at+event.Time(l.keep) {
		return false
	}
	l.keys[k] = e
	l.order = append(l.order, keyAge{k, e.at})
	for len(l.keys) > l.maxKeys {
		l.dropOldest()
		l.dropped++
	}
	return true
}

func (l *ledger) enterSpool(name spoolName, seq uint64, a accepted, at event.Time) bool {
	s := l.spools[name]
	if s == nil {
		s = &spool{}
		l.spools[name] = s
		l.bySen[name.sensor]++
	}
	s.used = max(s.used, at)
	if !s.add(seq) {
		return false
	}
	s.remember(seq, a)
	return true
}

// forgetSpool makes room for a sensor's new spool by giving up its longest
// unused one, if nothing came from that for spoolIdle.
func (l *ledger) forgetSpool(sensor string, now event.Time) bool {
	var oldest spoolName
	var at event.Time
	found := false
	for n, s := range l.spools {
		if n.sensor == sensor && (!found || s.used < at) {
			oldest, at, found = n, s.used, true
		}
	}
	if !found || now-at < event.Time(spoolIdle) {
		return false
	}
	delete(l.spools, oldest)
	l.bySen[sensor]--
	return true
}

func (l *ledger) expire(now event.Time) {
	for len(l.order) > 0 && l.order[0].at+event.Time(l.keep) <= now {
		l.dropOldest()
	}
}

func (l *ledger) dropOldest() {
	if len(l.order) == 0 {
		return
	}
	o := l.order[0]
	if e, ok := l.keys[o.key]; ok && e.at == o.at {
		delete(l.keys, o.key)
	}
	l.order = l.order[1:]
	if cap(l.order) > 1024 && len(l.order) < cap(l.order)/4 {
		l.order = append([]keyAge(nil), l.order...)
	}
}

func (l *ledger) size() (keys, spools int, dropped uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.keys), len(l.spools), l.dropped
}
