// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"crypto/sha256"
	"hash"

	"github.com/zeebo/blake3"
)

// digestKind says how a batch's digest was made. The numbers stand in the
// ledger's cuts.
type digestKind byte

const (
	digestSHA256 digestKind = iota // journalled before BLAKE3 was used
	digestBLAKE3
)

func (k digestKind) new() hash.Hash {
	if k == digestSHA256 {
		return sha256.New()
	}
	return blake3.New()
}

// digestFor gives the hash by which a batch is told from others under the same
// key or number: the one that the first of them was made with. Nil when there
// is nothing to compare, now or later.
func digestFor(t ticket) (hash.Hash, digestKind) {
	switch {
	case t.known != nil && t.sure:
		return t.known.kind.new(), t.known.kind
	case t.claim != nil:
		return digestBLAKE3.new(), digestBLAKE3
	}
	return nil, digestSHA256
}
