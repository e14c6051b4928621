// SPDX-License-Identifier: Apache-2.0

package duckdb

import (
	"database/sql/driver"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"haidang/event"
	"haidang/store"
	"haidang/store/duckdb/parquetfile"
)

// dimension is one field of a grouping.
type dimension struct {
	name  string
	field *event.Field  // nil for steps of time
	step  time.Duration // of @timestamp; 0 for fields
}

var steps = map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}

// MaxBy is the most fields that a grouping may have.
const MaxBy = 5

func dimensions(by []string) ([]dimension, error) {
	if len(by) > MaxBy {
		return nil, &store.QueryError{Field: "by", Detail: fmt.Sprintf("at most %d fields", MaxBy)}
	}
	seen := make(map[string]bool)
	out := make([]dimension, len(by))
	for i, name := range by {
		d := dimension{name: name, field: event.Lookup(name), step: steps[name]}
		switch {
		case seen[name]:
			return nil, &store.QueryError{Field: "by", Detail: name + " is named twice"}
		case d.field == nil && d.step == 0:
			return nil, &store.QueryError{Field: "by", Detail: fmt.Sprintf("%q is neither a field of the record nor minute, hour or day", name)}
		case d.field != nil && d.field.Type == event.TypeJSON:
			return nil, &store.QueryError{Field: "by", Detail: name + " differs from record to record; filter by it instead"}
		}
		seen[name] = true
		out[i] = d
	}
	return out, nil
}

// isList says whether a record may stand in several groups.
func (d *dimension) isList() bool { return d.field != nil && (isSet(d.field) || isOrgs(d.field)) }

// expression gives the SQL of the group of a record, for lists the list of its
// groups.
func (d *dimension) expression(p party) string {
	switch {
	case d.step > 0:
		return d.stepOf("@timestamp")
	case isOrgs(d.field):
		return "list_distinct(" + orgMembers(d.name, p) + ")"
	case isSet(d.field):
		return "list_distinct(string_split(" + quote(d.name) + ", ' '))"
	case d.field.Type == event.TypeTime:
		return "epoch_ns(" + column(d.name, p) + ")"
	}
	return column(d.name, p)
}

// stepOf gives the start of the step in which a time lies.
func (d *dimension) stepOf(name string) string {
	n := strconv.FormatInt(int64(d.step), 10)
	ns := "epoch_ns(" + quote(name) + ")"
	// The remainder of a time before 1970 is negative.
	return ns + " - (" + ns + " % " + n + " + " + n + ") % " + n
}

// text gives a group's value as the API shows it.
func (d *dimension) text(v driver.Value) (string, error) {
	switch x := v.(type) {
	case nil:
		return "", nil
	case string:
		if d.isList() {
			return parquetfile.UnescapeMember(x), nil
		}
		return x, nil
	case bool:
		return strconv.FormatBool(x), nil
	case int64:
		return event.Time(x).String(), nil
	case uint8, uint16, uint32, uint64:
		return fmt.Sprint(x), nil
	}
	b, err := bytesOf(v)
	if err != nil {
		return "", err
	}
	switch {
	case d.field.Type == event.TypeAddr && len(b) == 16:
		return event.Addr(b).String(), nil
	case d.field.Type == event.TypeBytes16 && len(b) == 16:
		return event.Bytes16(b).String(), nil
	case d.field.Type == event.TypeBytes20:
		return "1:" + base64.StdEncoding.EncodeToString(b), nil
	}
	return hex.EncodeToString(b), nil
}
