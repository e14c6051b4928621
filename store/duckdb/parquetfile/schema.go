// SPDX-License-Identifier: Apache-2.0

package parquetfile

import (
	"fmt"

	"haidang/event"
)

// Kind is how a column is held in memory and stored.
type Kind uint8

// Kinds of columns.
const (
	Int32  Kind = iota // unsigned, up to 32 bits
	Int64              // unsigned 64 bits
	Time               // nanoseconds since 1970, UTC
	Bool               //
	UUID               // 16 bytes that readers compare as one number
	Blob               // other bytes of fixed length
	String             // dictionary strings
	Text               // strings that seldom repeat
)

// Column is one column of a segment.
type Column struct {
	Name     string
	Kind     Kind
	Bits     int          // Int32: 8, 16 or 32
	Width    int          // UUID, Blob: bytes
	Required bool         // every value counts; otherwise the "not set" value is NULL
	Delta    bool         // values grow slowly: store differences, not a dictionary
	Random   bool         // fixed width: no value says anything of another, so nothing is to be gained
	Halves   bool         // UUID: as good as random, and the second half mostly zero
	Growing  bool         // UUID: each mostly begins as the one before
	Field    *event.Field // nil for derived columns

	fill func(f *filler, v *Vector, b *event.Batch) // what is stored is not what the field holds
}

// Columns lists the columns of a segment, in file order: those of event.Fields,
// then derived ones.
var Columns = append(columnsOf(event.Fields), derived...)

// required fields have no "not set": what they hold is stored as it is.
var required = map[string]bool{
	"event.id": true, "@timestamp": true, "event.ingested": true, "cert.count": true,
	"cert.replay": true, "cert.raw.sequence": true, "cert.raw.offset": true, "cert.raw.parser": true,
}

func columnsOf(fields []event.Field) []Column {
	out := make([]Column, len(fields))
	for i := range fields {
		f := &fields[i]
		out[i] = Column{Name: f.Name, Field: f, Required: required[f.Name]}
		out[i].setKind(f.Type)
		out[i].Growing, out[i].Halves = f.Name == "event.id", f.Name == "event.hash"
		if f.Name == residualName {
			out[i].fill = (*filler).residual
		}
		if f.Name == communityName {
			out[i].fill, out[i].Random = (*filler).community, true
		}
	}
	return out
}

func (c *Column) setKind(t event.Type) {
	switch t {
	case event.TypeTime:
		c.Kind, c.Delta = Time, true
	case event.TypeBool:
		c.Kind = Bool
	case event.TypeU8:
		c.Kind, c.Bits = Int32, 8
	case event.TypeU16:
		c.Kind, c.Bits = Int32, 16
	case event.TypeU32:
		c.Kind, c.Bits, c.Delta = Int32, 32, c.Name == "cert.raw.offset"
	case event.TypeU64:
		c.Kind, c.Delta = Int64, c.Name == "cert.raw.sequence"
	case event.TypeAddr, event.TypeBytes16:
		c.Kind, c.Width = UUID, 16
	case event.TypeBytes20:
		c.Kind, c.Width = Blob, 20
	case event.TypeBytes32:
		c.Kind, c.Width = Blob, 32
	case event.TypeText, event.TypeJSON:
		c.Kind = Text
	case event.TypeEnum, event.TypeCategories, event.TypeCountry, event.TypeDict,
		event.TypeDictSet, event.TypeOrgSet:
		c.Kind = String
	default:
		panic(fmt.Sprintf("parquetfile: field %s has a type that no column can hold", c.Name))
	}
}
