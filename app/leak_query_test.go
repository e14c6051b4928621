// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package app

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"haidang/event"
)

// leakQuestion is a question in the words of the interface.
type leakQuestion struct {
	from, to event.Time
	filters  []leakFilter
	fields   []string
	limit    int
	by       []string
	metrics  []string
}

type leakFilter struct {
	field, op string
	values    []string
}

// parameters writes the question as an address has it.
func (q *leakQuestion) parameters() url.Values {
	p := url.Values{}
	if q.from.IsSet() {
		p.Set("from", q.from.String())
	}
	if q.to.IsSet() {
		p.Set("to", q.to.String())
	}
	for _, f := range q.filters {
		key := f.field
		if f.op != "" {
			key += "[" + f.op + "]"
		}
		p[key] = append(p[key], f.values...)
	}
	if len(q.fields) > 0 {
		p.Set("fields", strings.Join(q.fields, ","))
	}
	if q.limit > 0 {
		p.Set("limit", strconv.Itoa(q.limit))
	}
	return p
}

// leakKinds says how the fields that questions are asked by are compared.
var leakKinds = map[string]string{
	"user.name": "word", "source.domain": "word", "destination.domain": "word", "dns.question.name": "word", "user_agent.original": "word",
	"rule.name": "word", "rule.id": "word", "observer.name": "word", "event.action": "word", "email.from.address": "word", "threat.software.name": "word",
	"url.full": "text", "process.command_line": "text",
	"threat.technique.id": "set", "source.port": "number", "destination.port": "number", "source.as.number": "number", "destination.as.number": "number",
	"source.bytes": "number", "destination.bytes": "number", "event.severity": "number", "cert.confidence": "number",
	"affected.as": "number", "hosting.as": "number",
	"source.geo.country_iso_code": "code", "destination.geo.country_iso_code": "code", "affected.country": "code", "hosting.country": "code",
	"source.ip": "address", "destination.ip": "address", "affected.ip": "address", "hosting.ip": "address",
	"cert.rsit": "code", "cert.stage": "code", "cert.way": "code", "cert.affected": "code", "cert.sector": "code", "affected.sector": "code", "cert.band": "code",
	"cert.status": "code", "hosting.confirmed": "code", "cert.tlp": "label", "cert.pap": "label", "cert.audience": "code", "affected.org": "org", "cert.orgs": "org",
	"event.id": "code", "event.hash": "code", "network.community_id": "code", "participant.id": "code", "event.created": "time",
}

var leakOps = map[string][]string{
	"word": {"", "", "not", "prefix", "exists", "missing"}, "text": {"contains", "exists", "missing"}, "set": {"", "not", "exists", "missing"},
	"number": {"", "not", "min", "max", "exists", "missing"}, "code": {"", "", "not", "exists", "missing"}, "label": {"", "not", "min", "max", "missing"},
	"address": {"", "not", "prefix", "exists", "missing"}, "org": {"", "not"}, "time": {"min", "max"},
}

var leakFields = func() (out []string) {
	for f := range leakKinds {
		out = append(out, f)
	}
	slices.Sort(out)
	return out
}()

// leakGroups are fields that questions group by.
var leakGroups = []string{
	"cert.rsit", "cert.stage", "hosting.country", "affected.country", "observer.name", "user.name", "affected.ip", "hosting.ip", "source.ip",
	"destination.port", "cert.sector", "affected.org", "cert.tlp", "source.domain", "rule.name", "cert.status", "threat.technique.id", "hour", "day",
}

// randomQuestion asks for what is there: its values are those of some record,
// whoever may see it.
func (w *leakWorld) randomQuestion(r *rand.Rand) *leakQuestion {
	q := &leakQuestion{from: event.TimeUnset, to: event.TimeUnset, limit: 1 + r.IntN(60)}
	for range []int{0, 1, 1, 1, 2, 2, 3}[r.IntN(7)] {
		f := w.randomFilter(r)
		if !slices.ContainsFunc(q.filters, func(o leakFilter) bool { return o.field == f.field && o.op == f.op }) { // else they are alternatives
			q.filters = append(q.filters, f)
		}
	}
	if r.IntN(3) == 0 {
		q.from = event.TimeOf(leakStart.Add(time.Duration(r.IntN(9)) * time.Hour))
	}
	if r.IntN(3) == 0 {
		q.to = event.TimeOf(leakStart.Add(time.Duration(6+r.IntN(12)) * time.Hour))
	}
	if r.IntN(3) == 0 {
		for range 1 + r.IntN(5) {
			q.fields = append(q.fields, event.Fields[r.IntN(len(event.Fields))].Name)
		}
		slices.Sort(q.fields)
		q.fields = slices.Compact(q.fields)
	}
	for range r.IntN(3) + 1 {
		q.by = append(q.by, leakGroups[r.IntN(len(leakGroups))])
		q.metrics = append(q.metrics, string(event.Metrics[r.IntN(len(event.Metrics))]))
	}
	slices.Sort(q.by)
	q.by = slices.Compact(q.by)
	slices.Sort(q.metrics)
	q.metrics = slices.Compact(q.metrics)
	return q
}

