// SPDX-License-Identifier: Apache-2.0

package eve

import (
	"strings"

	"haidang/event"
	"haidang/normalise"
)

// isTechnique: T1190 or T1110.001.
func isTechnique(s string) bool {
	return len(s) >= 5 && s[0] == 'T' && digits(s[1:]) == 4 && (len(s) == 5 || s[5] == '.' && digits(s[6:]) == 3 && len(s) == 9)
}

// severity: the rule's own word, else its priority.
func (m *mapper) severity() uint8 {
	switch m.Text(fRuleSeverity) {
	case "Critical":
		return event.SeverityCritical
	case "Major":
		return event.SeverityHigh
	case "Minor":
		return event.SeverityLow
	case "Informational":
		return event.SeverityInformational
	}
	switch n, ok := m.Uint(fPriority); {
	case !ok || n == 0:
		return event.SeverityUnknown
	case n == 1:
		return event.SeverityHigh
	case n == 2:
		return event.SeverityMedium
	case n == 3:
		return event.SeverityLow
	default:
		return event.SeverityInformational
	}
}

// alert decides stage, class, way, affected side and confirmation.
func (m *mapper) alert(r *ruling, c *normalise.Context, e *event.Event) {
	k := *r.known.class
	if r.known.guesses || k.mayGuess() && guessesByTechnique(e.Techniques) {
		k.rsit = event.RSITBruteForce
	}
	e.Kind = event.KindAlert
	e.Category = event.CategoryNetwork | event.CategoryIntrusionDetection
	e.Severity = r.severity
	e.Outcome = event.OutcomeUnknown
	if r.blocked {
		e.Outcome = event.OutcomeFailure
	}
	e.Stage, e.RSIT = k.stage, k.rsit
	if k.stage == event.StageContext {
		e.Affected = event.SideNone
		return
	}
	e.Way = m.way(&k, e)
	if k.technique != "" && len(e.Techniques) == 0 {
		e.Techniques = append(e.Techniques, k.technique)
	}
	if k.rsit == event.RSITInfectedSystem {
		e.Category |= event.CategoryMalware
	}
	e.Affected = m.affected(r, &k, c, e)
	e.Confirmed = m.confirmed(e)
}

// classify finds the class by the classtype and, where that says little, by
// the vendor's group.
func classify(category, rule string) class {
	k := suspicion
	if found := classOf[category]; found != nil {
		k = *found
	}
	if k.vague {
		k = refine(k, rule)
	}
	return k
}

// mayGuess reports whether the class may turn out to be guessing of passwords.
func (k *class) mayGuess() bool {
	return k.rsit == event.RSITIDSAlert || k.rsit == event.RSITExploit || k.rsit == event.RSITScanner
}

// refine looks at the words before the rule's proper name: "ET SCAN …",
// "SURICATA STREAM …" (Suricata's own remarks on protocols, which are no
// attacks).
func refine(k class, rule string) class {
	if strings.HasPrefix(rule, "SURICATA ") {
		return noise
	}
	found := groups[group(rule)]
	if found == nil {
		return k
	}
	way := k.way
	if k = *found; way == event.WayWeb && k.way == event.WayNetwork {
		k.way = way
	}
	return k
}

// group is the second word of a rule's name where the first is a vendor's.
func group(rule string) string {
	vendor, rest, _ := strings.Cut(rule, " ")
	if !vendors[vendor] {
		return ""
	}
	word, _, _ := strings.Cut(rest, " ")
	return word
}

// guessesByTechnique reports whether it is about guessing passwords by the
// techniques, T1110 and those below it.
func guessesByTechnique(techniques []string) bool {
	for _, t := range techniques {
		if strings.HasPrefix(t, "T1110") {
			return true
		}
	}
	return false
}

// guessesByName does so by the rule's group, or its name.
func guessesByName(rule string) bool {
	if group(rule) == "BRUTE" {
		return true
	}
	s := rule
	for {
		i := strings.Index(s, "rute") // Brute Force, BruteForce, brute-force
		if i < 0 {
			return false
		}
		rest := s[i+4:]
		if i > 0 && s[i-1]|0x20 == 'b' && len(rest) > 5 && strings.EqualFold(strings.TrimLeft(rest[:6], " -_")[:4], "forc") {
			return true
		}
		s = rest
	}
}

