// SPDX-License-Identifier: Apache-2.0

package my

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"haidang/classify"
	"haidang/web"
)

// A fault is a page that says nothing of it; what could not be written down may
// be asked for later.
func TestFaultsArePages(t *testing.T) {
	r := newRig(t)
	dep := r.dependencies()
	dep.Assets, dep.Protect = must[*web.Assets](t)(web.New()), func(h http.Handler) http.Handler { return h }
	s := must[*Server](t)(New(Config{Version: "test"}, dep))
	for want, fault := range map[int]error{
		http.StatusInternalServerError: errors.New("secret detail"),
		http.StatusServiceUnavailable:  fmt.Errorf("%w: secret detail", classify.ErrUnwitnessed),
	} {
		w := httptest.NewRecorder()
		s.guard(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(fault) })).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/en/my", nil))
		if w.Code != want || strings.Contains(w.Body.String(), "secret detail") || !strings.Contains(w.Body.String(), "try again later") {
			t.Errorf("%v: %d %.300s", fault, w.Code, w.Body)
		}
	}
}
