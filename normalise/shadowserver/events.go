// SPDX-License-Identifier: Apache-2.0

package shadowserver

import "haidang/event"

// events are the reports of what machines did: infected ones that call home to
// a sinkhole, attackers of honeypots, compromised and malicious hosts. Who is
// affected follows the published description of each report.
var events = []report{
	// Infected machines: the address that called the sinkhole is affected.
	{name: "event_sinkhole", severity: critical, rsit: event.RSITInfectedSystem, stage: event.StageIncident, way: event.WayBotnetDDoS,
		side: event.SideSource, confirmed: byTransport, category: event.CategoryMalware | event.CategoryNetwork, marks: "src_ip ssl_cipher !http_host"},
	{name: "event_sinkhole_http", app: "http", transport: tcp, severity: critical, rsit: event.RSITInfectedSystem, stage: event.StageIncident,
		way: event.WayBotnetDDoS, side: event.SideSource, confirmed: byTransport, category: event.CategoryMalware | event.CategoryNetwork,
		marks: "src_ip http_host forwarded_by"},
	// The page that sent its visitor to the sinkhole was tampered with.
	{name: "event_sinkhole_http_referer", app: "http", transport: tcp, severity: critical, rsit: event.RSITInfectedSystem, stage: event.StageIncident,
		way: event.WayWeb, side: event.SideSource, confirmed: never, category: event.CategoryMalware | event.CategoryWeb, marks: "http_referer_ip"},
	{name: "event_microsoft_sinkhole", severity: critical, rsit: event.RSITInfectedSystem, stage: event.StageIncident, way: event.WayBotnetDDoS,
		side: event.SideSource, confirmed: byTransport, category: event.CategoryMalware | event.CategoryNetwork},
	{name: "event_microsoft_sinkhole_http", app: "http", transport: tcp, severity: critical, rsit: event.RSITInfectedSystem, stage: event.StageIncident,
		way: event.WayBotnetDDoS, side: event.SideSource, confirmed: byTransport, category: event.CategoryMalware | event.CategoryNetwork},
	// The address is that of a resolver; who is infected behind it is not known.
	{name: "event_sinkhole_dns", id: "sinkholedns", app: "dns", severity: info, rsit: event.RSITOther, stage: event.StageContext,
		side: event.SideNone, category: event.CategoryNetwork, marks: "query query_type src_ip"},

	// Attacks on honeypots: the source attacks, the honeypot is affected.
	{name: "event_honeypot_brute_force", severity: critical, rsit: event.RSITBruteForce, stage: event.StageAttempt, way: event.WayNetwork,
		side: event.SideDestination, confirmed: byTransport, category: event.CategoryAuthentication | event.CategoryIntrusionDetection,
		marks: "client_version payload_url"},
	{name: "event_honeypot_http_scan", id: "honeypot-http-scan", app: "http", transport: tcp, severity: high, rsit: event.RSITScanner,
		stage: event.StageAttempt, way: event.WayWeb, side: event.SideDestination, confirmed: byTransport,
		category: event.CategoryIntrusionDetection | event.CategoryWeb, marks: "src_ip http_request_method"},
	{name: "event_honeypot_ics_scan", id: "honeypot-ics-scan", severity: critical, rsit: event.RSITScanner, stage: event.StageAttempt,
		way: event.WayNetwork, side: event.SideDestination, confirmed: byTransport, category: event.CategoryIntrusionDetection, marks: "slave_id function_code"},
	{name: "event_honeypot_rdp_scan", id: "honeypot-rdp-scan", app: "rdp", transport: tcp, severity: high, rsit: event.RSITScanner,
		stage: event.StageAttempt, way: event.WayNetwork, side: event.SideDestination, confirmed: byTransport,
		category: event.CategoryIntrusionDetection, marks: "src_ip cookie"},
	{name: "event_honeypot_smb_scan", id: "honeypot-smb-scan", app: "smb", transport: tcp, severity: high, rsit: event.RSITScanner,
		stage: event.StageAttempt, way: event.WayNetwork, side: event.SideDestination, confirmed: byTransport,
		category: event.CategoryIntrusionDetection, marks: "src_ip supported_protocols"},
	{name: "event_honeypot_adb_scan", id: "honeypot-adb-scan", app: "adb", transport: tcp, severity: high, rsit: event.RSITScanner,
		stage: event.StageAttempt, way: event.WayNetwork, side: event.SideDestination, confirmed: byTransport,
		category: event.CategoryIntrusionDetection, marks: "src_ip maxdata"},
	{name: "event_honeypot_rocketmq_scan", id: "honeypot-rocketmq-scan", app: "rocketmq", transport: tcp, severity: high, rsit: event.RSITScanner,
		stage: event.StageAttempt, way: event.WayNetwork, side: event.SideDestination, confirmed: byTransport,
		category: event.CategoryIntrusionDetection, marks: "src_ip serialize_type"},
	{name: "event_honeypot_ikev2_scan", id: "honeypot-ikev2-scan", app: "ikev2", transport: udp, severity: high, rsit: event.RSITScanner,
		stage: event.StageAttempt, way: event.WayNetwork, side: event.SideDestination, confirmed: byTransport,
		category: event.CategoryIntrusionDetection,
		marks:    "src_ip threat_framework !cookie !body_base64 !supported_protocols !maxdata !http_request_method"},
	// Packets to unused addresses: seen one way, so the source may be forged.
	{name: "event_honeypot_darknet", id: "darknet", severity: high, rsit: event.RSITScanner, stage: event.StageAttempt, way: event.WayNetwork,
		side: event.SideDestination, confirmed: never, category: event.CategoryIntrusionDetection | event.CategoryNetwork,
		marks: "src_ip dst_ip count !avg_pps !query"},

	// Denial of service.
	// Commands overheard: the source is the command server, the destination the victim.
	{name: "event_honeypot_ddos", id: "honeypot-ddos", severity: critical, rsit: event.RSITDDoS, stage: event.StageIncident, way: event.WayBotnetDDoS,
		side: event.SideDestination, confirmed: byTransport, category: event.CategoryIntrusionDetection | event.CategoryNetwork,
		marks: "src_ip packet_randomized http_agent"},
	{name: "event_honeypot_ddos_target", id: "honeypot-ddos-target", severity: info, rsit: event.RSITDDoS, stage: event.StageIncident,
		way: event.WayBotnetDDoS, side: event.SideDestination, confirmed: byTransport,
		category: event.CategoryIntrusionDetection | event.CategoryNetwork, marks: "src_ip packet_randomized !http_agent"},
	// The source is a machine that takes part: infected, and attacking.
	{name: "event_ddos_participant", id: "ddos-participant", severity: high, rsit: event.RSITDDoS, stage: event.StageIncident, way: event.WayBotnetDDoS,
		side: event.SideBoth, confirmed: byTransport, category: event.CategoryIntrusionDetection | event.CategoryNetwork},
	// The victim's address was forged as the source; who sent it is not known.
	{name: amplification, id: "amplification-ddos-victim", severity: info, rsit: event.RSITDDoS, stage: event.StageIncident,
		way: event.WayBotnetDDoS, side: event.SideSource, confirmed: never, category: event.CategoryNetwork, marks: "avg_pps max_pps"},
	{name: "event_ip_spoofer", id: "ip-spoofer", severity: medium, rsit: event.RSITMasquerade, stage: event.StageState, way: event.WayNetwork,
		side: event.SideSource, category: event.CategoryNetwork | event.CategoryConfiguration, marks: "routedspoof"},

	// Compromised hosts.
	{name: "compromised_website", id: "compromised-website", severity: critical, rsit: event.RSITSystemCompromise, stage: event.StageIncident,
		way: event.WayWeb, side: event.SideBoth, confirmed: byTransport, category: event.CategoryWeb | event.CategoryMalware, marks: "detected_since redirect_target"},
	{name: "compromised_iot", id: "compromised-iot", severity: critical, rsit: event.RSITSystemCompromise, stage: event.StageIncident,
		way: event.WayNetwork, side: event.SideSource, confirmed: byTransport, category: event.CategoryHost | event.CategoryMalware, marks: "malpubkey_sha256"},
	{name: "compromised_account", id: "compromised-account", severity: critical, rsit: event.RSITDataLeak, stage: event.StageIncident,
		side: event.SideSource, category: event.CategoryAuthentication, marks: "email source_url"},
	{name: "scan_synfulknock", id: "open-synfulknock", transport: tcp, severity: critical, rsit: event.RSITSystemCompromise, stage: event.StageIncident,
		way: event.WayNetwork, side: event.SideSource, confirmed: byTransport, category: event.CategoryHost | event.CategoryMalware, marks: "sequence_number ack_number"},
	{name: "ransomware_victim", id: "ransomware-victim", severity: info, rsit: event.RSITSystemCompromise, stage: event.StageIncident,
		way: event.WayRansomware, side: event.SideSource, category: event.CategoryMalware, marks: "leak_site_url ransomware"},

	// Hosts that serve others' attacks: they host, and their owner must act.
	{name: "scan_post_exploitation_framework", id: "c2-beacon", transport: tcp, severity: high, rsit: event.RSITC2Server, stage: event.StageIncident,
		way: event.WayBotnetDDoS, side: event.SideBoth, confirmed: byTransport, category: event.CategoryMalware | event.CategoryNetwork, marks: "beacon_type beacon_host"},
	{name: "malware_url", id: "malware-url", transport: tcp, severity: critical, rsit: event.RSITMalwareDistribution, stage: event.StageIncident,
		way: event.WayWeb, side: event.SideBoth, confirmed: byTransport, category: event.CategoryMalware | event.CategoryWeb,
		marks: "url sha256 source application"},
	{name: "spam_url", id: "spam-url", transport: tcp, severity: low, rsit: event.RSITSpam, stage: event.StageIncident, way: event.WaySpam,
		side: event.SideBoth, confirmed: byTransport, category: event.CategoryEmail | event.CategoryWeb, marks: "sender subject"},

	// What malware talked to in a sandbox: often a harmless host, so context.
	{name: "sandbox_conn", id: "sandbox-conn", severity: low, rsit: event.RSITMalwareDistribution, stage: event.StageContext,
		side: event.SideNone, category: event.CategoryMalware | event.CategoryNetwork, marks: "bytes_in bytes_out"},
	{name: "sandbox_url", id: "sandbox-url", severity: low, rsit: event.RSITMalwareDistribution, stage: event.StageContext,
		side: event.SideNone, category: event.CategoryMalware | event.CategoryWeb, marks: "md5 url user_agent"},
	{name: "sandbox_dns", id: "sandbox-dns", app: "dns", severity: low, rsit: event.RSITOther, stage: event.StageContext,
		side: event.SideNone, category: event.CategoryMalware | event.CategoryNetwork, marks: "request_type md5"},

	{name: "blocklist", id: "blacklisted-ip", severity: low, rsit: event.RSITOther, stage: event.StageState,
		side: event.SideSource, category: event.CategoryThreat, marks: "reason source"},
}

// amplification is the report whose destination is the honeypot that was abused
// as a reflector: not a party to the attack, so it must not become its host.
const amplification = "event_honeypot_ddos_amp"
