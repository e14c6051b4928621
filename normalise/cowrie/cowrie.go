// SPDX-License-Identifier: Apache-2.0

package cowrie

import (
	"encoding/hex"
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"github.com/go-json-experiment/json/jsontext"

	"haidang/event"
	"haidang/normalise"
	"haidang/strictjson"
)

// Version of the mapping.
const Version = 1

// Format is the format "cowrie".
type Format struct{}

// New makes the format.
func New() Format { return Format{} }

// Name is what senders call it.
func (Format) Name() string { return "cowrie" }

// Framing is one event a line.
func (Format) Framing() event.Framing { return event.FramingLines }

// Version numbers the mapping.
func (Format) Version() uint16 { return Version }

// NewMapper makes a mapper for one goroutine.
func (Format) NewMapper() normalise.Mapper {
	return &mapper{r: strictjson.NewReader(table, strictjson.DefaultDepth)}
}

// Fields of the reader.
const (
	fEvent = iota
	fTime
	fSourceIP
	fSourcePort
	fDestIP
	fDestPort
	fProtocol
	fUser
	fInput
	fURL
	fSum
	fSHA256
	fDuration
	fDurationMS
	fCVE
	fPTR
)

// What a value must look like to be taken out of the residual is checked here,
// so that odd ones are kept as they came.
var table = strictjson.MustTable([]strictjson.Path{
	{Name: "eventid", Field: fEvent, Want: strictjson.String},
	{Name: "timestamp", Field: fTime},
	{Name: "src_ip", Field: fSourceIP, Want: strictjson.String},
	{Name: "src_port", Field: fSourcePort, Accept: isPort},
	{Name: "dst_ip", Field: fDestIP, Want: strictjson.String, Accept: isAddr},
	{Name: "dst_port", Field: fDestPort, Accept: isPort},
	{Name: "protocol", Field: fProtocol, Want: strictjson.String},
	{Name: "username", Field: fUser, Want: strictjson.String},
	{Name: "input", Field: fInput, Want: strictjson.String},
	{Name: "url", Field: fURL, Want: strictjson.String},
	{Name: "shasum", Field: fSum, Want: strictjson.String, Accept: isSHA256},
	{Name: "sha256", Field: fSHA256, Want: strictjson.String, Accept: isSHA256},
	{Name: "duration", Field: fDuration, Keep: true},
	{Name: "duration_ms", Field: fDurationMS, Want: strictjson.Number, Keep: true},
	{Name: "cve", Field: fCVE, Want: strictjson.String},
	{Name: "ptr", Field: fPTR, Want: strictjson.String, Keep: true},
})

func isPort(b []byte) bool {
	_, err := strconv.ParseUint(string(b), 10, 16)
	return err == nil
}

func isAddr(b []byte) bool {
	if len(b) > 45 { // the longest text form, RFC 4291 section 2.2
		return false
	}
	_, err := netip.ParseAddr(unsafe.String(unsafe.SliceData(b), len(b)))
	return err == nil
}

func isSHA256(b []byte) bool {
	var sum [32]byte
	if len(b) != 64 {
		return false
	}
	_, err := hex.Decode(sum[:], b)
	return err == nil
}

type mapper struct {
	r *strictjson.Reader
}

// Unusual implements what package normalise looks for in a mapper.
func (m *mapper) Unusual() bool { return m.r.Unusual() }

// Map maps one line.
func (m *mapper) Map(record []byte, c *normalise.Context, e *event.Event) error {
	if err := m.r.Read(record); err != nil {
		return rejectOf(err)
	}
	id := m.r.Text(fEvent)
	if !strings.HasPrefix(id, "cowrie.") {
		return normalise.Rejectf(event.ReasonWrongFormat, "eventid is %.60q, not the id of a Cowrie event", id)
	}
	k := kinds[id]
	e.Action, e.Dataset, e.ObserverType = id, "cowrie.log", event.ObserverHoneypot
	e.Transport = 6 // SSH and Telnet
	if err := m.setTime(c, e); err != nil {
		return err
	}
	if err := m.setEnds(&k, c, e); err != nil {
		return err
	}
	m.setMeaning(&k, e)
	m.setDetail(id, e)
	m.setResidual(id, &k, e)
	return nil
}

// setResidual keeps what has no field, and what was taken out but has none in
// this event.
func (m *mapper) setResidual(id string, k *kind, e *event.Event) {
	e.Residual = append(e.Residual, m.r.Residual()...)
	if k.foreign {
		m.putBack("dst_ip", fDestIP, e)
		m.putBack("dst_port", fDestPort, e)
	}
	if !isFile(id) {
		m.putBack("shasum", fSum, e)
	}
}

// putBack adds a member to the residual; the values are plain text or digits.
func (m *mapper) putBack(name string, field int, e *event.Event) {
	if !m.r.Has(field) {
		return
	}
	if n := len(e.Residual); n == 0 {
		e.Residual = append(e.Residual, '{')
	} else {
		e.Residual[n-1] = ','
	}
	e.Residual = append(append(append(e.Residual, '"'), name...), `":`...)
	e.Residual, _ = jsontext.AppendQuote(e.Residual, m.r.Bytes(field))
	e.Residual = append(e.Residual, '}')
}

