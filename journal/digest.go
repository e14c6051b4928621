// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"

	"github.com/zeebo/xxh3"
)

// digestKind says how a batch's digest was made. The numbers stand in the
// ledger's cuts.
type digestKind byte

const (
	digestSHA256 digestKind = iota // journalled by the first release
	digestXXH3
)

func (k digestKind) new() hash.Hash {
	if k == digestSHA256 {
		return sha256.New()
	}
	return fingerprint{xxh3.New()}
}

// fingerprint is XXH3 with 128 bits. Who makes two batches of one of these hurts
// nobody: both are the same sender's, and its second is refused or taken for the first.
type fingerprint struct{ *xxh3.Hasher }

func (f fingerprint) Size() int { return 16 }

func (f fingerprint) Sum(b []byte) []byte {
	sum := f.Sum128()
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(b, sum.Hi), sum.Lo)
}

// digestFor gives the hash by which a batch is told from others under the same
// key or number: the one that the first of them was made with. Nil when there
// is nothing to compare, now or later.
func digestFor(t ticket) (hash.Hash, digestKind) {
	switch {
	case t.known != nil && t.sure:
		return t.known.kind.new(), t.known.kind
	case t.claim != nil:
		return digestXXH3.new(), digestXXH3
	}
	return nil, digestSHA256
}
