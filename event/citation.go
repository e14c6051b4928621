// SPDX-License-Identifier: Apache-2.0

package event

// Coverage says what a figure rests on, in numbers: names of sensors are not open.
type Coverage struct {
	Sensors int // with records of the period, by event time
	Silent  int // enrolled during the period and without any
	// Hours sums, over the sensors, the hours of the period that they have records
	// of; nil where hours are no longer kept.
	Hours *int64
	Set   string // keyed hash of the sensors' names: two figures with one set have the same sensors
}

// Snapshot names a version of data that a figure depends on.
type Snapshot struct {
	Kind string // "country", "as", "members", "benign"
	ID   string // version, date or SHA-256
}

// CitedFigure is a figure with all that its canonical form says beside it. Its At
// and Watermark are not part of that.
type CitedFigure struct {
	Figure    Figure
	Position  Position // of the journal: what was committed up to it was there to be counted
	Coverage  Coverage
	Snapshots []Snapshot
	// Form is the version of its canonical form; 0 is the newest. An older one is kept
	// as it was signed.
	Form int
}

// Citation is a figure that was published under an address of its own. It is never
// changed; what is known later stands in Revises, RevisedBy and Differences.
type Citation struct {
	CitedFigure
	ID        string // 26 characters, from the canonical form
	Canonical []byte // RFC 8785
	Document  []byte // canonical form and envelope as JSON, for verifiers
	Computed  Time
	Software  string
	Key       string // id of the signing key
	Signature []byte // Ed25519

	Revises     string // the citation of the same table and period before it; "" where it is the first
	RevisedBy   string // the newest one; "" where it is this
	Differences []FigureDifference
}

// FigureDifference is what the newest citation says otherwise. A nil value is
// hidden or absent.
type FigureDifference struct {
	What     string   // "value" of a row; "status", "revision", "coverage", "rows" of the whole
	Group    []string // of a row
	Old, New *int64
	From, To string // where it is no number
}

// FigureKey is a public key that citations are signed with.
type FigureKey struct {
	ID     string
	Public []byte // Ed25519, 32 bytes
	Since  Time
	Until  Time // TimeUnset while it is in use
}

// Replayed is what became of working a cited figure out again.
type Replayed struct {
	Same        bool
	FromRecords bool  // counted from the records that were there; else from roll-ups, since some have expired
	Records     int64 // that were counted
	At          int   // the first byte of the canonical form that differs
	Differences []FigureDifference
	Gone        string // why it can no longer be worked out
	RevisedBy   string // the newest citation of the same, "" where it is this
}
