// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"fmt"
	"slices"
	"strings"

	"haidang/event"
	"haidang/figure"
)

// place says of which places a table is declared.
type place uint8

const (
	anyPlace  place = iota // a country, or the world
	oneOnly                // a country
	worldOnly              // the world
)

// table is one declared table of the open lattice (STATISTICS, "Fixed lattice").
// What no table declares is not open, so that there is nothing to subtract.
type table struct {
	place     place
	by        []string // at most three
	ranked    bool
	protected bool // by a protected dimension
	sized     bool // by the size of those attacked: of quarters, and shown whole or not at all
}

// Tables of figures by the affected side, and of attacks by the hosting side.
// Attacked countries are not ranked: that would rank where sensors stand.
var (
	affectedTables = []table{
		{by: nil},
		{by: []string{"kind"}, ranked: true},
		{by: []string{"way"}, ranked: true},
		{by: []string{"kind", "way"}},
		{place: oneOnly, by: []string{"hosting"}, ranked: true},
		{place: worldOnly, by: []string{"country"}},
		{place: worldOnly, by: []string{"country", "kind"}},
		{place: worldOnly, by: []string{"country", "way"}},
		{place: worldOnly, by: []string{"country", "kind", "way"}},
		{place: worldOnly, by: []string{"technique"}, ranked: true},
	}
	attackTables = append(slices.Clone(affectedTables),
		table{place: worldOnly, by: []string{"sector"}, ranked: true, protected: true},
		table{place: worldOnly, by: []string{"sector", "kind"}, protected: true},
		table{place: worldOnly, by: []string{"size"}, protected: true, sized: true},
		table{place: worldOnly, by: []string{"band"}, protected: true, sized: true})
	hostedTables = []table{
		{by: nil},
		{by: []string{"kind"}, ranked: true},
		{by: []string{"way"}, ranked: true},
		{by: []string{"kind", "way"}},
		{place: worldOnly, by: []string{"country"}, ranked: true},
		{place: worldOnly, by: []string{"country", "kind"}},
		{place: worldOnly, by: []string{"country", "way"}},
		{place: worldOnly, by: []string{"country", "kind", "way"}},
	}
)

// addressTables are of distinct affected addresses, which sets are kept of.
var addressTables = []table{
	{by: nil},
	{by: []string{"kind"}, ranked: true},
	{by: []string{"way"}, ranked: true},
	{by: []string{"kind", "way"}},
	{place: worldOnly, by: []string{"country"}},
}

func tablesOf(c figure.Counts) []table {
	if c.OfParticipants() {
		return unitTables[c]
	}
	switch c {
	case figure.CountsRule:
		return nil
	case figure.CountsHosted:
		return hostedTables
	case figure.CountsAddresses:
		return addressTables
	case figure.CountsAttempts:
		return attackTables
	}
	return affectedTables
}

// fields are the record's fields behind the dimensions of tables.
var fields = map[string]string{
	"country": "affected.country", "hosting": "hosting.country", "kind": "cert.rsit", "way": "cert.way",
	"technique": "threat.technique.id", "sector": "cert.sector", "size": "cert.band", "band": "cert.band", "class": "event.action",
}

// never are dimensions that are open in no table: protected ones, and rules, whose
// ids are written by senders; those of closed inputs must not be listed, and the
// counts do not keep these apart.
var never = []string{"rule", "organisation", "as", "province", "participant", "child", "address", "sensor"}

func (t *table) in(world bool) bool {
	return t.place == anyPlace || world == (t.place == worldOnly)
}

// distance counts in how much a question differs from a table: by dimensions, of
// which those named first weigh more, and by the place.
func (t *table) distance(world bool, by []string) (n int) {
	for i, d := range by {
		if !slices.Contains(t.by, d) {
			n += 20 - min(i, 9)
		}
	}
	for _, d := range t.by {
		if !slices.Contains(by, d) {
			n += 10
		}
	}
	if !t.in(world) {
		n += 5
	}
	return n
}

// declared finds the table of a question. Where no place is named it is home, or
// the world where the table is declared for that alone. What is not declared is
// told with the nearest table.
func declared(d *figure.Definition, of, home string, by []string) (*table, string, error) {
	if err := known(by); err != nil {
		return nil, "", err
	}
	tables := tablesOf(d.Counts)
	var nearest *table
	least := 0
	for i := range tables {
		t := &tables[i]
		n := t.distance(of == figure.World, by)
		if of == "" {
			n = t.distance(t.place == worldOnly, by)
		}
		if nearest == nil || n < least {
			nearest, least = t, n
		}
	}
	place := of
	if !nearest.in(of == figure.World) || of == "" {
		place = home
		if nearest.place == worldOnly {
			place = figure.World
		}
	}
	if least == 0 {
		return nearest, place, nil
	}
	asked := fmt.Sprintf("%s by %q", d.ID, strings.Join(by, ","))
	if of != "" {
		asked = fmt.Sprintf("%s of %s by %q", d.ID, of, strings.Join(by, ","))
	}
	remedy := "of=" + place
	if len(nearest.by) > 0 {
		remedy += "&by=" + strings.Join(nearest.by, ",")
	}
	return nil, "", &QuestionError{Field: "by", Detail: asked + " is no declared table, and nothing else is open; the nearest is " + remedy}
}

// known refuses dimensions that there are not, are not open or come twice.
func known(by []string) error {
	for i, d := range by {
		switch {
		case slices.Contains(never, d):
			return &QuestionError{Field: "by", Detail: d + " is open in no table, to protect those concerned"}
		case fields[d] == "":
			return &QuestionError{Field: "by", Detail: fmt.Sprintf("%q is no dimension; there are country, hosting, kind, way, technique, class, sector, size and band", d)}
		case slices.Contains(by[:i], d):
			return &QuestionError{Field: "by", Detail: d + " is named twice"}
		}
	}
	return nil
}

// rollup puts a table's question into the words of counts kept in memory. By
// hosting side only confirmed addresses count.
func (t *table) rollup(d *figure.Definition, of string, by []string, from, to event.Time) event.RollupQuery {
	q := event.RollupQuery{From: from, To: to}
	hosted := d.Counts == figure.CountsHosted
	side := fields["country"]
	if hosted {
		side = fields["hosting"]
	}
	for _, dim := range by {
		if dim == "country" {
			q.By = append(q.By, side)
			continue
		}
		q.By = append(q.By, fields[dim])
	}
	if of != figure.World {
		q.Where = append(q.Where, event.Filter{Field: side, Values: []string{of}})
	}
	if hosted || slices.Contains(by, "hosting") {
		q.Where = append(q.Where, event.Filter{Field: "hosting.confirmed", Values: []string{"yes"}})
	}
	return q
}
