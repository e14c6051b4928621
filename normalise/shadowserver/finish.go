// SPDX-License-Identifier: Apache-2.0

package shadowserver

import (
	"bytes"
	"encoding/hex"

	"haidang/event"
	"haidang/normalise"
)

// finish sets what depends on several columns.
func (m *mapper) finish(c *normalise.Context, e *event.Event) {
	v := &m.v
	m.names(e)
	m.refine(e)
	m.host(e)
	m.product(e)
	e.Confirmed = v.report.confirmed.of(e.Transport)
	end := 0
	if e.Affected == event.SideDestination {
		end = 1
	}
	e.Sector = sectorOf(v.sector[end], v.naics[end])
	if e.Affected == event.SideDestination && e.Destination.Country == 0 {
		// A honeypot whose place the feed does not tell: where the sensor says it stands.
		e.Destination.Country, _ = event.ParseCountry(c.Sensor.Country)
	}
}

// names sets protocol, malware and rule.
func (m *mapper) names(e *event.Event) {
	v := &m.v
	if e.Protocol == "" && v.app != nil {
		e.Protocol = view(v.app)
	}
	switch {
	case len(v.infection) > 0:
		e.Software = view(v.infection)
	case len(v.family) > 0:
		e.Software = view(v.family)
	}
	if e.RuleID != "" {
		return
	}
	for _, b := range [...][]byte{v.infection, v.tag, v.family} {
		if len(b) > 0 {
			e.RuleID = view(b)
			return
		}
	}
	e.RuleID = v.report.name
}

// refine turns an exposure into an incident where the row says that somebody is
// already inside: an implant that answered, or a web shell that was found.
func (m *mapper) refine(e *event.Event) {
	v := &m.v
	if e.Stage != event.StageState {
		return
	}
	implant := bytes.EqualFold(v.implant, []byte("Y"))
	shell := bytes.Contains(v.tag, []byte("webshell")) || bytes.Contains(v.tag, []byte("compromised"))
	if !implant && !shell {
		return
	}
	e.Kind, e.Stage, e.Severity = event.KindAlert, event.StageIncident, event.SeverityCritical
	e.RSIT = event.RSITSystemCompromise
	e.Category |= event.CategoryMalware
	if implant {
		e.RSIT = event.RSITInfectedSystem
	}
}

// host sets the URL and the name of the host that was asked for: the
// sinkhole's side where there is one, else the reported address's.
func (m *mapper) host(e *event.Event) {
	v := &m.v
	if len(v.host) > 0 {
		if v.hostIsDest {
			e.Destination.Domain = view(v.host)
		} else {
			e.Source.Domain = view(v.host)
		}
	}
	switch {
	case len(v.url) == 0:
	case len(v.host) > 0 && !bytes.Contains(v.url, []byte("://")):
		from := len(v.built)
		v.built = append(v.built, "http"...)
		if e.Protocol == "https" || view(v.app) == "https" {
			v.built = append(v.built, 's')
		}
		v.built = append(append(v.built, "://"...), v.host...)
		if v.url[0] != '/' {
			v.built = append(v.built, '/')
		}
		v.built = append(v.built, v.url...)
		e.URL = view(v.built[from:])
	default:
		e.URL = view(v.url)
	}
}

// siteOf gives the host of a website that is named by its URL or its host.
func siteOf(site []byte) []byte {
	if _, after, ok := bytes.Cut(site, []byte("://")); ok {
		site = after
	}
	if i := bytes.IndexAny(site, "/:?#"); i >= 0 {
		site = site[:i]
	}
	return site
}

// product sets cert.product: a CPE 2.3 name of a hardware product.
func (m *mapper) product(e *event.Event) {
	v := &m.v
	if len(v.vendor) == 0 && len(v.model) == 0 {
		return
	}
	from := len(v.built)
	out := append(v.built, "cpe:2.3:h:"...)
	for _, part := range [...][]byte{v.vendor, v.model, v.version} {
		out = append(appendCPE(out, part), ':')
	}
	out = append(out, "*:*:*:*:*:*:*"...)
	v.built = out
	e.Product = view(out[from:])
}

// appendCPE appends an attribute of a CPE formatted string (NISTIR 7695): lower
// case, blanks as underscores, everything but letters, digits and ._- escaped.
func appendCPE(out, part []byte) []byte {
	if len(part) == 0 {
		return append(out, '*')
	}
	for _, c := range part {
		switch {
		case c >= 'A' && c <= 'Z':
			out = append(out, c|0x20)
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '_', c == '.', c == '-', c >= 0x80:
			out = append(out, c)
		case c == ' ':
			out = append(out, '_')
		case c > ' ':
			out = append(out, '\\', c)
		}
	}
	return out
}

func setFirst(to *string, value []byte) bool {
	if *to != "" {
		return false
	}
	*to = view(value)
	return true
}

func setSHA256(to *event.Bytes32, value []byte) bool {
	if len(value) != 64 {
		return false
	}
	_, err := hex.Decode(to[:], value)
	if err != nil {
		*to = event.Bytes32{}
	}
	return err == nil
}
