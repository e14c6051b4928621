// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"reflect"
	"slices"
	"strings"

	"haidang/event"
)

// scoped gives the records as a scope lets them be seen: the plain reading of
// event.Scope, record by record.
func scoped(all []record, s *event.Scope) []record {
	if s == nil {
		return all
	}
	var out []record
	for i := range all {
		if seen, ok := all[i].seenBy(s); ok {
			out = append(out, seen)
		}
	}
	return out
}

// seenBy gives the record reduced by the first grant that admits it.
func (r *record) seenBy(s *event.Scope) (record, bool) {
	for _, g := range s.Grants {
		own := r.matching(&event.Query{From: event.TimeUnset, To: event.TimeUnset, Filters: g.All})
		switch {
		case len(own) > 0 && g.Stop:
			return record{}, false
		case len(own) > 0:
			return r.reduced(g, own), true
		}
	}
	return record{}, false
}

// reduced hides and cuts; own are the parties by which the grant admits.
func (r *record) reduced(g event.Grant, own []side) record {
	e := r.Event
	for _, name := range g.Truncate {
		from, _, _ := strings.Cut(name, ".")
		for _, s := range r.ends(from, own) {
			end := endOf(&e, s)
			end.IP = cutAddr(end.IP)
		}
	}
	for _, name := range g.Mask {
		from, part, _ := strings.Cut(name, ".")
		switch {
		case event.FieldByName(name) != nil:
			blankField(&e, name)
		case name == "affected.sector", name == "other.sector" && !r.affectedIsOwn(own):
			e.Sector, e.Band = 0, 0
		case part == "org":
			gone := r.ends(from, own)
			e.Orgs = slices.DeleteFunc(slices.Clone(e.Orgs), func(m event.OrgMatch) bool { return slices.Contains(gone, m.Side) })
		default:
			for _, s := range r.ends(from, own) {
				blankPart(endOf(&e, s), part)
			}
		}
	}
	return alone(&e)
}

// alone makes a record that stands for itself.
func alone(e *event.Event) record {
	b := new(event.Batch)
	b.Append(e)
	return records(b)[0]
}

func endOf(e *event.Event, s event.Side) *event.Endpoint {
	if s == event.SideSource {
		return &e.Source
	}
	return &e.Destination
}

// ends says which ends of the record a mask's side means.
func (r *record) ends(name string, own []side) (out []event.Side) {
	for _, s := range []event.Side{event.SideSource, event.SideDestination} {
		affected := r.Affected == s || r.Affected == event.SideBoth
		hosts := r.Stage != event.StageState && r.Affected != event.SideUnset && r.Affected != event.SideNone &&
			(s == event.SideSource) != (r.Affected == event.SideSource)
		isOwn := slices.ContainsFunc(own, func(o side) bool { return o.is == s })
		if name == s.String() || name == "affected" && affected || name == "hosting" && hosts || name == "other" && !isOwn {
			out = append(out, s)
		}
	}
	return out
}

// affectedIsOwn says whether somebody is affected, and nobody but the grant's.
func (r *record) affectedIsOwn(own []side) bool {
	return own[0].is != event.SideUnset && len(own) == len(r.sides())
}

func blankPart(end *event.Endpoint, part string) {
	switch part {
	case "ip":
		end.IP = event.Addr{}
	case "port":
		end.Port = 0
	case "domain":
		end.Domain = ""
	case "as":
		end.AS = 0
	case "country":
		end.Country = 0
	case "bytes":
		end.Bytes = 0
	}
}

// blankField gives a stored field the value that a fresh event has.
func blankField(e *event.Event, name string) {
	var fresh event.Event
	fresh.Reset()
	f := event.FieldByName(name)
	b, empty := new(event.Batch), new(event.Batch)
	b.Append(e)
	empty.Append(&fresh)
	reflect.ValueOf(f.Column(b)).Elem().Set(reflect.ValueOf(f.Column(empty)).Elem())
	*e = records(b)[0].Event
}

func cutAddr(a event.Addr) event.Addr {
	switch {
	case !a.IsSet():
		return a
	case a.Is4():
		a[15] = 0
		return a
	}
	clear(a[6:])
	if !a.IsSet() {
		return event.Unspecified
	}
	return a
}
