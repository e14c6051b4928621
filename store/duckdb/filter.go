// SPDX-License-Identifier: Apache-2.0

package duckdb

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"haidang/event"
	"haidang/store"
	"haidang/store/duckdb/parquetfile"
)

// args collects bound parameters.
type args struct {
	values  []any
	program bool // filters are the program's own
}

// bind adds a parameter and gives its placeholder.
func (a *args) bind(v any) string {
	a.values = append(a.values, v)
	return "$" + strconv.Itoa(len(a.values))
}

var placeholder = regexp.MustCompile(`\$[0-9]+`)

// used renumbers the parameters that a text names, leaving the others out:
// the engine wants every parameter it is given to be used.
func (a *args) used(text string) (string, []any) {
	var values []any
	seen := make(map[string]string)
	text = placeholder.ReplaceAllStringFunc(text, func(p string) string {
		if seen[p] == "" {
			n, _ := strconv.Atoi(p[1:])
			values = append(values, a.values[n-1])
			seen[p] = "$" + strconv.Itoa(len(values))
		}
		return seen[p]
	})
	return text, values
}

// negative says that an operation must hold for all of a record's parties.
func negative(op event.Op) bool { return op == event.OpNot || op == event.OpMissing }

// condition gives the SQL of one filter for one party.
func (a *args) condition(f *event.Filter, p party) (string, error) {
	field := event.Lookup(f.Field)
	if field == nil {
		return "", &store.QueryError{Field: f.Field, Detail: "is no field of the record; GET /api/v1/schema lists them"}
	}
	if err := a.checkValues(f); err != nil {
		return "", err
	}
	switch f.Op {
	case event.OpExists, event.OpMissing:
		return existence(field, f.Op, p), nil
	case event.OpEqual, event.OpNot:
		c, err := a.equal(field, f.Values, p)
		if err == nil && f.Op == event.OpNot {
			c = "(" + c + ") IS NOT TRUE"
		}
		return c, err
	case event.OpAtLeast:
		return a.compare(field, ">=", f.Values[0], p)
	case event.OpAtMost:
		return a.compare(field, "<=", f.Values[0], p)
	case event.OpPrefix:
		return a.prefix(field, f.Values, p)
	case event.OpContains:
		return a.contains(field, f.Values, p)
	}
	return "", &store.QueryError{Field: f.Field, Detail: "this comparison is not known"}
}

// maxValues bounds what one filter may list.
const maxValues = 1000

func (a *args) checkValues(f *event.Filter) error {
	for _, v := range f.Values {
		if !utf8.ValidString(v) {
			return &store.QueryError{Field: f.Field, Detail: fmt.Sprintf("%q is not valid UTF-8", v)}
		}
	}
	n, most := len(f.Values), maxValues
	if a.program {
		most = maxGrantValues
	}
	switch f.Op {
	case event.OpExists, event.OpMissing:
		return nil
	case event.OpAtLeast, event.OpAtMost:
		if n != 1 {
			return &store.QueryError{Field: f.Field, Detail: "at least and at most take exactly one value"}
		}
	default:
		if n == 0 || n > most {
			return &store.QueryError{Field: f.Field, Detail: fmt.Sprintf("this comparison takes 1 to %d values", most)}
		}
	}
	return nil
}

func existence(f *event.Field, op event.Op, p party) string {
	word := " IS NOT NULL"
	if op == event.OpMissing {
		word = " IS NULL"
	}
	if f.Name == "affected.org" {
		// An empty list is no organisation.
		return "nullif(len(" + orgMembers(f.Name, p) + "), 0)" + word
	}
	if isCommunity(f) {
		return storedCommunity + word
	}
	if f.Name == residualName {
		return quote(residualName) + word // who has an outline has values
	}
	return "(" + column(f.Name, p) + ")" + word
}

