// SPDX-License-Identifier: Apache-2.0

package event

// Stage says how far it went: an attempt (outcome unknown), an incident
// (succeeded or needs somebody to act), a state (an exposure), or context
// (flows, DNS, HTTP … that are no attacks).
type Stage uint8

// Values of cert.stage.
const (
	StageUnset Stage = iota
	StageAttempt
	StageIncident
	StageState
	StageContext
)

// Stages lists cert.stage.
var Stages = Enum{"cert.stage", []string{"", "attempt", "incident", "state", "context"}}

func (s Stage) String() string { return Stages.Text(uint8(s)) }

// Way says by which way it came.
type Way uint8

// Values of cert.way.
const (
	WayUnset Way = iota
	WayFileOnAccess
	WayFileOnDemand
	WayMail
	WayWeb
	WayNetwork
	WayVulnerability
	WaySpam
	WayBotnetDDoS
	WayRansomware
	WayProtectiveDNS
)

// Ways lists cert.way.
var Ways = Enum{"cert.way", []string{
	"", "file-on-access", "file-on-demand", "mail", "web", "network", "vulnerability", "spam",
	"botnet-ddos", "ransomware", "protective-dns",
}}

func (w Way) String() string { return Ways.Text(uint8(w)) }

// Side says which end of the record is affected.
type Side uint8

// Values of cert.affected.
const (
	SideUnset Side = iota
	SideSource
	SideDestination
	SideBoth
	SideNone
)

// Sides lists cert.affected.
var Sides = Enum{"cert.affected", []string{"", "source", "destination", "both", "none"}}

func (s Side) String() string { return Sides.Text(uint8(s)) }

// TLP is the Traffic Light Protocol 2.0 label, ordered from open to closed.
type TLP uint8

// Values of cert.tlp.
const (
	TLPUnset TLP = iota
	TLPClear
	TLPGreen
	TLPAmber
	TLPAmberStrict
	TLPRed
)

// TLPs lists cert.tlp, written exactly as FIRST writes them.
var TLPs = Enum{"cert.tlp", []string{
	"", "TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED",
}}

func (t TLP) String() string { return TLPs.Text(uint8(t)) }

// PAP is the Permissible Actions Protocol label, ordered from open to closed.
type PAP uint8

// Values of cert.pap.
const (
	PAPUnset PAP = iota
	PAPClear
	PAPGreen
	PAPAmber
	PAPRed
)

// PAPs lists cert.pap.
var PAPs = Enum{"cert.pap", []string{"", "PAP:CLEAR", "PAP:GREEN", "PAP:AMBER", "PAP:RED"}}

func (p PAP) String() string { return PAPs.Text(uint8(p)) }

// Status is what the affected party says of an incident.
type Status uint8

// Values of cert.status.
const (
	StatusUnset Status = iota
	StatusOpen
	StatusInProgress
	StatusResolved
	StatusFalsePositive
	StatusNotOurs
	StatusMoved
)

// Statuses lists cert.status.
var Statuses = Enum{"cert.status", []string{
	"", "open", "in-progress", "resolved", "false-positive", "not-ours", "moved",
}}

func (s Status) String() string { return Statuses.Text(uint8(s)) }

// Band is the headcount band of the affected organisation (Commission
// Recommendation 2003/361/EC): micro < 10, small < 50, medium < 250 persons.
type Band uint8

// Values of cert.band.
const (
	BandUnset Band = iota
	BandMicro
	BandSmall
	BandMedium
	BandLarge
)

// Bands lists cert.band.
var Bands = Enum{"cert.band", []string{"", "micro", "small", "medium", "large"}}

func (b Band) String() string { return Bands.Text(uint8(b)) }

// Small reports whether the band is one of small and medium enterprises.
func (b Band) Small() bool { return b >= BandMicro && b <= BandMedium }
