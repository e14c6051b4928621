// SPDX-License-Identifier: Apache-2.0

package shadowserver

import (
	"bytes"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"haidang/event"
	"haidang/normalise"
)

// target says where a column's value goes.
type target uint8

const (
	toResidual target = iota
	toTime
	toStart
	toEnd
	toSourceIP
	toSourcePort
	toSourceDomain
	toSourceAS
	toSourceGeo
	toDestIP
	toDestPort
	toDestDomain
	toDestAS
	toDestGeo
	toTransport
	toApplication
	toTag
	toInfection
	toFamily
	toURL
	toHost
	toAgent
	toMethod
	toSHA256
	toVulnerability
	toTechnique
	toSeverity
	toSourceSector
	toSourceNAICS
	toDestSector
	toDestNAICS
	toUser
	toSender
	toQuery
	toQueryType
	toVendor
	toModel
	toVersion
	toImplant
	toWebsite
	toEmail
)

// targets of the columns; all others go to the residual.
var targets = map[string]target{
	"timestamp": toTime, "start_time": toStart, "end_time": toEnd,
	"ip": toSourceIP, "src_ip": toSourceIP, "http_referer_ip": toSourceIP,
	"port": toSourcePort, "src_port": toSourcePort, "http_referer_port": toSourcePort,
	"hostname": toSourceDomain, "src_hostname": toSourceDomain, "http_referer_hostname": toSourceDomain,
	"asn": toSourceAS, "src_asn": toSourceAS, "http_referer_asn": toSourceAS,
	"geo": toSourceGeo, "src_geo": toSourceGeo, "http_referer_geo": toSourceGeo,
	"dst_ip": toDestIP, "dst_port": toDestPort, "dst_hostname": toDestDomain, "dst_asn": toDestAS, "dst_geo": toDestGeo,
	"protocol": toTransport, "application": toApplication, "service": toApplication,
	"tag": toTag, "infection": toInfection, "family": toFamily, "ransomware": toInfection,
	"url": toURL, "http_url": toURL, "http_host": toHost, "http_agent": toAgent, "user_agent": toAgent,
	"http_request_method": toMethod, "http_method": toMethod, "method": toMethod,
	"sha256": toSHA256, "file_sha256": toSHA256,
	"vulnerability_id": toVulnerability, "threat_technique_id": toTechnique, "severity": toSeverity,
	"sector": toSourceSector, "src_sector": toSourceSector, "http_referer_sector": toSourceSector, "dst_sector": toDestSector,
	"naics": toSourceNAICS, "src_naics": toSourceNAICS, "http_referer_naics": toSourceNAICS, "dst_naics": toDestNAICS,
	"username": toUser, "account": toUser, "sender": toSender,
	"query": toQuery, "request": toQuery, "query_type": toQueryType, "request_type": toQueryType,
	"device_vendor": toVendor, "device_model": toModel, "device_version": toVersion, "smb_implant": toImplant,
	"website": toWebsite, "email": toEmail,
}

// header is the binding of one file's columns.
type header struct {
	columns []column
	report  *report // nil: the rows' tags decide
	named   bool    // by a line #report=
	events  bool    // has source and destination
}

type column struct {
	name string
	key  []byte // "name": as JSON
	to   target
}

// reportMark names the report where a file's name cannot: in a line of its own
// before the header row, or as an additional last column of it.
const reportMark = "#report="

// bind reads a preamble: the header row, perhaps with a report mark.
func (c *catalogue) bind(preamble []byte) (*header, *normalise.RejectError) {
	line := bytes.TrimPrefix(preamble, []byte("\ufeff"))
	h := &header{}
	if bytes.HasPrefix(line, []byte(reportMark)) {
		name, after, _ := bytes.Cut(line, []byte("\n"))
		h.mark(c, string(name))
		line = after
	}
	var r row
	if !r.split(bytes.TrimRight(line, "\r\n")) {
		return nil, normalise.Rejectf(event.ReasonColumns, "the header row has an open quote; send the file as Shadowserver wrote it")
	}
	names, taken := map[string]bool{}, map[target]bool{}
	for i, f := range r.fields {
		name := strings.ToLower(strings.TrimSpace(string(f)))
		if i > 0 && i == len(r.fields)-1 && strings.HasPrefix(name, reportMark) {
			h.mark(c, name)
			break
		}
		key, err := jsontext.AppendQuote(nil, name)
		if err != nil || names[name] || name == "" {
			return nil, normalise.Rejectf(event.ReasonColumns, "the header row names column %q twice or not at all", name)
		}
		names[name] = true
		to := targets[name]
		if to >= toSourceIP && to <= toDestGeo || to == toURL {
			// spam_url names the page's host first, then the mail's sender: the
			// first is whom the report is about.
			if taken[to] {
				to = toResidual
			}
			taken[to] = to != toResidual
		}
		h.columns = append(h.columns, column{name, append(key, ':'), to})
	}
	if !names["timestamp"] {
		return nil, normalise.Rejectf(event.ReasonWrongFormat, "no column timestamp; a Shadowserver report begins with its header row")
	}
	h.events = names["src_ip"] && !names["ip"]
	if h.report == nil {
		h.report = c.byColumns(names)
	}
	return h, nil
}

// mark sets the report that a report mark names.
func (h *header) mark(c *catalogue, text string) {
	h.named = true
	if h.report = c.named(strings.TrimPrefix(text, reportMark)); h.report == nil {
		h.report = c.unknown
	}
}
