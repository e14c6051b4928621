// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/klauspost/compress/s2"
	"github.com/minio/minlz"

	"haidang/event"
)

// incompressible is what no compression makes smaller.
func incompressible(n int) []byte {
	r := rand.NewChaCha8([32]byte{1})
	b := make([]byte, n)
	_, _ = r.Read(b) // never fails
	return b
}

func unpacked(t *testing.T, body []byte, rawLen int) []byte {
	t.Helper()
	u := unpacker{chunk: &event.Chunk{}, body: body, raw: uint32(rawLen)}
	if err := u.unpack(); err != nil {
		t.Fatal(err)
	}
	return u.chunk.Data
}

func TestPiecesUnpackToWhatTheyWere(t *testing.T) {
	lines := benchLines(2000)
	for name, data := range map[string][]byte{
		"nothing": {}, "a byte": {0}, "a line": lines[:600], "a small piece": lines[:64<<10-1],
		"a usual piece": lines[:usualPiece], "a longer one": lines[:usualPiece+1],
		"noise": incompressible(usualPiece), "short noise": incompressible(100),
		"the longest block":      bytes.Repeat([]byte("0123456789abcdef"), minlz.MaxBlockSize/16),
		"beyond what one holds":  append(bytes.Repeat(lines, 1+minlz.MaxBlockSize/len(lines)), 'x'),
		"noise beyond one block": incompressible(minlz.MaxBlockSize + 1),
	} {
		t.Run(name, func(t *testing.T) {
			body, pool := compress(data)
			if !bytes.Equal(unpacked(t, body, len(data)), data) {
				t.Error("other bytes came back")
			}
			if pool != nil {
				bodies.giveBack(pool)
			}
		})
	}
}

// Pooled buffers must be large enough, or every piece would take a new one.
func TestUsualPiecesLieInPooledBuffers(t *testing.T) {
	for _, data := range [][]byte{incompressible(usualPiece), incompressible(64 << 10), benchLines(900), benchLines(300)} {
		body, pool := compress(data)
		if pool == nil || &body[0] != &(*pool)[:1][0] {
			t.Errorf("%d bytes were packed elsewhere than in the pooled buffer", len(data))
		}
	}
}

// What earlier releases journalled are blocks of s2.
func TestBlocksOfEarlierReleasesUnpack(t *testing.T) {
	lines := benchLines(900)
	for name, data := range map[string][]byte{"nothing": {}, "a line": lines[:600], "a piece": lines, "noise": incompressible(1 << 20)} {
		t.Run(name, func(t *testing.T) {
			if !bytes.Equal(unpacked(t, s2.Encode(nil, data), len(data)), data) {
				t.Error("other bytes came back")
			}
		})
	}
}

func TestDamagedPiecesAreRefused(t *testing.T) {
	data := benchLines(200)
	body, _ := compress(data)
	for name, bad := range map[string]unpacker{
		"another length": {body: body, raw: uint32(len(data)) + 1},
		"cut":            {body: body[:len(body)/2], raw: uint32(len(data))},
		"no block":       {body: []byte{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, raw: 1},
	} {
		t.Run(name, func(t *testing.T) {
			bad.chunk = &event.Chunk{}
			if bad.unpack() == nil {
				t.Error("it was unpacked")
			}
		})
	}
}
