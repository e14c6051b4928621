// SPDX-License-Identifier: Apache-2.0

package normalise

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"haidang/event"
	"haidang/mutant"
)

// plainFormat is a format small enough to see through: "TIME WORD", or a row.
type plainFormat struct {
	name    string
	framing event.Framing
}

func (f plainFormat) Name() string           { return f.name }
func (f plainFormat) Framing() event.Framing { return f.framing }
func (plainFormat) Version() uint16          { return 7 }
func (plainFormat) NewMapper() Mapper        { return plainMapper{} }

type plainMapper struct{}

func (plainMapper) Map(record []byte, c *Context, e *event.Event) error {
	at, word, _ := strings.Cut(string(record), " ")
	e.Action = word
	switch word {
	case "panic":
		panic("as asked")
	case "foreign":
		return fmt.Errorf("an error of another sort")
	case "drops":
		c.Drops(5, 1)
	case "preamble":
		e.User = string(c.Preamble)
	}
	if at == "x" {
		return Rejectf(event.ReasonWrongFormat, "not plain")
	}
	if at == "none" {
		return nil
	}
	t, ok := parseTime(at, c.Zone)
	if !ok {
		return Rejectf(event.ReasonTime, "%s", strings.Repeat(at, 100))
	}
	e.Time, e.Stage, e.Affected, e.RSIT = t, event.StageAttempt, event.SideDestination, event.RSITScanner
	return nil
}

var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func newTest(maxRecord int) *Normaliser {
	return New(Config{IDKey: []byte("key"), Stream: "RAW", Now: func() time.Time { return now }, MaxRecord: maxRecord},
		plainFormat{"plain", event.FramingLines}, plainFormat{"rows", event.FramingCSV})
}

func chunk(format, data string) *event.Chunk {
	return &event.Chunk{
		Delivery: event.Delivery{Sensor: "s1", Door: "http", Format: format},
		Batch:    "b1", Seq: 42, Offset: 10, First: 100, Data: []byte(data), Ingested: event.TimeOf(now),
	}
}

const at = "2026-11-21T11:00:00Z"

func TestEachRecordEndsInOnePlace(t *testing.T) {
	data := at + " a\r\n\n" + at + " b\nx y\nbroken c\nnone d\n2027-11-21T11:00:00Z e\n" +
		at + " panic\n" + at + " foreign\n" + strings.Repeat("z", 6000) + "\n\r\n" + at + " last"
	var b event.Batch
	rejects := newTest(5000).Chunk(chunk("plain", data), event.Sensor{Name: "s1"}, &b, nil)
	if b.Rows() != 3 {
		t.Fatalf("%d events", b.Rows())
	}
	for row, want := range []struct {
		action string
		offset uint32
	}{{"a", 10}, {"b", 11}, {"last", 19}} {
		if b.Action.At(row) != want.action || b.RawOffset[row] != want.offset || b.RawSeq[row] != 42 || b.Parser[row] != 7 ||
			b.Observer.At(row) != "s1" || b.Ingested[row] != event.TimeOf(now) || b.Count[row] != 1 || b.Replay[row] {
			t.Errorf("row %d: %s at %d", row, b.Action.At(row), b.RawOffset[row])
		}
	}
	want := []struct {
		reason event.Reason
		line   int64
		kept   int
	}{
		{event.ReasonWrongFormat, 103, 3}, {event.ReasonTime, 104, 8}, {event.ReasonTime, 105, 6}, {event.ReasonFuture, 106, 22},
		{event.ReasonField, 107, 26}, {event.ReasonField, 108, 28}, {event.ReasonTooLong, 109, 4096},
	}
	if len(rejects) != len(want) {
		t.Fatalf("%d rejects: %+v", len(rejects), rejects)
	}
	for i, w := range want {
		r := rejects[i]
		if r.Reason != w.reason || r.Line != w.line || len(r.Bytes) != w.kept || r.Detail == "" || len(r.Detail) > 500 ||
			r.Sensor != "s1" || r.Format != "plain" || r.Door != "http" || r.Batch != "b1" || r.Seq != 42 ||
			r.Offset != uint32(r.Line)-91 || r.At != event.TimeOf(now) || r.Parser != 7 {
			t.Errorf("reject %d: %+v, want %+v", i, r, w)
		}
	}
}

func TestRejectKeepsNoViewIntoTheChunk(t *testing.T) {
	c := chunk("plain", "x y\n")
	var b event.Batch
	r := newTest(0).Chunk(c, event.Sensor{Name: "s1"}, &b, nil)
	clear(c.Data)
	if string(r[0].Bytes) != "x y" {
		t.Errorf("%q", r[0].Bytes)
	}
}

func TestUnknownFormatLosesNothing(t *testing.T) {
	var b event.Batch
	r := newTest(0).Chunk(chunk("gone", "a\nb\n"), event.Sensor{Name: "s1"}, &b, nil)
	if len(r) != 2 || b.Rows() != 0 || r[1].Reason != event.ReasonWrongFormat || !strings.Contains(r[1].Detail, `"gone"`) {
		t.Errorf("%+v", r)
	}
}

func TestRowsKeepQuotedLineBreaks(t *testing.T) {
	c := chunk("rows", at+" preamble\r\n"+at+" w,\"a\nb\",c\n")
	c.Preamble = []byte("time,word\r\n")
	var b event.Batch
	r := newTest(0).Chunk(c, event.Sensor{Name: "s1"}, &b, nil)
	if len(r) > 0 || b.Rows() != 2 || b.User.At(0) != "time,word" {
		t.Fatalf("%d rows, %+v", b.Rows(), r)
	}
}

