// SPDX-License-Identifier: Apache-2.0

package event

// Batch is many records as columns: what flows between rooms. All columns have
// Rows() rows. It is owned by one goroutine at a time; whoever hands it on does
// not touch it again.
type Batch struct {
	ID                 []Bytes16      // event.id
	Time               []Time         // @timestamp
	Created            []Time         // event.created
	Ingested           []Time         // event.ingested
	Start              []Time         // event.start
	End                []Time         // event.end
	Kind               []Kind         // event.kind
	Category           []Categories   // event.category
	Action             Dict           // event.action
	Outcome            []Outcome      // event.outcome
	Dataset            Dict           // event.dataset
	Severity           []uint8        // event.severity
	Hash               []Bytes16      // event.hash
	Observer           Dict           // observer.name
	ObserverType       []ObserverType // observer.type
	Participant        []Bytes16      // participant.id
	SourceIP           []Addr         // source.ip
	SourcePort         []uint16       // source.port
	SourceDomain       Dict           // source.domain
	SourceAS           []uint32       // source.as.number
	SourceCountry      []Country      // source.geo.country_iso_code
	SourceBytes        []uint64       // source.bytes
	DestinationIP      []Addr         // destination.ip
	DestinationPort    []uint16       // destination.port
	DestinationDomain  Dict           // destination.domain
	DestinationAS      []uint32       // destination.as.number
	DestinationCountry []Country      // destination.geo.country_iso_code
	DestinationBytes   []uint64       // destination.bytes
	Transport          []uint8        // network.transport
	Protocol           Dict           // network.protocol
	CommunityID        []Bytes20      // network.community_id
	RuleID             Dict           // rule.id
	RuleName           Dict           // rule.name
	Techniques         DictSet        // threat.technique.id
	Software           Dict           // threat.software.name
	Vulnerabilities    DictSet        // vulnerability.id
	URL                Text           // url.full
	DNSName            Dict           // dns.question.name
	DNSType            []uint16       // dns.question.type
	FileSHA256         []Bytes32      // file.hash.sha256
	User               Dict           // user.name
	HTTPMethod         Dict           // http.request.method
	UserAgent          Dict           // user_agent.original
	CommandLine        Text           // process.command_line
	EmailFrom          Dict           // email.from.address
	RSIT               []RSIT         // cert.rsit
	Stage              []Stage        // cert.stage
	Way                []Way          // cert.way
	Lure               Dict           // cert.lure
	Confidence         []uint8        // cert.confidence
	Affected           []Side         // cert.affected
	Confirmed          []Confirmed    // hosting.confirmed
	TLP                []TLP          // cert.tlp
	PAP                []PAP          // cert.pap
	Audience           []uint32       // cert.audience
	Orgs               OrgSet         // cert.orgs
	Sector             []Sector       // cert.sector
	Band               []Band         // cert.band
	Count              []uint32       // cert.count
	Status             []Status       // cert.status
	Expires            []Time         // cert.expires
	Product            Dict           // cert.product
	Excluded           Dict           // cert.excluded
	Replay             []bool         // cert.replay
	RawSeq             []uint64       // cert.raw.sequence
	RawOffset          []uint32       // cert.raw.offset
	Parser             []uint16       // cert.raw.parser
	Residual           Outlined       // cert.residual

	opened opened
}

// Rows gives the number of records.
func (b *Batch) Rows() int { return len(b.Time) }

// Append adds a record, copying its strings.
func (b *Batch) Append(e *Event) {
	b.Pad()
	b.appendHead(e)
	b.appendEnds(e)
	b.appendDetail(e)
	b.appendCert(e)
}

func (b *Batch) appendHead(e *Event) {
	b.ID = append(b.ID, e.ID)
	b.Time = append(b.Time, e.Time)
	b.Created = append(b.Created, e.Created)
	b.Ingested = append(b.Ingested, e.Ingested)
	b.Start = append(b.Start, e.Start)
	b.End = append(b.End, e.End)
	b.Kind = append(b.Kind, e.Kind)
	b.Category = append(b.Category, e.Category)
	b.Action.Append(e.Action)
	b.Outcome = append(b.Outcome, e.Outcome)
	b.Dataset.Append(e.Dataset)
	b.Severity = append(b.Severity, e.Severity)
	b.Hash = append(b.Hash, e.Hash)
	b.Observer.Append(e.Observer)
	b.ObserverType = append(b.ObserverType, e.ObserverType)
	b.Participant = append(b.Participant, e.Participant)
}

