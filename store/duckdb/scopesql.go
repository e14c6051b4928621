// SPDX-License-Identifier: Apache-2.0

package duckdb

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"haidang/event"
	"haidang/store"
	"haidang/store/duckdb/parquetfile"
)

// maxGrantValues bounds what one filter of a grant may list: a national team's
// constituents are many.
const maxGrantValues = 100_000

// scopeCode is the column of records within a scope that holds the number of
// the grant that admits them and their ends.
const scopeCode = `"scope"`

// records gives the SQL of the records that the question may see, as it may see
// them: a table with the columns of a segment. Within a scope it has three
// layers: the records that a grant admits, with their scope code; the same with
// columns hidden and cut; derived columns made from what is left.
func (q *question) records(a *args, segments []segment, options ...string) (string, error) {
	files := q.files(a, segments, options...)
	if q.Scope == nil {
		return files, nil
	}
	admit, code, err := q.scope.admit(a)
	if err != nil {
		return "", err
	}
	text := "(SELECT *, " + code + " AS " + scopeCode + " FROM " + files + " WHERE " + admit + ")"
	says := sayings{scope: &q.scope}
	reduced := says.reduced()
	return q.scope.rederived("(SELECT * " + reduced + " FROM " + says.over(text) + ")"), nil
}

// admit gives the condition that some grant admits a record, and its scope code.
func (s scope) admit(a *args) (where, code string, err error) {
	rows := make([]string, len(s.grants))
	code = "CASE"
	a.program = true
	defer func() { a.program = false }()
	for i := range s.grants {
		g := &s.grants[i]
		var c conditions
		if err := a.filters(g.all, &c); err != nil {
			var wrong *store.QueryError
			if errors.As(err, &wrong) {
				// Not for the asker's eyes.
				err = fmt.Errorf("store: grant %d: %s: %s", i, wrong.Field, wrong.Detail)
			}
			return "", "", err
		}
		rows[i] = "(" + c.row() + ")"
		if g.stop {
			code += " WHEN " + c.row() + " THEN 0"
			continue
		}
		number := strconv.Itoa((g.cut+1)<<cutBit | int(always))
		code += " WHEN " + c.row() + " THEN " + number + s.cuts[g.cut].ends(&c)
	}
	if len(s.grants) == 0 {
		return "false", "0", nil
	}
	return s.either(rows), code + " END", nil
}

// either gives the condition that a grant admits a record before one stops it.
func (s scope) either(rows []string) string {
	var some []string // that admit, from here to the end
	for i, row := range slices.Backward(rows) {
		if s.grants[i].stop {
			some = []string{"(" + row + " IS NOT TRUE AND " + disjunction(some) + ")"}
			continue
		}
		some = append(some, row)
	}
	slices.Reverse(some)
	return disjunction(some)
}

func disjunction(parts []string) string {
	if len(parts) == 0 {
		return "false"
	}
	return "(" + strings.Join(parts, " OR ") + ")"
}

// ends gives the SQL of the ends that a grant's cut asks for, each as a number to
// add.
func (g *cut) ends(c *conditions) string {
	const destination = `"cert.affected" IN ('destination', 'both')`
	const source = `"cert.affected" IN ('source', 'both')`
	own := [2]string{
		`("cert.affected" = 'source' AND ` + c.party(first) + ` OR "cert.affected" = 'both' AND ` + c.party(second) + `)`,
		`(` + destination + ` AND ` + c.party(first) + `)`,
	}
	wholly := `CASE "cert.affected" WHEN 'source' THEN ` + own[0] + ` WHEN 'destination' THEN ` + own[1] +
		` WHEN 'both' THEN ` + own[0] + ` AND ` + own[1] + ` END`
	not := func(condition string) string { return "(" + condition + ") IS NOT TRUE" }
	var out strings.Builder
	for _, e := range []struct {
		bit ends
		is  string
	}{
		{sourceAffected, source}, {destinationAffected, destination},
		{sourceHosting, `"cert.stage" IS DISTINCT FROM 'state' AND ` + destination},
		{destinationHosting, `"cert.stage" IS DISTINCT FROM 'state' AND "cert.affected" = 'source'`},
		{sourceOther, not(own[0])}, {destinationOther, not(own[1])}, {affectedOther, not(wholly)},
	} {
		if g.used&e.bit != 0 {
			fmt.Fprintf(&out, " + CASE WHEN %s THEN %d ELSE 0 END", e.is, e.bit)
		}
	}
	return out.String()
}

// sayings are what scope codes say of columns: conditions with names, each written
// once, since most columns are hidden together.
type sayings struct {
	scope *scope
	texts []string
}

// over gives a table with the sayings as columns beside its own.
func (y *sayings) over(table string) string {
	if len(y.texts) == 0 {
		return table
	}
	var out strings.Builder
	out.WriteString("(SELECT *")
	for i, text := range y.texts {
		fmt.Fprintf(&out, ", %s AS %s", text, saying(i))
	}
	return out.String() + " FROM " + table + ")"
}

func saying(i int) string { return fmt.Sprintf(`"scope.%d"`, i) }

