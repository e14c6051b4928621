// SPDX-License-Identifier: Apache-2.0

package cite

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"
	"time"
)

var asked = regexp.MustCompile(`\{\{t "([a-z.]+)"`)

// The catalogues hold every key that a template asks for.
func TestCatalogues(t *testing.T) {
	langs, err := readLanguages(time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	vi := langs[0].Words
	files, err := fs.Glob(templates, "templates/*.tmpl")
	if err != nil || len(files) < 6 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		text, err := fs.ReadFile(templates, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range asked.FindAllStringSubmatch(string(text), -1) {
			if vi[m[1]] == "" {
				t.Errorf("%s asks for %s", name, m[1])
			}
		}
	}
}

func TestNumbersAreWrittenAsReadersDo(t *testing.T) {
	langs, err := readLanguages(time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{"": "–", "0": "0", "110004727": "110.004.727|110,004,727", "-4.54": "−4,54|−4.54", "838.50": "838,50|838.50", "1000": "1.000|1,000"} {
		got := langs[0].decimal(in) + "|" + langs[1].decimal(in)
		if !strings.Contains(want, "|") {
			want += "|" + want
		}
		if got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
	for in, want := range map[string]string{"0.00": "0.00", "63.16": "+63.16", "-4.54": "−4.54", "": "–"} {
		if got := langs[1].signed(in); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}
