// SPDX-License-Identifier: Apache-2.0

package eve

import "haidang/strictjson"

// Fields that the mapper asks for. Several places may share one.
const (
	fTime = iota
	fType
	fSrcIP
	fSrcPort
	fDstIP
	fDstPort
	fProto
	fAppProto
	fCommunityID
	fDirection
	fAction
	fSignatureID
	fSignature
	fCategory
	fPriority
	fTargetIP
	fAttackTarget
	fCVE
	fTechnique
	fFamily
	fProduct
	fConfidence
	fRuleSeverity
	fLure
	fPktsToServer
	fPktsToClient
	fBytesToServer
	fBytesToClient
	fStart
	fEnd
	fFlowState
	fFlowSrcIP
	fTCPState
	fNetflowBytes
	fHost
	fHTTPPort
	fURL
	fUserAgent
	fMethod
	fStatus
	fQuery
	fQueryType
	fRCode
	fSNI
	fSHA256
	fMailFrom
	fFrom
	fUser
	fFTPCommand
	fFTPData
	fFTPReply
	fSMBStatus
	fKerberosError
	fKernelDrops
	fUptime
)

const (
	str    = strictjson.String
	num    = strictjson.Number
	either = str | num
)

// table binds EVE's paths to fields. Keep leaves a value in the residual too:
// where only a part of what it says has a field in the record.
var table = strictjson.MustTable(append([]strictjson.Path{
	{Name: "timestamp", Field: fTime, Want: str},
	{Name: "event_type", Field: fType, Want: str},
	{Name: "src_ip", Field: fSrcIP, Want: str, NotEmpty: true},
	{Name: "src_port", Field: fSrcPort, Want: either},
	{Name: "dest_ip", Field: fDstIP, Want: str, NotEmpty: true},
	{Name: "dest_port", Field: fDstPort, Want: either},
	{Name: "proto", Field: fProto, Want: str, Decode: decodeTransport},
	{Name: "app_proto", Field: fAppProto, Want: str, Accept: isDetected},
	{Name: "community_id", Field: fCommunityID, Want: str, Decode: decodeCommunityID},
	{Name: "direction", Field: fDirection, Want: str, Keep: true},

	{Name: "alert.action", Field: fAction, Want: str, Keep: true},
	{Name: "alert.signature_id", Field: fSignatureID, Want: either},
	{Name: "alert.signature", Field: fSignature, Want: str},
	{Name: "alert.category", Field: fCategory, Want: str, Keep: true},
	{Name: "alert.severity", Field: fPriority, Want: num, Keep: true},
	{Name: "alert.target.ip", Field: fTargetIP, Want: str, Keep: true},
	{Name: "alert.metadata.attack_target[]", Field: fAttackTarget, Want: str, Keep: true},
	{Name: "alert.metadata.attack_target", Field: fAttackTarget, Want: str, Keep: true},
	{Name: "alert.metadata.cve[]", Field: fCVE, Want: str},
	{Name: "alert.metadata.cve", Field: fCVE, Want: str, Keep: true},
	{Name: "alert.metadata.mitre_technique_id[]", Field: fTechnique, Want: str},
	{Name: "alert.metadata.mitre_tactic_id", Want: strictjson.None},
	{Name: "alert.metadata.malware_family[0]", Field: fFamily, Want: str},
	{Name: "alert.metadata.affected_product[0]", Field: fProduct, Want: str, Keep: true},
	{Name: "alert.metadata.confidence[0]", Field: fConfidence, Want: str, Keep: true},
	{Name: "alert.metadata.signature_severity[0]", Field: fRuleSeverity, Want: str, Keep: true},
	{Name: "alert.metadata.lure[0]", Field: fLure, Want: str},

	{Name: "flow.pkts_toserver", Field: fPktsToServer, Want: num, Keep: true},
	{Name: "flow.pkts_toclient", Field: fPktsToClient, Want: num, Keep: true},
	{Name: "flow.bytes_toserver", Field: fBytesToServer, Want: num},
	{Name: "flow.bytes_toclient", Field: fBytesToClient, Want: num},
	{Name: "flow.start", Field: fStart, Want: str},
	{Name: "flow.end", Field: fEnd, Want: str},
	{Name: "flow.state", Field: fFlowState, Want: str, Keep: true},
	{Name: "flow.src_ip", Field: fFlowSrcIP, Want: str, Keep: true},
	{Name: "tcp.state", Field: fTCPState, Want: str, Keep: true},
	{Name: "netflow.bytes", Field: fNetflowBytes, Want: num},
	{Name: "netflow.start", Field: fStart, Want: str},
	{Name: "netflow.end", Field: fEnd, Want: str},

	{Name: "http.hostname", Field: fHost, Want: str},
	{Name: "http.http_port", Field: fHTTPPort, Want: num, Keep: true},
	{Name: "http.url", Field: fURL, Want: str},
	{Name: "http.http_user_agent", Field: fUserAgent, Want: str},
	{Name: "http.http_method", Field: fMethod, Want: str},
	{Name: "http.status", Field: fStatus, Want: num, Keep: true},

	{Name: "dns.rrname", Field: fQuery, Want: str},
	{Name: "dns.rrtype", Field: fQueryType, Want: str, Decode: decodeRRType},
	{Name: "dns.queries[0].rrname", Field: fQuery, Want: str},
	{Name: "dns.queries[0].rrtype", Field: fQueryType, Want: str, Decode: decodeRRType},
	{Name: "dns.query[0].rrname", Field: fQuery, Want: str},
	{Name: "dns.query[0].rrtype", Field: fQueryType, Want: str, Decode: decodeRRType},
	{Name: "dns.answer.rrname", Field: fQuery, Want: str, Keep: true},
	{Name: "dns.rcode", Field: fRCode, Want: str, Keep: true},
	{Name: "mdns.queries[0].rrname", Field: fQuery, Want: str},
	{Name: "mdns.queries[0].rrtype", Field: fQueryType, Want: str, Decode: decodeRRType},
	{Name: "mdns.rrname", Field: fQuery, Want: str},
	{Name: "mdns.rrtype", Field: fQueryType, Want: str, Decode: decodeRRType},

	{Name: "tls.sni", Field: fSNI, Want: str},
	{Name: "quic.sni", Field: fSNI, Want: str},
	{Name: "fileinfo.sha256", Field: fSHA256, Want: str, Decode: decodeSHA256},
	{Name: "files[0].sha256", Field: fSHA256, Want: str, Decode: decodeSHA256},
	{Name: "smtp.mail_from", Field: fMailFrom, Want: str},
	{Name: "email.from", Field: fFrom, Want: str, Keep: true},

	{Name: "ftp.command", Field: fFTPCommand, Want: str, Keep: true},
	{Name: "ftp.command_data", Field: fFTPData, Want: str, Keep: true},
	{Name: "ftp.completion_code[0]", Field: fFTPReply, Want: str, Keep: true},
	{Name: "smb.ntlmssp.user", Field: fUser, Want: str},
	{Name: "smb.status", Field: fSMBStatus, Want: str, Keep: true},
	{Name: "krb5.cname", Field: fUser, Want: str},
	{Name: "krb5.error_code", Field: fKerberosError, Want: either, Keep: true},
	{Name: "mqtt.connect.username", Field: fUser, Want: str},
	{Name: "snmp.usm", Field: fUser, Want: str},
	{Name: "pgsql.request.startup_parameters.user", Field: fUser, Want: str},
	{Name: "ldap.request.bind_request.name", Field: fUser, Want: str},
	{Name: "arp.src_ip", Field: fSrcIP, Want: str, NotEmpty: true},
	{Name: "arp.dest_ip", Field: fDstIP, Want: str, NotEmpty: true},

	{Name: "stats.capture.kernel_drops", Field: fKernelDrops, Want: num, Keep: true},
	{Name: "stats.uptime", Field: fUptime, Want: num, Keep: true},
}, usual(
	"flow_id", "pcap_cnt", "in_iface", "tx_id", "pkt_src", "icmp_type", "icmp_code", "host", "metadata", "vlan", "ip_v",
	"app_proto_tc", "app_proto_ts", "payload", "payload_printable", "packet", "packet_info", "stream", "parent_id",
	"alert.gid", "alert.rev", "alert.metadata.created_at", "alert.metadata.updated_at", "alert.metadata.deployment",
	"alert.metadata.former_category", "alert.metadata.performance_impact", "alert.metadata.tag", "alert.rule",
	"alert.metadata.mitre_tactic_name", "alert.metadata.mitre_technique_name", "alert.metadata.reviewed_at",
	"flow.age", "flow.reason", "flow.alerted", "flow.dest_ip", "flow.src_port", "flow.dest_port", "flow.tx_cnt",
	"tcp.tcp_flags", "tcp.tcp_flags_ts", "tcp.tcp_flags_tc", "tcp.syn", "tcp.fin", "tcp.rst", "tcp.psh", "tcp.ack",
	"tcp.ts_max_regions", "tcp.tc_max_regions", "http.http_content_type", "http.protocol", "http.length",
	"http.http_refer", "http.redirect", "dns.version", "dns.type", "dns.id", "dns.tx_id", "dns.opcode", "dns.flags",
	"dns.qr", "dns.rd", "dns.ra", "dns.aa", "dns.answers", "dns.grouped", "tls.version", "tls.subject", "tls.issuerdn",
	"tls.serial", "tls.fingerprint", "tls.notbefore", "tls.notafter", "tls.ja3", "tls.ja3s", "fileinfo.filename",
	"fileinfo.gaps", "fileinfo.state", "fileinfo.stored", "fileinfo.size", "fileinfo.tx_id", "fileinfo.magic",
	"anomaly.type", "anomaly.event", "anomaly.layer", "anomaly.app_proto",
)...))

// usual lists members that are often there and stay in the residual; naming
// them makes reading them quicker.
func usual(names ...string) []strictjson.Path {
	out := make([]strictjson.Path, len(names))
	for i, n := range names {
		out[i] = strictjson.Path{Name: n, Want: strictjson.None}
	}
	return out
}