func (w *leakWorld) randomFilter(r *rand.Rand) leakFilter {
	f := leakFilter{field: leakFields[r.IntN(len(leakFields))]}
	ops := leakOps[leakKinds[f.field]]
	f.op = ops[r.IntN(len(ops))]
	if f.op == "exists" || f.op == "missing" {
		f.values = []string{""}
		return f
	}
	for range 1000 {
		from := w.records[r.IntN(len(w.records))]
		values := from.values(f.field, append(from.hit(), "")[0])
		v := values[r.IntN(len(values))]
		switch {
		case v == "":
			continue
		case f.op == "prefix" && leakKinds[f.field] == "address":
			ip := netip.MustParseAddr(v)
			p, _ := ip.Prefix([]int{8, 16, 24, 32}[r.IntN(4)])
			v = p.String()
		case f.op == "prefix":
			v = v[:1+r.IntN(len(v))]
		case f.op == "contains":
			v = v[r.IntN(len(v)-2):]
		}
		f.values = []string{v}
		return f
	}
	return leakFilter{field: "cert.stage", values: []string{"attempt"}}
}

// values gives the texts of a field of a record for one affected end ("" where
// nobody is affected); one empty text where it is not set.
func (r *leakRecord) values(field, end string) (out []string) {
	hosts := ""
	if len(r.hit()) > 0 && r.text["cert.stage"] != "state" {
		hosts = "source"
		if r.text["cert.affected"] == "source" {
			hosts = "destination"
		}
	}
	part := map[string]string{"ip": ".ip", "country": ".geo.country_iso_code", "as": ".as.number"}
	of, name, _ := strings.Cut(field, ".")
	switch {
	case field == "affected.sector":
		out = []string{r.text["cert.sector"]}
	case field == "affected.org", field == "cert.orgs":
		for _, o := range r.orgs {
			if field == "cert.orgs" || o.side == end {
				out = append(out, fmt.Sprint(o.org))
			}
		}
	case of == "affected":
		out = []string{r.text[end+part[name]]}
	case of == "hosting" && part[name] != "":
		out = []string{r.text[hosts+part[name]]}
	case field == "threat.technique.id":
		out = strings.Fields(r.text[field])
	case field == "hour":
		out = []string{event.TimeOf(r.at.Std().Truncate(time.Hour)).String()}
	case field == "day":
		out = []string{event.TimeOf(r.at.Std().Truncate(24 * time.Hour)).String()}
	default:
		out = []string{r.text[field]}
	}
	slices.Sort(out)
	if out = slices.Compact(out); len(out) == 0 {
		return []string{""}
	}
	return out
}

// meets gives the affected ends by which a record meets the question; "" stands
// for nobody. Where both ends are affected, one of them must meet all.
func (r *leakRecord) meets(q *leakQuestion) []string {
	if q.from.IsSet() && r.at < q.from || q.to.IsSet() && r.at >= q.to {
		return nil
	}
	ends := r.hit()
	if len(ends) == 0 {
		ends = []string{""}
	}
	all, kept := ends, slices.Clone(ends)
	for _, f := range q.filters {
		if strings.HasPrefix(f.field, "affected.") && f.op != "not" && f.op != "missing" {
			kept = slices.DeleteFunc(kept, func(end string) bool { return !f.holds(r.values(f.field, end)) })
			continue
		}
		for _, end := range all {
			if !f.holds(r.values(f.field, end)) {
				return nil
			}
		}
	}
	return kept
}

func (f *leakFilter) holds(values []string) bool {
	set := values[0] != "" || len(values) > 1
	v := f.values[0]
	switch f.op {
	case "":
		return slices.Contains(values, v)
	case "not":
		return !slices.Contains(values, v)
	case "exists":
		return set
	case "missing":
		return !set
	case "contains":
		return strings.Contains(values[0], v)
	case "prefix":
		if leakKinds[f.field] != "address" {
			return strings.HasPrefix(values[0], v)
		}
		ip, err := netip.ParseAddr(values[0])
		return err == nil && netip.MustParsePrefix(v).Contains(ip)
	}
	if !set {
		return false
	}
	c := f.compare(values[0], v)
	return f.op == "min" && c >= 0 || f.op == "max" && c <= 0
}

func (f *leakFilter) compare(a, b string) int {
	switch leakKinds[f.field] {
	case "label":
		names := event.PAPs.Names
		if f.field == "cert.tlp" {
			names = event.TLPs.Names
		}
		return cmp.Compare(slices.Index(names, a), slices.Index(names, b))
	case "time":
		x, _ := time.Parse(time.RFC3339Nano, a)
		y, _ := time.Parse(time.RFC3339Nano, b)
		return x.Compare(y)
	}
	x, _ := strconv.ParseUint(a, 10, 64)
	y, _ := strconv.ParseUint(b, 10, 64)
	return cmp.Compare(x, y)
}
