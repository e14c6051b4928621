// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"cmp"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
)

// columns of a table of organisations; name and networks are needed.
var columns = []string{"name", "name_en", "type", "sector", "country", "province", "networks", "email", "language"}

// readTable reads a table (RFC 4180) whose first row names its columns. Networks
// stand in one cell, separated by blanks or semicolons.
func readTable(text string) *imported {
	out := &imported{}
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
	r.FieldsPerRecord, r.TrimLeadingSpace = -1, true
	head, err := r.Read()
	if err != nil {
		out.fault(1, "the first row must name the columns: %s", strings.Join(columns, ", "))
		return out
	}
	at := map[string]int{}
	for i, name := range head {
		name = strings.ToLower(strings.TrimSpace(name))
		if !slices.Contains(columns, name) {
			out.fault(1, "column %.80q is not known; there are %s", name, strings.Join(columns, ", "))
			continue
		}
		at[name] = i
	}
	for _, needed := range []string{"name", "networks"} {
		if _, ok := at[needed]; !ok {
			out.fault(1, "there is no column %q", needed)
		}
	}
	if len(out.Faults) == 0 {
		out.readRows(r, at)
	}
	return out
}

func (i *imported) readRows(r *csv.Reader, at map[string]int) {
	seen := map[string]bool{}
	for len(i.Faults) < maxFaults {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		var bad *csv.ParseError
		if errors.As(err, &bad) {
			i.fault(bad.Line, "%v", bad.Err)
			return
		}
		line, _ := r.FieldPos(0)
		get := func(name string) string {
			if n, ok := at[name]; ok && n < len(row) {
				return strings.TrimSpace(row[n])
			}
			return ""
		}
		p := party{
			Line: line, Name: clip(get("name")), EN: clip(get("name_en")), Type: cmp.Or(get("type"), "other"), Sector: get("sector"),
			Country: strings.ToUpper(get("country")), Province: strings.ToUpper(get("province")), Email: get("email"), Language: cmp.Or(get("language"), "vi"),
		}
		if p.Name == "" {
			i.fault(line, "name is empty")
			continue
		}
		if !seen[p.Name] {
			seen[p.Name] = true
			i.Parties = append(i.Parties, p)
		}
		for _, n := range strings.FieldsFunc(get("networks"), func(r rune) bool { return r == ' ' || r == ';' || r == '\n' || r == '\t' }) {
			if len(i.Claims) == maxClaims {
				i.fault(line, "too much at once: at most %d networks; split the file here", maxClaims)
				return
			}
			i.Claims = append(i.Claims, claim{Line: line, Org: p.Name, Network: n})
		}
	}
}
