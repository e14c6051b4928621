// SPDX-License-Identifier: Apache-2.0

package cite

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"
	"time"

	"haidang/event"
)

var asked = regexp.MustCompile(`\{\{t "([a-z.]+)"`)

// The catalogues hold every key that a template asks for.
func TestCatalogues(t *testing.T) {
	langs, err := readLanguages(time.UTC, noAssets{})
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
	langs, err := readLanguages(time.UTC, noAssets{})
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

// A line of a citation says what the same sensors saw of it, in either language.
func TestLinesSayOnWhatTheyRest(t *testing.T) {
	langs, err := readLanguages(time.UTC, noAssets{})
	if err != nil {
		t.Fatal(err)
	}
	change := -4.5
	for want, r := range map[string]*event.FigureRests{
		"|": nil, " |": {Rests: event.RestsOnMost},
		"cùng một tập cảm biến: −4,5\u00a0%|same sensors: −4.5\u00a0%":                {Rests: event.RestsOnMost, Percent: &change},
		"chỉ trên cùng một tập cảm biến: −4,5\u00a0%|same sensors alone: −4.5\u00a0%": {Rests: event.RestsOnPanel, Percent: &change},
		"chỉ trên cùng một tập cảm biến: –|same sensors alone: –":                     {Rests: event.RestsOnPanel},
		"chuỗi số liệu bị ngắt|break in series":                                       {Rests: event.RestsOnNothing},
	} {
		if got := langs[0].rests(r) + "|" + langs[1].rests(r); got != strings.TrimPrefix(want, " ") {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
