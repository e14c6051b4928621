// SPDX-License-Identifier: Apache-2.0

package share

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// Catalogues that do not say the same are not read, and the error names each fault.
func TestCataloguesAgree(t *testing.T) {
	for _, c := range []struct {
		vi, en string
		faults []string // nil: they agree
	}{
		{`{"a": "{n} lượt trên {m}", "b": "không"}`, `{"a": "{m} of {n}", "b": "none"}`, nil},
		{`{"a": "{n}, {n}"}`, `{"a": "{n}"}`, nil},
		{`{"a": "một", "b": "hai"}`, `{"a": "one"}`, []string{"lang/en.json lacks b"}},
		{`{"a": "một"}`, `{"a": "one", "c": "three"}`, []string{"lang/vi.json lacks c"}},
		{`{"a": "{n} lượt", "b": " "}`, `{"a": "{m} attacks", "b": "two"}`, []string{"a names [{n}]", "and [{m}]", "b is empty"}},
	} {
		files := fstest.MapFS{"lang/vi.json": {Data: []byte(c.vi)}, "lang/en.json": {Data: []byte(c.en)}}
		all, err := ReadLanguages(files, time.UTC)
		if (err == nil) != (c.faults == nil) || err == nil && (len(all) != 2 || all[0].Code != "vi") {
			t.Errorf("%s and %s: %v", c.vi, c.en, err)
		}
		for _, fault := range c.faults {
			if err != nil && !strings.Contains(err.Error(), fault) {
				t.Errorf("%s and %s: %v does not say %q", c.vi, c.en, err, fault)
			}
		}
	}
}

func TestToSignIn(t *testing.T) {
	for _, c := range []struct{ method, path, back, want string }{
		{http.MethodGet, "/en/desk?f=a%3Db&g", "", "/en/sign-in?next=%2Fen%2Fdesk%3Ff%3Da%253Db%26g"},
		{http.MethodPost, "/en/desk/labels", "", "/en/sign-in"},
		{http.MethodPost, "/en/my/said", "/en/my", "/en/sign-in?next=%2Fen%2Fmy"},
		{http.MethodGet, "/en/my/notices", "/en/my", "/en/sign-in?next=%2Fen%2Fmy%2Fnotices"},
	} {
		w := httptest.NewRecorder()
		ToSignIn(w, httptest.NewRequest(c.method, c.path, nil), "/en/sign-in", c.back)
		if got := w.Header().Get("Location"); w.Code != http.StatusSeeOther || got != c.want {
			t.Errorf("%s %s: %d %s, not %s", c.method, c.path, w.Code, got, c.want)
		}
	}
}
