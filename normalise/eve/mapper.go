// SPDX-License-Identifier: Apache-2.0

package eve

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"

	"haidang/event"
	"haidang/normalise"
	"haidang/strictjson"
)

const dataset = "suricata.eve"

// What the reader gives as an outline is one to the record, too.
const _ = uint(strictjson.Gap-event.Gap) + uint(event.Gap-strictjson.Gap)

// mapper maps one line at a time.
type mapper struct {
	*strictjson.Reader
	words  // of the current line
	server event.Side
	kind   *kind // of the line's event type
	kinds  kindCache
	rules  ruleCache
	clocks [3]normalise.Clock // of timestamp, start and end
}

// Map maps one line.
func (m *mapper) Map(record []byte, c *normalise.Context, e *event.Event) error {
	if err := m.Read(record); err != nil {
		return refusal(err, record)
	}
	action := m.Text(fType)
	if action == "" {
		return &normalise.RejectError{Reason: event.ReasonWrongFormat, Detail: "no event_type: not a line of Suricata's eve.json"}
	}
	m.text, m.kind = m.text[:0], m.kinds.of(action)
	e.Action, e.Dataset, e.ObserverType = action, dataset, event.ObserverIDS
	if err := m.times(c, e); err != nil {
		return err
	}
	if err := m.ends(e); err != nil {
		return err
	}
	m.network(e)
	if m.Any(&applicationFields) {
		m.application(e)
	}
	if action == "alert" {
		r := m.rule(e)
		m.alert(&r, c, e)
	} else {
		if m.Any(&ruleFields) {
			m.rule(e)
		}
		m.context(c, e)
	}
	e.Outline, e.Residual = m.Outlined()
	return nil
}

// refusals says, in the words of the quarantine, why a line is no strict JSON
// object, and what to do.
var refusals = [...]struct {
	reason event.Reason
	remedy string
}{
	strictjson.NotJSON:       {event.ReasonNotJSON, "each line of eve.json is one JSON object; a line cut off or broken in two is sent again whole"},
	strictjson.NotObject:     {event.ReasonNotObject, "each line of eve.json is one JSON object; arrays are loaded by the import command"},
	strictjson.DuplicateName: {event.ReasonDuplicate, "which of the two would count is anybody's guess; look who writes this member"},
	strictjson.InvalidUTF8:   {event.ReasonUTF8, "Suricata writes UTF-8; look what changed the line on its way"},
	strictjson.TooDeep:       {event.ReasonDepth, "no line of Suricata's is nested that deep"},
	strictjson.Trailing:      {event.ReasonNotJSON, "one object a line, with a line break between two"},
	strictjson.TooLong:       {event.ReasonTooLong, "lines of this size are not taken"},
}

func refusal(err error, record []byte) error {
	var bad *strictjson.Error
	if !errors.As(err, &bad) {
		return err
	}
	r := refusals[bad.Code]
	where := "where the line ends"
	if bad.Offset < len(record) {
		where = fmt.Sprintf("before %.30q", record[bad.Offset:])
	}
	return normalise.Rejectf(r.reason, "%v, %s; %s", bad, where, r.remedy)
}

func (m *mapper) times(c *normalise.Context, e *event.Event) error {
	if !m.Has(fTime) {
		return &normalise.RejectError{Reason: event.ReasonTime, Detail: "no timestamp, which Suricata writes into every line"}
	}
	t, ok := m.clocks[0].Parse(m.Text(fTime), c.Zone)
	if !ok {
		return normalise.Rejectf(event.ReasonTime, "timestamp %.60q is no time like 2026-11-21T03:31:36.503798+0000", m.Text(fTime))
	}
	e.Time = t
	if m.Has(fStart) {
		e.Start, _ = m.clocks[1].Parse(m.Text(fStart), c.Zone)
	}
	if m.Has(fEnd) {
		e.End, _ = m.clocks[2].Parse(m.Text(fEnd), c.Zone)
	}
	return nil
}

