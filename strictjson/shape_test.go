// SPDX-License-Identifier: Apache-2.0

package strictjson

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"haidang/mutant"
)

// whole says all that a Reader has to say of a record.
func whole(r *Reader, in []byte) string {
	if err := r.Read(in); err != nil {
		var e *Error
		if !errors.As(err, &e) {
			return "another error"
		}
		return fmt.Sprint(e, describe(r), string(r.Residual()))
	}
	decoded := ""
	if r.Has(fSum) {
		decoded = string(r.Decoded(fSum)[:2])
	}
	kinds := ""
	for f := fType; f <= fSum; f++ {
		kinds += fmt.Sprint(r.Kind(f), " ")
	}
	return strings.Join([]string{describe(r), kinds, decoded, string(r.Residual()), filled(r.Outlined())}, "\n")
}

// filled puts a residual together again.
func filled(outline string, rest []byte) string {
	if outline == "" {
		return string(rest)
	}
	texts, values := strings.Split(outline, string(Gap)), strings.Split(string(rest), string(Gap))
	if len(texts) != len(values)+1 {
		return fmt.Sprintf("%d values for %q", len(values), outline)
	}
	out := texts[0]
	for i, v := range values {
		out += v + texts[i+1]
	}
	return out
}

// TestRecordsOfAPatternShareAnOutline: what differs between them is all that is not
// in it.
func TestRecordsOfAPatternShareAnOutline(t *testing.T) {
	r := NewReader(testTable(t), 0)
	const record = `{"event_type":"alert","flow_id":%d,"alert":{"gid":1,"action":"%s","tags":["a",{"b":%d}]},"ok":true,"host":"%s"}`
	var outline string
	for i, host := range []string{"a", "", "a name of more than sixteen bytes", `q\"u`, "ễ"} {
		in := fmt.Appendf(nil, record, int64(i)*1e12, "allowed", i, host)
		if err := r.Read(in); err != nil {
			t.Fatal(err)
		}
		text, rest := r.Outlined()
		if got := filled(text, rest); got != string(r.Residual()) {
			t.Fatalf("%s, residual %s", got, r.Residual())
		}
		switch i {
		case 0: // it is learnt
			if text != "" {
				t.Errorf("the first record has the outline %q", text)
			}
		case 1:
			outline = text
			if strings.Count(text, string(Gap)) != 5 || !strings.HasPrefix(text, `{"flow_id":`) {
				t.Errorf("the outline is %q", text)
			}
		default:
			if text != outline {
				t.Errorf("the outline is %q, was %q", text, outline)
			}
		}
	}
}

// TestOutlinesAreNotWorthWhile where they are long, nor where nothing fills them.
func TestOutlinesAreNotWorthWhile(t *testing.T) {
	for _, in := range []string{
		fmt.Sprintf(`{"event_type":"a","%s":1,"%s":2}`, strings.Repeat("x", 700), strings.Repeat("y", 700)),
		`{"event_type":"a","host":""}`, `{"event_type":"a"}`,
	} {
		r := NewReader(testTable(t), 0)
		for range 3 {
			if err := r.Read([]byte(in)); err != nil {
				t.Fatal(err)
			}
			if text, rest := r.Outlined(); text != "" || string(rest) != string(r.Residual()) {
				t.Errorf("%.40s has the outline %.40q and %q", in, text, rest)
			}
		}
	}
}

// compare reads a record with a Reader that knows many patterns and with one
// that knows none.
func compare(t testing.TB, r *Reader, in []byte) {
	t.Helper()
	fresh := whole(NewReader(r.table, 0), in)
	for range 2 {
		if got := whole(r, in); got != fresh {
			t.Fatalf("%s\ngives %s\nwant  %s", in, got, fresh)
		}
	}
}

// writer writes records as sensors do, with odd ones among them.
type writer struct {
	*rand.Rand
	b []byte
}

func (w *writer) str() string {
	return []string{
		`""`, `"a"`, `"alert"`, `"12345678"`, `"a string of more than sixteen bytes"`, `"a\"b"`, `"\u0041\ud83d\ude00"`, `"ễ"`, `"x\\"`, `"refuse"`,
		`"sixteen bytes or"`, `"~"`,
	}[w.IntN(12)]
}

func (w *writer) number() string {
	return []string{"0", "7", "65535", "1234567890123456789", "-1", "1.5", "1e9", "-0.5E-3", "10", "123456"}[w.IntN(10)]
}

func (w *writer) any() string {
	switch w.IntN(12) {
	case 0:
		return []string{"true", "false", "null"}[w.IntN(3)]
	case 1:
		return []string{`[]`, `{}`, `[1,{"a":"b"}]`, `{"x":[null]}`, `[[[]]]`}[w.IntN(5)]
	case 2, 3, 4:
		return w.number()
	}
	return w.str()
}

func (w *writer) member(name, value string) {
	if w.IntN(8) == 0 {
		return
	}
	if c := w.b[len(w.b)-1]; c != '{' {
		w.b = append(w.b, ',')
	}
	w.b = fmt.Appendf(w.b, "%q:%s", name, value)
}

// inner writes an object of its own.
func (w *writer) inner(members func()) string {
	outer := w.b
	w.b = []byte{'{'}
	members()
	out := string(w.b) + "}"
	w.b = outer
	return out
}

func (w *writer) list(of func() string) string {
	var out []string
	for range w.IntN(3) {
		out = append(out, of())
	}
	return "[" + strings.Join(out, ",") + "]"
}

