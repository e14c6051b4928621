// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"haidang/event"
)

// packed is what a sender makes of data.
func packed(t testing.TB, data []byte, options ...zstd.EOption) []byte {
	t.Helper()
	e, err := zstd.NewWriter(nil, append(options, zstd.WithEncoderConcurrency(1))...)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	return e.EncodeAll(data, nil)
}

// back counts what was given back; the journal may do so after it answered.
type back struct{ released, done atomic.Int32 }

func (b *back) check(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); b.released.Load() == 0 || b.done.Load() == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			break
		}
	}
	if r, d := b.released.Load(), b.done.Load(); r != 1 || d != 1 {
		t.Errorf("given back %d and %d times", r, d)
	}
}

// keep sends one batch of one piece as it was packed.
func keep(t *testing.T, j *Journal, d event.Delivery, data, zstd []byte) (event.Receipt, error) {
	t.Helper()
	a, err := j.Begin(d)
	if err != nil {
		t.Fatal(err)
	}
	if w := a.Body(); w != nil {
		_, _ = w.Write(data)
	}
	var b back
	err = a.Keep(bytes.Clone(data), bytes.Count(data, []byte("\n")), zstd, func() { b.released.Add(1) }, func() { b.done.Add(1) })
	if err != nil {
		return event.Receipt{}, err
	}
	r, err := a.Commit(context.Background())
	b.check(t)
	return r, err
}

func TestWhatCamePackedIsKeptSo(t *testing.T) {
	dir := t.TempDir()
	j := open(t, testConfig(dir), 0, Dependencies{})
	data := benchLines(1200)
	zstd := packed(t, data)
	r, err := keep(t, j, delivery("s", "k"), data, zstd)
	if err != nil || r.Bytes != int64(len(data)) || r.Records != 1200 {
		t.Fatalf("%+v, %v", r, err)
	}
	if found := filesWith(t, dir, string(zstd)); len(found) != 1 {
		t.Errorf("the journal's files that hold the sender's bytes: %q", found)
	}
	// The same again is a repeat, and needs no room.
	if r, err = keep(t, j, delivery("s", "k"), data, zstd); err != nil || !r.Duplicate {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err = keep(t, j, delivery("s", "k"), data[:600], packed(t, data[:600])); !errors.Is(err, ErrKeyMismatch) {
		t.Errorf("other bytes under the same key: %v", err)
	}
	for range 2 {
		chunks := collect(t, j, 0)
		if len(chunks) != 2 || !bytes.Equal(chunks[0].Data, data) || chunks[0].Records != 1200 || chunks[1].Dup != 1200 {
			t.Fatalf("%d chunks come back, or other bytes", len(chunks))
		}
		closeJournal(t, j)
		j = open(t, testConfig(dir), 0, Dependencies{})
	}
}

func TestWhatCamePackedMayBeLongerThanAMessage(t *testing.T) {
	c := testConfig(t.TempDir())
	c.MessageBytes = 16 << 10
	j := open(t, c, 0, Dependencies{})
	data := append(incompressible(100_000), '\n')
	if _, err := keep(t, j, delivery("s", ""), data, packed(t, data)); err != nil {
		t.Fatal(err)
	}
	if chunks := collect(t, j, 0); len(chunks) != 1 || !bytes.Equal(chunks[0].Data, data) {
		t.Fatalf("%d chunks come back, or other bytes", len(chunks))
	}
}

func TestWhatIsRefusedIsGivenBack(t *testing.T) {
	j := start(t)
	a, err := j.Begin(delivery("s", ""))
	if err != nil {
		t.Fatal(err)
	}
	a.Abort()
	var b back
	if a.Keep([]byte("{}\n"), 1, packed(t, []byte("{}\n")), func() { b.released.Add(1) }, func() { b.done.Add(1) }) == nil {
		t.Error("it was taken")
	}
	b.check(t)
}

func TestPackedPiecesUnpackToWhatTheyWere(t *testing.T) {
	lines := benchLines(2000)
	for name, data := range map[string][]byte{
		"a line": lines[:600], "a body": lines[:790_000], "a usual piece": lines[:usualPiece], "a chunk": lines[:1<<20],
		"noise": incompressible(usualPiece), "as long as a buffer": lines[:1088<<10], "a little less": lines[:1088<<10-1],
	} {
		for kind, options := range map[string][]zstd.EOption{
			"": nil, ", without checksum": {zstd.WithEncoderCRC(false)}, ", a small window": {zstd.WithWindowSize(1 << 10)},
		} {
			t.Run(name+kind, func(t *testing.T) {
				half := len(data) / 2
				for _, body := range [][]byte{
					packed(t, data, options...),
					append(packed(t, data[:half], options...), packed(t, data[half:], options...)...),
				} {
					u := unpacker{chunk: &event.Chunk{}, body: body, raw: uint32(len(data)), zstd: true}
					if err := u.unpack(); err != nil || !bytes.Equal(u.chunk.Data, data) {
						t.Errorf("other bytes came back: %v", err)
					}
				}
			})
		}
	}
}

func TestDamagedPackedPiecesAreRefused(t *testing.T) {
	data := benchLines(200)
	body := packed(t, data)
	changed := bytes.Clone(body)
	changed[len(changed)/2] ^= 0x10
	for name, bad := range map[string]unpacker{
		"shorter than it says": {body: body, raw: uint32(len(data)) + 1},
		"longer than it says":  {body: body, raw: uint32(len(data)) - 1},
		"far longer":           {body: packed(t, make([]byte, 32<<20)), raw: 100},
		"cut":                  {body: body[:len(body)/2], raw: uint32(len(data))},
		"changed":              {body: changed, raw: uint32(len(data))},
		"another packing":      {body: []byte("{}\n{}\n"), raw: 6},
	} {
		t.Run(name, func(t *testing.T) {
			bad.chunk, bad.zstd = &event.Chunk{}, true
			if bad.unpack() == nil || bad.chunk.Data != nil {
				t.Error("it was unpacked")
			}
		})
	}
}
