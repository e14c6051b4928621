// SPDX-License-Identifier: Apache-2.0

package event

// Endpoint is one end of a record: source or destination.
type Endpoint struct {
	IP      Addr
	Port    uint16
	Domain  string
	AS      uint32 // autonomous system number, fixed when the record arrived
	Country Country
	Bytes   uint64
}

// OrgMatch says that an organisation is concerned by a record, and why.
type OrgMatch struct {
	Org    uint32
	Reason MatchReason
	Side   Side // SideSource or SideDestination
}

// MatchReason says how an organisation was found.
type MatchReason uint8

// Reasons of a match, in order of preference.
const (
	MatchUnset MatchReason = iota
	MatchPrefix
	MatchAS
	MatchDomain
	MatchList
)

// MatchReasons lists the names of the reasons.
var MatchReasons = Enum{"cert.orgs.reason", []string{"", "prefix", "as", "domain", "list"}}

// Event is one record, normalised and enriched. Its strings may be views into
// a chunk's buffer: whoever keeps an Event longer than the chunk clones it;
// Batch.Append copies. A fresh Event must be prepared by Reset, since "not
// set" is not the zero value for times.
type Event struct {
	ID       Bytes16 // set from the journal position
	Time     Time    // @timestamp: when it happened, by the sensor's clock
	Created  Time    // when the sensor wrote it
	Ingested Time    // when it was journalled
	Start    Time
	End      Time

	Kind     Kind
	Category Categories
	Action   string
	Outcome  Outcome
	Dataset  string
	Severity uint8
	Hash     Bytes16 // key by which repeats are folded (events/1)

	Observer     string // observer.name: the enrolled sensor
	ObserverType ObserverType
	Participant  Bytes16

	Source      Endpoint
	Destination Endpoint
	Transport   uint8 // IANA protocol number
	Protocol    string
	CommunityID Bytes20

	RuleID          string
	RuleName        string
	Techniques      []string // ATT&CK ids
	Software        string   // threat.software.name
	Vulnerabilities []string // CVE ids

	URL         string
	DNSName     string
	DNSType     uint16
	FileSHA256  Bytes32
	User        string
	HTTPMethod  string
	UserAgent   string
	CommandLine string
	EmailFrom   string

	RSIT       RSIT
	Stage      Stage
	Way        Way
	Lure       string
	Confidence uint8
	Affected   Side
	Confirmed  Confirmed // of the hosting address
	TLP        TLP
	PAP        PAP
	Audience   uint32
	Orgs       []OrgMatch
	Sector     Sector
	Band       Band
	Count      uint32 // how many this record stands for, at least 1
	Status     Status
	Expires    Time
	Product    string // CPE
	Excluded   string // why it is known-benign; empty for ordinary records
	Replay     bool   // sent by a replay, never by a live sensor

	RawSeq    uint64 // cert.raw: journal sequence
	RawOffset uint32 // record's place within the journal message
	Parser    uint16 // version of the format's mapping

	// JSON object of what the format has beyond these fields; with an Outline, what
	// fills that: see Outlined.
	Residual []byte
	Outline  string
}

// Reset prepares the Event for the next record, keeping the slices' memory.
func (e *Event) Reset() {
	t, v, o, r := e.Techniques[:0], e.Vulnerabilities[:0], e.Orgs[:0], e.Residual[:0]
	*e = Event{} // in place: a whole Event would be put together elsewhere
	e.Time, e.Created, e.Ingested, e.Start, e.End, e.Expires = TimeUnset, TimeUnset, TimeUnset, TimeUnset, TimeUnset, TimeUnset
	e.Techniques, e.Vulnerabilities, e.Orgs, e.Residual = t, v, o, r
	e.Count = 1
}
