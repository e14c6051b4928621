// SPDX-License-Identifier: Apache-2.0

package event

// RSIT is a type of the Reference Security Incident Taxonomy 1.3 (TF-CSIRT,
// ENISA; machine tag version 1003): 11 classes, 39 types.
type RSIT uint8

// RSITs lists cert.rsit as "class/type".
var RSITs = Enum{"cert.rsit", []string{
	"",
	"abusive-content/spam", "abusive-content/harmful-speech", "abusive-content/violence",
	"malicious-code/infected-system", "malicious-code/c2-server",
	"malicious-code/malware-distribution", "malicious-code/malware-configuration",
	"information-gathering/scanner", "information-gathering/sniffing",
	"information-gathering/social-engineering",
	"intrusion-attempts/ids-alert", "intrusion-attempts/brute-force", "intrusion-attempts/exploit",
	"intrusions/privileged-account-compromise", "intrusions/unprivileged-account-compromise",
	"intrusions/application-compromise", "intrusions/system-compromise", "intrusions/burglary",
	"availability/dos", "availability/ddos", "availability/misconfiguration",
	"availability/sabotage", "availability/outage",
	"information-content-security/unauthorised-information-access",
	"information-content-security/unauthorised-information-modification",
	"information-content-security/data-loss", "information-content-security/data-leak",
	"fraud/unauthorised-use-of-resources", "fraud/copyright", "fraud/masquerade", "fraud/phishing",
	"vulnerable/weak-crypto", "vulnerable/ddos-amplifier",
	"vulnerable/potentially-unwanted-accessible", "vulnerable/information-disclosure",
	"vulnerable/vulnerable-system",
	"other/other", "other/undetermined",
	"test/test",
}}

// Types of RSIT 1.3, in the taxonomy's own order.
const (
	RSITUnset RSIT = iota
	RSITSpam
	RSITHarmfulSpeech
	RSITViolence
	RSITInfectedSystem
	RSITC2Server
	RSITMalwareDistribution
	RSITMalwareConfiguration
	RSITScanner
	RSITSniffing
	RSITSocialEngineering
	RSITIDSAlert
	RSITBruteForce
	RSITExploit
	RSITPrivilegedAccountCompromise
	RSITUnprivilegedAccountCompromise
	RSITApplicationCompromise
	RSITSystemCompromise
	RSITBurglary
	RSITDoS
	RSITDDoS
	RSITMisconfiguration
	RSITSabotage
	RSITOutage
	RSITUnauthorisedAccess
	RSITUnauthorisedModification
	RSITDataLoss
	RSITDataLeak
	RSITUnauthorisedUse
	RSITCopyright
	RSITMasquerade
	RSITPhishing
	RSITWeakCrypto
	RSITDDoSAmplifier
	RSITPotentiallyUnwanted
	RSITInformationDisclosure
	RSITVulnerableSystem
	RSITOther
	RSITUndetermined
	RSITTest
)

func (r RSIT) String() string { return RSITs.Text(uint8(r)) }

// Class gives the RSIT class, the part before the slash.
func (r RSIT) Class() string { return beforeSlash(r.String()) }

func beforeSlash(s string) string {
	for i := range len(s) {
		if s[i] == '/' {
			return s[:i]
		}
	}
	return s
}
