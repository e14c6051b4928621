// SPDX-License-Identifier: Apache-2.0

package normalise

import (
	"fmt"
	"strings"
	"testing"

	"haidang/event"
	"haidang/mutant"
)

// markings stands for the pack of classes: fields that carry markings, and one word.
func markings(field, value string) bool {
	return (field == "label" || field == "labels") && strings.EqualFold(value, "MẬT")
}

// residualFormat is JSON of which nothing has a field.
type residualFormat struct{ plainFormat }

func (residualFormat) NewMapper() Mapper { return residualMapper{} }

type residualMapper struct{}

func (residualMapper) Map(record []byte, _ *Context, e *event.Event) error {
	text := string(record)
	switch {
	case strings.Contains(text, "wrapped by"), !strings.HasPrefix(text, "{"):
		return Rejectf(event.ReasonWrongFormat, "not %s", text)
	case strings.Contains(text, "refused"):
		return Rejectf(event.ReasonField, "refused: %s", text)
	case strings.Contains(text, "panic"):
		panic("as asked")
	}
	e.Time, e.Residual = event.TimeOf(now), append(e.Residual, record...)
	return nil
}

func secretTest(secret func(field, value string) bool) *Normaliser {
	return New(Config{IDKey: []byte("key"), Stream: "RAW", MaxRecord: 2000, Secret: secret},
		residualFormat{plainFormat{"json", event.FramingLines}}, plainFormat{"rows", event.FramingCSV})
}

func TestMarkedRecordsAreKeptNowhere(t *testing.T) {
	for name, c := range map[string]struct {
		record string
		marked bool
	}{
		"composed":              {`{"label":"MẬT"}`, true},
		"lower case":            {`{"label":"mật"}`, true},
		"escaped":               {`{"label":"M\u1eacT"}`, true},
		"escaped, capitals":     {`{"label":"M\u1EACT"}`, true},
		"within":                {`{"a":[1,{"b":{"label":"MẬT"}}]}`, true},
		"in a list":             {`{"labels":["x","MẬT"]}`, true},
		"in a list of objects":  {`{"labels":[{"value":"MẬT"}]}`, true},
		"as a name":             {`{"labels":{"MẬT":true}}`, true},
		"behind others":         {`{"x":{"label":"x","y":[]},"n":null,"label":"MẬT"}`, true},
		"name twice":            {`{"label":"MẬT","label":"x"}`, true},
		"password":              {`{"label":"mật khẩu"}`, false},
		"another field":         {`{"message":"MẬT"}`, false},
		"a neighbour's field":   {`{"x":{"label":"x"},"y":"MẬT"}`, false},
		"another accent":        {`{"label":"mạt \u1ea1"}`, false},
		"ordinary":              {`{"label":"MAT","path":"C:\\x"}`, false},
		"refused":               {`{"label":"MẬT","why":"refused"}`, true},
		"refused, ordinary":     {`{"label":"mật khẩu","why":"refused"}`, false},
		"half a line":           {`{"label":"MẬT","why":"refu`, true},
		"panic":                 {`{"label":"MẬT","why":"panic"}`, true},
		"too long":              {`{"label":"MẬT","why":"` + strings.Repeat("x", 3000) + `"}`, true},
		"wrapped":               {`{"message":"{\"label\":\"M\\u1eacT\"}","agent":"wrapped by one"}`, true},
		"wrapped and refused":   {`{"message":"{\"label\":\"MẬT\",\"why\":\"refused\"}","agent":"wrapped by one"}`, true},
		"in the wrapper":        {`{"message":"{\"a\":1}","labels":["MẬT"],"agent":"wrapped by one"}`, true},
		"wrapped, not a secret": {`{"message":"{\"label\":\"mật khẩu\"}","agent":"wrapped by one"}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			neighbour := `{"label":"x"}`
			b := &event.Batch{}
			rejects := secretTest(markings).Chunk(chunk("json", neighbour+"\n"+c.record+"\n"+neighbour+"\n"), event.Sensor{Name: "s1"}, b, nil)
			if n := b.Rows() + len(rejects); n != 3 || string(b.Residual.At(0)) != neighbour || string(b.Residual.At(b.Rows()-1)) != neighbour {
				t.Fatalf("%d records, %+v", n, rejects)
			}
			told := len(rejects) == 1 && rejects[0].Reason == event.ReasonLabel
			if told != c.marked {
				t.Fatalf("marked: %v; %+v", told, rejects)
			}
			if !told {
				return
			}
			if r := rejects[0]; r.Bytes != nil || r.Detail != "" || r.Line != 102 || r.Seq != 42 || r.Batch != "b1" || r.Sensor != "s1" {
				t.Errorf("the reject is %+v", r)
			}
			if b.Rows() != 2 {
				t.Errorf("%d rows", b.Rows())
			}
		})
	}
}

func TestMarkedRowsAreKeptNowhere(t *testing.T) {
	c := chunk("rows", "x,\"MẬT\",z\nx,y,MẬT\nx,\"mật khẩu\"\n")
	c.Preamble = []byte("time,label,word\r\n")
	var b event.Batch
	r := secretTest(markings).Chunk(c, event.Sensor{Name: "s1"}, &b, nil)
	if len(r) != 3 || r[0].Reason != event.ReasonLabel || r[0].Bytes != nil || r[1].Reason == event.ReasonLabel || r[2].Reason == event.ReasonLabel {
		t.Errorf("%+v", r)
	}
}

// What is asked of every record must not depend on where in it something lies.
func TestUnusualIsSeenAnywhere(t *testing.T) {
	for n := range 100 {
		plain := strings.Repeat("a~\x01 ", 25)[:n]
		if unusual([]byte(plain)) {
			t.Fatalf("%q is ordinary", plain)
		}
		for at := range n {
			for _, odd := range []byte{'\\', 0x80, 0xff, 0xdc} {
				b := []byte(plain)
				if b[at] = odd; !unusual(b) {
					t.Fatalf("%#x at %d of %d is not seen", odd, at, n)
				}
			}
		}
	}
}

func TestWithoutAHookNothingIsAsked(t *testing.T) {
	var b event.Batch
	if r := secretTest(nil).Chunk(chunk("json", `{"label":"MẬT"}`), event.Sensor{Name: "s1"}, &b, nil); len(r) > 0 {
		t.Errorf("%+v", r)
	}
}

// However a record is broken, it is one record afterwards, and a marked one has no bytes.
func FuzzMarked(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	f.Add(`{"label":"MẬT"}`)
	f.Add(`{"labels":[{"x":"M\u1eacT"},[[`)
	f.Add("a,\"b\u0302")
	f.Fuzz(func(t *testing.T, record string) {
		for _, format := range []string{"json", "rows"} {
			c := chunk(format, record)
			c.Preamble = []byte("label,labels\n")
			var b event.Batch
			for _, r := range secretTest(func(string, string) bool { return true }).Chunk(c, event.Sensor{Name: "s1"}, &b, nil) {
				if (r.Reason == event.ReasonLabel) != (len(r.Bytes) == 0) {
					t.Errorf("%+v", r)
				}
			}
		}
		if holds([]byte(record)) && !unusual([]byte(record)) {
			t.Error("holds what is ordinary")
		}
	})
}

// The cost of asking an ordinary record, by the length of what has no field.
func BenchmarkUnusual(b *testing.B) {
	for _, n := range []int{64, 200, 400, 1000} {
		text := []byte(strings.Repeat(`{"flow_id":1829,"in_iface":"eth0"},`, 40))[:n]
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				if unusual(text) {
					b.Fatal("unusual")
				}
			}
		})
	}
}
