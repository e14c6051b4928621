// SPDX-License-Identifier: Apache-2.0

package enrich

import "haidang/event"

// defaults gives the ATT&CK (Enterprise) technique that a type of the incident
// taxonomy is an instance of by definition, for records whose rule names none.
// Types that may be any of several techniques are left out.
var defaults = [256]string{
	event.RSITScanner:                       "T1595", // Active Scanning
	event.RSITSniffing:                      "T1040", // Network Sniffing
	event.RSITBruteForce:                    "T1110", // Brute Force
	event.RSITExploit:                       "T1190", // Exploit Public-Facing Application
	event.RSITPrivilegedAccountCompromise:   "T1078", // Valid Accounts
	event.RSITUnprivilegedAccountCompromise: "T1078",
	event.RSITDDoS:                          "T1498", // Network Denial of Service
	event.RSITDoS:                           "T1499", // Endpoint Denial of Service
	event.RSITPhishing:                      "T1566", // Phishing
	event.RSITSocialEngineering:             "T1598", // Phishing for Information
	event.RSITUnauthorisedUse:               "T1496", // Resource Hijacking
}

// insideScan is a scan by a machine in a member network: T1046, Network Service
// Discovery, is what an intruder does once inside; T1595 is done from without.
const insideScan = "T1046"

// defaultOf gives the technique for a row that has none; empty to leave it so.
func defaultOf(b *event.Batch, row int, byMember bool) string {
	if s := b.Stage[row]; s != event.StageAttempt && s != event.StageIncident {
		return ""
	}
	if byMember && b.RSIT[row] == event.RSITScanner {
		return insideScan
	}
	return defaults[b.RSIT[row]]
}
