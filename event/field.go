// SPDX-License-Identifier: Apache-2.0

package event

// Type is the type of a field.
type Type uint8

// Types of fields; the comment gives the type of the column that
// Field.Column points to.
const (
	TypeTime       Type = iota // []Time, nanoseconds UTC
	TypeBool                   // []bool
	TypeU8                     // []uint8
	TypeU16                    // []uint16
	TypeU32                    // []uint32
	TypeU64                    // []uint64
	TypeEnum                   // a slice of a named uint8; see Field.Enum
	TypeCategories             // []Categories
	TypeCountry                // []Country
	TypeAddr                   // []Addr
	TypeBytes16                // []Bytes16
	TypeBytes20                // []Bytes20
	TypeBytes32                // []Bytes32
	TypeDict                   // Dict
	TypeDictSet                // DictSet
	TypeOrgSet                 // OrgSet
	TypeText                   // Text
	TypeJSON                   // Text holding a JSON object or nothing
)

// Field describes one field of the record.
type Field struct {
	Name   string
	Type   Type
	Enum   *Enum              // for TypeEnum
	Column func(b *Batch) any // pointer to the column
}

// FieldByName finds a stored field; nil when there is none.
func FieldByName(name string) *Field {
	for i := range Fields {
		if Fields[i].Name == name {
			return &Fields[i]
		}
	}
	return nil
}

// Derived lists the fields that are not stored but follow from stored ones;
// they may be used in filters and groupings. hosting.confirmed is stored.
var Derived = []Field{
	{Name: "affected.ip", Type: TypeAddr},
	{Name: "affected.country", Type: TypeCountry},
	{Name: "affected.as", Type: TypeU32},
	{Name: "affected.sector", Type: TypeEnum, Enum: &Sectors},
	{Name: "affected.org", Type: TypeU32},
	{Name: "hosting.ip", Type: TypeAddr},
	{Name: "hosting.country", Type: TypeCountry},
	{Name: "hosting.as", Type: TypeU32},
}

// Lookup finds a stored or derived field; nil when there is none.
func Lookup(name string) *Field {
	if f := FieldByName(name); f != nil {
		return f
	}
	for i := range Derived {
		if Derived[i].Name == name {
			return &Derived[i]
		}
	}
	return nil
}
