// SPDX-License-Identifier: Apache-2.0

package account

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"haidang/identity"
)

func testLanguages(t *testing.T) (vi, en *language) {
	t.Helper()
	all, err := readLanguages(time.UTC, noAssets{})
	if err != nil {
		t.Fatal(err)
	}
	return all[0], all[1]
}

func TestCataloguesAgree(t *testing.T) {
	vi, en := testLanguages(t)
	hole := regexp.MustCompile(`\{\w+\}`)
	holes := func(s string) []string {
		h := hole.FindAllString(s, -1)
		slices.Sort(h)
		return h
	}
	for key, text := range vi.Words {
		other, ok := en.Words[key]
		if !ok {
			t.Errorf("en.json lacks %s", key)
		} else if !slices.Equal(holes(text), holes(other)) || strings.TrimSpace(other) == "" || strings.TrimSpace(text) == "" {
			t.Errorf("%s: %q and %q", key, text, other)
		}
	}
	for key := range en.Words {
		if _, ok := vi.Words[key]; !ok {
			t.Errorf("vi.json lacks %s", key)
		}
	}
}

// TestWordsExist finds texts that templates and code ask for and no catalogue has.
func TestWordsExist(t *testing.T) {
	vi, _ := testLanguages(t)
	asked := map[string]bool{}
	inTemplates := regexp.MustCompile(`\bt "([^"]+)"`)
	inCode := regexp.MustCompile(`(?:\.T\(|, )"((?:error|passkey|token|nav)\.[\w.-]+)"`)
	for _, pattern := range []string{"templates/*.tmpl", "*.go"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatal(err)
		}
		for _, name := range names {
			raw, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			re := inCode
			if strings.HasSuffix(name, ".tmpl") {
				re = inTemplates
			}
			for _, m := range re.FindAllStringSubmatch(string(raw), -1) {
				asked[m[1]] = true
			}
		}
	}
	for _, s := range identity.Scopes {
		asked["scope."+s] = true
	}
	for _, r := range []string{"member", "steward", "analyst", "operator", "auditor", "security-officer", ""} {
		asked["role."+r] = true
	}
	for _, p := range pageNames {
		asked[p+".title"] = true
	}
	for _, w := range []string{identity.ByLink, identity.ByOIDC, identity.ByPasskey} {
		asked["way."+w] = true
	}
	for key := range asked {
		if _, ok := vi.Words[key]; !ok {
			t.Errorf("no text %q", key)
		}
	}
	for key := range vi.Words {
		if !asked[key] && key != "language.self" {
			t.Errorf("nobody asks for %q", key)
		}
	}
}

func TestSpoken(t *testing.T) {
	r := newRig(t, Config{})
	for _, c := range []struct{ path, cookie, accept, want string }{
		{"/vi/dang-nhap", "en", "en", "vi"}, {"/en/sign-in", "vi", "vi", "en"},
		{"/account/link", "", "", "vi"}, {"/account/link", "", "en-US,vi;q=0.5", "en"},
		{"/account/link", "vi", "en", "vi"}, {"/account/link?lang=en", "vi", "vi", "en"}, {"/account/link?lang=xx", "", "fr, vi", "vi"},
	} {
		q := r.request("GET", c.path, nil)
		q.Header.Set("Accept-Language", c.accept)
		if c.cookie != "" {
			q.Header.Set("Cookie", "lang="+c.cookie)
		}
		if got := r.server.spoken(q).Code; got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}
