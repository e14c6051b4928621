// SPDX-License-Identifier: Apache-2.0

package shadowserver

import (
	"bytes"
	"slices"

	"haidang/event"
)

var severities = map[string]uint8{
	"critical": critical, "high": high, "medium": medium, "low": low, "info": info,
}

// queryTypes are the DNS types (IANA) that reports name.
var queryTypes = map[string]uint16{
	"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33,
	"NAPTR": 35, "DS": 43, "RRSIG": 46, "DNSKEY": 48, "SVCB": 64, "HTTPS": 65, "ANY": 255,
}

func transportOf(value []byte, otherwise uint8) uint8 {
	switch {
	case bytes.EqualFold(value, []byte("tcp")):
		return tcp
	case bytes.EqualFold(value, []byte("udp")):
		return udp
	case bytes.EqualFold(value, []byte("icmp")):
		return 1
	case bytes.EqualFold(value, []byte("gre")):
		return 47
	case bytes.EqualFold(value, []byte("icmp6")):
		return 58
	}
	return otherwise
}

func separator(c byte) bool { return c == ';' || c == ',' || c == ' ' || c == '|' }

// words calls fn for each word between separators.
func words(list []byte, fn func(word []byte)) {
	for at := 0; at < len(list); at++ {
		from := at
		for at < len(list) && !separator(list[at]) {
			at++
		}
		if at > from {
			fn(list[from:at])
		}
	}
}

// addCVEs adds the words that are CVE ids, in upper case, and counts them.
func addCVEs(e *event.Event, list []byte) int {
	n := 0
	words(list, func(w []byte) {
		if len(w) < 13 || len(w) > 20 || !bytes.EqualFold(w[:4], []byte("cve-")) || w[8] != '-' || !digits(w[4:8]) || !digits(w[9:]) {
			return
		}
		n++
		id := view(w)
		if w[0] != 'C' || w[1] != 'V' || w[2] != 'E' {
			id = "CVE-" + id[4:]
		}
		if !slices.Contains(e.Vulnerabilities, id) {
			e.Vulnerabilities = append(e.Vulnerabilities, id)
		}
	})
	return n
}

func hasCVE(tag []byte) bool {
	return bytes.Contains(tag, []byte("cve-")) || bytes.Contains(tag, []byte("CVE-"))
}

// addTechniques adds the words that are ids of ATT&CK techniques.
func addTechniques(e *event.Event, list []byte) int {
	n := 0
	words(list, func(w []byte) {
		if len(w) != 5 && len(w) != 9 || w[0] != 'T' || !digits(w[1:5]) || len(w) == 9 && (w[5] != '.' || !digits(w[6:])) {
			return
		}
		n++
		e.Techniques = append(e.Techniques, view(w))
	})
	return n
}

func digits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) > 0
}
