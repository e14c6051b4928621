// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
	"haidang/mutant"
)

var compareHeads = cmp.AllowUnexported(decodedPart{}, head{}, batchID{}, ref{}, decoded{})

func sampleParts() []decodedPart {
	d := event.Delivery{
		Sensor: "s", Door: "http", Format: "eve", Key: "k", Spool: "sp", SpoolSeq: 1 << 40,
		Digest: [32]byte{1, 31: 2}, Received: -5, Shed: 9, Replay: true,
	}
	refs := []ref{{1, 0}, {1, 1}, {1, 2}, {4, 7}, {4, 9}, {1 << 50, 65535}}
	return []decodedPart{
		{head: head{batch: 1, records: 3, rawLen: 4}, offset: 0, body: []byte("abcd")},
		{head: head{flags: flagMore | flagPreamble, batch: 1, part: 1, records: 2, first: 3, preamble: []byte("a,b\n")}, offset: 3, body: []byte("x")},
		{head: head{flags: flagLast | flagReplay, batch: 1, part: 2, first: 5, delivery: d, bytes: 77, total: 5, refs: refs}, offset: 5, body: []byte{}},
		{head: head{flags: flagLast | flagDup | flagReplay, batch: 2, delivery: d, total: 5, of: batchID{3, 4}}, offset: 5, body: []byte{}},
	}
}

func encode(parts []decodedPart) []byte {
	var m message
	var scratch []byte
	m.begin(42, 43, len(parts))
	for i := range parts {
		scratch = m.add(&parts[i].head, parts[i].body, scratch)
	}
	return m.buf
}

func TestContainer(t *testing.T) {
	parts := sampleParts()
	payload := encode(parts)
	m, err := decode(payload)
	if err != nil {
		t.Fatal(err)
	}
	want := decoded{nonce: 42, at: 43, size: len(payload), parts: parts}
	if d := cmp.Diff(want, m, compareHeads); d != "" {
		t.Error(d)
	}
	for i := range payload {
		if _, err := decode(payload[:i]); !errors.Is(err, errDamaged) {
			t.Fatalf("the first %d bytes: %v", i, err)
		}
	}
	if _, err := decode(append(bytes.Clone(payload), 0)); !errors.Is(err, errDamaged) {
		t.Errorf("a byte too many: %v", err)
	}
	for i := 17; i < len(payload); i++ { // nonce and time have no checksum of ours
		bad := bytes.Clone(payload)
		bad[i] ^= 0x40
		if _, err := decode(bad); !errors.Is(err, errDamaged) {
			t.Fatalf("byte %d changed: %v", i, err)
		}
	}
}

func TestRefs(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 500 {
		var refs []ref
		seq, part := uint64(1), 0
		for range r.IntN(200) {
			if r.IntN(3) == 0 || part > 65000 {
				seq, part = seq+r.Uint64N(5)+1, r.IntN(10)
			} else {
				part += 1 + r.IntN(3)/2
			}
			refs = append(refs, ref{seq, uint16(part)})
		}
		rd := reader{b: appendRefs(nil, refs)}
		got := readRefs(&rd)
		if rd.bad || len(rd.b) > 0 || !cmp.Equal(got, refs, compareHeads) {
			t.Fatalf("%v gives %v", refs, got)
		}
	}
}

// A damaged length may not make the reader ask for more memory than it was given.
func FuzzDecode(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	f.Add(encode(sampleParts()))
	f.Add(encode(nil))
	f.Add([]byte{containerVersion, 15: 0, 16: 0, 17: 255, 18: 255, 19: 3})
	f.Fuzz(func(t *testing.T, payload []byte) {
		m, err := decode(payload)
		if err != nil {
			return
		}
		var out message
		var scratch []byte
		out.begin(m.nonce, m.at, len(m.parts))
		for i := range m.parts {
			scratch = out.add(&m.parts[i].head, m.parts[i].body, scratch)
		}
		again, err := decode(out.buf)
		if err != nil || m.size != len(payload) {
			t.Fatal(m.size, err)
		}
		again.size = m.size // a length may have been written longer than it need be
		if d := cmp.Diff(m, again, compareHeads); d != "" {
			t.Fatal(d)
		}
	})
}

// FuzzHeader reaches what lies behind the checksum.
func FuzzHeader(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	for _, p := range sampleParts() {
		f.Add(p.append(nil), p.body)
	}
	f.Fuzz(func(t *testing.T, header, body []byte) {
		var m message
		m.begin(1, 2, 1)
		m.raw(header, body)
		got, err := decode(m.buf)
		if err != nil {
			return
		}
		again, err := decode(encode(got.parts))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(got.parts, again.parts, compareHeads); d != "" {
			t.Fatal(d)
		}
	})
}