func (a *args) equal(f *event.Field, values []string, p party) (string, error) {
	switch {
	case isOrgs(f):
		return a.orgs(f, values, p)
	case isSet(f):
		return a.anyOf(values, func(v string) (string, error) { return a.member(f, v) })
	}
	var set []string
	null := false
	for _, v := range values {
		x, unset, err := a.value(f, v)
		if err != nil {
			return "", err
		}
		if unset {
			null = true
			continue
		}
		set = append(set, x)
	}
	col := "(" + column(f.Name, p) + ")"
	var out []string
	switch {
	case len(set) > 0 && isCommunity(f):
		out = append(out, a.isCommunity(values))
	case len(set) > 0:
		out = append(out, col+" IN ("+strings.Join(set, ", ")+")")
	}
	if null {
		out = append(out, existence(f, event.OpMissing, p))
	}
	return strings.Join(out, " OR "), nil
}

func (a *args) anyOf(values []string, one func(string) (string, error)) (string, error) {
	var out []string
	for _, v := range values {
		c, err := one(v)
		if err != nil {
			return "", err
		}
		out = append(out, c)
	}
	return strings.Join(out, " OR "), nil
}

// member: a stored set holds a member.
func (a *args) member(f *event.Field, v string) (string, error) {
	if f.Type == event.TypeCategories {
		if _, err := parquetfile.ParseCategories(parquetfile.EscapeMember(v)); err != nil {
			return "", &store.QueryError{Field: f.Name, Detail: err.Error()}
		}
	}
	return "contains(' ' || " + quote(f.Name) + " || ' ', " + a.bind(" "+parquetfile.EscapeMember(v)+" ") + ")", nil
}

func (a *args) prefix(f *event.Field, values []string, p party) (string, error) {
	col := "(" + column(f.Name, p) + ")"
	return a.anyOf(values, func(v string) (string, error) {
		switch f.Type {
		case event.TypeAddr:
			return a.network(f, v, col)
		case event.TypeDict, event.TypeText, event.TypeEnum:
			return "starts_with(" + col + ", " + a.bind(v) + ")", nil
		case event.TypeDictSet:
			return "contains(' ' || " + col + ", " + a.bind(" "+parquetfile.EscapeMember(v)) + ")", nil
		}
		return "", &store.QueryError{Field: f.Name, Detail: "a prefix can be asked of text, of enumerations and, as a network, of addresses"}
	})
}

func (a *args) contains(f *event.Field, values []string, p party) (string, error) {
	if f.Type != event.TypeText && f.Type != event.TypeDict {
		return "", &store.QueryError{Field: f.Name, Detail: "only text can be searched for a part, as url.full or process.command_line"}
	}
	return a.anyOf(values, func(v string) (string, error) {
		return "contains(" + column(f.Name, p) + ", " + a.bind(v) + ")", nil
	})
}

func (a *args) compare(f *event.Field, op, v string, p party) (string, error) {
	switch f.Type {
	case event.TypeTime, event.TypeU8, event.TypeU16, event.TypeU32, event.TypeU64:
	case event.TypeEnum:
		return a.compareEnum(f, op, v, p)
	default:
		return "", &store.QueryError{Field: f.Name, Detail: "at least and at most can be asked of times, numbers, cert.tlp and cert.pap"}
	}
	if f.Name == "affected.org" {
		return "", &store.QueryError{Field: f.Name, Detail: "organisations have no order"}
	}
	x, unset, err := a.value(f, v)
	if err != nil {
		return "", err
	}
	if unset { // zero, which no record that is set holds
		x = "0"
	}
	return "(" + column(f.Name, p) + ") " + op + " " + x, nil
}

// compareEnum compares ordered labels by listing those that qualify.
func (a *args) compareEnum(f *event.Field, op, v string, p party) (string, error) {
	if f.Name != "cert.tlp" && f.Name != "cert.pap" {
		return "", &store.QueryError{Field: f.Name, Detail: "its values have no order"}
	}
	code, err := f.Enum.Parse(v)
	if err != nil || code == 0 {
		return "", &store.QueryError{Field: f.Name, Detail: fmt.Sprintf("%q is not one of %q", v, f.Enum.Names[1:])}
	}
	names := f.Enum.Names[1 : code+1]
	if op == ">=" {
		names = f.Enum.Names[code:]
	}
	return a.equal(f, names, p)
}