// isFile reports whether an event is about a file that entered the honeypot;
// the shasum of others is that of the attacker's typing.
func isFile(id string) bool { return strings.HasPrefix(id, "cowrie.session.file_") }

func (m *mapper) setMeaning(k *kind, e *event.Event) {
	e.Severity, e.Outcome, e.Category = k.severity, k.outcome, k.category
	if k.rsit == event.RSITUnset {
		e.Kind, e.Stage, e.Affected = event.KindEvent, event.StageContext, event.SideNone
		return
	}
	e.Kind, e.Stage, e.Affected = event.KindAlert, event.StageAttempt, event.SideDestination
	e.RSIT, e.Way, e.Confirmed = k.rsit, event.WayNetwork, event.ConfirmedYes
	if k.technique != "" {
		e.Techniques = append(e.Techniques, k.technique)
	}
}

// setEnds sets both ends. The destination is the honeypot, which stands where
// its sensor was enrolled; the event of a forwarded connection names somebody
// else, who stays in the residual.
func (m *mapper) setEnds(k *kind, c *normalise.Context, e *event.Event) error {
	if m.r.Has(fSourceIP) {
		a, err := netip.ParseAddr(m.r.Text(fSourceIP))
		if err != nil {
			return normalise.Rejectf(event.ReasonField, "src_ip %.60q is no IP address", m.r.Text(fSourceIP))
		}
		e.Source.IP = event.AddrFrom(a)
	}
	e.Source.Port = m.port(fSourcePort)
	e.Destination.Country, _ = event.ParseCountry(c.Sensor.Country)
	if k.foreign {
		return nil
	}
	if a, err := netip.ParseAddr(m.r.Text(fDestIP)); err == nil {
		e.Destination.IP = event.AddrFrom(a)
	}
	e.Destination.Port = m.port(fDestPort)
	return nil
}

func (m *mapper) port(field int) uint16 {
	n, _ := m.r.Uint(field)
	return uint16(n)
}

func (m *mapper) setDetail(id string, e *event.Event) {
	e.Protocol = m.r.Text(fProtocol)
	e.User = m.r.Text(fUser)
	e.CommandLine = m.r.Text(fInput)
	e.URL = m.r.Text(fURL)
	if cve := m.r.Text(fCVE); cve != "" {
		e.Vulnerabilities = append(e.Vulnerabilities, cve)
	}
	if id == "cowrie.reversedns.connect" {
		e.Source.Domain = m.r.Text(fPTR)
	}
	switch {
	case m.r.Has(fSHA256):
		_, _ = hex.Decode(e.FileSHA256[:], m.r.Bytes(fSHA256))
	case isFile(id) && m.r.Has(fSum):
		_, _ = hex.Decode(e.FileSHA256[:], m.r.Bytes(fSum))
	}
	if id == "cowrie.session.closed" {
		if d := m.duration(); d > 0 {
			e.Start, e.End = e.Time-event.Time(d), e.Time
		}
	}
}

// duration is in milliseconds, in older versions in seconds, as a number or text.
func (m *mapper) duration() time.Duration {
	const most = 1e9 // seconds; what is longer is no session
	if n, ok := m.r.Uint(fDurationMS); ok && n < most*1000 {
		return time.Duration(n) * time.Millisecond
	}
	s, err := strconv.ParseFloat(m.r.Text(fDuration), 64)
	if err != nil || !(s > 0 && s < most) {
		return 0
	}
	return time.Duration(s * float64(time.Second))
}

// setTime reads the time; without a zone it is in that of the sensor.
func (m *mapper) setTime(c *normalise.Context, e *event.Event) error {
	s := m.r.Text(fTime)
	for _, layout := range [...]string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700"} {
		if t, err := time.Parse(layout, s); err == nil {
			e.Time = event.TimeOf(t)
			return checkTime(t, s)
		}
	}
	if t, err := time.ParseInLocation("2006-01-02T15:04:05.999999999", s, c.Zone); err == nil {
		e.Time = event.TimeOf(t)
		return checkTime(t, s)
	}
	return normalise.Rejectf(event.ReasonTime, "timestamp %.60q is no time like 2006-01-02T15:04:05.999999Z", s)
}

// checkTime refuses years that 64 bits of nanoseconds do not reach.
func checkTime(t time.Time, s string) error {
	if y := t.Year(); y < 1970 || y > 2200 {
		return normalise.Rejectf(event.ReasonTime, "timestamp %.60q is not within the years 1970 to 2200", s)
	}
	return nil
}

// reasons of quarantine by what the reader found.
var reasons = map[strictjson.Code]event.Reason{
	strictjson.NotJSON: event.ReasonNotJSON, strictjson.NotObject: event.ReasonNotObject,
	strictjson.DuplicateName: event.ReasonDuplicate, strictjson.InvalidUTF8: event.ReasonUTF8,
	strictjson.TooDeep: event.ReasonDepth, strictjson.Trailing: event.ReasonNotJSON, strictjson.TooLong: event.ReasonTooLong,
}

func rejectOf(err error) error {
	var bad *strictjson.Error
	if errors.As(err, &bad) {
		return normalise.Rejectf(reasons[bad.Code], "%v; Cowrie's jsonlog writes one JSON object a line", bad)
	}
	return err
}
