// SPDX-License-Identifier: Apache-2.0

package duckdb

import (
	"slices"
	"strings"

	"haidang/event"
	"haidang/store/duckdb/parquetfile"
)

// party says which affected side an expression speaks of. Where both sides are
// affected a record has two: the destination first, then the source.
type party int

const (
	first  party = 1
	second party = 2
)

// quote gives a column's name in SQL. Names come from event.Fields only.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// sides maps derived fields to the part of an endpoint that they show.
var sides = map[string]string{"ip": "ip", "country": "geo.country_iso_code", "as": "as.number"}

// isAffected says whether a field depends on the affected side's choice.
func isAffected(name string) bool {
	return strings.HasPrefix(name, "affected.") && name != "affected.sector"
}

// isStored says whether segments have a column of that name, derived ones too.
func isStored(name string) bool {
	return slices.ContainsFunc(parquetfile.Columns, func(c parquetfile.Column) bool { return c.Name == name })
}

// column gives the SQL of a stored or derived field.
func column(name string, p party) string {
	if name == "affected.sector" {
		return quote("cert.sector")
	}
	if name == communityName {
		return communityColumn
	}
	if name == residualName {
		return residualColumn
	}
	if isStored(name) && (p == first || !isAffected(name)) {
		return quote(name)
	}
	return derive(name, p)
}

// derive gives the SQL of a derived field out of stored ones.
func derive(name string, p party) string {
	if part, ok := strings.CutPrefix(name, "hosting."); ok && sides[part] != "" {
		return hosting(sides[part])
	}
	part, ok := strings.CutPrefix(name, "affected.")
	if !ok {
		return quote(name)
	}
	if part == "org" {
		return quote("cert.orgs") // see orgPattern
	}
	return affected(sides[part], p)
}

func affected(part string, p party) string {
	source, destination := quote("source."+part), quote("destination."+part)
	if p == second {
		return `CASE WHEN "cert.affected" = 'both' THEN ` + source + ` END`
	}
	return `CASE WHEN "cert.affected" = 'source' THEN ` + source +
		` WHEN "cert.affected" IN ('destination', 'both') THEN ` + destination + ` END`
}

// hosting: see event.Batch.HostingParty.
func hosting(part string) string {
	source, destination := quote("source."+part), quote("destination."+part)
	return `CASE WHEN "cert.stage" = 'state' THEN NULL WHEN "cert.affected" = 'source' THEN ` + destination +
		` WHEN "cert.affected" IN ('destination', 'both') THEN ` + source + ` END`
}

// isSet says whether a stored column holds sets of strings.
func isSet(f *event.Field) bool {
	return f.Type == event.TypeCategories || f.Type == event.TypeDictSet
}

// isOrgs says whether a field's values are organisations out of cert.orgs.
func isOrgs(f *event.Field) bool { return f.Type == event.TypeOrgSet || f.Name == "affected.org" }

// orgMembers gives the list of a record's organisations as text.
func orgMembers(name string, p party) string {
	all := func(side string) string {
		return `regexp_extract_all("cert.orgs", '([0-9]+):[a-z]*:` + side + `', 1)`
	}
	switch {
	case name == "cert.orgs":
		return all("[a-z]*")
	case p == second:
		return `CASE WHEN "cert.affected" = 'both' THEN ` + all("source") + ` END`
	}
	return `CASE WHEN "cert.affected" = 'source' THEN ` + all("source") +
		` WHEN "cert.affected" IN ('destination', 'both') THEN ` + all("destination") + ` END`
}