// way: mail and DNS carry it whatever the class says of the network; an exploit
// that names its vulnerability came by that.
func (m *mapper) way(k *class, e *event.Event) event.Way {
	switch {
	case k.way == event.WaySpam, k.way == event.WayBotnetDDoS:
		return k.way
	case e.Protocol == "smtp" && k.rsit != event.RSITScanner && k.rsit != event.RSITBruteForce:
		return event.WayMail
	case k.rsit == event.RSITExploit && len(e.Vulnerabilities) > 0:
		return event.WayVulnerability
	case k.way == event.WayNetwork && k.target != atInside && (e.Protocol == "http" || e.Protocol == "http2"):
		return event.WayWeb
	}
	return k.way
}

// mail reports whether the flow hands mail to a server. The mail's receivers
// are behind that server, so an attack on "the client" is on the server's end.
func (m *mapper) mail(e *event.Event) bool {
	server := e.Destination.Port
	if m.server == event.SideSource {
		server = e.Source.Port
	}
	return e.Protocol == "smtp" || e.Protocol == "" && (server == 25 || server == 465 || server == 587)
}

// affected follows SCHEMA.md: the rule's own word first, then the class.
func (m *mapper) affected(r *ruling, k *class, c *normalise.Context, e *event.Event) event.Side {
	if side := m.named(r, e); side != event.SideUnset {
		return side
	}
	switch k.target {
	case atInside:
		return m.inside(c, e)
	case atClient:
		return m.client(e)
	case atNobody:
		return event.SideNone
	}
	return m.server
}

// named is the rule's own word: its target keyword, which names an address, or
// attack_target in its metadata, which names a sort of machine.
func (m *mapper) named(r *ruling, e *event.Event) event.Side {
	if ip := m.Text(fTargetIP); ip != "" {
		switch {
		case ip == m.Text(fSrcIP):
			return event.SideSource
		case ip == m.Text(fDstIP):
			return event.SideDestination
		}
	}
	switch {
	case r.client && r.server:
		return event.SideBoth
	case r.client:
		return m.client(e)
	case r.server:
		return m.server
	}
	return event.SideUnset
}

// targets reads a value of attack_target: Client_Endpoint, SMB_Client, Server,
// Web_Server, Client_and_Server. Others (IoT, Networking_Equipment) say what
// sort of machine is attacked but not which end it is.
func targets(s string) (client, server bool) {
	return strings.Contains(s, "Client"), strings.Contains(s, "Server")
}

// client is the end that opened the flow or, for mail, that of the receivers.
func (m *mapper) client(e *event.Event) event.Side {
	if m.mail(e) {
		return m.server
	}
	if m.server == event.SideSource {
		return event.SideDestination
	}
	return event.SideSource
}

// inside is the end within the sensor's home networks or a member's; both, if
// both are (but a resolver inside only hands a question on), and the
// destination, if neither is.
func (m *mapper) inside(c *normalise.Context, e *event.Event) event.Side {
	source, destination := c.Inside(e.Source.IP), c.Inside(e.Destination.IP)
	switch {
	case source && destination && e.Protocol == "dns":
		return m.client(e)
	case source && destination:
		return event.SideBoth
	case source:
		return event.SideSource
	}
	return event.SideDestination
}

// confirmed reports whether the addresses cannot be forged: a TCP session was
// established. Suricata detects an application protocol only in one; without,
// the packets of both ends or the state of the flow have to show more than a
// SYN and its answer, which whoever forges an address gets out of us too. A
// resolver answers for others: its address is never that of who hosts.
func (m *mapper) confirmed(e *event.Event) event.Confirmed {
	if e.Transport != 6 || e.Protocol == "dns" {
		return event.ConfirmedNo
	}
	if e.Protocol != "" || m.Has(fURL) || m.Has(fSNI) || m.Text(fFlowState) == "established" || established(m.Text(fTCPState)) {
		return event.ConfirmedYes
	}
	there, _ := m.Uint(fPktsToServer)
	back, _ := m.Uint(fPktsToClient)
	if there >= 3 && back >= 2 {
		return event.ConfirmedYes
	}
	return event.ConfirmedNo
}

// established: states of a TCP session that come after the handshake. A closed
// one may have been refused.
func established(state string) bool {
	switch state {
	case "established", "fin_wait1", "fin_wait2", "time_wait", "last_ack", "close_wait", "closing":
		return true
	}
	return false
}
