// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"haidang/event"
)

// record is one row of a batch, seen by the oracle: the plain reading of the
// contract, without any thought of speed.
type record struct {
	b   *event.Batch
	row int
	event.Event
}

func records(batches ...*event.Batch) (out []record) {
	for _, b := range batches {
		for row := range b.Rows() {
			r := record{b: b, row: row}
			b.Row(row, &r.Event)
			out = append(out, r)
		}
	}
	return out
}

// side is who suffers by one of a record's parties.
type side struct {
	event.Party
	is event.Side
}

// sides gives the affected parties, or one that is not known.
func (r *record) sides() []side {
	p, n := r.b.AffectedParties(r.row)
	if n == 0 {
		return []side{{}}
	}
	out := []side{{p[0], event.SideDestination}}
	if r.Affected == event.SideSource {
		out[0].is = event.SideSource
	}
	if n == 2 {
		out = append(out, side{p[1], event.SideSource})
	}
	return out
}

// texts gives the values of a field in the text form of the API; one empty
// text when it is not set.
func (r *record) texts(name string, s side) []string {
	out := r.values(name, s)
	slices.Sort(out)
	out = slices.Compact(out)
	if len(out) == 0 {
		return []string{""}
	}
	return out
}

func (r *record) values(name string, s side) []string {
	hosting, _ := r.b.HostingParty(r.row)
	switch name {
	case "affected.ip":
		return []string{s.IP.String()}
	case "affected.country":
		return []string{s.Country.String()}
	case "affected.as":
		return []string{number(s.AS)}
	case "affected.sector":
		return []string{r.Sector.String()}
	case "affected.org":
		return orgs(r.Orgs, func(m event.OrgMatch) bool { return m.Side == s.is && s.is != event.SideUnset })
	case "hosting.ip":
		return []string{hosting.IP.String()}
	case "hosting.country":
		return []string{hosting.Country.String()}
	case "hosting.as":
		return []string{number(hosting.AS)}
	case "minute", "hour", "day":
		step := map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}[name]
		return []string{event.TimeOf(r.Time.Std().Truncate(step)).String()}
	}
	f := event.FieldByName(name)
	if f == nil {
		panic("storetest: no field " + name)
	}
	return r.stored(f)
}

func (r *record) stored(f *event.Field) []string {
	if codes, ok := event.EnumBytes(f.Column(r.b)); ok {
		return []string{f.Enum.Text((*codes)[r.row])}
	}
	switch c := f.Column(r.b).(type) {
	case *[]event.Time:
		return []string{(*c)[r.row].String()}
	case *[]bool:
		return []string{strconv.FormatBool((*c)[r.row])}
	case *[]uint8:
		return []string{number((*c)[r.row])}
	case *[]uint16:
		return []string{numberOf(f, (*c)[r.row])}
	case *[]uint32:
		return []string{numberOf(f, (*c)[r.row])}
	case *[]uint64:
		return []string{numberOf(f, (*c)[r.row])}
	case *[]event.Categories:
		return (*c)[r.row].Names()
	case *[]event.Country:
		return []string{(*c)[r.row].String()}
	case *[]event.Addr:
		return []string{(*c)[r.row].String()}
	case *[]event.Bytes16:
		return []string{(*c)[r.row].String()}
	case *[]event.Bytes20:
		if x := (*c)[r.row]; x.IsSet() {
			return []string{"1:" + base64.StdEncoding.EncodeToString(x[:])}
		}
		return nil
	case *[]event.Bytes32:
		if x := (*c)[r.row]; x.IsSet() {
			return []string{hex.EncodeToString(x[:])}
		}
		return nil
	case *event.Dict:
		return []string{c.At(r.row)}
	case *event.DictSet:
		return slices.Clone(c.At(r.row))
	case *event.OrgSet:
		return orgs(c.At(r.row), func(event.OrgMatch) bool { return true })
	case *event.Text:
		return []string{string(c.At(r.row))}
	case *event.Outlined:
		return []string{string(c.At(r.row))}
	default:
		panic(fmt.Sprintf("storetest: %s has a type that the oracle does not know", f.Name))
	}
}

