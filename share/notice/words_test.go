// SPDX-License-Identifier: Apache-2.0

package notice

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"haidang/event"
	"haidang/mutant"
)

func TestBothLanguagesHaveTheSameWords(t *testing.T) {
	x, err := loadTexts()
	if err != nil {
		t.Fatal(err)
	}
	vi, en := x.languages["vi"], x.languages["en"]
	for key, text := range en.Words {
		if vi.Words[key] == "" || text == "" {
			t.Errorf("%q is missing", key)
		}
		if strings.Count(text, "%s") != strings.Count(vi.Words[key], "%s") {
			t.Errorf("%q: %q and %q have different parts", key, text, vi.Words[key])
		}
	}
	if len(vi.Words) != len(en.Words) {
		t.Errorf("%d words in Vietnamese, %d in English", len(vi.Words), len(en.Words))
	}
	used := []string{"stage.attempt", "stage.incident", "stage.state"}
	for s := range 7 {
		used = append(used, "severity."+string(rune('0'+s)))
	}
	for _, r := range []reason{isNew, returned, isWorse, stillSeen} {
		used = append(used, "reason."+string(r))
	}
	for _, name := range event.ObserverTypes.Names[1:] {
		used = append(used, "observer."+name)
	}
	for _, name := range event.MatchReasons.Names {
		used = append(used, "why."+name)
	}
	for _, file := range []string{"templates/notice.txt.tmpl", "templates/notice.html.tmpl"} {
		raw, err := files.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\.W1? "([^"]+)"`).FindAllStringSubmatch(string(raw), -1) {
			used = append(used, m[1])
		}
	}
	for _, key := range used {
		if en.Words[key] == "" {
			t.Errorf("%q is used and not in the catalogues", key)
		}
	}
}

func TestNumbersAreWrittenAsReadersDo(t *testing.T) {
	x, err := loadTexts()
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range map[uint64]string{0: "0", 999: "999", 1000: "1.000", 12340: "12.340", 1234567: "1.234.567"} {
		if got := x.languages["vi"].number(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

func FuzzClean(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	f.Add("a\r\nBcc: x\u202e\xff", 10)
	f.Add("", 1)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit = 1 + max(limit, 0)%500
		got := clean(s, limit)
		if utf8.RuneCountInString(got) > limit || !utf8.ValidString(got) || strings.ContainsAny(got, "\r\n\x00\x1b\u202e\u2066\u2028") {
			t.Errorf("%q became %q", s, got)
		}
	})
}
