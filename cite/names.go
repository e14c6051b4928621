// SPDX-License-Identifier: Apache-2.0

package cite

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
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
	f := &c.Figure
	text, err := encode(&form{Schema: schemaFirst, Definition: f.Definition, Query: queryOf(f), Snapshots: []snapshot{}, Rows: []row{}})
	return name(text), err
}

// content names what a figure says, apart from how far the journal was and which
// tables are in use at the time: citing it again makes no other citation.
func content(c *event.CitedFigure) (string, error) {
	text, err := formOf(c).says()
	return name(text), err
}

// says gives what content names: the canonical form with two members empty.
func (f *form) says() ([]byte, error) {
	g := *f
	g.Position, g.Snapshots = "", []snapshot{}
	return encode(&g)
}

// forms gives a figure's canonical form and names its content. Both are written once.
func forms(c *event.CitedFigure) (canonical []byte, content string, err error) {
	f := formOf(c)
	text, err := f.says()
	if err != nil {
		return nil, "", err
	}
	list, err := json.Marshal(f.Snapshots)
	if err == nil {
		list, err = rewritten(list)
	}
	if err != nil {
		return nil, "", fmt.Errorf("cite: %w", err)
	}
	// No text within the form looks like these members: its quotes would be escaped.
	before, rest, found := bytes.Cut(text, []byte(`"position":""`))
	between, after, also := bytes.Cut(rest, []byte(`"snapshots":[]`))
	if !found || !also {
		return nil, "", errors.New("cite: the canonical form has no place for the position or the tables")
	}
	canonical = slices.Concat(before, []byte(`"position":"`+f.Position+`"`), between, []byte(`"snapshots":`), list, after)
	return canonical, name(text), nil
}
