// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"strings"

	"haidang/event"
)

// problemOf names what is wrong, and gives by what it is told from others: the
// malware; the vulnerability; the service that is attacked or exposed, where
// the type speaks of services; the rule. A rule goes by its id, since its name
// changes with its revisions.
func problemOf(b *event.Batch, row int, own *event.Endpoint, s *event.Sighting) (p event.Problem, id string) {
	p.RSIT = b.RSIT[row]
	if name := b.Software.At(row); name != "" {
		p.By, p.Name = event.ProblemMalware, name
		return p, strings.ToLower(name)
	}
	if v := b.Vulnerabilities.At(row); len(v) > 0 {
		p.By, p.Name = event.ProblemVulnerability, v[0]
		for _, other := range v[1:] {
			p.Name = min(p.Name, other)
		}
		return p, p.Name
	}
	if aboutServices(p.RSIT) && s.Inbound && own.Port != 0 {
		p.By, p.Port = event.ProblemPort, own.Port
		return p, ""
	}
	if rule := b.RuleID.At(row); rule != "" {
		p.By, p.Name = event.ProblemRule, s.Rule
		return p, rule
	}
	if s.Rule != "" {
		p.By, p.Name = event.ProblemRule, s.Rule
		return p, s.Rule
	}
	return p, ""
}

// aboutServices: many rules and passwords, one door.
func aboutServices(r event.RSIT) bool {
	switch r {
	case event.RSITScanner, event.RSITBruteForce, event.RSITDoS, event.RSITDDoS,
		event.RSITWeakCrypto, event.RSITDDoSAmplifier, event.RSITPotentiallyUnwanted,
		event.RSITInformationDisclosure, event.RSITVulnerableSystem:
		return true
	}
	return false
}
