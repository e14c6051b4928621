// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"strings"
)

// Actor is who did something: a keyed pseudonym, or one of the two below.
type Actor string

// Actors that are no persons.
const (
	System Actor = "system" // the observatory itself, or its command line
	Nobody Actor = "nobody" // not signed in
)

// KeySize is the length of the pseudonym key in bytes.
const KeySize = 32

const pseudonymSize = 16 // bytes of HMAC-SHA-256 that are kept

// Pseudonym gives the name under which the log knows a person: HMAC-SHA-256
// (RFC 2104) of the person's id, its first 16 bytes in hexadecimal. Who holds
// the key can ask "is this X?" by computing it again; nobody else can.
func Pseudonym(key []byte, id string) Actor { return Actor(keyed(key, "person", id)) }

// Seal gives what stands in the log in place of a value that may not be there
// in clear; like a pseudonym it can be computed again by who holds the key.
func Seal(key []byte, value string) string { return "~" + keyed(key, "value", value) }

func keyed(key []byte, domain, s string) string {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(domain))
	h.Write([]byte{0})
	h.Write([]byte(s))
	return hex.EncodeToString(h.Sum(nil)[:pseudonymSize])
}

func (a Actor) valid() bool {
	if a == System || a == Nobody {
		return true
	}
	return len(a) == 2*pseudonymSize && strings.Trim(string(a), "0123456789abcdef") == ""
}

func seal(key []byte, s string) string {
	if s == "" || plain(s) {
		return s
	}
	return Seal(key, s)
}

// plain reports whether a string may stand in an entry: an identifier of at
// most 128 letters, digits and -._:/+=~ that is neither an IP address or prefix
// nor a number of nine digits or more, as phones and identity cards have.
func plain(s string) bool {
	if len(s) == 0 || len(s) > maxString {
		return false
	}
	digits, other := 0, 0
	for i := range len(s) {
		switch c := s[i]; {
		case '0' <= c && c <= '9':
			digits++
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '_', c == '~', c == ':', c == '/', c == '=':
			other++
		case c != '-' && c != '.' && c != '+':
			return false
		}
	}
	if digits >= 9 && other == 0 {
		return false
	}
	return !isAddress(s)
}

func isAddress(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	if _, err := netip.ParsePrefix(s); err == nil {
		return true
	}
	_, err := netip.ParseAddrPort(s)
	return err == nil
}