func TestReplayIsMarked(t *testing.T) {
	for _, c := range []struct{ delivery, sensor bool }{{true, false}, {false, true}} {
		var b event.Batch
		in := chunk("plain", at+" a")
		in.Replay = c.delivery
		newTest(0).Chunk(in, event.Sensor{Name: "s1", Replay: c.sensor}, &b, nil)
		if !b.Replay[0] {
			t.Errorf("%+v is not marked", c)
		}
	}
}

func TestZoneAndHomeOfTheSensor(t *testing.T) {
	n := newTest(0)
	w := n.Worker()
	for _, c := range []struct{ zone, want string }{
		{"", "2026-11-21T11:00:00Z"}, {"Asia/Ho_Chi_Minh", "2026-11-21T04:00:00Z"}, {"Nowhere/Land", "2026-11-21T11:00:00Z"},
	} {
		var b event.Batch
		w.Chunk(chunk("plain", "2026-11-21T11:00:00 a"), event.Sensor{Name: "s1", Zone: c.zone}, &b, nil)
		if got := b.Time[0].String(); got != c.want {
			t.Errorf("zone %q: %s, want %s", c.zone, got, c.want)
		}
	}
	ctx, err := NewContext(event.Sensor{Name: "s", Home: []string{"192.0.2.0/24", "2001:db8::/32", "198.51.100.7", "::ffff:203.0.113.0/120", "junk"}})
	if err == nil || !strings.Contains(err.Error(), `"junk"`) {
		t.Errorf("%v", err)
	}
	ctx.Internal = func(a event.Addr) bool { return a.String() == "10.1.1.1" }
	for ip, want := range map[string]bool{
		"192.0.2.255": true, "192.0.3.0": false, "2001:db8::1": true, "2001:db9::1": false, "198.51.100.7": true, "203.0.113.9": true, "10.1.1.1": true,
	} {
		a, _ := event.ParseAddr(ip)
		if ctx.Inside(a) != want {
			t.Errorf("%s inside: %v", ip, !want)
		}
	}
	if ctx.Inside(event.Addr{}) {
		t.Error("no address is inside")
	}
}

func TestDropsAreTold(t *testing.T) {
	n := newTest(0)
	var b event.Batch
	n.Chunk(chunk("plain", at+" drops"), event.Sensor{Name: "s1"}, &b, nil)
	if got := n.TakeDrops(); got["s1"] != 5 {
		t.Errorf("%v", got)
	}
}

func TestWrappers(t *testing.T) {
	for in, want := range map[string]string{
		`{"message":"{\"a\":1}","agent":{}}`:        `{"a":1}`,
		`{"message":" {\"a\":1}\n","@version":"1"}`: `{"a":1}`,
		`{"message":"{\"a\":1}","log":{"x":1}}`:     `{"a":1}`,
		`{"log":"{\"a\":1}\n","stream":"stdout"}`:   `{"a":1}`,
		`{"message":"{\"a\":1}"}`:                   "",
		`{"message":"plain text","agent":{}}`:       "",
		`{"message":5,"agent":{}}`:                  "",
		`{"log":{"level":"info"}}`:                  "",
		`not json`:                                  "",
	} {
		got, ok := newUnwrapper().inner([]byte(in))
		if ok != (want != "") || ok && string(got) != want {
			t.Errorf("%s: %q, %v", in, got, ok)
		}
	}
}

// FuzzRows compares the cutting of CSV with its definition, a byte at a time.
func FuzzRows(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	for _, s := range []string{"a,b\nc", "\"a\nb\",c\r\nd\n", "a\"b\nc\"\n", "\"\"\"\n\"\n", "\"open\nand on\nand on", "\r\n\n,\"\"x\"\n"} {
		f.Add([]byte(s))
	}
	const limit = 40
	f.Fuzz(func(t *testing.T, data []byte) {
		rest, joined := data, 0
		for len(rest) > 0 {
			row, after := cutRow(rest, limit)
			end := slowRowEnd(rest, limit)
			if len(after) != len(rest)-end {
				t.Fatalf("cut at %d, not at %d: %q", len(rest)-len(after), end, rest)
			}
			if !bytes.Equal(row, trimBreak(rest[:end])) {
				t.Fatalf("row %q", row)
			}
			joined, rest = joined+end, after
		}
		if joined != len(data) {
			t.Fatal("bytes are lost")
		}
	})
}

// slowRowEnd: RFC 4180 as a table of states; a quote counts only where a field
// begins or inside quotes, and beyond the limit any line break ends the row.
func slowRowEnd(data []byte, limit int) int {
	state := 's' // s: start of field, u: unquoted, q: quoted, e: a quote within quotes
	for i, b := range data {
		if b == '\n' && (state != 'q' || i >= limit+beyondLimit) {
			return i + 1
		}
		switch {
		case state == 'q' && b == '"':
			state = 'e'
		case state == 'q', b == '"' && (state == 's' || state == 'e'):
			state = 'q'
		case b == ',':
			state = 's'
		default:
			state = 'u'
		}
	}
	return len(data)
}

func TestNamesAndFraming(t *testing.T) {
	n := newTest(0)
	if got := fmt.Sprint(n.Names()); got != "[plain rows]" {
		t.Error(got)
	}
	if f, ok := n.Framing("rows"); !ok || f != event.FramingCSV {
		t.Error("rows")
	}
	if _, ok := n.Framing("none"); ok {
		t.Error("none is known")
	}
	defer func() {
		if recover() == nil {
			t.Error("two formats of one name were accepted")
		}
	}()
	New(Config{}, plainFormat{"a", 0}, plainFormat{"a", 0})
}
