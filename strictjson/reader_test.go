// SPDX-License-Identifier: Apache-2.0

package strictjson

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

const (
	fType = iota
	fID
	fTarget
	fCVE
	fQuery
	fHost
	fPort
	fFamily
	fRaw
	fState
	fSum
)

func testTable(t testing.TB) *Table {
	t.Helper()
	table, err := NewTable([]Path{
		{Name: "event_type", Field: fType, Want: String},
		{Name: "alert.signature_id", Field: fID, Want: Number},
		{Name: "alert.metadata.attack_target[]", Field: fTarget, Want: String},
		{Name: "alert.metadata.cve[]", Field: fCVE, Want: String},
		{Name: "alert.metadata.malware_family[0]", Field: fFamily, Want: String},
		{Name: "dns.queries[0].rrname", Field: fQuery, Want: String},
		{Name: "dns.rrname", Field: fQuery, Want: String},
		{Name: "http.hostname", Field: fHost, Want: String, Keep: true},
		{Name: "dest_port", Field: fPort, Want: Number, Accept: func(b []byte) bool { return len(b) <= 5 }},
		{Name: "raw", Field: fRaw, Want: Object},
		{Name: "state.of", Field: fState},
		{Name: "sum", Field: fSum, Want: String, NotEmpty: true, Decode: func(b []byte, to *Decoded) bool {
			if string(b) == "refuse" {
				return false
			}
			to[0], to[1] = b[0], byte(len(b))
			return true
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func describe(r *Reader) string {
	var out []string
	for f := fType; f <= fSum; f++ {
		if r.Has(f) {
			out = append(out, fmt.Sprintf("%d=%s", f, r.Text(f)))
		}
	}
	for _, it := range r.Items() {
		out = append(out, fmt.Sprintf("%d+%s", it.Field, r.ItemText(it)))
	}
	return strings.Join(out, " ")
}

func TestReadGivesWantedAndLeavesTheRest(t *testing.T) {
	for _, c := range []struct{ name, in, values, residual string }{
		{"nothing", `{}`, "", ""},
		{"only known", `{"event_type":"alert","alert":{"signature_id":7}}`, "0=alert 1=7", ""},
		{"rest keeps structure", `{"a":1,"alert":{"gid":1,"signature_id":7,"rev":2},"z":[1]}`, "1=7",
			`{"a":1,"alert":{"gid":1,"rev":2},"z":[1]}`},
		{"rest of nothing is left out", `{"alert":{"signature_id":7},"b":null}`, "1=7", `{"b":null}`},
		{"a run of unknown members is copied as written", `{ "a" : 1 , "b":  {"c":[ ]} ,"event_type":"x","d":2}`, "0=x",
			`{"a" : 1 , "b":  {"c":[ ]},"d":2}`},
		{"wrong kind stays", `{"event_type":5,"alert":"x"}`, "", `{"event_type":5,"alert":"x"}`},
		{"null stays", `{"event_type":null}`, "", `{"event_type":null}`},
		{"refused by its text", `{"dest_port":123456,"q":1}`, "", `{"dest_port":123456,"q":1}`},
		{"accepted by its text", `{"dest_port":12345,"q":1}`, "6=12345", `{"q":1}`},
		{"kept", `{"http":{"hostname":"h","url":"/"}}`, "5=h", `{"http":{"hostname":"h","url":"/"}}`},
		{"elements", `{"alert":{"metadata":{"cve":["a","b"],"attack_target":["c"]}}}`, "3+a 3+b 2+c", ""},
		{"array with an unwanted element stays whole", `{"alert":{"metadata":{"cve":["a",1]}}}`, "3+a",
			`{"alert":{"metadata":{"cve":["a",1]}}}`},
		{"first element", `{"alert":{"metadata":{"malware_family":["x"]}}}`, "7=x", ""},
		{"first of two leaves the array", `{"alert":{"metadata":{"malware_family":["x","y"]}}}`, "7=x",
			`{"alert":{"metadata":{"malware_family":["x","y"]}}}`},
		{"object in first element", `{"dns":{"queries":[{"rrname":"a.vn"}]}}`, "4=a.vn", ""},
		{"object in first element, with rest", `{"dns":{"id":3,"queries":[{"rrname":"a.vn","t":1},{"rrname":"b"}]}}`, "4=a.vn",
			`{"dns":{"id":3,"queries":[{"rrname":"a.vn","t":1},{"rrname":"b"}]}}`},
		{"two ways to one field", `{"dns":{"rrname":"c.vn"}}`, "4=c.vn", ""},
		{"object as a whole", `{"raw":{"a":[1,{"b":2}]}}`, `8={"a":[1,{"b":2}]}`, ""},
		{"escapes in a value", `{"event_type":"a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00\u0000z"}`, "0=a\"\\/\b\f\n\r\té😀\x00z", ""},
		{"escapes in a known name", `{"event\u005ftype":"x"}`, "0=x", ""},
		{"escapes in an unknown name stay", `{"\u0061":1}`, "", `{"\u0061":1}`},
		{"beyond ASCII", `{"event_type":"Hải Đăng","tên":"ẩn"}`, "0=Hải Đăng", `{"tên":"ẩn"}`},
		{"white space", " \t\r\n{ \"event_type\" :\t\"x\" , \"alert\" : { \"signature_id\" : 1 } } \n", "0=x 1=1", ""},
		{"name of a known length, other bytes", `{"event_typf":"x","alert":{"signature_ie":1}}`, "",
			`{"event_typf":"x","alert":{"signature_ie":1}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := NewReader(testTable(t), 0)
			for range 2 { // the second time with used memory
				if err := r.Read([]byte(c.in)); err != nil {
					t.Fatal(err)
				}
				if got := describe(r); got != c.values {
					t.Errorf("values %q, want %q", got, c.values)
				}
				if got := string(r.Residual()); got != c.residual {
					t.Errorf("residual %s, want %s", got, c.residual)
				}
			}
		})
	}
}

func many(n int, last string) string {
	var b strings.Builder
	b.WriteString("{")
	for i := range n {
		fmt.Fprintf(&b, `"n%d":%d,`, i, i)
	}
	return b.String() + last + "}"
}

func TestReadRefuses(t *testing.T) {
	for _, c := range []struct {
		name, in string
		code     Code
	}{
		{"empty", ``, NotJSON},
		{"half a line", `{"event_type":"al`, NotJSON},
		{"half a name", `{"event_ty`, NotJSON},
		{"no end", `{"event_type":"alert"`, NotJSON},
		{"trailing comma", `{"a":1,}`, NotJSON},
		{"trailing comma in array", `{"a":[1,]}`, NotJSON},
		{"single quotes", `{'a':1}`, NotJSON},
		{"bare name", `{a:1}`, NotJSON},
		{"comment", `{"a":1/**/}`, NotJSON},
		{"NaN", `{"a":NaN}`, NotJSON},
		{"leading zero", `{"a":01}`, NotJSON},
		{"plus", `{"a":+1}`, NotJSON},
		{"bare point", `{"a":.5}`, NotJSON},
		{"point without digits", `{"a":1.}`, NotJSON},
		{"exponent without digits", `{"a":1e}`, NotJSON},
		{"minus alone", `{"a":-}`, NotJSON},
		{"raw line break in a string", "{\"a\":\"\n\"}", NotJSON},
		{"raw NUL in a string", "{\"a\":\"\x00\"}", NotJSON},
		{"unknown escape", `{"a":"\x41"}`, NotJSON},
		{"short escape", `{"a":"\u00"}`, NotJSON},
		{"byte order mark", "\ufeff{}", NotJSON},
		{"mismatched brackets", `{"a":[1}`, NotJSON},
		{"truncated literal", `{"a":tru}`, NotJSON},
		{"array", `[1]`, NotObject},
		{"number", `7`, NotObject},
		{"two objects", `{}{}`, Trailing},
		{"something after", `{"a":1}x`, Trailing},
		{"known twice", `{"event_type":"a","event_type":"a"}`, DuplicateName},
		{"unknown twice", `{"q":1,"r":1,"q":2}`, DuplicateName},
		{"twice at depth, known", `{"alert":{"signature_id":1,"signature_id":2}}`, DuplicateName},
		{"twice at depth, unknown", `{"a":[{"b":{"c":1,"c":2}}]}`, DuplicateName},
		{"twice in an element", `{"dns":{"queries":[{"rrname":"a","rrname":"b"}]}}`, DuplicateName},
		{"known container twice", `{"alert":{},"alert":1}`, DuplicateName},
		{"once escaped", `{"a":1,"\u0061":2}`, DuplicateName},
		{"both escaped", `{"\u0061b":1,"a\u0062":2}`, DuplicateName},
		{"known, once escaped", `{"event_type":1,"event\u005ftype":2}`, DuplicateName},
		{"long name twice", `{"abcdefghijklmnop":1,"abcdefghijklmnop":2}`, DuplicateName},
		{"empty name twice", `{"":1,"":2}`, DuplicateName},
		{"among many", many(100, `"n7":0`), DuplicateName},
		{"among very many, escaped", many(5000, `"\u006e4999":0`), DuplicateName},
		{"invalid UTF-8 in a value", "{\"a\":\"\xff\"}", InvalidUTF8},
		{"invalid UTF-8 in a known value", "{\"event_type\":\"\xc3\x28\"}", InvalidUTF8},
		{"invalid UTF-8 in a name", "{\"\xe2\x82\":1}", InvalidUTF8},
		{"overlong", "{\"a\":\"\xc0\xaf\"}", InvalidUTF8},
		{"surrogate in UTF-8", "{\"a\":\"\xed\xa0\x80\"}", InvalidUTF8},
		{"lone high surrogate", `{"a":"\ud800"}`, InvalidUTF8},
		{"lone low surrogate", `{"a":"\udc00"}`, InvalidUTF8},
		{"high surrogate before a character", `{"a":"\ud800\u0041"}`, InvalidUTF8},
		{"lone surrogate in a name", `{"\ud800":1}`, InvalidUTF8},
		{"too deep", strings.Repeat(`{"a":`, 64) + "[]" + strings.Repeat("}", 64), TooDeep},
		{"far too deep", strings.Repeat("[", 1<<20), TooDeep},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := NewReader(testTable(t), 0)
			err := r.Read([]byte(c.in))
			var e *Error
			if !errors.As(err, &e) || e.Code != c.code {
				t.Fatalf("got %v, want %v", err, c.code)
			}
			if got := describe(r) + string(r.Residual()); got != "" {
				t.Errorf("something is left after an error: %s", got)
			}
			if err := r.Read([]byte(`{"event_type":"ok"}`)); err != nil || r.Text(fType) != "ok" {
				t.Errorf("the next record suffers: %v", err)
			}
		})
	}
}

func TestNotEmptyLeavesEmptyStringsInTheResidual(t *testing.T) {
	r := NewReader(MustTable([]Path{{Name: "a", Field: 0, NotEmpty: true, Want: Any}}), 0)
	for in, taken := range map[string]bool{
		`{"a":""}`: false, `{"a":"","b":1}`: false, `{"a": "" }`: false, `{"a":"x"}`: true, `{"a":"\n"}`: true, `{"a":0}`: true, `{"a":[]}`: true,
		`{"a":"                                "}`: true,
	} {
		if err := r.Read([]byte(in)); err != nil || r.Has(0) != taken || (len(r.Residual()) == 0) != taken {
			t.Errorf("%s: %v, taken %v, left %s", in, err, r.Has(0), r.Residual())
		}
	}
}

func TestReadAccepts(t *testing.T) {
	for name, in := range map[string]string{
		"depth at the limit":          strings.Repeat(`{"a":`, 63) + "[]" + strings.Repeat("}", 63),
		"same name in other objects":  `{"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}]}`,
		"many names":                  many(5000, `"x":0`),
		"many names in two objects":   `{"a":` + many(100, `"x":0`) + `,"b":` + many(100, `"x":0`) + `}`,
		"many inside many":            many(100, `"x":`+many(100, `"x":`+many(50, `"y":1`))),
		"name with and without a NUL": `{"a":1,"a\u0000":2}`,
		"numbers":                     `{"a":[0,-0,1.5,1e5,1E+5,-1.5e-5,123456789012345678901234567890]}`,
		"DEL":                         "{\"a\":\"\x7f\"}",
		"last code point":             `{"a":"\udbff\udfff"}`,
	} {
		t.Run(name, func(t *testing.T) {
			r := NewReader(testTable(t), 0)
			if err := r.Read([]byte(in)); err != nil {
				t.Fatal(err)
			}
			if got := string(r.Residual()); got != in {
				t.Errorf("residual is not the record: %.200s", got)
			}
		})
	}
}

func TestReadDoesNotAllocate(t *testing.T) {
	r := NewReader(testTable(t), 0)
	in := []byte(`{"event_type":"a\u0062","x\ty":1,"alert":{"gid":1,"signature_id":7,"metadata":{"cve":["a","b"]}},"m":` + many(80, `"x":0`) + `}`)
	if n := testing.AllocsPerRun(100, func() {
		if err := r.Read(in); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations a record", n)
	}
}

func TestUint(t *testing.T) {
	for in, want := range map[string]uint64{
		"0": 0, "65535": 65535, "18446744073709551615": 1<<64 - 1, "18446744073709551616": 99, "-1": 99, "1.0": 99, "1e3": 99, "": 99,
		"99999999999999999999": 99,
	} {
		n, ok := parseUint([]byte(in))
		if ok != (want != 99) || ok && n != want {
			t.Errorf("%q: %d, %v", in, n, ok)
		}
	}
}

func TestTableRefuses(t *testing.T) {
	for name, paths := range map[string][]Path{
		"twice":        {{Name: "a.b"}, {Name: "a.b"}},
		"empty name":   {{Name: "a..b"}},
		"other index":  {{Name: "a[1]"}},
		"nested array": {{Name: "a[][]"}},
		"negative":     {{Name: "a", Field: -1}},
		"too many here": func() (p []Path) {
			for i := range 129 {
				p = append(p, Path{Name: fmt.Sprint("n", i)})
			}
			return p
		}(),
	} {
		if _, err := NewTable(paths); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
