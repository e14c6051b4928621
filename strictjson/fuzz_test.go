// SPDX-License-Identifier: Apache-2.0

package strictjson

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"haidang/mutant"
)

// corpus gives some real lines, where the corpus is there.
func corpus(t testing.TB, name string, atMost int) [][]byte {
	t.Helper()
	dir := os.Getenv("HAIDANG_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "shared", "data")
	}
	if !filepath.IsAbs(dir) { // from the root of the repository
		dir = filepath.Join("..", dir)
	}
	f, err := os.Open(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil {
		t.Logf("corpus not there: %v (set HAIDANG_CORPUS)", err)
		return nil
	}
	defer f.Close()
	var out [][]byte
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<22)
	for len(out) < atMost && in.Scan() {
		out = append(out, bytes.Clone(in.Bytes()))
	}
	return out
}

// reference decides with the reference implementation: is it one strict JSON
// value, an object, and how deep.
func reference(in []byte) (valid, object bool, depth int) {
	d := jsontext.NewDecoder(bytes.NewReader(in))
	object = d.PeekKind() == '{'
	for {
		if _, err := d.ReadToken(); err != nil {
			return false, object, depth
		}
		depth = max(depth, d.StackDepth())
		if d.StackDepth() == 0 {
			break
		}
	}
	_, err := d.ReadToken()
	return errors.Is(err, io.EOF), object, depth
}

// values reads the wanted values with encoding/json, in the simplest way.
func values(in []byte) (kept map[int]string, err error) {
	kept = map[int]string{}
	var doc map[string]any
	if err := exactly(in, &doc); err != nil {
		return nil, err
	}
	if s, ok := doc["event_type"].(string); ok {
		kept[fType] = s
	}
	alert, _ := doc["alert"].(map[string]any)
	if n, ok := alert["signature_id"].(json.Number); ok {
		kept[fID] = n.String()
	}
	http, _ := doc["http"].(map[string]any)
	if s, ok := http["hostname"].(string); ok {
		kept[fHost] = s
	}
	return kept, nil
}

// exactly decodes with numbers as they are written: some are beyond a float64.
func exactly(in []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(in))
	d.UseNumber()
	return d.Decode(into)
}

// check compares one input with the references.
func check(t *testing.T, r *Reader, in []byte) {
	t.Helper()
	err := r.Read(in)
	valid, object, depth := reference(in)
	var e *Error
	switch errors.As(err, &e); {
	case e != nil && e.Code == TooDeep:
		if valid && depth <= DefaultDepth {
			t.Fatalf("refused as too deep, is %d deep", depth)
		}
		return
	case e != nil && e.Code == NotObject:
		if !valid || object {
			t.Fatalf("said to be no object; reference: valid %v, object %v", valid, object)
		}
		return
	case (err == nil) != (valid && object):
		t.Fatalf("%v; reference: valid %v", err, valid)
	case err != nil:
		return
	}
	want, err := values(in)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []int{fType, fID, fHost} {
		if s, ok := want[f]; ok != r.Has(f) || s != r.Text(f) {
			t.Fatalf("field %d: %q, %v; reference %q, %v", f, r.Text(f), r.Has(f), s, ok)
		}
	}
	checkResidual(t, r, in)
}

// checkResidual takes out of the document what was given and compares.
func checkResidual(t *testing.T, r *Reader, in []byte) {
	t.Helper()
	residual := map[string]any{}
	if b := r.Residual(); len(b) > 0 {
		if valid, object, _ := reference(b); !valid || !object {
			t.Fatalf("residual is not strict JSON: %s", b)
		}
		if err := exactly(b, &residual); err != nil {
			t.Fatal(err)
		}
	}
	if _, ok := residual["event_type"]; ok == r.Has(fType) && ok {
		t.Fatal("taken and left: event_type")
	}
	var doc map[string]any
	if err := exactly(in, &doc); err != nil {
		t.Fatal(err)
	}
	for name, v := range doc {
		switch name {
		case "event_type", "alert", "dns", "http", "dest_port", "raw", "state", "sum":
		default:
			if !reflect.DeepEqual(v, residual[name]) {
				t.Fatalf("member %q changed in the residual", name)
			}
		}
	}
}

func FuzzReader(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	for _, s := range []string{
		`{"event_type":"alert","alert":{"signature_id":7,"metadata":{"cve":["a"]}},"http":{"hostname":"h"}}`,
		`{"a":1,"\u0061":2}`, `{"a":"\ud83d\ude00\u0000"}`, "{\"a\":\"\xff\"}", `{"a":[1,2,{"b":null}],"c":-1.5e+9}`,
		`{"dns":{"queries":[{"rrname":"a.vn"},1]}}`, many(70, `"n1":0`), many(70, `"z":0`), `[{}]`, ` { "a" : true } `,
		strings.Repeat(`{"a":`, 64) + "[]" + strings.Repeat("}", 64), `{"event_type":"a","event\u005ftype":"b"}`,
	} {
		f.Add([]byte(s))
	}
	f.Add([]byte(`{"huge":45E585235651384,"event_type":"a"}`))
	for _, line := range corpus(f, "suricata/zeek-traces.eve.json", 50) {
		f.Add(line)
	}
	r := NewReader(testTable(f), 0)
	f.Fuzz(func(t *testing.T, in []byte) { check(t, r, in) })
}

// TestCorpus reads real lines whole, cut and with a byte changed, and compares
// each time.
func TestCorpus(t *testing.T) {
	r := NewReader(testTable(t), 0)
	n := 0
	for _, file := range []string{
		"suricata/zeek-traces.eve.json", "suricata/arkime-pcaps.eve.json", "honeypot/cowrie/cowrie.json.2020-03-19",
		"honeypot/honeytrap.ndjson",
	} {
		for k, line := range corpus(t, file, 300) {
			check(t, r, line)
			compare(t, r, line)
			check(t, r, line[:len(line)*(k%97)/97])
			odd := bytes.Clone(line)
			odd[(k*7919)%len(odd)] ^= byte(1 << (k % 8))
			check(t, r, odd)
			compare(t, r, odd)
			n++
		}
	}
	if n == 0 {
		t.Skip("no corpus: set HAIDANG_CORPUS")
	}
}
