// SPDX-License-Identifier: Apache-2.0

package api

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"haidang/event"
	"haidang/share"
)

// Bounds of a page.
const (
	defaultLimit = 100
	maxLimit     = 10_000
)

// reserved are the parameters that are no filters.
var reserved = []string{"from", "to", "limit", "cursor", "format", "fields", "by", "metric"}

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
	if q.query.Filters, err = share.Filters(u.Query(), reserved); err != nil {
		fail("filter", err)
	}
	if q.Fields != "" {
		q.query.Fields = strings.Split(q.Fields, ",")
		for _, f := range q.query.Fields {
			if event.FieldByName(f) == nil {
				fail("fields", fmt.Errorf("%q is not a stored field%s", f, share.Nearest(f)))
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
