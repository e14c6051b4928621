// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"haidang/event"
)

// diacritics that plain Vietnamese cannot do without for long.
const diacritics = "ăâđêôơưáàảãạấầẩẫậắằẳẵặéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ"

func TestAdviceIsCompleteInBothLanguages(t *testing.T) {
	seen := map[string]string{}
	for kind := 1; kind < len(event.RSITs.Names); kind++ {
		k := event.RSIT(kind)
		en, vi := Advise("en", k), Advise("vi", k)
		for lang, a := range map[string]event.Advice{"en": en, "vi": vi} {
			whole := strings.Join(append([]string{a.Title, a.Means, a.Verify}, a.Steps...), "\n")
			if len(a.Steps) < 3 || len(a.Steps) > 6 || a.Title == "" || a.Means == "" || a.Verify == "" || len(a.Sources) == 0 {
				t.Errorf("%s %s is not complete: %+v", k, lang, a)
			}
			if n := utf8.RuneCountInString(whole); n > 1500 {
				t.Errorf("%s %s has %d characters; it must stay short", k, lang, n)
			}
			if strings.ContainsAny(whole, "!<>") {
				t.Errorf("%s %s: write calmly, and plain text", k, lang)
			}
			if other, taken := seen[lang+a.Means]; taken {
				t.Errorf("%s %s says the same as %s", k, lang, other)
			}
			seen[lang+a.Means] = k.String()
			for _, s := range a.Sources {
				if s.Name == "" || !strings.HasPrefix(s.URL, "https://") {
					t.Errorf("%s: source %+v", k, s)
				}
			}
			for _, step := range append(a.Steps, a.Means, a.Verify) {
				if !strings.HasSuffix(step, ".") {
					t.Errorf("%s %s: no full stop after %q", k, lang, step)
				}
				if has := strings.ContainsAny(strings.ToLower(step), diacritics); has != (lang == "vi") {
					t.Errorf("%s: %q is not in %s", k, step, lang)
				}
			}
		}
	}
	if len(event.RSITs.Names)-1 != 39 {
		t.Errorf("the taxonomy has %d types, not 39", len(event.RSITs.Names)-1)
	}
}

func TestAdviceForWhatIsNotKnown(t *testing.T) {
	if a := Advise("fr", event.RSITPhishing); a.Title != "Phishing" {
		t.Errorf("an unknown language reads %q", a.Title)
	}
	for _, k := range []event.RSIT{event.RSITUnset, 250} {
		if a := Advise("vi", k); a.Title != "Chưa phân loại" {
			t.Errorf("type %d: %q", k, a.Title)
		}
	}
	if AdviceVersion() != "advice/1" {
		t.Error(AdviceVersion())
	}
}

// files copies the embedded files, one of them changed.
func files(t *testing.T, name, old, replacement string) fs.FS {
	t.Helper()
	out := fstest.MapFS{}
	names, err := fs.Glob(adviceFiles, "advice/*.yaml")
	if err != nil || len(names) != 12 {
		t.Fatalf("%d files, %v", len(names), err)
	}
	for _, n := range names {
		raw, err := fs.ReadFile(adviceFiles, n)
		if err != nil {
			t.Fatal(err)
		}
		if n == "advice/"+name {
			if !strings.Contains(string(raw), old) {
				t.Fatalf("%s does not hold %q", name, old)
			}
			raw = []byte(strings.Replace(string(raw), old, replacement, 1))
		}
		out[n] = &fstest.MapFile{Data: raw}
	}
	return out
}

func TestHandbooksWithGapsAreRefused(t *testing.T) {
	for want, f := range map[string]fs.FS{
		"fraud/phishing is missing":        files(t, "fraud.yaml", "\nphishing:", "\nfishing:"),
		"fishing is not a type":            files(t, "fraud.yaml", "\nphishing:", "\nfishing:"),
		"test/test: vi needs":              files(t, "test.yaml", "title: Thử nghiệm", "title: \"\""),
		`source "nowhere" is not`:          files(t, "test.yaml", "sources: [rsit]", "sources: [nowhere]"),
		"4 steps in English, 3 in":         files(t, "test.yaml", "      - Open the link and sign in.", "      - Open the link.\n      - Sign in."),
		"advice/test.yaml":                 files(t, "test.yaml", "verify:", "verified:"),
		"incident: open advice/fraud.yaml": without(files(t, "fraud.yaml", "phishing", "phishing"), "advice/fraud.yaml", t),
	} {
		if _, err := readHandbook(f); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func without(f fs.FS, name string, t *testing.T) fs.FS {
	t.Helper()
	m := f.(fstest.MapFS)
	delete(m, name)
	return m
}
