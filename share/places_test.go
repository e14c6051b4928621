// SPDX-License-Identifier: Apache-2.0

package share

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"haidang/mutant"
)

func TestPath(t *testing.T) {
	all := Places{{Page: "home", VI: "/vi/", EN: "/en/"}, {Page: "my", VI: "/vi/toi", EN: "/en/my"}}
	for _, c := range []struct{ code, page, want string }{
		{"vi", "my", "/vi/toi"}, {"en", "my", "/en/my"}, {"en", "nowhere", "/en/"},
	} {
		if got := all.Path(c.code, c.page); got != c.want {
			t.Errorf("%s in %s is at %s, want %s", c.page, c.code, got, c.want)
		}
	}
}

func TestPreferred(t *testing.T) {
	for _, c := range []struct{ cookie, header, want string }{
		{"", "", "vi"},
		{"", "en", "en"},
		{"", "en-GB;q=0.8, vi-VN;q=0.9", "vi"},
		{"", "en;q=0.5, vi;q=0.5", "en"},
		{"", "fr, en;q=0", "vi"},
		{"", "en;q=much, *;q=0.1", "vi"},
		{"en", "vi", "en"},
		{"fr", "en", "en"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Accept-Language", c.header)
		if c.cookie != "" {
			r.AddCookie(&http.Cookie{Name: "lang", Value: c.cookie})
		}
		if got := Preferred(r, "vi", "en"); got != c.want {
			t.Errorf("cookie %q, header %q: %s, want %s", c.cookie, c.header, got, c.want)
		}
	}
}

func FuzzAccepted(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	f.Add("vi-VN,vi;q=0.9,en;q=0.8")
	f.Add("en;q=nan,*;q=0.1,,;")
	f.Fuzz(func(t *testing.T, header string) {
		if got := Accepted(header, "vi", "en"); !slices.Contains([]string{"vi", "en"}, got) {
			t.Fatalf("%q is not spoken", got)
		}
	})
}