// at gives the condition that a record's ends meet those that pick names for its
// grant's cut; "false" where they never do.
func (y *sayings) at(pick func(c *cut) ends) string {
	text := y.scope.at(pick)
	if text == "false" || text == "true" {
		return text
	}
	i := slices.Index(y.texts, text)
	if i < 0 {
		i, y.texts = len(y.texts), append(y.texts, text)
	}
	return saying(i)
}

func (s *scope) at(pick func(c *cut) ends) string {
	where := map[ends][]string{}
	for i := range s.cuts {
		w := pick(&s.cuts[i])
		if w&always != 0 {
			w = always
		}
		where[w] = append(where[w], strconv.Itoa(i+1))
	}
	switch {
	case len(where[always]) == len(s.cuts):
		return "true"
	case len(where[0]) == len(s.cuts):
		return "false"
	}
	var out []string
	for _, w := range slices.Sorted(maps.Keys(where)) {
		one := fmt.Sprintf("(%s >> %d) IN (%s)", scopeCode, cutBit, strings.Join(where[w], ", "))
		switch w {
		case 0:
		case always:
			out = append(out, one)
		default:
			out = append(out, fmt.Sprintf("%s AND (%s & %d) <> 0", one, scopeCode, w))
		}
	}
	return "(" + strings.Join(out, " OR ") + ")"
}

// unset is what "not set" is stored as in columns that are never NULL.
var unset = map[string]string{
	"cert.replay": "false", "cert.raw.sequence": "0::UBIGINT", "cert.raw.offset": "0::UINTEGER", "cert.raw.parser": "0::USMALLINT",
}

// reduced gives the REPLACE clause that hides and cuts columns.
func (y *sayings) reduced() string {
	names := make(map[string]bool)
	for _, c := range y.scope.cuts {
		for _, m := range []map[string]ends{c.hide, c.trim} {
			for name := range m {
				names[name] = true
			}
		}
		if c.orgs != [2]ends{} {
			names["cert.orgs"] = true
		}
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if name != flowID {
			out = append(out, y.column(name)+" AS "+quote(name))
		}
	}
	if names[residualName] { // from here on it is the whole text, or nothing
		out = append(out, "NULL::VARCHAR AS "+quote(parquetfile.OutlineName))
	}
	if y.scope.shows(flowID) && slices.ContainsFunc(flowColumns, func(name string) bool { return names[name] }) {
		out = append(out, y.column(flowID)+" AS "+quote(flowID))
		if isStored(flowID + ".short") {
			out = append(out, "NULL::BLOB AS "+quote(flowID+".short"))
		}
	}
	return replace(out)
}

// flowID may be stored as a beginning only, from which and from the flow's own
// columns the engine makes the whole: that must happen before they are reduced.
const flowID = "network.community_id"

var flowColumns = []string{flowID, "source.ip", "source.port", "destination.ip", "destination.port", "network.transport"}

func replace(columns []string) string {
	if len(columns) == 0 {
		return ""
	}
	return "REPLACE (" + strings.Join(columns, ", ") + ")"
}

// column gives the SQL of a column as the scope lets it be seen.
func (y *sayings) column(name string) string {
	null := unset[name]
	if null == "" {
		null = "NULL"
	}
	out := "CASE WHEN " + y.at(func(c *cut) ends { return c.hide[name] }) + " THEN " + null
	if trim := y.at(func(c *cut) ends { return c.trim[name] }); trim != "false" {
		out += " WHEN " + trim + " THEN " + network(quote(name))
	}
	if name == "cert.orgs" {
		source := y.at(func(c *cut) ends { return c.orgs[0] })
		destination := y.at(func(c *cut) ends { return c.orgs[1] })
		out += " WHEN " + source + " AND " + destination + " THEN NULL" +
			" WHEN " + source + " THEN " + orgsOf("destination") + " WHEN " + destination + " THEN " + orgsOf("source")
	}
	return out + " ELSE " + column(name, first) + " END"
}

// orgsOf gives the matches in cert.orgs of one end.
func orgsOf(end string) string {
	return `nullif(array_to_string(list_filter(string_split("cert.orgs", ' '), lambda m: ends_with(m, ':` + end + `')), ' '), '')`
}

// network: see event.Addr.Network.
func network(column string) string {
	low, high := span(v4InV6.Addr().As16(), v4InV6.Bits())
	text := column + "::VARCHAR"
	const bits48, digits = "0000-0000-000000000000", "13" // with the dash
	return "CASE WHEN " + column + " BETWEEN '" + uuidText(low) + "'::UUID AND '" + uuidText(high) + "'::UUID THEN (left(" + text +
		", 34) || '00')::UUID WHEN left(" + text + ", " + digits + ") = '00000000-0000' THEN '" + uuidText(event.Unspecified) +
		"'::UUID ELSE (left(" + text + ", " + digits + ") || '-" + bits48 + "')::UUID END"
}

// rederived makes the derived columns that segments hold anew where what they
// derive from is reduced.
func (s scope) rederived(table string) string {
	var out []string
	for i := range parquetfile.Columns {
		name := parquetfile.Columns[i].Name
		if parquetfile.Columns[i].Field != nil || !s.shows(name) || !slices.ContainsFunc(needs[name], s.touches) {
			continue
		}
		out = append(out, derive(name, first)+" AS "+quote(name))
	}
	if len(out) == 0 {
		return table
	}
	return "(SELECT * " + replace(out) + " FROM " + table + ")"
}