// ends sets addresses and ports, and finds out which end is the server's.
func (m *mapper) ends(e *event.Event) (err error) {
	if err = m.addr(fSrcIP, "src_ip", &e.Source.IP); err != nil {
		return err
	}
	if err = m.addr(fDstIP, "dest_ip", &e.Destination.IP); err != nil {
		return err
	}
	if e.Source.Port, err = m.port(fSrcPort, "src_port"); err != nil {
		return err
	}
	if e.Destination.Port, err = m.port(fDstPort, "dest_port"); err != nil {
		return err
	}
	m.server = event.SideDestination
	switch {
	case m.Text(fDirection) == "to_client":
		m.server = event.SideSource
	case m.Has(fDirection):
	case m.Has(fFlowSrcIP) && m.Text(fFlowSrcIP) != m.Text(fSrcIP) && m.Text(fFlowSrcIP) == m.Text(fDstIP):
		m.server = event.SideSource // the flow's first packet came from the other end
	case e.Action == "fileinfo" && e.Source.Port < e.Destination.Port:
		m.server = event.SideSource // who sends the file comes first, mostly a server answering
	}
	return nil
}

func (m *mapper) addr(field int, name string, to *event.Addr) error {
	s := m.Text(field)
	if s == "" || ipv4(s, to) {
		return nil
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return normalise.Rejectf(event.ReasonField, "%s %.60q is not an IP address", name, s)
	}
	*to = event.AddrFrom(a)
	return nil
}

func (m *mapper) port(field int, name string) (uint16, error) {
	if !m.Has(field) {
		return 0, nil
	}
	n, ok := m.Uint(field)
	if !ok || n > 65535 {
		return 0, normalise.Rejectf(event.ReasonField, "%s %.60q is not a port number", name, m.Text(field))
	}
	return uint16(n), nil
}

// network sets what is known of the flow. Bytes are counted per end of the
// record, whichever of them is the server's.
func (m *mapper) network(e *event.Event) {
	if m.Has(fProto) {
		e.Transport = m.Decoded(fProto)[0]
	}
	if e.Protocol = m.Text(fAppProto); e.Protocol == "" {
		e.Protocol = m.kind.protocol
	}
	if m.Has(fCommunityID) {
		copy(e.CommunityID[:], m.Decoded(fCommunityID)[:])
	}
	client, server := &e.Source, &e.Destination
	if m.server == event.SideSource {
		client, server = server, client
	}
	client.Bytes, _ = m.Uint(fBytesToServer)
	server.Bytes, _ = m.Uint(fBytesToClient)
	if m.Has(fNetflowBytes) {
		e.Source.Bytes, _ = m.Uint(fNetflowBytes)
	}
}

var applicationFields = strictjson.FieldsOf(
	fSNI, fURL, fHost, fMethod, fUserAgent, fQuery, fQueryType, fSHA256, fMailFrom, fFrom, fUser, fFTPCommand, fFTPData,
)

// application sets what the protocol parsers found, whatever the event type.
func (m *mapper) application(e *event.Event) {
	server := &e.Destination
	if m.server == event.SideSource {
		server = &e.Source
	}
	if m.Has(fSNI) {
		server.Domain = domain(m.Text(fSNI))
	}
	if m.Has(fURL) || m.Has(fHost) {
		m.url(e, server)
		e.HTTPMethod = m.Text(fMethod)
		e.UserAgent = m.Text(fUserAgent)
	} else if m.Has(fMethod) || m.Has(fUserAgent) {
		e.HTTPMethod = m.Text(fMethod)
		e.UserAgent = m.Text(fUserAgent)
	}
	e.DNSName = m.Text(fQuery)
	if m.Has(fQueryType) {
		e.DNSType = binary.LittleEndian.Uint16(m.Decoded(fQueryType)[:])
	}
	if m.Has(fSHA256) {
		e.FileSHA256 = event.Bytes32(*m.Decoded(fSHA256))
	}
	if m.Has(fMailFrom) {
		e.EmailFrom = mailbox(m.Text(fMailFrom))
	}
	if e.EmailFrom == "" && m.Has(fFrom) {
		e.EmailFrom = mailbox(m.Text(fFrom))
	}
	e.User = m.Text(fUser)
	if m.Text(fFTPCommand) == "USER" {
		e.User = m.Text(fFTPData)
	}
}
