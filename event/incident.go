// SPDX-License-Identifier: Apache-2.0

package event

// Incident is what one machine of one organisation suffers from: all records
// of one problem on it, told as one. It is what a member works on and what a
// notice tells.
type Incident struct {
	Key        Bytes16 // keyed hash of organisation, machine and problem; the same for ever
	Org        uint32
	Machine    Machine
	Problem    Problem
	Stage      Stage // the furthest of its records: incident, then attempt, then state
	Severity   uint8 // 0–6 as OCSF, by a versioned table of rules
	Confidence uint8 // 0–100, the highest of its records
	First      Time
	Last       Time
	Count      uint64     // sum of cert.count
	Samples    []Sighting // newest first, bounded
	Tier       Tier       // the strictest of its records; unset where one has none
	Sensors    []ObserverType
	Reason     MatchReason // why the organisation concerned is this one
	Replay     bool        // from a replay: never told as if it were live

	Status   Status // what the organisation said last
	StatusAt Time   // when; TimeUnset for an incident nobody has looked at
	Relapses uint32 // how often it returned after it was resolved
}

// OrgNational stands for the national centre as the owner of machines that are
// nobody's: what no organisation has registered is told there, not forgotten.
// No organisation has this id.
const OrgNational uint32 = 1<<32 - 1

// Machine is the affected end as seen from the Internet. Behind an address
// translator (NAT) it stands for many; hosts, ports and sightings narrow it down.
type Machine struct {
	Addr  Addr     // not set where only the name is known
	Hosts []string // names it went by, sorted
	Ports []uint16 // its own ports, sorted
}

// Problem is what is wrong, as far as records can be told apart by it.
type Problem struct {
	RSIT RSIT
	By   ProblemBy
	Name string // of the malware, the vulnerability or the rule
	Port uint16 // of the service, where By is ProblemPort
}

// ProblemBy says what names a problem, beside its RSIT type.
type ProblemBy uint8

// What names a problem, in order of preference.
const (
	ProblemByType ProblemBy = iota // nothing more than the type
	ProblemMalware
	ProblemVulnerability
	ProblemPort
	ProblemRule
)

// ProblemBys lists the names of ProblemBy.
var ProblemBys = Enum{"problem.by", []string{"", "malware", "vulnerability", "port", "rule"}}

func (b ProblemBy) String() string { return ProblemBys.Text(uint8(b)) }

// Sighting is one record of an incident, with what finds the machine behind an
// address translator: the public end, the remote end and the exact time.
type Sighting struct {
	Time       Time
	PublicAddr Addr   // the organisation's end
	SourcePort uint16 // the organisation's end; inbound: the service's port
	RemoteAddr Addr
	RemotePort uint16
	Transport  uint8  // IANA protocol number
	Protocol   string // application protocol
	Inbound    bool   // the remote end began
	Rule       string
	EventID    Bytes16
}

// Closed reports whether details of the incident stay inside: tier T3 and
// above (TLP:AMBER+STRICT, TLP:RED), or no label at all.
func (i *Incident) Closed() bool { return i.Tier == TierUnset || i.Tier >= T3 }

// Marking gives the TLP label; the tier's name where TLP has none (T1).
func (i *Incident) Marking() string {
	if t := i.Tier.TLP(); t != TLPUnset {
		return t.String()
	}
	return i.Tier.String()
}

// Settled reports whether the organisation said that nothing is left to do.
func (i *Incident) Settled() bool {
	switch i.Status {
	case StatusResolved, StatusFalsePositive, StatusNotOurs, StatusMoved:
		return true
	}
	return false
}

// Advice says in one language what a type of problem means and what to do.
type Advice struct {
	Title   string
	Means   string
	Steps   []string // first steps, in order
	Verify  string   // how to see that it is gone
	Sources []Source
}

// Source is where to read more.
type Source struct {
	Name string
	URL  string
}
