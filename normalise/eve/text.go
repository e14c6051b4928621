// SPDX-License-Identifier: Apache-2.0

package eve

import (
	"strconv"
	"strings"

	"haidang/event"
)

// words is memory of strings put together.
type words struct{ text []byte }

// made ends a string that was appended to the text from a mark on.
func (w *words) made(mark int) string { return view(w.text[mark:]) }

// url puts url.full together from what Suricata logs apart: the Host header
// (or, without one, the server's address), its port, and the request target.
func (m *mapper) url(e *event.Event, server *event.Endpoint) {
	host, target := m.Text(fHost), m.Text(fURL)
	if server.Domain == "" {
		server.Domain = domain(host)
	}
	if target != "" && target[0] != '/' {
		e.URL = target // absolute form, or the authority of a CONNECT
		return
	}
	mark := len(m.text)
	m.text = append(m.text, "http://"...)
	port, _ := m.Uint(fHTTPPort)
	usual := uint64(80)
	if e.Protocol != "http" && server.Port == 443 { // HTTP/2, DNS over HTTPS
		m.text = append(m.text[:mark], "https://"...)
		usual = 443
	}
	if host != "" {
		m.text = append(m.text, host...)
	} else {
		m.text = appendAddr(m.text, server.IP)
		port = uint64(server.Port)
	}
	if port != 0 && port != usual && !hasPort(host) {
		m.text = append(m.text, ':')
		m.text = strconv.AppendUint(m.text, port, 10)
	}
	m.text = append(m.text, target...)
	e.URL = m.made(mark)
}

func appendAddr(b []byte, a event.Addr) []byte {
	n := a.Netip()
	if n.Is6() {
		b = append(b, '[')
		return append(n.AppendTo(b), ']')
	}
	if !n.IsValid() {
		return b
	}
	return n.AppendTo(b)
}

func hasPort(host string) bool {
	i := strings.LastIndexByte(host, ':')
	return i >= 0 && i > strings.IndexByte(host, ']')
}

// domain takes a port off a host name; an address is no domain.
func domain(host string) string {
	if i := strings.IndexByte(host, ':'); i >= 0 {
		host = host[:i]
	}
	host = strings.TrimSuffix(host, ".")
	if n := len(host); n == 0 || host[0] == '[' || host[n-1]-'0' < 10 {
		return "" // no top-level domain ends in a digit
	}
	return host
}

// mailbox takes the address out of a reverse path or a From header:
// "<a@b>", "Name <a@b>", "a@b".
func mailbox(s string) string {
	if i := strings.LastIndexByte(s, '<'); i >= 0 {
		s = s[i+1:]
		if j := strings.IndexByte(s, '>'); j >= 0 {
			s = s[:j]
		}
	}
	return strings.TrimSpace(s)
}

// cves appends the CVE ids in s, written CVE-2021-44228, cve_2021_44228 or
// without the word in front (bare), as rules' metadata and names have them.
func (w *words) cves(to []string, s string, bare bool) []string {
	if bare && s != "" && s[0]-'0' < 10 {
		return w.cve(to, s)
	}
	for {
		i := indexCVE(s)
		if i < 0 {
			return to
		}
		s = s[i+4:]
		to = w.cve(to, s)
	}
}

// indexCVE finds "CVE" in any case with a separator behind it.
func indexCVE(s string) int {
	for from := 0; ; {
		i := strings.IndexAny(s[from:], "Vv")
		if i < 0 {
			return -1
		}
		if i += from; i >= 1 && i+2 < len(s) && s[i-1]|0x20 == 'c' && s[i+1]|0x20 == 'e' &&
			(s[i+2] == '-' || s[i+2] == '_' || s[i+2] == ' ') {
			return i - 1
		}
		from = i + 1
	}
}

// cve reads year and number, as in 2021-44228 or 2021_44228, from the start.
func (w *words) cve(to []string, s string) []string {
	year := digits(s)
	if year != 4 || len(s) < 6 || s[4] != '-' && s[4] != '_' {
		return to
	}
	number := digits(s[5:])
	if number < 4 || number > 7 {
		return to
	}
	mark := len(w.text)
	w.text = append(w.text, "CVE-"...)
	w.text = append(w.text, s[:4]...)
	w.text = append(w.text, '-')
	w.text = append(w.text, s[5:5+number]...)
	return add(to, w.made(mark))
}

// add appends a value that is not there yet.
func add(to []string, s string) []string {
	for _, have := range to {
		if have == s {
			return to
		}
	}
	return append(to, s)
}

func digits(s string) int {
	n := 0
	for n < len(s) && s[n]-'0' < 10 {
		n++
	}
	return n
}
