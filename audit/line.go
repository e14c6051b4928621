// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// timeLayout is RFC 3339 in UTC with microseconds, always the same length.
const timeLayout = "2006-01-02T15:04:05.000000Z"

// line is an entry as it stands in the file, in this order of names.
type line struct {
	Number        int64    `json:"n"`
	Time          string   `json:"time"`
	Action        Action   `json:"action"`
	Actor         Actor    `json:"actor"`
	Roles         []string `json:"roles,omitempty"`
	Organisations []string `json:"organisations,omitempty"`
	Object        *Object  `json:"object,omitempty"`
	Tier          string   `json:"tier,omitempty"`
	Purpose       string   `json:"purpose,omitempty"`
	Outcome       Outcome  `json:"outcome"`
	Request       string   `json:"request,omitempty"`
	Count         int64    `json:"count,omitempty"`
}

// appendBody writes what follows the number. All strings are plain, so nothing
// needs escaping.
func (e *Entry) appendBody(b []byte) []byte {
	b = append(b, `,"time":"`...)
	b = e.Time.AppendFormat(b, timeLayout)
	b = append(b, '"')
	b = appendField(b, "action", string(e.Action))
	b = appendField(b, "actor", string(e.Actor))
	b = appendList(b, "roles", e.Roles)
	b = appendList(b, "organisations", e.Organisations)
	b = e.Object.append(b)
	b = appendField(b, "tier", e.Tier)
	b = appendField(b, "purpose", e.Purpose)
	b = appendField(b, "outcome", string(e.Outcome))
	b = appendField(b, "request", e.Request)
	b = appendNumber(b, "count", e.Count)
	return append(b, "}\n"...)
}

func (o *Object) append(b []byte) []byte {
	if o.Kind == "" && o.Dataset == "" && len(o.IDs) == 0 && o.More == 0 {
		return b
	}
	b = append(b, `,"object":{`...)
	start := len(b)
	b = appendField(b, "kind", o.Kind)
	b = appendField(b, "dataset", o.Dataset)
	b = appendList(b, "ids", o.IDs)
	b = appendNumber(b, "more", o.More)
	b = append(b[:start], b[start+1:]...) // the first comma
	return append(b, '}')
}

// appendNumbered writes a whole line.
func appendNumbered(b []byte, index int64, body []byte) []byte {
	b = append(b, `{"n":`...)
	b = strconv.AppendInt(b, index, 10)
	return append(b, body...)
}

func appendField(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	b = append(append(append(b, `,"`...), name...), `":"`...)
	return append(append(b, value...), '"')
}

func appendList(b []byte, name string, values []string) []byte {
	if len(values) == 0 {
		return b
	}
	b = append(append(append(b, `,"`...), name...), `":[`...)
	for i, v := range values {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), v...), '"')
	}
	return append(b, ']')
}

func appendNumber(b []byte, name string, n int64) []byte {
	if n == 0 {
		return b
	}
	b = append(append(append(b, `,"`...), name...), `":`...)
	return strconv.AppendInt(b, n, 10)
}

// Line gives the entry as it stands in the log, with its newline: the bytes
// whose hash is the leaf of the tree.
func (e *Entry) Line() []byte {
	return appendNumbered(nil, e.Index, e.appendBody(nil))
}

// Parse reads one line, which must be exactly as Line writes it.
func Parse(data []byte) (Entry, error) {
	if len(data) > maxLine {
		return Entry{}, fmt.Errorf("audit: the line has %d bytes, more than %d", len(data), maxLine)
	}
	var l line
	if err := json.Unmarshal(data, &l); err != nil {
		return Entry{}, fmt.Errorf("audit: the line is no entry: %w", err)
	}
	at, err := time.Parse(timeLayout, l.Time)
	if err != nil {
		return Entry{}, fmt.Errorf("audit: time: %w", err)
	}
	e := Entry{
		Index: l.Number, Time: at, Action: l.Action, Actor: l.Actor, Roles: l.Roles,
		Organisations: l.Organisations, Tier: l.Tier, Purpose: l.Purpose, Outcome: l.Outcome,
		Request: l.Request, Count: l.Count,
	}
	if l.Object != nil {
		e.Object = *l.Object
	}
	if err := e.check(); err != nil {
		return Entry{}, err
	}
	if !bytes.Equal(e.Line(), data) {
		return Entry{}, fmt.Errorf("audit: entry %d is not written as this program writes it", e.Index)
	}
	return e, nil
}
