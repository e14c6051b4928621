// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"haidang/event"
	"haidang/mutant"
)

// model is what a spool should know, kept the plain way.
type model struct {
	seen map[uint64]bool
}

// A spool agrees with a plain set, whatever the order of the numbers, as long as
// its gaps are few; afterwards it may refuse, but never take a number twice and
// never call a number seen that was not.
func TestSpoolAgreesWithASet(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 9))
		s, m := &spool{}, model{map[uint64]bool{}}
		reach := uint64(1 + r.IntN(4000))
		base := uint64(0)
		if seed%10 == 0 {
			base = math.MaxUint64 - reach // the end of all numbers
		}
		refused := 0
		for i := range 3000 {
			n := base + r.Uint64N(reach+1)
			if r.IntN(2) == 0 && s.next < base+reach && s.next >= base {
				n = s.next
			}
			got := s.look(n)
			want := spoolNew
			if m.seen[n] {
				want = spoolSeen
			}
			if got == spoolOld {
				refused++
				if n >= s.floor || len(s.gaps) == 0 {
					t.Fatalf("seed %d: %d refused, floor %d", seed, n, s.floor)
				}
				continue
			}
			if got != want {
				t.Fatalf("seed %d: %d is %v, want %v", seed, n, got, want)
			}
			if s.add(n) != (want == spoolNew) {
				t.Fatalf("seed %d: add %d", seed, n)
			}
			m.seen[n] = true
			if i%16 == 0 {
				checkGaps(t, s)
			}
		}
		if reach < maxGaps && refused > 0 {
			t.Fatalf("seed %d: refused %d with few gaps", seed, refused)
		}
	}
}

func checkGaps(t *testing.T, s *spool) {
	t.Helper()
	if len(s.gaps) > maxGaps {
		t.Fatalf("%d gaps", len(s.gaps))
	}
	for i, g := range s.gaps {
		if g.lo > g.hi || g.lo < s.floor || (g.hi >= s.next && !s.wrap) || (i > 0 && g.lo <= s.gaps[i-1].hi+1) {
			t.Fatalf("gap %d of %v, next %d, floor %d", i, s.gaps, s.next, s.floor)
		}
	}
}

func TestSpoolManyGaps(t *testing.T) {
	s := &spool{}
	for n := uint64(0); n < 10*maxGaps; n += 2 {
		s.add(n)
	}
	if s.look(1) != spoolOld || s.look(0) != spoolOld {
		t.Error("old numbers are answered")
	}
	last := uint64(10*maxGaps - 3)
	if s.look(last) != spoolNew || s.look(last-1) != spoolSeen {
		t.Error("young numbers are not")
	}
}

func numbered(sensor, spool string, seq uint64) *head {
	h := &head{bytes: int64(seq), total: 1, delivery: event.Delivery{Sensor: sensor, Spool: spool, SpoolSeq: seq}}
	h.delivery.Digest[0] = byte(seq)
	return h
}

func TestTooManySpools(t *testing.T) {
	l := newLedger(time.Hour, 10)
	for i := range maxSpools {
		l.enter(numbered("s", fmt.Sprint(i), 1), batchID{uint64(i + 1), 0}, event.Time(i))
	}
	d := event.Delivery{Sensor: "s", Spool: "new", SpoolSeq: 1}
	if _, err := l.begin(&d, event.Time(maxSpools)); err != ErrSpool {
		t.Errorf("one spool too many: %v", err)
	}
	other := event.Delivery{Sensor: "other", Spool: "new", SpoolSeq: 1}
	if _, err := l.begin(&other, event.Time(maxSpools)); err != nil {
		t.Errorf("another sensor pays: %v", err)
	}
	if _, err := l.begin(&d, event.Time(spoolIdle)+5); err != nil {
		t.Errorf("the oldest is not forgotten: %v", err)
	}
	if l.spools[spoolName{"s", "0"}] != nil || l.spools[spoolName{"s", "1"}] == nil {
		t.Error("the wrong spool was forgotten")
	}
}

