// SPDX-License-Identifier: Apache-2.0

package event

// AppendSet adds a record as Append does, but where the record has nothing to
// say it leaves most columns behind: a record sets a third of them, and not
// touching the others is what makes a row cheap. Pad must follow before anybody
// else looks at the batch.
func (b *Batch) AppendSet(e *Event) {
	row := len(b.Time)
	b.Time = append(b.Time, e.Time)
	b.Kind = append(b.Kind, e.Kind)
	b.Category = append(b.Category, e.Category)
	b.Severity = append(b.Severity, e.Severity)
	b.SourceIP = append(b.SourceIP, e.Source.IP)
	b.SourcePort = append(b.SourcePort, e.Source.Port)
	b.DestinationIP = append(b.DestinationIP, e.Destination.IP)
	b.DestinationPort = append(b.DestinationPort, e.Destination.Port)
	b.Transport = append(b.Transport, e.Transport)
	b.Stage = append(b.Stage, e.Stage)
	b.Affected = append(b.Affected, e.Affected)
	b.Count = append(b.Count, e.Count)
	b.RawOffset = append(b.RawOffset, e.RawOffset)
	b.Action.put(row, e.Action)
	b.Dataset.put(row, e.Dataset)
	b.ObserverType = append(b.ObserverType, e.ObserverType)
	b.Protocol.put(row, e.Protocol)
	b.Residual.putBytes(row, e.Residual)
	b.setHead(row, e)
	b.setEnds(row, e)
	b.setDetail(row, e)
	b.setCert(row, e)
}

func (b *Batch) setHead(row int, e *Event) {
	if e.Start != TimeUnset {
		b.Start = put(b.Start, row, e.Start, TimeUnset)
	}
	if e.End != TimeUnset {
		b.End = put(b.End, row, e.End, TimeUnset)
	}
	if e.Created != TimeUnset {
		b.Created = put(b.Created, row, e.Created, TimeUnset)
	}
	if e.Ingested != TimeUnset {
		b.Ingested = put(b.Ingested, row, e.Ingested, TimeUnset)
	}
	if e.Outcome != 0 {
		b.Outcome = put(b.Outcome, row, e.Outcome, 0)
	}
	if e.ID != (Bytes16{}) {
		b.ID = putBytes(b.ID, row, &e.ID)
	}
	if e.Hash != (Bytes16{}) {
		b.Hash = putBytes(b.Hash, row, &e.Hash)
	}
	if e.Participant != (Bytes16{}) {
		b.Participant = putBytes(b.Participant, row, &e.Participant)
	}
	if e.Observer != "" {
		b.Observer.put(row, e.Observer)
	}
}

func (b *Batch) setEnds(row int, e *Event) {
	if s := &e.Source; s.AS|uint32(s.Country) != 0 {
		b.SourceAS = put(b.SourceAS, row, s.AS, 0)
		b.SourceCountry = put(b.SourceCountry, row, s.Country, 0)
	}
	if d := &e.Destination; d.AS|uint32(d.Country) != 0 {
		b.DestinationAS = put(b.DestinationAS, row, d.AS, 0)
		b.DestinationCountry = put(b.DestinationCountry, row, d.Country, 0)
	}
	if e.Source.Bytes|e.Destination.Bytes != 0 {
		b.SourceBytes = put(b.SourceBytes, row, e.Source.Bytes, 0)
		b.DestinationBytes = put(b.DestinationBytes, row, e.Destination.Bytes, 0)
	}
	if len(e.Source.Domain) != 0 {
		b.SourceDomain.put(row, e.Source.Domain)
	}
	if len(e.Destination.Domain) != 0 {
		b.DestinationDomain.put(row, e.Destination.Domain)
	}
}

func (b *Batch) setDetail(row int, e *Event) {
	if e.CommunityID != (Bytes20{}) {
		b.CommunityID = putBytes(b.CommunityID, row, &e.CommunityID)
	}
	if len(e.RuleID)|len(e.RuleName) != 0 {
		b.RuleID.put(row, e.RuleID)
		b.RuleName.put(row, e.RuleName)
	}
	if len(e.Techniques)|len(e.Vulnerabilities)|len(e.Software) != 0 {
		b.Techniques.put(row, e.Techniques)
		b.Vulnerabilities.put(row, e.Vulnerabilities)
		b.Software.put(row, e.Software)
	}
	if len(e.DNSName) != 0 || e.DNSType != 0 {
		b.DNSName.put(row, e.DNSName)
		b.DNSType = put(b.DNSType, row, e.DNSType, 0)
	}
	if len(e.URL)|len(e.HTTPMethod)|len(e.UserAgent) != 0 {
		b.URL.put(row, e.URL)
		b.HTTPMethod.put(row, e.HTTPMethod)
		b.UserAgent.put(row, e.UserAgent)
	}
	if len(e.User)|len(e.CommandLine)|len(e.EmailFrom) != 0 {
		b.User.put(row, e.User)
		b.CommandLine.put(row, e.CommandLine)
		b.EmailFrom.put(row, e.EmailFrom)
	}
	if e.FileSHA256 != (Bytes32{}) {
		b.FileSHA256 = putBytes(b.FileSHA256, row, &e.FileSHA256)
	}
}

func (b *Batch) setCert(row int, e *Event) {
	if uint8(e.RSIT)|uint8(e.Way)|uint8(e.Confirmed)|e.Confidence != 0 {
		b.RSIT = put(b.RSIT, row, e.RSIT, 0)
		b.Way = put(b.Way, row, e.Way, 0)
		b.Confirmed = put(b.Confirmed, row, e.Confirmed, 0)
		b.Confidence = put(b.Confidence, row, e.Confidence, 0)
	}
	if e.Parser != 0 || e.RawSeq != 0 {
		b.RawSeq = put(b.RawSeq, row, e.RawSeq, 0)
		b.Parser = put(b.Parser, row, e.Parser, 0)
	}
	if len(e.Lure)|len(e.Product)|len(e.Excluded)|len(e.Orgs) != 0 {
		b.Lure.put(row, e.Lure)
		b.Product.put(row, e.Product)
		b.Excluded.put(row, e.Excluded)
		b.Orgs.put(row, e.Orgs)
	}
	if uint8(e.Sector)|uint8(e.Band)|uint8(e.Status) != 0 || e.Expires != TimeUnset {
		b.Sector = put(b.Sector, row, e.Sector, 0)
		b.Band = put(b.Band, row, e.Band, 0)
		b.Status = put(b.Status, row, e.Status, 0)
		b.Expires = put(b.Expires, row, e.Expires, TimeUnset)
	}
	if uint8(e.TLP)|uint8(e.PAP) != 0 || e.Audience != 0 {
		b.TLP = put(b.TLP, row, e.TLP, 0)
		b.PAP = put(b.PAP, row, e.PAP, 0)
		b.Audience = put(b.Audience, row, e.Audience, 0)
	}
	if e.Replay {
		b.Replay = put(b.Replay, row, true, false)
	}
}

func (d *Dict) put(row int, s string) {
	if len(d.Codes) < row {
		d.pad(row)
	}
	d.Codes = append(d.Codes, d.Code(s))
}

func (d *Dict) pad(rows int) {
	d.Code("") // a row without a value has the empty string's code
	d.Codes = pad(d.Codes, rows, 0)
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
