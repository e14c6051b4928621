// SPDX-License-Identifier: Apache-2.0

package shadowserver

import (
	"bytes"
	"sync/atomic"
	"unicode/utf8"

	"haidang/event"
	"haidang/normalise"
)

// Version of the mapping.
const Version = 1

// Format is the format "shadowserver".
type Format struct {
	reports *catalogue
	unknown atomic.Uint64
}

// New makes the format.
func New() *Format { return &Format{reports: newCatalogue()} }

// Name is what senders call it.
func (f *Format) Name() string { return "shadowserver" }

// Framing is CSV with a header row.
func (f *Format) Framing() event.Framing { return event.FramingCSV }

// Version numbers the mapping.
func (f *Format) Version() uint16 { return Version }

// NewMapper makes a mapper for one goroutine.
func (f *Format) NewMapper() normalise.Mapper {
	return &mapper{format: f, byTag: map[string]*report{}}
}

// Unknown counts the rows, since the start, of reports that are not in the
// table: a reason to look for a newer version.
func (f *Format) Unknown() uint64 { return f.unknown.Load() }

// Known reports whether a report of that name is in the table; names of files
// can be checked with it before they are sent.
func (f *Format) Known(report string) bool { return f.reports.named(report) != nil }

type mapper struct {
	format   *Format
	preamble []byte
	head     *header
	row      row
	byTag    map[string]*report // what the tags of rows without a clear header mean
	v        values
}

// values holds what must be seen together before it can be set.
type values struct {
	report                          *report
	tag, infection, family, app     []byte
	url, host                       []byte
	hostIsDest                      bool // the host asked for is the sinkhole's
	vendor, model, version, implant []byte
	sector, naics                   [2][]byte // by source, destination
	built                           []byte    // memory for the URL and the product
}

// maxMissing is how many columns a row may lack at its end: published rows do
// where a column was added to a report lately.
const maxMissing = 2

// maxTags bounds the memory that attackers' tags can take.
const maxTags = 4096

// Map maps one row.
func (m *mapper) Map(record []byte, c *normalise.Context, e *event.Event) error {
	if m.head == nil || !bytes.Equal(c.Preamble, m.preamble) {
		h, reject := m.format.reports.bind(c.Preamble)
		if reject != nil {
			return reject
		}
		m.head, m.preamble = h, bytes.Clone(c.Preamble)
		clear(m.byTag)
	}
	if !utf8.Valid(record) {
		return normalise.Rejectf(event.ReasonUTF8, "the row is not UTF-8")
	}
	if !m.row.split(record) {
		return normalise.Rejectf(event.ReasonColumns, "a quote is not closed or has text behind it")
	}
	if got, want := len(m.row.fields), len(m.head.columns); got > want || got < want-maxMissing {
		return normalise.Rejectf(event.ReasonColumns, "%d columns, the header row has %d", got, want)
	}
	m.v = values{built: m.v.built[:0]}
	m.v.tag = m.field(toTag)
	m.v.report = m.reportOf()
	m.v.host = m.field(toHost)
	m.v.hostIsDest = m.head.events || m.v.report.name == "event_sinkhole_http_referer"
	m.constants(e)
	if err := m.columns(e); err != nil {
		return err
	}
	m.finish(c, e)
	return nil
}

// field gives the first value that a target has in this row.
func (m *mapper) field(to target) []byte {
	for i, value := range m.row.fields {
		if m.head.columns[i].to == to && len(value) > 0 {
			return value
		}
	}
	return nil
}

// reportOf finds the row's report: the header's, else what the tag says.
func (m *mapper) reportOf() *report {
	c := m.format.reports
	r := m.head.report
	if r == nil {
		var ok bool
		if r, ok = m.byTag[view(m.v.tag)]; !ok {
			if r = c.byTag(string(m.v.tag), m.head.events); r == nil {
				r = c.unknown
			}
			if len(m.byTag) < maxTags {
				m.byTag[string(m.v.tag)] = r
			}
		}
	}
	if twin := c.vulnerable(r); twin != nil && !m.head.named && hasCVE(m.v.tag) {
		r = twin
	}
	if r == c.unknown {
		m.format.unknown.Add(1)
	}
	return r
}

// constants sets what the report says of all its rows.
func (m *mapper) constants(e *event.Event) {
	r := m.v.report
	e.Dataset, e.Action, e.RuleName, e.RuleID = r.dataset, r.name, r.name, r.id
	e.ObserverType = event.ObserverFeed
	e.RSIT, e.Stage, e.Way, e.Affected = r.rsit, r.stage, r.way, r.side
	e.Severity, e.Category = r.severity, r.category
	e.Protocol, e.Transport = r.app, r.transport
	switch r.stage {
	case event.StageState:
		e.Kind = event.KindState
	case event.StageAttempt, event.StageIncident:
		e.Kind = event.KindAlert
	default:
		e.Kind = event.KindEvent
	}
}
