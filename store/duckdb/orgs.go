// SPDX-License-Identifier: Apache-2.0

package duckdb

import (
	"fmt"
	"strconv"
	"strings"

	"haidang/event"
	"haidang/store"
)

// orgs: the record concerns one of the organisations (on the affected side).
func (a *args) orgs(f *event.Field, values []string, p party) (string, error) {
	ids, err := orgNumbers(f.Name, values)
	if err != nil {
		return "", err
	}
	matches := func(side string) string {
		return `regexp_matches("cert.orgs", ` + a.bind("(^| )(?:"+ids+"):[a-z]*:"+side+"( |$)") + ")"
	}
	switch {
	case f.Name == "cert.orgs":
		return matches("[a-z]*"), nil
	case p == second:
		return `CASE WHEN "cert.affected" = 'both' THEN ` + matches("source") + ` END`, nil
	}
	return `CASE WHEN "cert.affected" = 'source' THEN ` + matches("source") +
		` WHEN "cert.affected" IN ('destination', 'both') THEN ` + matches("destination") + ` END`, nil
}

// orgNumbers checks that values are numbers of organisations and gives them as
// alternatives of a regular expression.
func orgNumbers(field string, values []string) (string, error) {
	ids := make([]string, len(values))
	for i, v := range values {
		n, err := strconv.ParseUint(v, 10, 32)
		if err != nil {
			return "", &store.QueryError{Field: field, Detail: fmt.Sprintf("%q is not the number of an organisation", v)}
		}
		ids[i] = strconv.FormatUint(n, 10)
	}
	return strings.Join(ids, "|"), nil
}

// hint gives what must be true of the whole record for a filter on the affected
// organisation to hold of either party: few records concern a member, and asked
// this way the engine finds that out before it looks at anything else. Empty
// where nothing can be said.
func (a *args) hint(f *event.Filter) string {
	if f.Field != "affected.org" || negative(f.Op) {
		return ""
	}
	ids, err := orgNumbers(f.Field, f.Values)
	if err != nil || ids == "" {
		return `"cert.orgs" IS NOT NULL`
	}
	return `"cert.orgs" IS NOT NULL AND regexp_matches("cert.orgs", ` + a.bind("(^| )(?:"+ids+"):") + ")"
}
