// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"haidang/mutant"
)

// all reads every record, each behind its line number.
func all(t testing.TB, text string, csv bool) (out []string, header string) {
	t.Helper()
	r := New(strings.NewReader(text), csv)
	for {
		rec, line, err := r.Next()
		if err == io.EOF {
			return out, string(r.Header())
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprintf("%d:%s", line, rec))
	}
}

func TestRecords(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"lines":                     {"{\"a\":1}\n\n{\"b\":2}\r\nnonsense\n{\"c\"", []string{`1:{"a":1}`, `3:{"b":2}`, `4:nonsense`, `5:{"c"`}},
		"byte order mark":           {"\ufeff{}\n{}", []string{"1:{}", "2:{}"}},
		"array":                     {`[{"a":1},{"b":[1,{"c":2}]}]`, []string{`1:{"a":1}`, `1:{"b":[1,{"c":2}]}`}},
		"array over lines":          {"\n [\n {\n\"a\"\n:1},\n\n{\"b\":2}\n]\n", []string{`3:{ "a" :1}`, `7:{"b":2}`}},
		"strings that look like it": {`[{"a":"],}{\"[\\"},{"b":2}]`, []string{`1:{"a":"],}{\"[\\"}`, `1:{"b":2}`}},
		"elements that are none":    {`[{},1,"x, y",null]`, []string{"1:{}", "1:1", `1:"x, y"`, "1:null"}},
		"commas too many":           {`[{},,{}]`, []string{"1:{}", "1:{}"}},
		"empty array":               {"[ ]", nil},
		"array cut off":             {`[{"a":1},{"b":`, []string{`1:{"a":1}`, `1:{"b":`}},
		"array within a string":     {"[{\"a\":\"x\ny\"}]", []string{"1:{\"a\":\"x\ry\"}"}},
		"two arrays":                {"[{}]\n[{\"x\":1}]\n", []string{"1:{}", `2:{"x":1}`}},
		"array, then lines":         {"[{}]\n{\"x\":1}\n[{}]", []string{"1:{}", `2:{"x":1}`, "3:[{}]"}},
		"brackets of a log":         {"[Fri] one\n[Sat] two\n", []string{"1:[Fri] one", "2:[Sat] two"}},
		"brace too many":            {`[{"a":1}},{"b":2}]`, []string{`1:{"a":1}}`, `1:{"b":2}`}},
		"nothing":                   {" \n\r\n ", nil},
	} {
		if got, _ := all(t, c.text, false); fmt.Sprintf("%q", got) != fmt.Sprintf("%q", c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestRows(t *testing.T) {
	got, header := all(t, "\ufeff\"a\",b\r\n1,\"two\nlines, \"\"quoted\"\"\"\r\n\n5,6\"7\n8,\"open", true)
	want := []string{"2:1,\"two\nlines, \"\"quoted\"\"\"", `5:5,6"7`, `6:8,"open`}
	if header != "\"a\",b\n" || fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
		t.Errorf("header %q, rows %q, want %q", header, got, want)
	}
}

func TestPackings(t *testing.T) {
	const text = "{\"a\":1}\n{\"b\":2}\n"
	var g, z bytes.Buffer
	gw := gzip.NewWriter(&g)
	zw, _ := zstd.NewWriter(&z)
	for _, w := range []io.WriteCloser{gw, zw} {
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for name, packed := range map[string][]byte{"plain": []byte(text), "gzip": g.Bytes(), "two gzip members": append(bytes.Clone(g.Bytes()), g.Bytes()...), "zstd": z.Bytes()} {
		r, err := Unpack(bytes.NewReader(packed))
		if err != nil {
			t.Fatal(name, err)
		}
		got, err := io.ReadAll(r)
		if err != nil || !strings.HasPrefix(string(got), text) || len(got)%len(text) != 0 {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if _, err := Unpack(strings.NewReader("PK\x03\x04 a zip file")); err == nil {
		t.Error("a zip file is read as text")
	}
	if r, err := Unpack(bytes.NewReader(g.Bytes()[:g.Len()-6])); err != nil {
		t.Error(err)
	} else if _, err := io.ReadAll(r); err == nil {
		t.Error("half a gzip file is read without an error")
	}
}

func TestLongRecordIsCutNotKept(t *testing.T) {
	long := strings.Repeat("x", MaxRecord+5000)
	r := New(strings.NewReader(long+"\n{}\n"), false)
	rec, _, err := r.Next()
	if err != nil || len(rec) != MaxRecord {
		t.Fatalf("%d bytes, %v", len(rec), err)
	}
	if rec, line, err := r.Next(); err != nil || string(rec) != "{}" || line != 2 {
		t.Errorf("after it: %d:%s, %v", line, rec, err)
	}
}

// FuzzArray: whatever array of objects the standard library can write is split
// into those objects; whatever else comes, no record holds a line break.
func FuzzArray(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	for _, s := range []string{`[{"a":1},{"b":"]"}]`, "[\n{\"a\":\"\\\"\"}\n]", `[{"a":[{"b":{}}]},{}]`, "[{]", "{}\n[{}]", `[{"a":"` + "\n" + `"}]`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := New(strings.NewReader(text), false)
		var got [][]byte
		for {
			rec, line, err := r.Next()
			if err != nil {
				break
			}
			if bytes.IndexByte(rec, '\n') >= 0 || line < 1 || len(rec) == 0 {
				t.Fatalf("record %q of line %d", rec, line)
			}
			got = append(got, bytes.Clone(rec))
		}
		var want []map[string]json.RawMessage
		if json.Unmarshal([]byte(text), &want) != nil {
			return
		}
		n := 0
		for _, w := range want {
			if w == nil {
				n++ // null: an element, but no object
				continue
			}
			var rec map[string]json.RawMessage
			if n >= len(got) || json.Unmarshal(got[n], &rec) != nil || len(rec) != len(w) {
				t.Fatalf("%q: element %d is %q", text, n, got)
			}
			n++
		}
		if len(want) > 0 && want[0] != nil && n != len(got) {
			t.Fatalf("%q: %d elements, %d records", text, n, len(got))
		}
	})
}

func FuzzRows(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	f.Add("a,b\n1,\"x\ny\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		r := New(strings.NewReader(text), true)
		total := 0
		for {
			rec, _, err := r.Next()
			if err != nil {
				break
			}
			total += len(rec)
		}
		if total > len(text) {
			t.Fatalf("%d bytes out of %d", total, len(text))
		}
	})
}
