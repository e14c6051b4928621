// SPDX-License-Identifier: Apache-2.0

package api

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"haidang/event"
)

// Bounds of a page.
const (
	defaultLimit = 100
	maxLimit     = 10_000
)

// reserved are the parameters that are no filters.
var reserved = []string{"from", "to", "limit", "cursor", "format", "fields", "by", "metric"}

// ops maps the word in brackets behind a field to its comparison.
var ops = map[string]event.Op{
	"": event.OpEqual, "not": event.OpNot, "prefix": event.OpPrefix, "exists": event.OpExists,
	"missing": event.OpMissing, "min": event.OpAtLeast, "max": event.OpAtMost, "contains": event.OpContains,
}

// Question reads period, filters and page out of a request. Every other
// parameter is a filter on a field of the record: source.ip=192.0.2.1, or with a
// comparison in brackets: rule.name[prefix]=ET, event.severity[min]=4. A
// parameter given twice means either value.
type Question struct {
	Auth
	From   string `query:"from" doc:"RFC 3339, inclusive, by @timestamp" example:"2026-11-21T00:00:00+07:00"`
	To     string `query:"to" doc:"RFC 3339, exclusive"`
	Limit  int    `query:"limit" minimum:"1" maximum:"10000" doc:"rows or cells, 100 without"`
	Cursor string `query:"cursor" doc:"of the previous page"`
	Fields string `query:"fields" doc:"fields wanted, separated by commas; all without"`

	query event.Query
}

// Resolve reads the filters; huma calls it after the declared parameters.
func (q *Question) Resolve(ctx huma.Context) []error {
	u := ctx.URL()
	var errs []error
	fail := func(field string, err error) {
		errs = append(errs, &huma.ErrorDetail{Location: "query." + field, Message: err.Error()})
	}
	var err error
	if q.query.From, err = parseTime(q.From); err != nil {
		fail("from", err)
	}
	if q.query.To, err = parseTime(q.To); err != nil {
		fail("to", err)
	}
	if q.query.Filters, err = filters(u.Query()); err != nil {
		fail("filter", err)
	}
	if q.Fields != "" {
		q.query.Fields = strings.Split(q.Fields, ",")
		for _, f := range q.query.Fields {
			if event.FieldByName(f) == nil {
				fail("fields", fmt.Errorf("%q is not a stored field%s", f, nearest(f)))
			}
		}
	}
	q.query.Cursor, q.query.Limit = q.Cursor, q.Limit
	if q.Limit == 0 {
		q.query.Limit = defaultLimit
	}
	if len(errs) > 0 {
		return append([]error{&huma.ErrorModel{Status: http.StatusUnprocessableEntity, Title: "Unprocessable Entity", Detail: "the question cannot be answered as put"}}, errs...)
	}
	return nil
}

func parseTime(s string) (event.Time, error) {
	if s == "" {
		return event.TimeUnset, nil
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return 0, fmt.Errorf("%q is not an RFC 3339 time, as in 2026-11-21T00:00:00Z", s)
	}
	return event.TimeOf(t), nil
}

func filters(values url.Values) ([]event.Filter, error) {
	var out []event.Filter
	for key, v := range values {
		if slices.Contains(reserved, key) {
			continue
		}
		name, word := key, ""
		if i := strings.IndexByte(key, '['); i > 0 && strings.HasSuffix(key, "]") {
			name, word = key[:i], key[i+1:len(key)-1]
		}
		op, ok := ops[word]
		if !ok {
			return nil, fmt.Errorf("%s: %q is not a comparison; there are not, prefix, exists, missing, min, max, contains", key, word)
		}
		if event.Lookup(name) == nil {
			return nil, fmt.Errorf("%q is not a field of the record%s", name, nearest(name))
		}
		out = append(out, event.Filter{Field: name, Op: op, Values: v})
	}
	slices.SortFunc(out, func(a, b event.Filter) int { return strings.Compare(a.Field, b.Field) })
	return out, nil
}

// nearest suggests a field that ends or begins alike.
func nearest(name string) string {
	last := name[strings.LastIndexByte(name, '.')+1:]
	for _, list := range [][]event.Field{event.Fields, event.Derived} {
		for _, f := range list {
			if last != "" && (strings.HasSuffix(f.Name, "."+last) || strings.HasSuffix(f.Name, last)) {
				return "; did you mean " + strconv.Quote(f.Name) + "?"
			}
		}
	}
	return "; docs/ lists them"
}
