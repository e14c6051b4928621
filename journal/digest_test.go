// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"testing"

	"haidang/event"
)

func TestADigestIsMadeOnlyWhereItIsNeeded(t *testing.T) {
	j := start(t)
	keyed, numbered := delivery("s", "k"), delivery("s", "")
	numbered.Spool, numbered.SpoolSeq = "sp", 1
	for _, c := range []struct {
		d      event.Delivery
		needed bool
	}{{delivery("s", ""), false}, {keyed, true}, {numbered, true}} {
		a, err := j.Begin(c.d)
		if err != nil {
			t.Fatal(err)
		}
		if got := a.Body() != nil; got != c.needed {
			t.Errorf("key %q, spool %q: a digest is made: %v", c.d.Key, c.d.Spool, got)
		}
		a.Abort()
	}
	mustSend(t, j, delivery("s", ""), "a\n")
	if c := collect(t, j, 0); len(c) != 1 || c[0].Digest != [32]byte{} {
		t.Errorf("chunks %+v", c)
	}
}

// firstCut is a ledger's cut as the first release wrote it: one key.
func firstCut(sensor, key, body string, at event.Time) []byte {
	k, digest := hashKey(sensor, key), sha256.Sum256([]byte(body))
	b := append([]byte{1, cutKey}, k[:]...)
	b = append(b, digest[:16]...)
	b = binary.AppendUvarint(b, 7)                 // position
	b = binary.AppendUvarint(b, 0)                 // part
	b = binary.AppendUvarint(b, uint64(len(body))) // bytes
	b = binary.AppendUvarint(b, 1)                 // records
	return binary.AppendVarint(b, int64(at))
}

// What was accepted before an update is still told from other bytes after it,
// also when it goes through another cut.
func TestOldDigestsStillCompare(t *testing.T) {
	c := testConfig(t.TempDir())
	now := event.TimeOf(start(t).now())
	j := open(t, c, 0, Dependencies{}, firstCut("s", "old", "a\n", now))
	mustSend(t, j, delivery("s", "new"), "b\n")
	cut := j.LedgerFull()
	closeJournal(t, j)
	for _, j := range []*Journal{
		open(t, testConfig(t.TempDir()), 0, Dependencies{}, firstCut("s", "old", "a\n", now)),
		open(t, testConfig(t.TempDir()), 0, Dependencies{}, cut),
		open(t, c, 0, Dependencies{}, cut),
	} {
		if r := mustSend(t, j, delivery("s", "old"), "a\n"); !r.Duplicate || r.Bytes != 2 {
			t.Errorf("the same bytes again: %+v", r)
		}
		if _, err := send(t.Context(), j, delivery("s", "old"), "other\n"); !errors.Is(err, ErrKeyMismatch) {
			t.Errorf("other bytes under an old key: %v", err)
		}
	}
	j = open(t, testConfig(t.TempDir()), 0, Dependencies{}, cut)
	if r := mustSend(t, j, delivery("s", "new"), "b\n"); !r.Duplicate {
		t.Errorf("the same bytes again: %+v", r)
	}
	if _, err := send(t.Context(), j, delivery("s", "new"), "other\n"); !errors.Is(err, ErrKeyMismatch) {
		t.Errorf("other bytes under a new key: %v", err)
	}
}

// A batch that an earlier version journalled is entered with the digest it has.
func TestOldMessagesStillCompare(t *testing.T) {
	j := start(t)
	h := head{flags: flagLast, delivery: delivery("s", "old"), total: 1}
	h.delivery.Digest = sha256.Sum256([]byte("a\n"))
	m, err := decode(encode([]decodedPart{{head: h}}))
	if err != nil {
		t.Fatal(err)
	}
	m.at = event.TimeOf(j.now())
	j.recovered(m, 1)
	if r := mustSend(t, j, delivery("s", "old"), "a\n"); !r.Duplicate {
		t.Errorf("the same bytes again: %+v", r)
	}
	if _, err := send(t.Context(), j, delivery("s", "old"), "b\n"); !errors.Is(err, ErrKeyMismatch) {
		t.Errorf("other bytes: %v", err)
	}
}

func TestACutOfALaterVersionIsRefused(t *testing.T) {
	j, err := New(testConfig(t.TempDir()), Dependencies{})
	if err != nil {
		t.Fatal(err)
	}
	for _, cut := range [][]byte{{0}, {3}, {2, cutKey}, append([]byte{2, cutKey, 16: 0}, 9)} {
		if err := j.LedgerLoad(cut); !errors.Is(err, errCut) {
			t.Errorf("%v: %v", cut, err)
		}
	}
}
