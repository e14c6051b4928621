// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"unicode/utf8"
)

// claim is one network in an import and whose it is said to be.
type claim struct {
	Line    int    // of the network, 1-based
	Org     string // name of the organisation, as the import has it
	Network string // as identity.ParseNetwork reads it
	Handle  string // of the organisation in the registry; empty for a table
}

// party is an organisation in an import.
type party struct {
	Line                            int
	Name, EN, Type, Sector, Country string
	Province, Email, Language       string
}

// lineFault is what cannot be used, by its line.
type lineFault struct {
	Line int
	Text string
}

// imported is what an import says, before anything is compared with what is known.
type imported struct {
	Parties []party
	Claims  []claim
	Faults  []lineFault
}

func (i *imported) fault(line int, format string, args ...any) {
	i.Faults = append(i.Faults, lineFault{line, fmt.Sprintf(format, args...)})
}

// Bounds of an import.
const (
	maxImport  = 1 << 20 // bytes
	maxClaims  = 2000
	maxFaults  = 100
	maxPerLine = 128  // prefixes that one range of addresses may be cut into
	maxValue   = 4096 // bytes of an attribute; what continues beyond is left out
)

// attribute is one "name: value" of a registry object, continuation lines joined.
type attribute struct {
	line        int
	name, value string
}

// object is one object of the Routing Policy Specification Language.
type object []attribute

func (o object) get(name string) (value string, line int) {
	for _, a := range o {
		if a.name == name {
			return a.value, a.line
		}
	}
	return "", 0
}

// readRIPE reads a dump in the form of the RIPE database (RPSL, RFC 2622 section
// 2): inetnum, inet6num, route, route6, aut-num and organisation objects;
// others are passed over.
func readRIPE(text string) *imported {
	out := &imported{}
	objects := cutObjects(text, out)
	names := map[string]party{}
	for _, o := range objects {
		if strings.EqualFold(o[0].name, "organisation") {
			names[strings.ToUpper(o[0].value)] = out.party(o)
		}
	}
	seen := map[string]bool{}
	for _, o := range objects {
		if len(out.Faults) >= maxFaults || len(out.Claims) >= maxClaims {
			out.fault(o[0].line, "too much at once: at most %d networks; split the file here", maxClaims)
			break
		}
		networks := out.networks(o)
		if len(networks) == 0 {
			continue
		}
		p, ok := out.holder(o, names)
		if !ok {
			continue
		}
		if !seen[p.Name] {
			seen[p.Name] = true
			out.Parties = append(out.Parties, p)
		}
		handle, _ := o.get("org")
		for _, n := range networks {
			out.Claims = append(out.Claims, claim{Line: o[0].line, Org: p.Name, Network: n, Handle: handle})
		}
	}
	return out
}

// party reads an organisation object.
func (i *imported) party(o object) party {
	value, line := o.get("org-name")
	name := clip(value)
	line = cmp.Or(line, o[0].line)
	if name == "" {
		i.fault(line, "organisation %.80q has no org-name", o[0].value)
	}
	country, _ := o.get("country")
	return party{Line: line, Name: name, Country: strings.ToUpper(country), Type: "other"}
}

// holder says whose an object's networks are: its org, else its first descr,
// else its netname.
func (i *imported) holder(o object, names map[string]party) (party, bool) {
	if handle, line := o.get("org"); handle != "" {
		if p, known := names[strings.ToUpper(handle)]; known {
			return p, p.Name != ""
		}
		// Dumps are often cut; the description still says whose it is.
		if descr, _ := o.get("descr"); clip(descr) == "" {
			i.fault(line, "org: %.80q is not in this file, and there is no descr", handle)
			return party{}, false
		}
	}
	country, _ := o.get("country")
	for _, attribute := range []string{"descr", "netname", "as-name"} {
		value, line := o.get(attribute)
		// What is no text at all names nobody either.
		if name := clip(value); name != "" {
			return party{Line: line, Name: name, Country: strings.ToUpper(country), Type: "other"}, true
		}
	}
	i.fault(o[0].line, "%s %.80q names nobody: org, descr and netname are missing", o[0].name, o[0].value)
	return party{}, false
}

