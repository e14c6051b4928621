// SPDX-License-Identifier: Apache-2.0

package shadowserver

import (
	"bytes"
	"net/netip"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"haidang/event"
	"haidang/normalise"
)

// columns sets the fields of the row and gathers the residual.
func (m *mapper) columns(e *event.Event) error {
	for i, value := range m.row.fields {
		col := &m.head.columns[i]
		if len(value) == 0 {
			continue
		}
		keep, err := m.set(col, value, e)
		if err != nil {
			return err
		}
		if keep {
			m.keep(col, value, e)
		}
	}
	if len(e.Residual) > 0 {
		e.Residual = append(e.Residual, '}')
	}
	if !e.Time.IsSet() {
		return normalise.Rejectf(event.ReasonTime, "column timestamp is empty; it must hold a time like 2006-01-02 15:04:05 (UTC)")
	}
	return nil
}

// keep puts a value into the residual.
func (m *mapper) keep(col *column, value []byte, e *event.Event) {
	if len(e.Residual) == 0 {
		e.Residual = append(e.Residual, '{')
	} else {
		e.Residual = append(e.Residual, ',')
	}
	e.Residual = append(e.Residual, col.key...)
	e.Residual, _ = jsontext.AppendQuote(e.Residual, value) // valid UTF-8, checked before
}

// set puts a value into its field; keep says that the residual needs it, too.
func (m *mapper) set(col *column, value []byte, e *event.Event) (keep bool, err error) {
	if col.to <= toDestGeo {
		return m.setEnd(col, value, e)
	}
	switch col.to {
	case toTransport:
		e.Transport = transportOf(value, e.Transport)
		return e.Transport == 0, nil
	case toURL:
		m.v.url = value
	case toHost: // seen before
	case toAgent:
		e.UserAgent = view(value)
	case toMethod:
		e.HTTPMethod = view(value)
	case toSHA256:
		return !setSHA256(&e.FileSHA256, value), nil
	case toVulnerability:
		return addCVEs(e, value) == 0, nil
	case toTechnique:
		return addTechniques(e, value) == 0, nil
	case toSeverity:
		if s, ok := severities[view(value)]; ok {
			e.Severity = s
			return false, nil
		}
		return true, nil
	case toUser, toSender, toQuery, toQueryType, toWebsite, toEmail:
		return setName(col.to, value, e), nil
	default:
		return m.gather(col.to, value, e), nil
	}
	return false, nil
}

// setName sets what names people, sites and questions; it says whether the
// residual keeps it.
func setName(to target, value []byte, e *event.Event) (keep bool) {
	switch to {
	case toUser:
		return !setFirst(&e.User, value)
	case toSender:
		e.EmailFrom = view(value)
		return false
	case toQuery:
		if e.Protocol != "dns" { // the same column means other things elsewhere
			return true
		}
		e.DNSName = view(value)
		return false
	case toQueryType:
		e.DNSType = queryTypes[view(value)]
		return e.DNSType == 0
	case toWebsite: // of a victim whose address is not told; members are found by it
		e.Source.Domain = view(siteOf(value))
	case toEmail:
		if _, domain, ok := bytes.Cut(value, []byte("@")); ok && e.Source.Domain == "" {
			e.Source.Domain = view(domain)
		}
	}
	return true
}

// gather remembers what finish needs; it says whether the residual keeps it.
func (m *mapper) gather(to target, value []byte, e *event.Event) bool {
	if to >= toVendor && to <= toVersion && m.v.report.side == event.SideDestination {
		return true // the attacker's device, while cert.product is the affected one
	}
	switch to {
	case toApplication:
		if m.v.app == nil {
			m.v.app = value
			return false
		}
	case toTag:
		addCVEs(e, value)
	case toInfection:
		m.v.infection = value
		return false
	case toFamily:
		m.v.family = value
	case toVendor:
		m.v.vendor = value
		return false
	case toModel:
		m.v.model = value
		return false
	case toVersion:
		m.v.version = value
		return false
	case toImplant:
		m.v.implant = value
	case toSourceSector:
		m.v.sector[0] = value
	case toDestSector:
		m.v.sector[1] = value
	case toSourceNAICS:
		m.v.naics[0] = value
	case toDestNAICS:
		m.v.naics[1] = value
	}
	return true
}

