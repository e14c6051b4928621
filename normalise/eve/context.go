// SPDX-License-Identifier: Apache-2.0

package eve

import (
	"haidang/event"
	"haidang/normalise"
)

// kind is what an event type other than alert means.
type kind struct {
	name     string
	kind     event.Kind
	category event.Categories
	protocol string // of the application, where the line does not name it itself
}

// kinds lists the event types of Suricata 6, 7 and 8; others are taken as the
// zero kind: stored and searchable, meaning nothing to us yet.
var kinds = named(map[string]kind{
	"alert":          {}, // decided by its rule
	"anomaly":        {category: event.CategoryNetwork},
	"arp":            {category: event.CategoryNetwork},
	"bittorrent_dht": {category: event.CategoryNetwork, protocol: "bittorrent-dht"},
	"dcerpc":         {category: event.CategoryNetwork, protocol: "dcerpc"},
	"dhcp":           {category: event.CategoryNetwork, protocol: "dhcp"},
	"dnp3":           {category: event.CategoryNetwork, protocol: "dnp3"},
	"dns":            {category: event.CategoryNetwork, protocol: "dns"},
	"doh2":           {category: event.CategoryNetwork, protocol: "doh2"},
	"drop":           {category: event.CategoryNetwork},
	"engine":         {category: event.CategoryHost},
	"enip":           {category: event.CategoryNetwork, protocol: "enip"},
	"fileinfo":       {category: event.CategoryNetwork | event.CategoryFile},
	"flow":           {category: event.CategoryNetwork | event.CategorySession},
	"frame":          {category: event.CategoryNetwork},
	"ftp":            {category: event.CategoryNetwork, protocol: "ftp"},
	"ftp_data":       {category: event.CategoryNetwork, protocol: "ftp-data"},
	"http":           {category: event.CategoryNetwork | event.CategoryWeb, protocol: "http"},
	"http2":          {category: event.CategoryNetwork | event.CategoryWeb, protocol: "http2"},
	"ike":            {category: event.CategoryNetwork, protocol: "ike"},
	"ikev2":          {category: event.CategoryNetwork, protocol: "ike"},
	"krb5":           {category: event.CategoryNetwork | event.CategoryAuthentication, protocol: "krb5"},
	"ldap":           {category: event.CategoryNetwork, protocol: "ldap"},
	"lua":            {category: event.CategoryNetwork},
	"mdns":           {category: event.CategoryNetwork, protocol: "mdns"},
	"metadata":       {category: event.CategoryNetwork},
	"modbus":         {category: event.CategoryNetwork, protocol: "modbus"},
	"mqtt":           {category: event.CategoryNetwork, protocol: "mqtt"},
	"netflow":        {category: event.CategoryNetwork | event.CategorySession},
	"nfs":            {category: event.CategoryNetwork, protocol: "nfs"},
	"packet":         {category: event.CategoryNetwork},
	"pgsql":          {category: event.CategoryNetwork, protocol: "pgsql"},
	"pop3":           {category: event.CategoryNetwork | event.CategoryEmail, protocol: "pop3"},
	"quic":           {category: event.CategoryNetwork, protocol: "quic"},
	"rdp":            {category: event.CategoryNetwork, protocol: "rdp"},
	"rfb":            {category: event.CategoryNetwork, protocol: "rfb"},
	"rpc":            {category: event.CategoryNetwork, protocol: "rpc"},
	"sip":            {category: event.CategoryNetwork, protocol: "sip"},
	"smb":            {category: event.CategoryNetwork, protocol: "smb"},
	"smtp":           {category: event.CategoryNetwork | event.CategoryEmail, protocol: "smtp"},
	"snmp":           {category: event.CategoryNetwork, protocol: "snmp"},
	"ssh":            {category: event.CategoryNetwork, protocol: "ssh"},
	"stats":          {kind: event.KindMetric},
	"telnet":         {category: event.CategoryNetwork, protocol: "telnet"},
	"template":       {category: event.CategoryNetwork},
	"tftp":           {category: event.CategoryNetwork, protocol: "tftp"},
	"tls":            {category: event.CategoryNetwork, protocol: "tls"},
	"websocket":      {category: event.CategoryNetwork | event.CategoryWeb, protocol: "websocket"},
})

func named(kinds map[string]kind) map[string]*kind {
	out := make(map[string]*kind, len(kinds))
	for name, k := range kinds {
		k.name = name
		out[name] = &k
	}
	return out
}

// otherKind is the kind of all other event types.
var otherKind kind

// context maps what is no alert: no attack, nobody affected.
func (m *mapper) context(c *normalise.Context, e *event.Event) {
	e.Kind, e.Category = m.kind.kind, m.kind.category
	if e.Kind == event.KindUnset {
		e.Kind = event.KindEvent
	}
	e.Stage, e.Affected = event.StageContext, event.SideNone
	e.Severity = event.SeverityInformational
	e.Outcome = m.outcome(e.Action)
	if m.Has(fKernelDrops) && c.Drops != nil {
		if total, ok := m.Uint(fKernelDrops); ok {
			uptime, _ := m.Uint(fUptime)
			c.Drops(total, uptime)
		}
	}
}

// outcome says whether what was asked was done, where the answer tells.
func (m *mapper) outcome(action string) event.Outcome {
	switch {
	case action == "drop", m.Has(fKerberosError):
		return event.OutcomeFailure
	case m.Has(fStatus):
		n, _ := m.Uint(fStatus)
		return done(n < 400)
	case m.Has(fRCode):
		return done(m.Text(fRCode) == "NOERROR")
	case m.Has(fFTPReply):
		c := m.Text(fFTPReply)
		return done(c == "" || c[0] < '4')
	}
	switch m.Text(fSMBStatus) {
	case "STATUS_SUCCESS":
		return event.OutcomeSuccess
	case "STATUS_ACCESS_DENIED", "STATUS_LOGON_FAILURE":
		return event.OutcomeFailure
	}
	return event.OutcomeUnset
}

func done(ok bool) event.Outcome {
	if ok {
		return event.OutcomeSuccess
	}
	return event.OutcomeFailure
}
