// SPDX-License-Identifier: Apache-2.0

package event

// AppendSet adds a record as Append does, but writes only what the record sets,
// a third of the columns: rows are opened some at a time, all columns at once,
// with what "not set" is. Pad must follow before anybody else looks at the
// batch.
func (b *Batch) AppendSet(e *Event) {
	if b.opened.ahead == 0 {
		b.open()
	}
	row := len(b.Time) - b.opened.ahead
	b.opened.ahead--
	b.setHead(row, e)
	b.setEnds(row, e)
	b.setDetail(row, e)
	b.setCert(row, e)
}

// Rows opened at once: few enough to lie in the processor's cache until they are
// written.
const (
	leastOpened = 16
	mostOpened  = 128
)

// opened says what of a batch is open.
type opened struct {
	ahead int  // rows beyond the last one
	some  bool // Pad has to follow
}

func (b *Batch) open() {
	n := min(cap(b.Time)-len(b.Time), mostOpened)
	if n == 0 {
		n = leastOpened
	}
	b.columns(opOpen, len(b.Time)+n)
	b.opened = opened{n, true}
}

func (b *Batch) setHead(row int, e *Event) {
	b.Time[row] = e.Time
	b.Start[row] = e.Start
	b.End[row] = e.End
	b.Created[row] = e.Created
	b.Ingested[row] = e.Ingested
	b.Kind[row] = e.Kind
	b.Category[row] = e.Category
	b.Severity[row] = e.Severity
	b.Outcome[row] = e.Outcome
	b.Action.set(row, e.Action)
	b.Dataset.set(row, e.Dataset)
	b.Observer.set(row, e.Observer)
	b.ObserverType[row] = e.ObserverType
	if e.ID != (Bytes16{}) {
		b.ID[row] = e.ID
	}
	if e.Hash != (Bytes16{}) {
		b.Hash[row] = e.Hash
	}
	if e.Participant != (Bytes16{}) {
		b.Participant[row] = e.Participant
	}
}

func (b *Batch) setEnds(row int, e *Event) {
	s, d := &e.Source, &e.Destination
	b.SourceIP[row] = s.IP
	b.SourcePort[row] = s.Port
	b.DestinationIP[row] = d.IP
	b.DestinationPort[row] = d.Port
	if s.AS|uint32(s.Country) != 0 {
		b.SourceAS[row] = s.AS
		b.SourceCountry[row] = s.Country
	}
	if d.AS|uint32(d.Country) != 0 {
		b.DestinationAS[row] = d.AS
		b.DestinationCountry[row] = d.Country
	}
	b.SourceBytes[row] = s.Bytes
	b.DestinationBytes[row] = d.Bytes
	b.SourceDomain.set(row, s.Domain)
	b.DestinationDomain.set(row, d.Domain)
}

func (b *Batch) setDetail(row int, e *Event) {
	b.Transport[row] = e.Transport
	b.Protocol.set(row, e.Protocol)
	b.CommunityID[row] = e.CommunityID
	b.RuleID.set(row, e.RuleID)
	b.RuleName.set(row, e.RuleName)
	if len(e.Techniques)|len(e.Vulnerabilities)|len(e.Software) != 0 {
		b.Techniques.put(row, e.Techniques)
		b.Vulnerabilities.put(row, e.Vulnerabilities)
		b.Software.set(row, e.Software)
	}
	b.DNSName.set(row, e.DNSName)
	b.DNSType[row] = e.DNSType
	if len(e.URL)|len(e.HTTPMethod)|len(e.UserAgent) != 0 {
		b.URL.put(row, e.URL)
		b.HTTPMethod.set(row, e.HTTPMethod)
		b.UserAgent.set(row, e.UserAgent)
	}
	if len(e.User)|len(e.CommandLine)|len(e.EmailFrom) != 0 {
		b.User.set(row, e.User)
		b.CommandLine.put(row, e.CommandLine)
		b.EmailFrom.set(row, e.EmailFrom)
	}
	if e.FileSHA256 != (Bytes32{}) {
		b.FileSHA256[row] = e.FileSHA256
	}
}

func (b *Batch) setCert(row int, e *Event) {
	b.RSIT[row] = e.RSIT
	b.Stage[row] = e.Stage
	b.Way[row] = e.Way
	b.Confidence[row] = e.Confidence
	b.Affected[row] = e.Affected
	b.Confirmed[row] = e.Confirmed
	b.Count[row] = e.Count
	b.RawOffset[row] = e.RawOffset
	b.Residual.put(row, e.Outline, e.Residual)
	if e.Parser != 0 || e.RawSeq != 0 {
		b.RawSeq[row] = e.RawSeq
		b.Parser[row] = e.Parser
	}
	if len(e.Lure)|len(e.Product)|len(e.Excluded)|len(e.Orgs) != 0 {
		b.Lure.set(row, e.Lure)
		b.Product.set(row, e.Product)
		b.Excluded.set(row, e.Excluded)
		b.Orgs.put(row, e.Orgs)
	}
	if uint8(e.Sector)|uint8(e.Band)|uint8(e.Status) != 0 || e.Expires != TimeUnset {
		b.Sector[row] = e.Sector
		b.Band[row] = e.Band
		b.Status[row] = e.Status
		b.Expires[row] = e.Expires
	}
	if uint8(e.TLP)|uint8(e.PAP) != 0 || e.Audience != 0 {
		b.TLP[row] = e.TLP
		b.PAP[row] = e.PAP
		b.Audience[row] = e.Audience
	}
	b.Replay[row] = e.Replay
}

// set writes a row that is open.
func (d *Dict) set(row int, s string) {
	if len(s) != 0 {
		d.Codes[row] = d.Code(s)
	}
}

func (t *Text) put(row int, s string) {
	t.pad(row)
	t.Append(s)
}

func (t *Text) putBytes(row int, s []byte) {
	t.pad(row)
	t.AppendBytes(s)
}

func (t *Text) pad(rows int) { t.Ends = pad(t.Ends, rows, uint32(len(t.Data))) }

func (s *DictSet) put(row int, values []string) {
	s.pad(row)
	s.Append(values)
}

func (s *DictSet) pad(rows int) { s.Ends = pad(s.Ends, rows, uint32(len(s.Dict.Codes))) }

func (s *OrgSet) put(row int, m []OrgMatch) {
	s.pad(row)
	s.Append(m)
}

func (s *OrgSet) pad(rows int) { s.Ends = pad(s.Ends, rows, uint32(len(s.Matches))) }