// setEnd sets times and the two ends. Country and AS stay in the residual as
// well, since our own tables replace them later.
func (m *mapper) setEnd(col *column, value []byte, e *event.Event) (keep bool, err error) {
	switch col.to {
	case toTime:
		e.Time, err = timeOf(col, value)
	case toStart:
		e.Start, err = timeOf(col, value)
	case toEnd:
		e.End, err = timeOf(col, value)
	case toSourceIP:
		return setAddr(col, value, &e.Source.IP)
	case toDestIP:
		if m.v.report.name == amplification {
			return true, nil
		}
		return setAddr(col, value, &e.Destination.IP)
	case toSourcePort:
		err = setPort(col, value, &e.Source.Port)
	case toDestPort:
		err = setPort(col, value, &e.Destination.Port)
	case toSourceDomain:
		if len(m.v.host) > 0 && !m.v.hostIsDest {
			return true, nil // the name that was asked for says more
		}
		e.Source.Domain = view(value)
	case toDestDomain:
		if len(m.v.host) > 0 && m.v.hostIsDest {
			return true, nil
		}
		e.Destination.Domain = view(value)
	case toSourceAS:
		return true, setAS(col, value, &e.Source.AS)
	case toDestAS:
		return true, m.setDestAS(col, value, e)
	case toSourceGeo:
		e.Source.Country, _ = event.ParseCountry(view(value))
		return true, nil
	case toDestGeo:
		if m.v.report.name != amplification {
			e.Destination.Country, _ = event.ParseCountry(view(value))
		}
		return true, nil
	default:
		return true, nil
	}
	return false, err
}

func (m *mapper) setDestAS(col *column, value []byte, e *event.Event) error {
	if m.v.report.name == amplification {
		return nil
	}
	return setAS(col, value, &e.Destination.AS)
}

func bad(col *column, value []byte, want string) error {
	if len(value) > 100 {
		value = value[:100]
	}
	return normalise.Rejectf(event.ReasonField, "column %s: %q is no %s", col.name, value, want)
}

// setAddr reads an address. The blocklist names whole networks in its address
// column: those stay in the residual.
func setAddr(col *column, value []byte, to *event.Addr) (keep bool, err error) {
	a, err := netip.ParseAddr(view(value))
	if err != nil {
		if _, err := netip.ParsePrefix(view(value)); err == nil {
			return true, nil
		}
		return false, bad(col, value, "IP address")
	}
	*to = event.AddrFrom(a)
	return false, nil
}

func setPort(col *column, value []byte, to *uint16) error {
	n, err := strconv.ParseUint(view(value), 10, 16)
	if err != nil {
		return bad(col, value, "port")
	}
	*to = uint16(n)
	return nil
}

func setAS(col *column, value []byte, to *uint32) error {
	n, err := strconv.ParseUint(view(value), 10, 32)
	if err != nil {
		return bad(col, value, "AS number")
	}
	*to = uint32(n)
	return nil
}

// timeOf reads a time. All of Shadowserver's are in UTC and have no zone.
func timeOf(col *column, value []byte) (event.Time, error) {
	s := view(value)
	for _, layout := range [...]string{time.DateTime, time.RFC3339, "2006-01-02 15:04:05Z07:00", time.DateOnly} {
		// Years beyond do not fit into 64 bits of nanoseconds.
		if t, err := time.Parse(layout, s); err == nil && t.Year() >= 1970 && t.Year() <= 2200 {
			return event.TimeOf(t), nil
		}
	}
	if col.to != toTime { // a bad time of less importance costs only itself
		return event.TimeUnset, nil
	}
	return event.TimeUnset, normalise.Rejectf(event.ReasonTime, "column %s: %.40q is no time like 2006-01-02 15:04:05 (UTC)", col.name, value)
}
