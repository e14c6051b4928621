// SPDX-License-Identifier: Apache-2.0

package eve

import "haidang/event"

// target is the rule by which the affected end is found.
type target uint8

const (
	atServer target = iota // the destination of the flow's first packet
	atInside               // the end within the home or a member's networks
	atClient               // the end that opened the flow
	atNobody
)

// class is what a Suricata classtype, or a group of a vendor's rules, means.
type class struct {
	stage     event.Stage
	rsit      event.RSIT
	way       event.Way
	target    target
	technique string // where the type of incident alone does not give one
	vague     bool   // says little: the name of the rule may say more
}

// Classes that several classtypes or groups share.
var (
	noise      = class{stage: event.StageContext, target: atNobody, vague: true}
	suspicion  = class{stage: event.StageAttempt, rsit: event.RSITIDSAlert, way: event.WayNetwork, vague: true}
	scan       = class{stage: event.StageAttempt, rsit: event.RSITScanner, way: event.WayNetwork}
	guessing   = class{stage: event.StageAttempt, rsit: event.RSITBruteForce, way: event.WayNetwork}
	exploit    = class{stage: event.StageAttempt, rsit: event.RSITExploit, way: event.WayNetwork}
	webExploit = class{stage: event.StageAttempt, rsit: event.RSITExploit, way: event.WayWeb}
	clientSide = class{stage: event.StageAttempt, rsit: event.RSITExploit, way: event.WayWeb, target: atClient, technique: "T1203"}
	drive      = class{stage: event.StageAttempt, rsit: event.RSITMalwareDistribution, way: event.WayWeb, target: atClient, technique: "T1189"}
	dos        = class{stage: event.StageAttempt, rsit: event.RSITDoS, way: event.WayBotnetDDoS}
	infected   = class{stage: event.StageIncident, rsit: event.RSITInfectedSystem, way: event.WayNetwork, target: atInside}
	beacon     = class{stage: event.StageIncident, rsit: event.RSITInfectedSystem, way: event.WayNetwork, target: atInside, technique: "T1071"}
	miner      = class{stage: event.StageIncident, rsit: event.RSITUnauthorisedUse, way: event.WayNetwork, target: atInside}
	policy     = class{stage: event.StageIncident, rsit: event.RSITOther, way: event.WayNetwork, target: atInside}
	broken     = class{stage: event.StageIncident, rsit: event.RSITSystemCompromise, way: event.WayNetwork}
	leak       = class{stage: event.StageIncident, rsit: event.RSITUnauthorisedAccess, way: event.WayNetwork}
	bait       = class{stage: event.StageAttempt, rsit: event.RSITSocialEngineering, way: event.WayWeb, target: atClient, technique: "T1566"}
	phished    = class{stage: event.StageIncident, rsit: event.RSITPhishing, way: event.WayWeb, target: atClient}
	phishing   = class{stage: event.StageAttempt, rsit: event.RSITPhishing, way: event.WayWeb, target: atClient}
	trapFile   = class{stage: event.StageAttempt, rsit: event.RSITMalwareDistribution, way: event.WayWeb, target: atClient, technique: "T1204.002"}
	spam       = class{stage: event.StageAttempt, rsit: event.RSITSpam, way: event.WaySpam}
	userLost   = class{stage: event.StageIncident, rsit: event.RSITUnprivilegedAccountCompromise, way: event.WayNetwork}
	adminLost  = class{stage: event.StageIncident, rsit: event.RSITPrivilegedAccountCompromise, way: event.WayNetwork}
	denied     = class{stage: event.StageIncident, rsit: event.RSITDoS, way: event.WayBotnetDDoS}
	factory    = class{stage: event.StageAttempt, rsit: event.RSITBruteForce, way: event.WayNetwork, technique: "T1078.001"}
)

// classtype is one line of a classification.config.
type classtype struct {
	name, text string
	class      *class
}

