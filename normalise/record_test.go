// SPDX-License-Identifier: Apache-2.0

package normalise

import (
	"testing"

	"haidang/event"
)

// framed is a format of which only the framing matters.
type framed struct {
	Format
	name    string
	framing event.Framing
}

func (f framed) Name() string           { return f.name }
func (f framed) Framing() event.Framing { return f.framing }

func TestRecord(t *testing.T) {
	n := New(Config{}, framed{name: "lines"}, framed{name: "table", framing: event.FramingCSV})
	for _, c := range []struct {
		format, data string
		nth          uint32
		want         string
		none         bool
	}{
		{format: "lines", data: "{\"a\":1}\r\n\n{\"b\":2}\n", nth: 0, want: `{"a":1}`},
		{format: "lines", data: "{\"a\":1}\r\n\n{\"b\":2}", nth: 1, want: `{"b":2}`},
		{format: "lines", data: "{\"a\":1}\n", nth: 1, none: true},
		{format: "table", data: "1,\"two\nlines\"\n3,4\n", nth: 0, want: "1,\"two\nlines\""},
		{format: "table", data: "1,\"two\nlines\"\n3,4\n", nth: 1, want: "3,4"},
		{format: "forgotten", data: "one\ntwo\n", nth: 1, want: "two"},
		{format: "lines", none: true},
	} {
		got, ok := n.Record(c.format, []byte(c.data), c.nth)
		if ok == c.none || string(got) != c.want {
			t.Errorf("%s %q %d: %q %v", c.format, c.data, c.nth, got, ok)
		}
	}
}
