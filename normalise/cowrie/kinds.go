// SPDX-License-Identifier: Apache-2.0

package cowrie

import "haidang/event"

// kind says what one event id means.
type kind struct {
	rsit      event.RSIT // unset: context
	technique string     // ATT&CK
	severity  uint8
	outcome   event.Outcome
	category  event.Categories
	foreign   bool // dst_ip is not the honeypot but whom the attacker wants to reach
}

const (
	login   = event.CategoryAuthentication | event.CategorySession
	session = event.CategoryNetwork | event.CategorySession
	file    = event.CategoryFile | event.CategoryMalware
)

// kinds has all event ids that Cowrie documents (docs/OUTPUT.rst), and those of
// older versions. Of several events that one act causes only the first counts
// as an attempt: cowrie.command.failed follows cowrie.command.input,
// cowrie.client.fingerprint goes with a login.
var kinds = map[string]kind{
	"cowrie.session.connect": {rsit: event.RSITScanner, severity: 1, category: session},
	"cowrie.login.failed":    {rsit: event.RSITBruteForce, technique: "T1110", severity: 2, outcome: event.OutcomeFailure, category: login},
	"cowrie.login.success":   {rsit: event.RSITBruteForce, technique: "T1110", severity: 3, outcome: event.OutcomeSuccess, category: login},

	"cowrie.command.input":    {rsit: event.RSITExploit, technique: "T1059.004", severity: 3, category: event.CategoryProcess},
	"cowrie.session.input":    {rsit: event.RSITExploit, technique: "T1059.004", severity: 3, category: event.CategoryProcess},
	"cowrie.command.chpasswd": {rsit: event.RSITExploit, technique: "T1098", severity: 3, category: event.CategoryProcess | login},
	"cowrie.command.failed":   {severity: 1, outcome: event.OutcomeFailure, category: event.CategoryProcess},
	"cowrie.command.success":  {severity: 1, outcome: event.OutcomeSuccess, category: event.CategoryProcess},

	"cowrie.session.file_download":        {rsit: event.RSITMalwareDistribution, technique: "T1105", severity: 4, outcome: event.OutcomeSuccess, category: file},
	"cowrie.session.file_download.failed": {rsit: event.RSITMalwareDistribution, technique: "T1105", severity: 3, outcome: event.OutcomeFailure, category: file},
	"cowrie.session.file_upload":          {rsit: event.RSITMalwareDistribution, technique: "T1105", severity: 4, outcome: event.OutcomeSuccess, category: file},

	"cowrie.telnet.exploit_attempt": {rsit: event.RSITExploit, technique: "T1190", severity: 4, category: event.CategoryIntrusionDetection | event.CategoryVulnerability},
	"cowrie.telnet.exploit_success": {severity: 4, outcome: event.OutcomeSuccess, category: event.CategoryIntrusionDetection | event.CategoryVulnerability},

	"cowrie.direct-tcpip.request":   {rsit: event.RSITUnauthorisedUse, technique: "T1090", severity: 3, category: session, foreign: true},
	"cowrie.direct-tcpip.data":      {severity: 1, category: session, foreign: true},
	"cowrie.direct-tcpip.ja4":       {severity: 1, category: session, foreign: true},
	"cowrie.direct-tcpip.ja4h":      {severity: 1, category: session, foreign: true},
	"cowrie.direct-tcpip.redirect":  {severity: 1, category: session, foreign: true},
	"cowrie.direct-tcpip.tunnel":    {severity: 1, category: session, foreign: true},
	"cowrie.tunnelproxy-tcpip.data": {severity: 1, category: session, foreign: true},

	"cowrie.client.fingerprint":      {severity: 1, category: login},
	"cowrie.client.kex":              {severity: 1, category: session},
	"cowrie.client.malformed_packet": {severity: 1, category: session},
	"cowrie.client.size":             {severity: 1, category: session},
	"cowrie.client.var":              {severity: 1, category: session},
	"cowrie.client.version":          {severity: 1, category: session},
	"cowrie.session.closed":          {severity: 1, category: session},
	"cowrie.session.params":          {severity: 1, category: session},
	"cowrie.log.open":                {severity: 1, category: session},
	"cowrie.log.closed":              {severity: 1, category: session},
	"cowrie.telnet.error":            {severity: 1, category: session},
	"cowrie.telnet.option":           {severity: 1, category: session},

	"cowrie.proxy.backend_connect_error": {severity: 1, category: event.CategoryNetwork},
	"cowrie.proxy.backend_connected":     {severity: 1, category: event.CategoryNetwork},
	"cowrie.proxy.backend_disconnected":  {severity: 1, category: event.CategoryNetwork},
	"cowrie.proxy.client_disconnect":     {severity: 1, category: event.CategoryNetwork},
	"cowrie.proxy.ssh":                   {severity: 1, category: event.CategoryNetwork},

	"cowrie.reversedns.connect":    {severity: 1, category: event.CategoryNetwork},
	"cowrie.reversedns.forward":    {severity: 1, category: event.CategoryNetwork, foreign: true},
	"cowrie.greynoise.result":      {severity: 1, category: event.CategoryThreat},
	"cowrie.virustotal.scanfile":   {severity: 1, category: event.CategoryFile | event.CategoryThreat},
	"cowrie.virustotal.scanurl":    {severity: 1, category: event.CategoryThreat},
	"cowrie.urlhaus.submitted":     {severity: 1, category: event.CategoryThreat},
	"cowrie.abuseipdb.ratelimited": {severity: 1, category: event.CategoryThreat},
	"cowrie.abuseipdb.reportedip":  {severity: 1, category: event.CategoryThreat},
	"cowrie.abuseipdb.reportfail":  {severity: 1, category: event.CategoryThreat},
	"cowrie.abuseipdb.started":     {severity: 1, category: event.CategoryThreat},
	"cowrie.abuseipdb.wakeup":      {severity: 1, category: event.CategoryThreat},
}
