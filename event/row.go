// SPDX-License-Identifier: Apache-2.0

package event

// Row copies one record out of the columns into e.
func (b *Batch) Row(row int, e *Event) {
	b.rowHead(row, e)
	b.rowEnds(row, e)
	b.rowDetail(row, e)
	b.rowCert(row, e)
}

func (b *Batch) rowHead(row int, e *Event) {
	e.ID = b.ID[row]
	e.Time = b.Time[row]
	e.Created = b.Created[row]
	e.Ingested = b.Ingested[row]
	e.Start = b.Start[row]
	e.End = b.End[row]
	e.Kind = b.Kind[row]
	e.Category = b.Category[row]
	e.Action = b.Action.At(row)
	e.Outcome = b.Outcome[row]
	e.Dataset = b.Dataset.At(row)
	e.Severity = b.Severity[row]
	e.Hash = b.Hash[row]
	e.Observer = b.Observer.At(row)
	e.ObserverType = b.ObserverType[row]
	e.Participant = b.Participant[row]
}

func (b *Batch) rowEnds(row int, e *Event) {
	e.Source.IP = b.SourceIP[row]
	e.Source.Port = b.SourcePort[row]
	e.Source.Domain = b.SourceDomain.At(row)
	e.Source.AS = b.SourceAS[row]
	e.Source.Country = b.SourceCountry[row]
	e.Source.Bytes = b.SourceBytes[row]
	e.Destination.IP = b.DestinationIP[row]
	e.Destination.Port = b.DestinationPort[row]
	e.Destination.Domain = b.DestinationDomain.At(row)
	e.Destination.AS = b.DestinationAS[row]
	e.Destination.Country = b.DestinationCountry[row]
	e.Destination.Bytes = b.DestinationBytes[row]
}

func (b *Batch) rowDetail(row int, e *Event) {
	e.Transport = b.Transport[row]
	e.Protocol = b.Protocol.At(row)
	e.CommunityID = b.CommunityID[row]
	e.RuleID = b.RuleID.At(row)
	e.RuleName = b.RuleName.At(row)
	e.Techniques = append(e.Techniques[:0], b.Techniques.At(row)...)
	e.Software = b.Software.At(row)
	e.Vulnerabilities = append(e.Vulnerabilities[:0], b.Vulnerabilities.At(row)...)
	e.URL = string(b.URL.At(row))
	e.DNSName = b.DNSName.At(row)
	e.DNSType = b.DNSType[row]
	e.FileSHA256 = b.FileSHA256[row]
	e.User = b.User.At(row)
	e.HTTPMethod = b.HTTPMethod.At(row)
	e.UserAgent = b.UserAgent.At(row)
	e.CommandLine = string(b.CommandLine.At(row))
	e.EmailFrom = b.EmailFrom.At(row)
}

func (b *Batch) rowCert(row int, e *Event) {
	e.RSIT = b.RSIT[row]
	e.Stage = b.Stage[row]
	e.Way = b.Way[row]
	e.Lure = b.Lure.At(row)
	e.Confidence = b.Confidence[row]
	e.Affected = b.Affected[row]
	e.Confirmed = b.Confirmed[row]
	e.TLP = b.TLP[row]
	e.PAP = b.PAP[row]
	e.Audience = b.Audience[row]
	e.Orgs = append(e.Orgs[:0], b.Orgs.At(row)...)
	e.Sector = b.Sector[row]
	e.Band = b.Band[row]
	e.Count = b.Count[row]
	e.Status = b.Status[row]
	e.Expires = b.Expires[row]
	e.Product = b.Product.At(row)
	e.Excluded = b.Excluded.At(row)
	e.Replay = b.Replay[row]
	e.RawSeq = b.RawSeq[row]
	e.RawOffset = b.RawOffset[row]
	e.Parser = b.Parser[row]
	e.Outline, e.Residual = "", AppendFilled(e.Residual[:0], b.Residual.Outlines.At(row), b.Residual.Values.At(row))
}