func (w *writer) record() []byte {
	w.b = []byte{'{'}
	w.member("timestamp", w.str())
	w.member("event_type", w.any())
	w.member("dest_port", w.number())
	w.member("sum", w.str())
	w.member("alert", w.inner(func() {
		w.member("gid", fmt.Sprint(w.IntN(2)))
		w.member("signature_id", fmt.Sprint(w.IntN(3)))
		w.member("rev", []string{"1", w.any()}[w.IntN(2)])
		w.member("metadata", w.inner(func() {
			w.member("cve", w.list(w.any))
			w.member("attack_target", w.list(w.str))
			w.member("malware_family", w.list(w.str))
		}))
	}))
	w.member("state", w.inner(func() { w.member("of", []string{`"up"`, `"down and out"`, w.str()}[w.IntN(3)]) }))
	w.member("dns", w.inner(func() {
		w.member("rrname", w.str())
		w.member("queries", w.list(func() string { return w.inner(func() { w.member("rrname", w.any()); w.member("t", w.any()) }) }))
	}))
	w.member("http", w.any())
	w.member("raw", w.any())
	w.member("z", w.any())
	return append(w.b, []string{"}", "}", "}", " }\n"}[w.IntN(4)]...)
}

// Whatever patterns a Reader knows, it gives what one gives that reads member by
// member.
func TestPatternsGiveWhatReadingGives(t *testing.T) {
	for seed := range uint64(4) {
		w := writer{Rand: rand.New(rand.NewPCG(seed, 3))}
		r := NewReader(testTable(t), 0)
		followed := 0
		for range 2000 {
			in := w.record()
			compare(t, r, in)
			r.data, r.lesson.on = in, false
			r.begin()
			if r.shaped() {
				followed++
			}
			odd := bytes.Clone(in)
			switch at := w.IntN(len(in)); w.IntN(3) {
			case 0:
				odd[at] = byte(w.Uint32())
			case 1:
				odd = odd[:at]
			case 2:
				odd = append(odd[:at], in[w.IntN(len(in)):]...)
			}
			compare(t, r, odd)
		}
		if followed < 250 {
			t.Errorf("%d of 2000 followed a pattern at the third time", followed)
		}
	}
}

func TestPatternsAreStrict(t *testing.T) {
	r := NewReader(testTable(t), 0)
	good := `{"event_type":"alert","dest_port":80,"n":17,"alert":{"gid":1,"signature_id":7,"rev":2},"http":{"x":[2]},"s":"text","t":true,"l":[1]}`
	for range 3 {
		compare(t, r, []byte(good))
	}
	for _, change := range [][2]string{
		{"80", "080"}, {"80", "8 0"}, {"80", "-"}, {"80", "+8"}, {"17", "1.7.7"}, {"17", "1e"}, {"17", "01"}, {"17", "0x1"}, {"17", ""},
		{`"text"`, "\"te\nxt\""}, {`"text"`, "\"te\xffxt\""}, {`"text"`, `"te\xxt"`}, {`"text"`, `"te\ud800xt"`}, {`"text"`, `"te"xt"`},
		{"true", "trus"}, {"true", "True"}, {"[1]", "[1"}, {"[1]", "[1,]"}, {"[1]", "[01]"}, {"[1]}", "[1]}}"}, {"[1]}", "[1]"}, {"[1]}", "[1]}{}"},
		{"[2]", strings.Repeat("[", 63) + strings.Repeat("]", 63)}, {`"s":`, `"n":`}, {`"gid"`, `"rev"`}, {`"rev":2`, `"rev":02`}, {`"rev":2`, `"rev":2,"rev":2`}, {`[1]`, strings.Repeat("[", 70) + strings.Repeat("]", 70)},
	} {
		in := []byte(strings.Replace(good, change[0], change[1], 1))
		compare(t, r, in)
		if r.Read(in) == nil {
			t.Errorf("%s was accepted", in)
		}
	}
}

func TestPatternsAreForgottenWhenTheyAreMany(t *testing.T) {
	r := NewReader(testTable(t), 0)
	for i := range 20_000 {
		r.patterns.since += forgetEvery / 10_000
		in := fmt.Appendf(nil, `{"a%d":"x","b%d":1,"event_type":"y"}`, i, i)
		if err := r.Read(in); err != nil || r.Text(fType) != "y" {
			t.Fatal(err, r.Text(fType))
		}
		if r.patterns.count > maxPatternSteps {
			t.Fatalf("%d steps are kept", r.patterns.count)
		}
	}
	compare(t, r, []byte(`{"a1":"x","b1":1,"event_type":"z"}`))
}

func FuzzPatterns(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	for seed := range uint64(40) {
		w := writer{Rand: rand.New(rand.NewPCG(seed, 5))}
		f.Add(w.record(), w.record(), uint(seed))
	}
	for i, line := range corpus(f, "suricata/zeek-traces.eve.json", 40) {
		f.Add(line, line, uint(i*31))
	}
	r := NewReader(testTable(f), 0)
	f.Fuzz(func(t *testing.T, a, b []byte, at uint) {
		own := NewReader(r.table, 0)
		compare(t, own, a)
		compare(t, own, b)
		compare(t, r, a)
		odd := bytes.Clone(a)
		if len(a) > 0 {
			odd[at%uint(len(a))] ^= 1 << (at % 8)
		}
		compare(t, own, odd)
		check(t, own, b)
		check(t, own, odd)
	})
}
