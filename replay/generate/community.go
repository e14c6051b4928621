// SPDX-License-Identifier: Apache-2.0

package generate

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"net/netip"
)

// end is one end of a flow.
type end struct {
	addr netip.Addr
	port uint16
}

// protocols are those whose community id follows from addresses and ports
// alone. That of ICMP, which has none, is as good as chance here.
var protocols = map[string]byte{"TCP": 6, "UDP": 17, "SCTP": 132}

// communityID writes the community id of a flow (Community ID specification,
// version 1, seed 0), without the version.
func communityID(out *[28]byte, proto byte, a, b end) {
	one, other := a.addr.AsSlice(), b.addr.AsSlice()
	if n := bytes.Compare(one, other); n > 0 || n == 0 && a.port > b.port {
		one, other, a, b = other, one, b, a
	}
	var room [40]byte
	in := append(room[:0], 0, 0)
	in = append(append(in, one...), other...)
	in = append(in, proto, 0)
	in = binary.BigEndian.AppendUint16(in, a.port)
	in = binary.BigEndian.AppendUint16(in, b.port)
	sum := sha1.Sum(in) // the specification's choice; nothing secret hangs on it
	base64.StdEncoding.Encode(out[:], sum[:])
}
