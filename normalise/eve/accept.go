// SPDX-License-Identifier: Apache-2.0

package eve

import (
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"unsafe"

	"haidang/strictjson"
)

// What is refused here stays in the residual as it was written.

// isDetected: Suricata writes "failed" where it looked and found nothing.
func isDetected(b []byte) bool {
	return len(b) > 0 && string(b) != "failed" && string(b) != "unknown"
}

func decodeTransport(b []byte, to *strictjson.Decoded) bool {
	n := transport(view(b))
	if n != 0 {
		to[0] = n
	}
	return n != 0
}

func decodeRRType(b []byte, to *strictjson.Decoded) bool {
	n := rrType(view(b))
	if n != 0 {
		binary.LittleEndian.PutUint16(to[:], n)
	}
	return n != 0
}

// view is b as a string that shares the memory.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

func decodeSHA256(b []byte, to *strictjson.Decoded) bool {
	if len(b) != 64 {
		return false
	}
	var sum strictjson.Decoded
	if _, err := hex.Decode(sum[:], b); err != nil {
		return false
	}
	*to = sum
	return true
}

// decodeCommunityID reads version 1, the base64 of 20 bytes (RFC 4648 section 4).
func decodeCommunityID(b []byte, to *strictjson.Decoded) bool {
	if len(b) != 30 || b[0] != '1' || b[1] != ':' || b[29] != '=' {
		return false
	}
	b = b[2:29]
	bad, id := byte(0), strictjson.Decoded{}
	for i := range 6 {
		from, three := b[4*i:4*i+4], id[3*i:3*i+3]
		v0, v1, v2, v3 := sextets[from[0]], sextets[from[1]], sextets[from[2]], sextets[from[3]]
		bad |= v0 | v1 | v2 | v3
		three[0], three[1], three[2] = v0<<2|v1>>4, v1<<4|v2>>2, v2<<6|v3
	}
	v0, v1, v2 := sextets[b[24]], sextets[b[25]], sextets[b[26]]
	bad |= v0 | v1 | v2
	id[18], id[19] = v0<<2|v1>>4, v1<<4|v2>>2
	if bad >= 64 {
		return false
	}
	*to = id
	return true
}

// sextets gives a character's six bits, 255 for those that base64 has not.
var sextets = func() (t [256]byte) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	for i := range t {
		t[i] = 255
	}
	for i := range len(alphabet) {
		t[alphabet[i]] = byte(i)
	}
	return t
}()

// transport gives the IANA number of a protocol as Suricata names it: by name,
// or by number where it knows none. Zero means unknown (and hop-by-hop, which
// no packet carries as its protocol).
func transport(s string) uint8 {
	switch s {
	case "TCP":
		return 6
	case "UDP":
		return 17
	case "ICMP":
		return 1
	case "IPv6-ICMP", "ICMPv6", "IPV6-ICMP":
		return 58
	case "SCTP":
		return 132
	case "IGMP":
		return 2
	case "IPIP", "IP-IP", "IP-ENCAP":
		return 4
	case "IPv6", "IPV6":
		return 41
	case "GRE":
		return 47
	case "ESP":
		return 50
	case "AH":
		return 51
	case "EIGRP":
		return 88
	case "OSPF", "OSPFIGP":
		return 89
	case "PIM":
		return 103
	case "VRRP":
		return 112
	}
	n, err := strconv.ParseUint(s, 10, 8)
	if err != nil {
		return 0
	}
	return uint8(n)
}

// rrType gives the number of a DNS type (IANA, "Resource Record (RR) TYPEs").
func rrType(s string) uint16 {
	switch s {
	case "A":
		return 1
	case "AAAA":
		return 28
	case "PTR":
		return 12
	case "HTTPS":
		return 65
	case "TXT":
		return 16
	case "MX":
		return 15
	case "SRV":
		return 33
	case "ANY", "*", "ALL":
		return 255
	}
	return otherRRTypes[s]
}

var otherRRTypes = map[string]uint16{
	"NS": 2, "MD": 3, "MF": 4, "CNAME": 5, "SOA": 6, "MB": 7, "MG": 8, "MR": 9, "NULL": 10, "WKS": 11, "HINFO": 13,
	"MINFO": 14, "RP": 17, "AFSDB": 18, "X25": 19, "ISDN": 20, "RT": 21, "NSAP": 22, "NSAPPTR": 23, "NSAP-PTR": 23,
	"SIG": 24, "KEY": 25, "PX": 26, "GPOS": 27, "LOC": 29, "NXT": 30, "EID": 31, "NIMLOC": 32, "ATMA": 34, "NAPTR": 35,
	"KX": 36, "CERT": 37, "A6": 38, "DNAME": 39, "SINK": 40, "OPT": 41, "APL": 42, "DS": 43, "SSHFP": 44, "IPSECKEY": 45,
	"RRSIG": 46, "NSEC": 47, "DNSKEY": 48, "DHCID": 49, "NSEC3": 50, "NSEC3PARAM": 51, "TLSA": 52, "SMIMEA": 53,
	"HIP": 55, "NINFO": 56, "RKEY": 57, "TALINK": 58, "CDS": 59, "CDNSKEY": 60, "OPENPGPKEY": 61, "CSYNC": 62,
	"ZONEMD": 63, "SVCB": 64, "SPF": 99, "UINFO": 100, "UID": 101, "GID": 102, "UNSPEC": 103, "NID": 104, "L32": 105,
	"L64": 106, "LP": 107, "EUI48": 108, "EUI64": 109, "TKEY": 249, "TSIG": 250, "IXFR": 251, "AXFR": 252,
	"MAILB": 253, "MAILA": 254, "URI": 256, "CAA": 257, "AVC": 258, "DOA": 259, "AMTRELAY": 260, "TA": 32768, "DLV": 32769,
}
