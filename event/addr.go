// SPDX-License-Identifier: Apache-2.0

package event

import (
	"fmt"
	"net/netip"
	"time"
)

// Addr is an IP address in 16 bytes, IPv4 mapped into ::ffff:0:0/96 (RFC 4291
// section 2.5.5.2). The zero value means "not set"; the unspecified address ::,
// which machines without an address yet really send from, is Unspecified.
type Addr [16]byte

// Unspecified stands for the IPv6 address ::, whose own bytes mean "not set".
// Its bytes are those of ::ffff:0:0:0, an address that RFC 2765 reserved for
// translators and that no record carries.
var Unspecified = Addr{8: 0xFF, 9: 0xFF}

// AddrFrom turns a netip.Addr into an Addr; a zone is dropped.
func AddrFrom(a netip.Addr) Addr {
	if !a.IsValid() {
		return Addr{}
	}
	if a.WithZone("") == netip.IPv6Unspecified() {
		return Unspecified
	}
	return a.As16()
}

// ParseAddr reads an IPv4 or IPv6 address in text form, without a port.
func ParseAddr(s string) (Addr, error) {
	a, err := netip.ParseAddr(s)
	if err != nil {
		return Addr{}, fmt.Errorf("%q is not an IP address", s)
	}
	return AddrFrom(a), nil
}

// IsSet reports whether the address is known.
func (a Addr) IsSet() bool { return a != Addr{} }

// Is4 reports whether the address is an IPv4 address.
func (a Addr) Is4() bool { return netip.AddrFrom16(a).Is4In6() }

// Netip gives the address in the standard library's type, IPv4 unmapped.
func (a Addr) Netip() netip.Addr {
	switch a {
	case Addr{}:
		return netip.Addr{}
	case Unspecified:
		return netip.IPv6Unspecified()
	}
	return netip.AddrFrom16(a).Unmap()
}

// String gives the text form; the empty string when not set.
func (a Addr) String() string {
	if !a.IsSet() {
		return ""
	}
	return a.Netip().String()
}

// Bytes16 is an opaque 16-byte value: event.id, event.hash, participant.id.
type Bytes16 [16]byte

// IsSet reports whether the value is not all zero.
func (b Bytes16) IsSet() bool { return b != Bytes16{} }

// String gives the UUID form (RFC 9562); the empty string when not set.
func (b Bytes16) String() string {
	if !b.IsSet() {
		return ""
	}
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

// Bytes32 is a SHA-256 value.
type Bytes32 [32]byte

// IsSet reports whether the value is not all zero.
func (b Bytes32) IsSet() bool { return b != Bytes32{} }

// String gives lower-case hexadecimal; the empty string when not set.
func (b Bytes32) String() string {
	if !b.IsSet() {
		return ""
	}
	return fmt.Sprintf("%x", b[:])
}

// Bytes20 is a SHA-1 sized value, as in the Community ID.
type Bytes20 [20]byte

// IsSet reports whether the value is not all zero.
func (b Bytes20) IsSet() bool { return b != Bytes20{} }

// Country is an ISO 3166-1 alpha-2 code in upper case packed big-endian into
// 16 bits ("VN" = 0x564E); zero means unknown.
type Country uint16

// ParseCountry reads a two-letter code; ok is false for anything else.
func ParseCountry(s string) (c Country, ok bool) {
	if len(s) != 2 {
		return 0, false
	}
	a, b := s[0]&^0x20, s[1]&^0x20
	if a < 'A' || a > 'Z' || b < 'A' || b > 'Z' {
		return 0, false
	}
	return Country(a)<<8 | Country(b), true
}

// MustCountry is ParseCountry for constants in code; it panics on bad input.
func MustCountry(s string) Country {
	c, ok := ParseCountry(s)
	if !ok {
		panic("event: bad country code " + s)
	}
	return c
}

// String gives the two letters; the empty string when unknown.
func (c Country) String() string {
	if c == 0 {
		return ""
	}
	return string([]byte{byte(c >> 8), byte(c)})
}

// Time is nanoseconds since 1970-01-01T00:00:00Z; TimeUnset means "not set",
// since zero is a time that real recordings carry.
type Time int64

// TimeUnset marks a time that is not known.
const TimeUnset Time = -1 << 63

// TimeOf converts; the zero time.Time becomes TimeUnset.
func TimeOf(t time.Time) Time {
	if t.IsZero() {
		return TimeUnset
	}
	return Time(t.UnixNano())
}

// IsSet reports whether the time is known.
func (t Time) IsSet() bool { return t != TimeUnset }

// Std gives the time in UTC, the zero time.Time when not set.
func (t Time) Std() time.Time {
	if !t.IsSet() {
		return time.Time{}
	}
	return time.Unix(0, int64(t)).UTC()
}

// String gives RFC 3339 with nanoseconds as needed; empty when not set.
func (t Time) String() string {
	if !t.IsSet() {
		return ""
	}
	return t.Std().Format(time.RFC3339Nano)
}
