// SPDX-License-Identifier: Apache-2.0

package generate

import (
	"encoding/base64"
	"net/netip"

	"haidang/event"
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
	sum := event.CommunityID(event.AddrFrom(a.addr), event.AddrFrom(b.addr), a.port, b.port, proto)
	base64.StdEncoding.Encode(out[:], sum[:])
}