// number shows zero as "not set".
func number[T uint8 | uint16 | uint32 | uint64](n T) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

// numberOf shows zero of a field that has no "not set" as 0.
func numberOf[T uint16 | uint32 | uint64](f *event.Field, n T) string {
	if f.Name == "cert.count" || strings.HasPrefix(f.Name, "cert.raw.") {
		return fmt.Sprint(n)
	}
	return number(n)
}

func orgs(matches []event.OrgMatch, want func(event.OrgMatch) bool) (out []string) {
	for _, m := range matches {
		if want(m) {
			out = append(out, fmt.Sprint(m.Org))
		}
	}
	return out
}

// holds says whether one filter holds for one party.
func (r *record) holds(f event.Filter, s side) bool {
	texts := r.texts(f.Field, s)
	some := func(ok func(text string) bool) bool { return slices.ContainsFunc(texts, ok) }
	switch f.Op {
	case event.OpEqual:
		return some(func(t string) bool { return slices.Contains(f.Values, t) })
	case event.OpNot:
		return !some(func(t string) bool { return slices.Contains(f.Values, t) })
	case event.OpExists:
		return texts[0] != "" || len(texts) > 1
	case event.OpMissing:
		return texts[0] == "" && len(texts) == 1
	case event.OpContains:
		return some(func(t string) bool {
			return t != "" && slices.ContainsFunc(f.Values, func(v string) bool { return strings.Contains(t, v) })
		})
	case event.OpPrefix:
		return some(func(t string) bool {
			return t != "" && slices.ContainsFunc(f.Values, func(v string) bool { return hasPrefix(f.Field, t, v) })
		})
	default:
		return texts[0] != "" && compares(f, texts[0])
	}
}

func hasPrefix(field, t, v string) bool {
	if event.Lookup(field).Type == event.TypeAddr {
		return netip.MustParsePrefix(v).Contains(netip.MustParseAddr(t))
	}
	return strings.HasPrefix(t, v)
}

func compares(f event.Filter, t string) bool {
	var c int
	switch field := event.Lookup(f.Field); field.Type {
	case event.TypeTime:
		a, _ := time.Parse(time.RFC3339Nano, t)
		b, _ := time.Parse(time.RFC3339Nano, f.Values[0])
		c = a.Compare(b)
	case event.TypeEnum:
		c = cmp.Compare(slices.Index(field.Enum.Names, t), slices.Index(field.Enum.Names, f.Values[0]))
	default:
		a, _ := strconv.ParseUint(t, 10, 64)
		b, _ := strconv.ParseUint(f.Values[0], 10, 64)
		c = cmp.Compare(a, b)
	}
	return f.Op == event.OpAtLeast && c >= 0 || f.Op == event.OpAtMost && c <= 0
}

// matching gives the parties that meet a query; none when the record does not.
func (r *record) matching(q *event.Query) []side {
	if q.From.IsSet() && r.Time < q.From || q.To.IsSet() && r.Time >= q.To {
		return nil
	}
	all := r.sides()
	kept := all
	for _, f := range q.Filters {
		ofParty := strings.HasPrefix(f.Field, "affected.")
		negative := f.Op == event.OpNot || f.Op == event.OpMissing
		if !ofParty || negative {
			for _, s := range all {
				if !r.holds(f, s) {
					return nil
				}
			}
			continue
		}
		kept = slices.DeleteFunc(slices.Clone(kept), func(s side) bool { return !r.holds(f, s) })
	}
	return kept
}

// events gives what Events must give, all pages together.
func oracleEvents(all []record, q event.Query) (out []record) {
	for _, r := range all {
		if len(r.matching(&q)) > 0 {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b record) int {
		return cmp.Or(cmp.Compare(b.Time, a.Time), bytes.Compare(b.ID[:], a.ID[:]))
	})
	return out
}
