// SPDX-License-Identifier: Apache-2.0

package strictjson

import (
	"bytes"
	"testing"
)

// Unusual says the same of a record however it is read: member by member, by a
// pattern that was learnt from another record, or from one like it.
func TestUnusual(t *testing.T) {
	table := MustTable([]Path{{Name: "a", Field: 0, Want: String}, {Name: "n.b", Field: 1, Want: Any}})
	for _, form := range []string{
		`{"a":"@","x":1}`, `{"x":"@","a":"y"}`, `{"@":1,"a":"y"}`, `{"x":{"y":[1,"@",{}]},"a":"y"}`, `{"x":{"@":2},"a":"y"}`,
		`{"n":{"b":"@","@@":"c"}}`, `{"n":{"@":"c","b":1.5e3}}`, `{"a":"long enough for words of eight @ bytes","x":"y"}`, `{"x":["@"]}`,
	} {
		r := NewReader(table, 0)
		for turn := range 3 {
			for _, c := range []struct {
				text string
				want bool
			}{
				{"o", false}, {`\n\/\\u`, false}, {"ậ", true}, {"o", false}, {`\u1ead`, true}, {`\ud83d\ude00`, true}, {"e\u0323", true}, {"p", false},
			} {
				record := bytes.ReplaceAll([]byte(form), []byte("@"), []byte(c.text))
				if err := r.Read(record); err != nil {
					t.Fatalf("%s: %v", record, err)
				}
				if r.Unusual() != c.want {
					t.Errorf("turn %d, %s: unusual is %v", turn, record, !c.want)
				}
			}
		}
	}
}
