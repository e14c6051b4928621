// SPDX-License-Identifier: Apache-2.0

package event

import "fmt"

// Enum is a closed list of names; index 0 is always the empty name, "not set".
type Enum struct {
	Name  string
	Names []string
}

// Parse finds the code of a name; the error lists what is allowed.
func (e *Enum) Parse(s string) (uint8, error) {
	for i, n := range e.Names {
		if n == s {
			return uint8(i), nil
		}
	}
	return 0, fmt.Errorf("%s: %q is not one of %q", e.Name, s, e.Names[1:])
}

// Text gives the name of a code; the empty string for unset or unknown codes.
func (e *Enum) Text(code uint8) string {
	if int(code) < len(e.Names) {
		return e.Names[code]
	}
	return ""
}

// Kind is ECS event.kind. It is never called "kind" in the product, where kind
// means the RSIT type.
type Kind uint8

// Values of event.kind that the record uses.
const (
	KindUnset Kind = iota
	KindAlert
	KindEvent
	KindMetric
	KindState
	KindIndicator
)

// Kinds lists event.kind.
var Kinds = Enum{"event.kind", []string{"", "alert", "event", "metric", "state", "indicator"}}

func (k Kind) String() string { return Kinds.Text(uint8(k)) }

// Categories is a set of ECS event.category values, one bit each.
type Categories uint32

// Bits of event.category.
const (
	CategoryAuthentication Categories = 1 << iota
	CategoryConfiguration
	CategoryEmail
	CategoryFile
	CategoryHost
	CategoryIntrusionDetection
	CategoryMalware
	CategoryNetwork
	CategoryProcess
	CategorySession
	CategoryThreat
	CategoryVulnerability
	CategoryWeb
)

// CategoryNames lists event.category in bit order.
var CategoryNames = []string{
	"authentication", "configuration", "email", "file", "host", "intrusion_detection", "malware",
	"network", "process", "session", "threat", "vulnerability", "web",
}

// Names gives the names of the bits that are set, in order.
func (c Categories) Names() []string {
	var out []string
	for i, n := range CategoryNames {
		if c&(1<<i) != 0 {
			out = append(out, n)
		}
	}
	return out
}

// Outcome is ECS event.outcome.
type Outcome uint8

// Values of event.outcome.
const (
	OutcomeUnset Outcome = iota
	OutcomeSuccess
	OutcomeFailure
	OutcomeUnknown
)

// Outcomes lists event.outcome.
var Outcomes = Enum{"event.outcome", []string{"", "success", "failure", "unknown"}}

func (o Outcome) String() string { return Outcomes.Text(uint8(o)) }

// ObserverType says what sort of sensor wrote the record.
type ObserverType uint8

// Values of observer.type.
const (
	ObserverUnset ObserverType = iota
	ObserverIDS
	ObserverHoneypot
	ObserverFeed
	ObserverResolver
	ObserverMail
	ObserverEndpoint
	ObserverFirewall
	ObserverNetwork
)

// ObserverTypes lists observer.type.
var ObserverTypes = Enum{"observer.type", []string{
	"", "ids", "honeypot", "feed", "resolver", "mail", "endpoint", "firewall", "network",
}}

func (o ObserverType) String() string { return ObserverTypes.Text(uint8(o)) }

// Severity follows OCSF severity_id: 0 unknown, 1 informational, 2 low,
// 3 medium, 4 high, 5 critical, 6 fatal.
const (
	SeverityUnknown uint8 = iota
	SeverityInformational
	SeverityLow
	SeverityMedium
	SeverityHigh
	SeverityCritical
	SeverityFatal
)

// Confirmed says whether the hosting address can have been forged.
type Confirmed uint8

// Values of hosting.confirmed.
const (
	ConfirmedUnset Confirmed = iota
	ConfirmedYes             // handshake, login, HTTP answer or sinkhole check-in seen
	ConfirmedNo              // address as seen, may be forged
)

// ConfirmedValues lists hosting.confirmed.
var ConfirmedValues = Enum{"hosting.confirmed", []string{"", "yes", "no"}}

func (c Confirmed) String() string { return ConfirmedValues.Text(uint8(c)) }
