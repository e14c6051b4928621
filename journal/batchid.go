// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"encoding/base32"
	"encoding/binary"
	"strings"

	"haidang/event"
)

// batchID is the place of a batch's last part: it exists exactly when the batch
// counts, and never changes.
type batchID struct {
	seq  uint64
	part uint16
}

var batchEncoding = base32.HexEncoding.WithPadding(base32.NoPadding)

func (b batchID) String() string {
	if b.seq == 0 {
		return ""
	}
	var raw [10]byte
	binary.BigEndian.PutUint64(raw[:], b.seq)
	binary.BigEndian.PutUint16(raw[8:], b.part)
	return strings.ToLower(batchEncoding.EncodeToString(raw[:]))
}

func parseBatchID(s string) (batchID, bool) {
	if len(s) != 16 || s != strings.ToLower(s) {
		return batchID{}, false
	}
	raw, err := batchEncoding.DecodeString(strings.ToUpper(s))
	if err != nil || len(raw) != 10 {
		return batchID{}, false
	}
	id := batchID{binary.BigEndian.Uint64(raw), binary.BigEndian.Uint16(raw[8:])}
	return id, id.seq != 0
}

// ParseBatch gives the position at which a batch counts: once the store has
// committed it, the batch's records can be queried. It does not look whether
// there is such a batch.
func ParseBatch(id string) (event.Position, bool) {
	b, ok := parseBatchID(id)
	return event.Position(b.seq), ok
}
