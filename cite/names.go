// SPDX-License-Identifier: Apache-2.0

package cite

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"

	"haidang/event"
)

// name is a hash that things are known by: 26 small letters and digits.
func name(data []byte) string {
	sum := sha256.Sum256(data)
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:16]))
}

// ID gives the id of a canonical form: 16 bytes of its SHA-256 in base32.
func ID(canonical []byte) string { return name(canonical) }

// subject names what a figure is of: definition, table, place, period and base. Its
// citations are revisions of each other.
func subject(c *event.CitedFigure) (string, error) {
	f := formOf(c)
	text, err := encode(&form{Schema: schemaFirst, Definition: f.Definition, Query: f.Query, Snapshots: []snapshot{}, Rows: []row{}})
	return name(text), err
}

// content names what a figure says, apart from how far the journal was and which
// tables are in use at the time: citing it again makes no other citation.
func content(c *event.CitedFigure) (string, error) {
	f := formOf(c)
	f.Position, f.Snapshots = "", []snapshot{}
	text, err := encode(f)
	return name(text), err
}
