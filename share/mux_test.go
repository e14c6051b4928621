// SPDX-License-Identifier: Apache-2.0

package share

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
)

func word(s string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(s)) }
}

func TestMuxServesAndTells(t *testing.T) {
	pages := NewMux()
	pages.HandleFunc("GET /a/b", word("b"))
	pages.Handle("/a/c/{id}", word("c"))
	all := NewMux()
	all.Handle("GET /z", word("z"))
	loud := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Loud", "1")
		pages.ServeHTTP(w, r)
	})
	all.Mount("/a/", Around(loud, pages))
	if want := []string{"/a/c/{id}", "GET /a/b", "GET /z"}; !slices.Equal(all.Patterns(), want) {
		t.Errorf("%q, want %q", all.Patterns(), want)
	}
	for path, want := range map[string]string{"/a/b": "b", "/a/c/7": "c", "/z": "z"} {
		w := httptest.NewRecorder()
		all.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Body.String() != want || (path != "/z") != (w.Header().Get("X-Loud") == "1") {
			t.Errorf("%s: %q %v", path, w.Body, w.Header())
		}
	}
	w := httptest.NewRecorder()
	all.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/other", nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("%d for what nobody registered", w.Code)
	}
}
