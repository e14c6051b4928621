// SPDX-License-Identifier: Apache-2.0

package bulk_test

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"haidang/collect"
	"haidang/collect/bulk"
	"haidang/mutant"
)

// Whatever is sent: an answer that is JSON, one item a pair, and what was
// answered 201 is what the journal holds, every line of it strict JSON.
func FuzzBulk(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	f.Add([]byte("{\"create\":{\"_index\":\"eve\"}}\n{\"a\":1}\n{\"delete\":{}}\n{\"index\":{\"_index\":\"cowrie\",\"_id\":\"1\"}}\n{\"b\":2}"))
	f.Add([]byte("garbage\n{\"create\":{}}\n{\"a\":\n{\"update\":{}}\n{}\n"))
	f.Add([]byte("{\"create\":{\"_index\":\"eve\\u0000\",\"pipeline\":\"x\"}}\r\n\r\n{\"a\":\"\\ud800\"}\n"))
	d := open(f, collect.Config{MaxRecord: 256}, bulk.Config{MaxItems: 50})
	f.Fuzz(func(t *testing.T, body []byte) {
		before := len(d.journal.Batches())
		w := httptest.NewRecorder()
		r := httptest.NewRequest("POST", "/eve/_bulk", bytes.NewReader(body))
		r.Header.Set("Authorization", "Bearer good")
		d.handler.ServeHTTP(w, r)
		if w.Code != 200 {
			if w.Code != 400 && w.Code != 413 || !json.Valid(w.Body.Bytes()) {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			return
		}
		var a answer
		if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
			t.Fatalf("%v: %s", err, w.Body)
		}
		created := 0
		for _, it := range a.Items {
			for _, r := range it {
				if r.Status == 201 {
					created++
				} else if r.Status != 400 {
					t.Fatalf("%s", w.Body)
				}
			}
		}
		held := 0
		for _, b := range d.journal.Batches()[before:] {
			if b.Done != "committed" {
				t.Fatalf("a batch is %q", b.Done)
			}
			for line := range strings.Lines(string(b.Data)) {
				held++
				if v := jsontext.Value(strings.TrimSpace(line)); !v.IsValid() || v.Kind() != '{' {
					t.Fatalf("journalled %q", line)
				}
			}
			if b.Records != strings.Count(string(b.Data), "\n") {
				t.Fatalf("%d records in %q", b.Records, b.Data)
			}
		}
		if held != created {
			t.Fatalf("%d created, %d held: %s", created, held, w.Body)
		}
	})
}