func TestKeysAreBounded(t *testing.T) {
	l := newLedger(time.Hour, 100)
	keyed := func(i int) *head {
		return &head{delivery: event.Delivery{Sensor: "s", Key: fmt.Sprint(i)}}
	}
	for i := range 250 {
		l.enter(keyed(i), batchID{uint64(i + 1), 0}, event.Time(i))
	}
	if k, _, dropped := l.size(); k != 100 || dropped != 150 {
		t.Errorf("%d keys, %d dropped", k, dropped)
	}
	l.expire(event.Time(time.Hour) + 199)
	if k, _, _ := l.size(); k != 50 || len(l.order) != 50 {
		t.Errorf("%d keys after an hour", k)
	}
}

// state tells two ledgers apart.
func (l *ledger) state(t *testing.T) []byte {
	t.Helper()
	return (&Journal{ledger: l, now: func() time.Time { return time.Unix(0, 1) }}).LedgerFull()
}

func TestCutsRebuildTheLedger(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	one := &Journal{ledger: newLedger(time.Hour, 1000), now: func() time.Time { return time.Unix(0, 1) }}
	var cuts [][]byte
	for i := range 2000 {
		h := numbered(fmt.Sprint("s", r.IntN(3)), fmt.Sprint(r.IntN(3)), uint64(i/2+r.IntN(20)))
		if r.IntN(3) == 0 {
			h.delivery.Spool, h.delivery.Key = "", fmt.Sprint(r.IntN(500))
		}
		one.ledger.enter(h, batchID{uint64(i + 1), uint16(i)}, event.Time(i))
		if r.IntN(50) == 0 {
			cuts = append(cuts, one.LedgerCut())
		}
	}
	cuts = append(cuts, one.LedgerCut())
	if one.LedgerCut() != nil {
		t.Error("a cut without news")
	}
	full := one.ledger.state(t)
	for name, loads := range map[string][][]byte{"cuts": cuts, "cuts twice": append(cuts, cuts...), "full": {full}, "full after cuts": append(cuts, full)} {
		two := &Journal{ledger: newLedger(time.Hour, 1000), now: one.now}
		for _, cut := range loads {
			if err := two.LedgerLoad(cut); err != nil {
				t.Fatal(name, err)
			}
		}
		if !bytes.Equal(two.ledger.state(t), full) {
			t.Errorf("%s: another ledger", name)
		}
		if two.LedgerCut() != nil {
			t.Errorf("%s: what was loaded is cut again", name)
		}
	}
	for n := range len(full) {
		two := &Journal{ledger: newLedger(time.Hour, 1000), now: one.now}
		if n > 0 && n < 400 && two.LedgerLoad(full[:n]) == nil && !bytes.HasPrefix(full, two.ledger.state(t)) {
			t.Fatalf("%d bytes of a cut are taken for a whole one", n)
		}
	}
}

func FuzzLedgerLoad(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	j := &Journal{ledger: newLedger(time.Hour, 100), now: time.Now}
	j.ledger.enter(numbered("s", "a", 7), batchID{1, 2}, 3)
	j.ledger.enter(&head{delivery: event.Delivery{Sensor: "s", Key: "k"}}, batchID{2, 0}, 4)
	f.Add(j.LedgerCut())
	f.Add(j.LedgerFull())
	f.Add([]byte{cutVersion, cutState, 0, 0, 1, 9, 9, 9, 255})
	f.Fuzz(func(t *testing.T, cut []byte) {
		j := &Journal{ledger: newLedger(time.Hour, 100), now: func() time.Time { return time.Unix(0, 1) }}
		if j.LedgerLoad(cut) != nil {
			return
		}
		for _, s := range j.ledger.spools {
			for _, n := range []uint64{0, 1, s.next, s.floor, math.MaxUint64} {
				s.add(n)
				if s.look(n) == spoolNew {
					t.Fatalf("%d is new after it was added", n)
				}
			}
		}
		full := j.LedgerFull()
		again := &Journal{ledger: newLedger(time.Hour, 100), now: j.now}
		if err := again.LedgerLoad(full); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(again.LedgerFull(), full) {
			t.Fatal("a full cut does not come back the same")
		}
	})
}
