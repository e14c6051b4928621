// SPDX-License-Identifier: Apache-2.0

package share

import (
	"strings"
	"testing"
	"testing/fstest"
)

func TestWords(t *testing.T) {
	files := fstest.MapFS{
		"lang/vi.json": {Data: []byte(`{"greet": "{name} chào {whom}", "plain": "{name}"}`)},
		"lang/en.json": {Data: []byte(`{"greet": `)},
	}
	w, err := ReadWords(files, "vi")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		want, key string
		pairs     []any
	}{
		{"An chào 7", "greet", []any{"name", "An", "whom", 7}},
		{"{whom} chào An", "greet", []any{"name", "{whom}", "whom", "An"}}, // a value is not read for names
		{"{name}", "plain", nil},
		{"no.such.key", "no.such.key", []any{"name", "An"}},
	} {
		if got := w.Text(c.key, c.pairs...); got != c.want {
			t.Errorf("%s %v: %q, want %q", c.key, c.pairs, got, c.want)
		}
	}
	if _, err := ReadWords(files, "en"); err == nil || !strings.Contains(err.Error(), "lang/en.json") {
		t.Errorf("a broken catalogue: %v", err)
	}
	if _, err := ReadWords(files, "fr"); err == nil {
		t.Error("a catalogue that is not there is read")
	}
}

func TestGrouped(t *testing.T) {
	for v, want := range map[int64]string{0: "0", 999: "999", 1000: "1.000", 1234567: "1.234.567", -123: "−123", -1234: "−1.234"} {
		if got := Grouped(v, "."); got != want {
			t.Errorf("%d: %q, want %q", v, got, want)
		}
	}
}
