// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"cmp"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"haidang/event"
	"haidang/share"
)

// reserved are the parameters of the page that are no filters.
var reserved = []string{"period", "from", "to", "cursor", "said", "lang"}

// quick are the form's fields; the form is answered by the address that it stands for.
var quick = []string{"address", "end", "rule", "kind", "country", "sensor", "field", "op", "value"}

// periods that can be picked, the first is the default.
var periods = []struct {
	name string
	long time.Duration
}{{"24h", 24 * time.Hour}, {"1h", time.Hour}, {"7d", 7 * 24 * time.Hour}, {"30d", 30 * 24 * time.Hour}}

// ends that an address is looked for at.
var ends = []string{"source.ip", "destination.ip", "affected.ip", "hosting.ip"}

// opWords are the comparisons of the form, in its order.
var opWords = []string{"", "not", "prefix", "contains", "min", "max", "exists", "missing"}

// question is what the page's address asks for.
type question struct {
	event.Query
	Period       string // of periods; "own" where from and to are given
	FromIn, ToIn string // as typed
	Wrong        []fault
	values       url.Values // canonical, without cursor
}

// fault is a part of the question that cannot be answered, by its field.
type fault struct{ Field, Detail string }

// localTime is how browsers send <input type="datetime-local">.
const localTime = "2006-01-02T15:04"

// read makes a question of an address.
func read(values url.Values, now time.Time, zone *time.Location) question {
	q := question{Period: values.Get("period"), FromIn: values.Get("from"), ToIn: values.Get("to"), values: url.Values{}}
	q.Limit, q.Cursor = 50, values.Get("cursor")
	for key, v := range values {
		if key != "cursor" && key != "said" && key != "lang" && !slices.Contains(quick, key) {
			q.values[key] = v
		}
	}
	if q.FromIn != "" || q.ToIn != "" {
		q.Period = "own"
		q.From, q.To = q.time("from", q.FromIn, zone), q.time("to", q.ToIn, zone)
		if q.From.IsSet() && q.To.IsSet() && q.From >= q.To {
			q.Wrong = append(q.Wrong, fault{"to", "to ≤ from"})
		}
	} else {
		at := slices.IndexFunc(periods, func(p struct {
			name string
			long time.Duration
		}) bool {
			return p.name == q.Period
		})
		if at < 0 {
			at, q.Period = 0, periods[0].name
		}
		q.From, q.To = event.TimeOf(now.Add(-periods[at].long)), event.TimeUnset
	}
	var err error
	if q.Filters, err = share.Filters(q.values, reserved); err != nil {
		q.Wrong = append(q.Wrong, fault{"filter", err.Error()})
	}
	return q
}

// time reads a time as the form or the interface writes it.
func (q *question) time(field, s string, zone *time.Location) event.Time {
	if s == "" {
		return event.TimeUnset
	}
	if t, err := time.ParseInLocation(localTime, s, zone); err == nil {
		return event.TimeOf(t)
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		q.Wrong = append(q.Wrong, fault{field, s})
		return event.TimeUnset
	}
	return event.TimeOf(t)
}

// canonical gives the address that a sent form stands for; ok is false where no
// form was sent.
func canonical(values url.Values) (url.Values, bool) {
	if !slices.ContainsFunc(quick, values.Has) {
		return nil, false
	}
	out := url.Values{}
	for key, v := range values {
		if v = slices.DeleteFunc(slices.Clone(v), func(s string) bool { return s == "" }); len(v) > 0 && key != "cursor" && !slices.Contains(quick, key) {
			out[key] = v
		}
	}
	if p := out.Get("period"); p != "" && p != "own" {
		out.Del("from")
		out.Del("to")
	} else {
		out.Del("period")
	}
	get := func(key string) string { return strings.TrimSpace(values.Get(key)) }
	if a := get("address"); a != "" {
		end := get("end")
		if !slices.Contains(ends, end) {
			end = ends[0]
		}
		if _, err := netip.ParsePrefix(a); err == nil {
			end += "[prefix]"
		}
		out.Set(end, a)
	}
	for key, field := range map[string]string{"rule": "rule.name[prefix]", "kind": "cert.rsit", "country": "hosting.country", "sensor": "observer.name"} {
		if v := get(key); v != "" {
			if key == "country" {
				v = strings.ToUpper(v)
			}
			out.Set(field, v)
		}
	}
	if field, op := get("field"), get("op"); field != "" && (get("value") != "" || op == "exists" || op == "missing") {
		if op != "" {
			field += "[" + op + "]"
		}
		out.Set(field, cmp.Or(get("value"), "1"))
	}
	return out, true
}

// with gives the query string with one filter more.
func (q *question) with(key, value string) string {
	v := url.Values{}
	for k, s := range q.values {
		v[k] = s
	}
	v.Set(key, value)
	return "?" + v.Encode()
}

// page gives the query string of the next page.
func (q *question) page(cursor string) string { return q.with("cursor", cursor) }

// chip is a filter in force and how to take it away.
type chip struct {
	Text, Without string
	Key           string
	Values        []string
}

// chips lists the filters in force.
func (q *question) chips() []chip {
	var out []chip
	for key, values := range q.values {
		if slices.Contains(reserved, key) {
			continue
		}
		v := url.Values{}
		for k, s := range q.values {
			if k != key {
				v[k] = s
			}
		}
		text := key + " = " + strings.Join(values, " | ")
		out = append(out, chip{Text: text, Without: "?" + v.Encode(), Key: key, Values: values})
	}
	slices.SortFunc(out, func(a, b chip) int { return strings.Compare(a.Key, b.Key) })
	return out
}

// api gives the same question as the interface takes it.
func (q *question) api() string {
	v := url.Values{}
	for k, s := range q.values {
		if k != "period" && k != "from" && k != "to" {
			v[k] = s
		}
	}
	if q.From.IsSet() {
		v.Set("from", q.From.String())
	}
	if q.To.IsSet() {
		v.Set("to", q.To.String())
	}
	return "/api/v1/events?" + v.Encode()
}