func (b *Batch) appendEnds(e *Event) {
	b.SourceIP = append(b.SourceIP, e.Source.IP)
	b.SourcePort = append(b.SourcePort, e.Source.Port)
	b.SourceDomain.Append(e.Source.Domain)
	b.SourceAS = append(b.SourceAS, e.Source.AS)
	b.SourceCountry = append(b.SourceCountry, e.Source.Country)
	b.SourceBytes = append(b.SourceBytes, e.Source.Bytes)
	b.DestinationIP = append(b.DestinationIP, e.Destination.IP)
	b.DestinationPort = append(b.DestinationPort, e.Destination.Port)
	b.DestinationDomain.Append(e.Destination.Domain)
	b.DestinationAS = append(b.DestinationAS, e.Destination.AS)
	b.DestinationCountry = append(b.DestinationCountry, e.Destination.Country)
	b.DestinationBytes = append(b.DestinationBytes, e.Destination.Bytes)
}

func (b *Batch) appendDetail(e *Event) {
	b.Transport = append(b.Transport, e.Transport)
	b.Protocol.Append(e.Protocol)
	b.CommunityID = append(b.CommunityID, e.CommunityID)
	b.RuleID.Append(e.RuleID)
	b.RuleName.Append(e.RuleName)
	b.Techniques.Append(e.Techniques)
	b.Software.Append(e.Software)
	b.Vulnerabilities.Append(e.Vulnerabilities)
	b.URL.Append(e.URL)
	b.DNSName.Append(e.DNSName)
	b.DNSType = append(b.DNSType, e.DNSType)
	b.FileSHA256 = append(b.FileSHA256, e.FileSHA256)
	b.User.Append(e.User)
	b.HTTPMethod.Append(e.HTTPMethod)
	b.UserAgent.Append(e.UserAgent)
	b.CommandLine.Append(e.CommandLine)
	b.EmailFrom.Append(e.EmailFrom)
}

func (b *Batch) appendCert(e *Event) {
	b.RSIT = append(b.RSIT, e.RSIT)
	b.Stage = append(b.Stage, e.Stage)
	b.Way = append(b.Way, e.Way)
	b.Lure.Append(e.Lure)
	b.Confidence = append(b.Confidence, e.Confidence)
	b.Affected = append(b.Affected, e.Affected)
	b.Confirmed = append(b.Confirmed, e.Confirmed)
	b.TLP = append(b.TLP, e.TLP)
	b.PAP = append(b.PAP, e.PAP)
	b.Audience = append(b.Audience, e.Audience)
	b.Orgs.Append(e.Orgs)
	b.Sector = append(b.Sector, e.Sector)
	b.Band = append(b.Band, e.Band)
	b.Count = append(b.Count, e.Count)
	b.Status = append(b.Status, e.Status)
	b.Expires = append(b.Expires, e.Expires)
	b.Product.Append(e.Product)
	b.Excluded.Append(e.Excluded)
	b.Replay = append(b.Replay, e.Replay)
	b.RawSeq = append(b.RawSeq, e.RawSeq)
	b.RawOffset = append(b.RawOffset, e.RawOffset)
	b.Parser = append(b.Parser, e.Parser)
	b.Residual.add(e.Outline, e.Residual)
}

// Reset empties the batch, keeping its memory.
func (b *Batch) Reset() {
	b.columns(opReset, 0)
	b.opened = opened{}
}

// Pad brings all columns to the rows that were added, see AppendSet.
func (b *Batch) Pad() {
	if b.opened.some {
		b.columns(opClose, len(b.Time)-b.opened.ahead)
		b.opened = opened{}
	}
}

// Reserve makes room for so many rows, each column at once.
func (b *Batch) Reserve(rows int) { b.columns(opReserve, rows) }

// Size gives the bytes of memory that the columns hold, whether used or not.
func (b *Batch) Size() int64 { return b.columns(opSize, 0) }

func (b *Batch) columns(op columnOp, rows int) (bytes int64) {
	for i := range Fields {
		bytes += op.column(Fields[i].Column(b), rows)
	}
	return bytes
}
