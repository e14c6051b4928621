// SPDX-License-Identifier: Apache-2.0

package duckdb

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"haidang/event"
	"haidang/store"
	"haidang/store/duckdb/parquetfile"
)

// value reads a value in the text form that the API shows and gives the SQL of
// a bound parameter. unset means that the value stands for "not set", which is
// stored as NULL.
func (a *args) value(f *event.Field, v string) (sql string, unset bool, err error) {
	fail := func(want string) (string, bool, error) {
		return "", false, &store.QueryError{Field: f.Name, Detail: fmt.Sprintf("%q is not %s", v, want)}
	}
	if v == "" && f.Type != event.TypeBool {
		return "", true, nil
	}
	switch f.Type {
	case event.TypeDict, event.TypeText, event.TypeJSON:
		return a.bind(v), false, nil
	case event.TypeEnum:
		if _, err := f.Enum.Parse(v); err != nil {
			return fail(fmt.Sprintf("one of %q", f.Enum.Names[1:]))
		}
		return a.bind(v), false, nil
	case event.TypeCountry:
		c, ok := event.ParseCountry(v)
		if !ok {
			return fail("a country code of two letters (ISO 3166-1 alpha-2)")
		}
		return a.bind(c.String()), false, nil
	case event.TypeBool:
		b, err := strconv.ParseBool(v)
		if err != nil {
			return fail("true or false")
		}
		return a.bind(b), false, nil
	case event.TypeTime:
		t, err := time.Parse(time.RFC3339Nano, v)
		if err != nil {
			return fail("a time as 2026-01-31T08:00:00Z (RFC 3339)")
		}
		return a.time(event.TimeOf(t)), false, nil
	case event.TypeAddr:
		ip, err := event.ParseAddr(v)
		if err != nil {
			return fail("an IP address")
		}
		return a.uuid(ip), !ip.IsSet(), nil
	}
	return a.valueOfBytes(f, v, fail)
}

var bitsOf = map[event.Type]int{event.TypeU8: 8, event.TypeU16: 16, event.TypeU32: 32, event.TypeU64: 64}

func (a *args) valueOfBytes(f *event.Field, v string, fail func(string) (string, bool, error)) (string, bool, error) {
	switch f.Type {
	case event.TypeU8, event.TypeU16, event.TypeU32, event.TypeU64:
		n, err := strconv.ParseUint(v, 10, bitsOf[f.Type])
		if err != nil {
			return fail(fmt.Sprintf("a whole number of at most %d bits", bitsOf[f.Type]))
		}
		if n == 0 && !isRequired(f.Name) {
			return "", true, nil
		}
		return a.bind(strconv.FormatUint(n, 10)) + "::UBIGINT", false, nil
	case event.TypeBytes16:
		b, err := hex.DecodeString(strings.ReplaceAll(v, "-", ""))
		if err != nil || len(b) != 16 {
			return fail("a UUID")
		}
		return a.uuid([16]byte(b)), event.Bytes16(b) == event.Bytes16{}, nil
	case event.TypeBytes20:
		b, err := parseCommunityID(v)
		if err != nil {
			return fail("a Community ID, as 1:LQU9qZlK+B5F3KDmev6m5PMibrg=")
		}
		return a.bind(b), false, nil
	case event.TypeBytes32:
		b, err := hex.DecodeString(v)
		if err != nil || len(b) != 32 {
			return fail("a SHA-256 of 64 hexadecimal digits")
		}
		return a.bind(b), false, nil
	}
	return fail("a value that can be compared here")
}

func isRequired(name string) bool {
	columns := parquetfile.Columns
	for i := range columns {
		if columns[i].Name == name {
			return columns[i].Required
		}
	}
	return false
}

// uuid binds 16 bytes.
func (a *args) uuid(b [16]byte) string { return a.bind(uuidText(b)) + "::UUID" }

// time binds a time exactly, to the nanosecond.
func (a *args) time(t event.Time) string {
	return "make_timestamp_ns(" + a.bind(int64(t)) + "::BIGINT)"
}

// parseCommunityID reads version 1 of the Community ID, or its hash in hex.
func parseCommunityID(s string) ([]byte, error) {
	if len(s) == 40 {
		return hex.DecodeString(s)
	}
	digest, ok := strings.CutPrefix(s, "1:")
	if !ok {
		return nil, fmt.Errorf("%q has no version", s)
	}
	b, err := base64.StdEncoding.DecodeString(digest)
	if err == nil && len(b) != 20 {
		err = fmt.Errorf("%d bytes instead of 20", len(b))
	}
	return b, err
}

// v4InV6 is where IPv4 addresses are mapped into IPv6.
var v4InV6 = netip.MustParsePrefix("::ffff:0:0/96")

// network: an address lies in a CIDR block. IPv4 addresses lie in no IPv6 block.
func (a *args) network(f *event.Field, v, col string) (string, error) {
	p, err := netip.ParsePrefix(v)
	if err != nil || p.Addr().Zone() != "" {
		return "", &store.QueryError{Field: f.Name, Detail: fmt.Sprintf("%q is not a network in CIDR notation, as 192.0.2.0/24 or 2001:db8::/32", v)}
	}
	p = p.Masked()
	bits := p.Bits()
	mapped := p.Addr().Is4In6()
	if p.Addr().Is4() {
		bits += 96
		mapped = true
	}
	low, high := span(p.Addr().As16(), bits)
	sql := col + " BETWEEN " + a.uuid(low) + " AND " + a.uuid(high)
	if !mapped && p.Contains(v4InV6.Addr()) {
		low, high = span(v4InV6.Addr().As16(), 96)
		sql += " AND " + col + " NOT BETWEEN " + a.uuid(low) + " AND " + a.uuid(high)
	}
	return "(" + sql + ")", nil
}

// span gives the least and the greatest address of a block.
func span(addr [16]byte, bits int) (low, high [16]byte) {
	low, high = addr, addr
	for i := bits; i < 128; i++ {
		high[i/8] |= 0x80 >> (i % 8)
	}
	return low, high
}

func uuidText(b [16]byte) string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}
