// SPDX-License-Identifier: Apache-2.0

package event

// Framing says how a format's body is cut into records.
type Framing uint8

// Framings that doors know.
const (
	FramingLines Framing = iota // one record a line (NDJSON, logs)
	FramingCSV                  // RFC 4180: a header row, quoted line breaks allowed
)

// Delivery is the header of what a door journals: one batch of raw records as
// they came, from one sensor.
type Delivery struct {
	Sensor   string // enrolled name
	Door     string // "http", "bulk", "file", "import" …
	Format   string // "eve", "cowrie" …
	Key      string // Idempotency-Key; empty when the sender gave none
	Spool    string // sensor's spool id; empty when the sender does not number
	SpoolSeq uint64 // the batch's number within the spool
	// Digest tells a repeat from other bytes under the same key or number: XXH3
	// (128 bits) of the decoded body, or SHA-256 in batches that the first release journalled.
	// The journal sets it, where there is a key or a number; else it is zero.
	Digest   [32]byte
	Received Time
	Shed     uint64 // records the sensor's spool dropped before this batch
	Replay   bool   // sent by a replay: marked for ever
}

// Receipt is what the sender is told once its batch is on disk.
type Receipt struct {
	Batch     string // opaque id, also of the first acceptance when Duplicate
	Bytes     int64  // decoded bytes
	Records   int64
	Duplicate bool
}

// Position is a place in the journal: the sequence of a message.
type Position uint64

// Chunk is a run of whole raw records read back from the journal, at most
// 1 MiB unless one record is longer.
type Chunk struct {
	Delivery
	Batch    string
	Seq      Position // journal message that holds it
	Offset   uint32   // ordinal of its first record within that message
	First    int64    // ordinal of its first record within the batch
	Records  uint32   // as the door counted
	Preamble []byte   // CSV header row, for every chunk of a CSV batch
	Data     []byte   // valid until the consumer returns
	Ingested Time     // when it was journalled
	Last     bool     // last chunk of its batch
	// Through is set on the last chunk that a journal message yields: all batches
	// that end at or before it were delivered, so it may be committed. Else 0.
	Through Position
	Dup     int64 // > 0: no data; this many records came again as a duplicate batch
	// Release, when not nil, gives Data's memory back to be used again. Whoever
	// has finished with Data calls it at most once; not calling it costs memory only.
	Release func()
}

// Reason is why a record was quarantined.
type Reason string

// Reasons of quarantine. Formats may not invent others.
const (
	ReasonNotJSON     Reason = "not-json"   // or half a line
	ReasonNotObject   Reason = "not-object" // valid JSON, but no object
	ReasonDuplicate   Reason = "duplicate-name"
	ReasonUTF8        Reason = "invalid-utf8"
	ReasonDepth       Reason = "too-deep"
	ReasonTooLong     Reason = "too-long"     // over the record limit; first 4 KiB kept
	ReasonWrongFormat Reason = "wrong-format" // not a record of the named format
	ReasonField       Reason = "bad-field"    // a field's type or value is unusable
	ReasonTime        Reason = "bad-time"     // no readable time
	ReasonFuture      Reason = "future-time"  // more than a day ahead of our clock
	ReasonColumns     Reason = "wrong-columns"
	ReasonLabel       Reason = "state-secret" // carries a marking that may not be kept
)

// Reject is a quarantined record.
type Reject struct {
	Sensor string
	Format string
	Door   string
	Batch  string
	Line   int64 // 1-based ordinal of the record within its batch
	Seq    Position
	Offset uint32
	Reason Reason
	Detail string // names field and remedy, never more than 500 bytes
	Bytes  []byte // at most 4 KiB
	At     Time   // when it was journalled
	Parser uint16
}

// Sensor is what the observatory knows of an enrolled sensor.
type Sensor struct {
	Name    string   `json:"name"`
	Country string   `json:"country,omitempty"` // where it stands, ISO 3166-1 alpha-2
	Covers  string   `json:"covers,omitempty"`  // what it covers, in words
	Home    []string `json:"home,omitempty"`    // its own networks, CIDR
	Zone    string   `json:"zone,omitempty"`    // IANA zone for times without one; UTC when empty
	Replay  bool     `json:"replay,omitempty"`  // may only send replays
}
