// SPDX-License-Identifier: Apache-2.0

package endpoint

import (
	"errors"

	"github.com/go-json-experiment/json/jsontext"

	"haidang/event"
	"haidang/normalise"
	"haidang/strictjson"
)

// Fields that all closed records have, by their number in the reader. Further
// ones follow from Further on.
const (
	FieldRefused = iota
	FieldParticipant
	FieldTime
	FieldCountry
	FieldSector
	FieldOrganisation
	FieldAgent
	Further
)

// shared are the members of every closed record, in the order in which they are
// written.
var shared = []strictjson.Path{
	{Name: "refused", Field: FieldRefused, Want: strictjson.String},
	{Name: "participant", Field: FieldParticipant, Want: strictjson.String},
	{Name: "time", Field: FieldTime, Want: strictjson.String},
	{Name: "country", Field: FieldCountry, Want: strictjson.String},
	{Name: "sector", Field: FieldSector, Want: strictjson.String},
	{Name: "organisation", Field: FieldOrganisation, Want: strictjson.Number},
	{Name: "agent", Field: FieldAgent, Want: strictjson.String},
}

// Members is the closed list of a format's members.
type Members struct {
	paths []strictjson.Path
	table *strictjson.Table
}

// NewMembers makes the list of the members that all have and those of one format.
func NewMembers(own ...strictjson.Path) *Members {
	paths := append(append([]strictjson.Path{}, shared...), own...)
	return &Members{paths, strictjson.MustTable(paths)}
}

// Closed reads and rewrites JSON records that have no other members than those
// named.
type Closed struct {
	*strictjson.Reader
	paths []strictjson.Path
	clock normalise.Clock
}

// New makes a reader for one goroutine.
func (m *Members) New() *Closed {
	return &Closed{Reader: strictjson.NewReader(m.table, strictjson.DefaultDepth), paths: m.paths}
}

// limits of texts, in bytes.
const (
	mostName  = 255
	mostAgent = 100
)

// Reasons of records that were refused at the door, where nothing of them may be
// kept. The texts are written by us.
var (
	notJSON  = "not-json"
	mistaken = "bad-field"
)

// Scrub rewrites one record: the participant's name becomes its pseudonym.
func (c *Closed) Scrub(dst, record []byte, p *normalise.Privacy) []byte {
	switch {
	case c.Read(record) != nil:
		return refused(dst, notJSON)
	case len(c.Residual()) > 0, c.Has(FieldRefused), len(c.Bytes(FieldParticipant)) > mostName, len(c.Bytes(FieldAgent)) > mostAgent:
		return refused(dst, mistaken)
	}
	at, ok := c.clock.Parse(c.Text(FieldTime), p.Zone)
	if !ok {
		at = p.Now
	}
	dst = append(dst, `{"participant":"`...)
	dst = append(AppendID(dst, p.Pseudonym(c.Text(FieldParticipant), at)), '"')
	for i := range c.paths {
		f := &c.paths[i]
		if f.Field == FieldParticipant || !c.Has(f.Field) {
			continue
		}
		dst = append(append(append(dst, ',', '"'), f.Name...), `":`...)
		if c.Kind(f.Field) == strictjson.String {
			dst, _ = jsontext.AppendQuote(dst, c.Bytes(f.Field)) // was read as strict JSON
			continue
		}
		dst = append(dst, c.Bytes(f.Field)...)
	}
	return append(dst, '}')
}

func refused(dst []byte, why string) []byte {
	return append(append(append(dst, `{"refused":"`...), why...), `"}`...)
}

// Open reads a rewritten record and sets what all have.
func (c *Closed) Open(record []byte, x *normalise.Context, e *event.Event) error {
	if err := c.Read(record); err != nil {
		return rejectOf(err)
	}
	if c.Has(FieldRefused) {
		return refusal(c.Text(FieldRefused))
	}
	id, ok := ParseID(c.Text(FieldParticipant))
	if !ok || len(c.Residual()) > 0 {
		return normalise.Rejectf(event.ReasonWrongFormat, "the record was not rewritten at a door")
	}
	at, ok := c.clock.Parse(c.Text(FieldTime), x.Zone)
	if !ok {
		return normalise.Rejectf(event.ReasonTime, "time %.40q is no time like 2026-11-21T18:00:00+07:00", c.Text(FieldTime))
	}
	place, err := c.place()
	if err != nil {
		return err
	}
	e.Time, e.UserAgent = at, c.Text(FieldAgent)
	Set(e, id, place, x.Sensor)
	return nil
}

// place reads where the participant says it is.
func (c *Closed) place() (p Place, err error) {
	if s := c.Text(FieldCountry); s != "" {
		country, ok := event.ParseCountry(s)
		if !ok || country.String() != s {
			return p, normalise.Rejectf(event.ReasonField, "country %.20q: use two capital letters (ISO 3166-1), such as VN", s)
		}
		p.Country = country
	}
	if s := c.Text(FieldSector); s != "" {
		code, err := event.Sectors.Parse(s)
		if err != nil {
			return p, normalise.Rejectf(event.ReasonField, "sector %.60q is not one of the sectors of docs/28-participants.md", s)
		}
		p.Sector = event.Sector(code)
	}
	if c.Has(FieldOrganisation) {
		n, ok := c.Uint(FieldOrganisation)
		if !ok || n == 0 || n > 1<<32-1 {
			return p, normalise.Rejectf(event.ReasonField, "organisation %.20q: use the organisation's number, as `haidang organisation list` shows it", c.Text(FieldOrganisation))
		}
		p.Organisation = uint32(n)
	}
	return p, nil
}

func refusal(why string) error {
	if why == notJSON {
		return normalise.Rejectf(event.ReasonNotJSON, "the record was no strict JSON object; nothing of it was kept, since it may name a participant")
	}
	return normalise.Rejectf(event.ReasonField, "the record had a member that the format does not have, or one of another type or length; nothing of it was kept, since it may name a participant")
}

// reasons of quarantine by what the reader found.
var reasons = map[strictjson.Code]event.Reason{
	strictjson.NotJSON: event.ReasonNotJSON, strictjson.NotObject: event.ReasonNotObject,
	strictjson.DuplicateName: event.ReasonDuplicate, strictjson.InvalidUTF8: event.ReasonUTF8,
	strictjson.TooDeep: event.ReasonDepth, strictjson.Trailing: event.ReasonNotJSON, strictjson.TooLong: event.ReasonTooLong,
}

func rejectOf(err error) error {
	var bad *strictjson.Error
	if errors.As(err, &bad) {
		return normalise.Rejectf(reasons[bad.Code], "%v; one JSON object a line is expected", bad)
	}
	return err
}