// clip keeps a name within what an organisation's may have: one line, 200 bytes.
func clip(s string) string {
	s = strings.Join(strings.Fields(visible(strings.ToValidUTF8(s[:min(len(s), 4*maxName)], ""))), " ")
	for len(s) > maxName {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return strings.TrimSpace(s)
}

// maxName is the longest name of an organisation, in bytes.
const maxName = 200

// networks gives what an object is about, as identity.ParseNetwork reads it; none
// for other kinds of objects.
func (i *imported) networks(o object) []string {
	value := o[0].value
	switch o[0].name {
	case "inetnum":
		prefixes, err := cutRange(value)
		if err != nil {
			i.fault(o[0].line, "inetnum: %v", err)
			return nil
		}
		var out []string
		for _, p := range prefixes {
			out = append(out, p.String())
		}
		return out
	case "inet6num", "route", "route6":
		p, err := netip.ParsePrefix(value)
		if err != nil {
			i.fault(o[0].line, "%s: %.80q is not a prefix such as 192.0.2.0/24", o[0].name, value)
			return nil
		}
		return []string{p.Masked().String()}
	case "aut-num":
		return []string{strings.ToUpper(value)}
	}
	return nil
}

// cutRange cuts "192.0.2.0 - 192.0.3.255" into prefixes; a prefix is taken too.
func cutRange(s string) ([]netip.Prefix, error) {
	if p, err := netip.ParsePrefix(strings.TrimSpace(s)); err == nil {
		return []netip.Prefix{p.Masked()}, nil
	}
	a, b, ok := strings.Cut(s, "-")
	first, err1 := netip.ParseAddr(strings.TrimSpace(a))
	last, err2 := netip.ParseAddr(strings.TrimSpace(b))
	if !ok || err1 != nil || err2 != nil || !first.Is4() || !last.Is4() || last.Less(first) {
		return nil, fmt.Errorf("%.80q is not a range such as 192.0.2.0 - 192.0.2.255", s)
	}
	var out []netip.Prefix
	for {
		p := widest(first, last)
		out = append(out, p)
		if len(out) > maxPerLine {
			return nil, fmt.Errorf("%.80q makes more than %d prefixes", s, maxPerLine)
		}
		end := lastOf(p)
		if !end.Less(last) {
			return out, nil
		}
		first = end.Next()
	}
}

// widest gives the widest prefix that begins at first and does not go beyond last.
func widest(first, last netip.Addr) netip.Prefix {
	for bits := range 33 {
		p := netip.PrefixFrom(first, bits)
		if p.Masked().Addr() == first && !last.Less(lastOf(p)) {
			return p
		}
	}
	return netip.PrefixFrom(first, 32)
}

// lastOf gives the last address of a prefix of IPv4.
func lastOf(p netip.Prefix) netip.Addr {
	b := p.Masked().Addr().As4()
	for bit := p.Bits(); bit < 32; bit++ {
		b[bit/8] |= 1 << (7 - bit%8)
	}
	return netip.AddrFrom4(b)
}

// cutObjects cuts a dump into objects: they are parted by empty lines, a line
// that begins with a blank, a tab or + continues the one before, % and # begin
// remarks.
func cutObjects(text string, out *imported) []object {
	var all []object
	var now object
	end := func() {
		if len(now) > 0 {
			all = append(all, now)
		}
		now = nil
	}
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimRight(line, "\r\n")
		switch {
		case strings.TrimSpace(line) == "":
			end()
		case line[0] == '%' || line[0] == '#':
		case line[0] == ' ' || line[0] == '\t' || line[0] == '+':
			if len(now) == 0 {
				out.fault(number, "nothing before this line that it could continue")
				continue
			}
			last := &now[len(now)-1]
			if len(last.value) < maxValue {
				last.value = strings.TrimSpace(last.value + " " + valueOf(line[1:]))
			}
		default:
			name, value, ok := strings.Cut(line, ":")
			if !ok || strings.ContainsAny(name, " \t") {
				out.fault(number, "%.80q is no attribute; write name: value", line)
				continue
			}
			now = append(now, attribute{number, strings.ToLower(name), valueOf(value)})
		}
		if len(out.Faults) >= maxFaults {
			break
		}
	}
	end()
	return slices.Clip(all)
}

// valueOf takes the remark off a value.
func valueOf(s string) string {
	if i := strings.IndexByte(s, '#'); i >= 0 {
		s = s[:i]
	}
	return strings.TrimSpace(s)
}
