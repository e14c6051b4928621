// SPDX-License-Identifier: Apache-2.0

package event

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // the specification's hash; it protects nothing
	"encoding/binary"
)

// CommunityID computes the identifier of a flow (Community ID specification,
// version 1, seed 0, TCP, UDP and SCTP) from both ends and the IANA protocol
// number: the same in both directions. It is not set where an address is not.
func CommunityID(a, b Addr, portA, portB uint16, protocol uint8) Bytes20 {
	if !a.IsSet() || !b.IsSet() {
		return Bytes20{}
	}
	if c := bytes.Compare(a[:], b[:]); c > 0 || c == 0 && portA > portB {
		a, b, portA, portB = b, a, portB, portA
	}
	var in [2 + 16 + 16 + 2 + 2 + 2]byte // it begins with the seed
	at := 2
	if a.Is4() && b.Is4() {
		at += copy(in[at:], a[12:])
		at += copy(in[at:], b[12:])
	} else {
		at += copy(in[at:], a[:])
		at += copy(in[at:], b[:])
	}
	in[at] = protocol
	binary.BigEndian.PutUint16(in[at+2:], portA)
	binary.BigEndian.PutUint16(in[at+4:], portB)
	return sha1.Sum(in[:at+6])
}