// classtypes are those of Suricata's classification.config and, at the end,
// Snort's that Suricata does not have. EVE's alert.category carries the text.
var classtypes = []classtype{
	{"not-suspicious", "Not Suspicious Traffic", &noise},
	{"unknown", "Unknown Traffic", &suspicion},
	{"bad-unknown", "Potentially Bad Traffic", &suspicion},
	{"attempted-recon", "Attempted Information Leak", &scan},
	{"successful-recon-limited", "Information Leak", &leak},
	{"successful-recon-largescale", "Large Scale Information Leak", &leak},
	{"attempted-dos", "Attempted Denial of Service", &dos},
	{"successful-dos", "Denial of Service", &denied},
	{"attempted-user", "Attempted User Privilege Gain", &exploit},
	{"unsuccessful-user", "Unsuccessful User Privilege Gain", &exploit},
	{"successful-user", "Successful User Privilege Gain", &userLost},
	{"attempted-admin", "Attempted Administrator Privilege Gain", &exploit},
	{"successful-admin", "Successful Administrator Privilege Gain", &adminLost},
	{"rpc-portmap-decode", "Decode of an RPC Query", &scan},
	{"shellcode-detect", "Executable code was detected", &exploit},
	{"string-detect", "A suspicious string was detected", &suspicion},
	{"suspicious-filename-detect", "A suspicious filename was detected", &trapFile},
	{"suspicious-login", "An attempted login using a suspicious username was detected", &guessing},
	{"system-call-detect", "A system call was detected", &exploit},
	{"tcp-connection", "A TCP connection was detected", &noise},
	{"trojan-activity", "A Network Trojan was detected", &infected},
	{"unusual-client-port-connection", "A client was using an unusual port", &suspicion},
	{"network-scan", "Detection of a Network Scan", &scan},
	{"denial-of-service", "Detection of a Denial of Service Attack", &dos},
	{"non-standard-protocol", "Detection of a non-standard protocol or event", &suspicion},
	{"protocol-command-decode", "Generic Protocol Command Decode", &suspicion},
	{"web-application-activity", "access to a potentially vulnerable web application", &webActivity},
	{"web-application-attack", "Web Application Attack", &webExploit},
	{"misc-activity", "Misc activity", &suspicion},
	{"misc-attack", "Misc Attack", &suspicion},
	{"icmp-event", "Generic ICMP event", &noise},
	{"inappropriate-content", "Inappropriate Content was Detected", &policy},
	{"policy-violation", "Potential Corporate Privacy Violation", &policy},
	{"default-login-attempt", "Attempt to login by a default username and password", &factory},
	{"targeted-activity", "Targeted Malicious Activity was Detected", &infected},
	{"exploit-kit", "Exploit Kit Activity Detected", &drive},
	{"external-ip-check", "Device Retrieving External IP Address Detected", &policy},
	{"domain-c2", "Domain Observed Used for C2 Detected", &beacon},
	{"pup-activity", "Possibly Unwanted Program Detected", &policy},
	{"credential-theft", "Successful Credential Theft Detected", &phished},
	{"social-engineering", "Possible Social Engineering Attempted", &bait},
	{"coin-mining", "Crypto Currency Mining Activity Detected", &miner},
	{"command-and-control", "Malware Command and Control Activity Detected", &beacon},
	{"client-side-exploit", "Known client side exploit attempt", &clientSide},
	{"file-format", "Known malicious file or file based exploit", &trapFile},
	{"malware-cnc", "Known malware command and control traffic", &beacon},
	{"sdf", "Sensitive Data was Transmitted Across the Network", &leak},
	{"network-event", "Generic network event", &noise},
}

// webActivity says little but where: in the web.
var webActivity = class{stage: event.StageAttempt, rsit: event.RSITIDSAlert, way: event.WayWeb, vague: true}

// groups is what vendors (Emerging Threats, GPL and our own rules) put first in
// the name of a rule. It refines a classtype that says little.
var groups = map[string]*class{
	"SCAN": &scan, "BRUTE": &guessing,
	"TROJAN": &infected, "MALWARE": &infected, "WORM": &infected, "MOBILE_MALWARE": &infected, "BACKDOOR": &infected,
	"VIRUS": &infected, "CNC": &beacon, "COINMINER": &miner,
	"EXPLOIT": &exploit, "SHELLCODE": &exploit, "SCADA": &exploit, "VOIP": &exploit, "SQL": &exploit,
	"EXPLOIT_KIT": &drive, "WEB_CLIENT": &clientSide, "ACTIVEX": &clientSide,
	"WEB_SERVER": &webExploit, "WEB_SPECIFIC_APPS": &webExploit, "WEB": &webExploit,
	"DOS": &dos, "PHISHING": &phishing, "MAIL": &spam, "ATTACK_RESPONSE": &broken,
	"POLICY": &policy, "P2P": &policy, "CHAT": &policy, "GAMES": &policy, "INAPPROPRIATE": &policy, "ADWARE_PUP": &policy,
	"TOR": &suspicion, "INFO": &noise, "ICMP_INFO": &noise, "ICMP": &noise, "DELETED": &suspicion,
}

// vendors are the words that may stand before the group.
var vendors = map[string]bool{"ET": true, "ETPRO": true, "GPL": true, "HAIDANG": true}

// classOf finds the class by the text that EVE carries, or by the name of the
// classtype for those who write that.
var classOf = func() map[string]*class {
	out := make(map[string]*class, 2*len(classtypes))
	for _, c := range classtypes {
		out[c.name], out[c.text] = c.class, c.class
	}
	return out
}()
