// SPDX-License-Identifier: Apache-2.0

package normalise

import (
	"bytes"

	"haidang/strictjson"
)

// Log shippers that are not told otherwise wrap the line that they read:
// Filebeat, Logstash and Vector into "message", Fluent Bit and Docker into
// "log", among members of their own. The line inside is what the sensor wrote;
// what the shipper adds says nothing about the event and is left out.
const (
	wrapMessage = iota
	wrapLog
	wrapSign
)

var wrapTable = strictjson.MustTable([]strictjson.Path{
	{Name: "message", Field: wrapMessage, Want: strictjson.String},
	{Name: "log", Field: wrapLog, Want: strictjson.Any},
	{Name: "agent", Field: wrapSign, Want: strictjson.Any},
	{Name: "ecs", Field: wrapSign, Want: strictjson.Any},
	{Name: "beat", Field: wrapSign, Want: strictjson.Any},
	{Name: "@version", Field: wrapSign, Want: strictjson.Any},
	{Name: "@metadata", Field: wrapSign, Want: strictjson.Any},
	{Name: "@timestamp", Field: wrapSign, Want: strictjson.Any},
	{Name: "source_type", Field: wrapSign, Want: strictjson.Any},
})

type unwrapper struct{ r *strictjson.Reader }

func newUnwrapper() *unwrapper {
	return &unwrapper{strictjson.NewReader(wrapTable, strictjson.DefaultDepth)}
}

// inner gives the JSON object that a shipper wrapped; ok is false when the
// record is no such wrapper. The result holds until the next call.
func (u *unwrapper) inner(record []byte) (line []byte, ok bool) {
	line, ok = u.text(record)
	return line, ok && len(line) > 1 && line[0] == '{'
}

// text gives the line that a shipper wrapped, whatever it is.
func (u *unwrapper) text(record []byte) (line []byte, ok bool) {
	if u.r.Read(record) != nil {
		return nil, false
	}
	if u.r.Kind(wrapLog) == strictjson.String {
		line = u.r.Bytes(wrapLog)
	}
	if u.r.Has(wrapMessage) && (u.r.Has(wrapSign) || u.r.Has(wrapLog)) {
		line = u.r.Bytes(wrapMessage)
	}
	line = bytes.TrimSpace(line)
	return line, len(line) > 0
}
