// SPDX-License-Identifier: Apache-2.0

// Package endpoint holds what formats of participants share: how a detection on
// a machine becomes a record, and how a closed JSON record is read and rewritten.
//
// A finding comes in, a filled event.Event goes out. It may not keep a
// participant's name: what it is given is a pseudonym.
package endpoint

import (
	"encoding/hex"
	"strings"

	"haidang/event"
)

// Class says what was found. Riskware and adware are no malware: they are
// counted apart and are no attacks.
type Class uint8

// Classes.
const (
	Malware Class = iota + 1
	Riskware
	Adware
)

// Classes lists the names of classes.
var Classes = event.Enum{Name: "class", Names: []string{"", "malware", "riskware", "adware"}}

// Actions of records about participants (event.action).
const (
	ActionHeartbeat = "heartbeat"
	ActionLog       = "log" // a line that tells of no detection
)

// Place is where a participant says it is.
type Place struct {
	Country      event.Country
	Sector       event.Sector
	Organisation uint32
}

// Finding is one detection on a machine.
type Finding struct {
	Class    Class
	Name     string // the detection's name, as the product gives it
	Way      event.Way
	Resident bool // it was on the machine, not stopped on its way in
	Outcome  event.Outcome
}

// Set makes e a record of the participant: heartbeat, log line or finding alike.
// Where the participant does not say in which country it is, the sensor's counts.
func Set(e *event.Event, p event.Bytes16, at Place, s event.Sensor) {
	e.Participant, e.ObserverType = p, event.ObserverEndpoint
	e.Kind, e.Stage, e.Affected = event.KindEvent, event.StageContext, event.SideDestination
	e.Category, e.Severity = event.CategoryHost, event.SeverityInformational
	if e.Destination.Country = at.Country; at.Country == 0 {
		e.Destination.Country, _ = event.ParseCountry(s.Country)
	}
	e.Sector = at.Sector
	if at.Organisation != 0 {
		e.Orgs = append(e.Orgs, event.OrgMatch{Org: at.Organisation, Reason: event.MatchList, Side: event.SideDestination})
	}
}

// Set makes e, on which the participant was set, a record of the finding.
// Malware that was resident is an incident, malware that was stopped an attempt;
// riskware and adware are neither.
func (f *Finding) Set(e *event.Event) {
	e.Action = Classes.Text(uint8(f.Class)) + "-detected"
	e.RuleID, e.Software = f.Name, f.Name
	e.Way, e.Outcome = f.Way, f.Outcome
	e.Category = event.CategoryMalware | event.CategoryFile
	e.Kind, e.Severity, e.Confidence = event.KindAlert, event.SeverityLow, 80
	if f.Class != Malware {
		return
	}
	e.Stage, e.RSIT, e.Severity = event.StageAttempt, event.RSITMalwareDistribution, event.SeverityMedium
	if f.Resident {
		e.Stage, e.RSIT, e.Severity = event.StageIncident, event.RSITInfectedSystem, event.SeverityHigh
	}
}

// ClassOf reads the class off a detection's name, as ClamAV and others build
// names: platform, kind, family.
func ClassOf(name string) Class {
	lower := strings.ToLower(name)
	switch {
	case strings.Contains(lower, "adware"):
		return Adware
	case strings.HasPrefix(lower, "pua."), strings.Contains(lower, "riskware"), strings.Contains(lower, "not-a-virus"):
		return Riskware
	case strings.HasPrefix(lower, "heuristics.") && !strings.HasPrefix(lower, "heuristics.phishing"):
		return Riskware // encrypted, broken or large: nothing that is known to do harm
	}
	return Malware
}

// AppendID writes a pseudonym as it stands in rewritten records.
func AppendID(dst []byte, id event.Bytes16) []byte { return hex.AppendEncode(dst, id[:]) }

// ParseID reads it.
func ParseID(s string) (id event.Bytes16, ok bool) {
	if len(s) != 2*len(id) {
		return id, false
	}
	_, err := hex.Decode(id[:], []byte(s))
	return id, err == nil && id.IsSet()
}
