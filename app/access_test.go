// SPDX-License-Identifier: Apache-2.0

package app

import (
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The routes come from the router: one without an entry in the access matrix,
// or an entry without a route, fails.
func TestEveryRouteIsInTheAccessMatrix(t *testing.T) {
	a := observatory(t, t.TempDir())
	defer stop(t, a)
	routes := append(slices.Clone(a.patterns), "elastic bulk")
	for _, r := range routes {
		e, ok := Matrix[r]
		if !ok {
			t.Errorf("route %q is not in the access matrix: say who may ask it", r)
		}
		if ok && (e.Who == "" || e.What == "") {
			t.Errorf("route %q: the matrix says neither who nor what", r)
		}
	}
	for r := range Matrix {
		if !slices.Contains(routes, r) {
			t.Errorf("the access matrix names %q, which nothing answers", r)
		}
	}
}

var wildcard = regexp.MustCompile(`\{[a-z]+\}`)

// What is not for everybody answers a stranger with nothing but a refusal, the
// same one with a token that is wrong.
func TestStrangersAreRefused(t *testing.T) {
	a := observatory(t, t.TempDir())
	defer stop(t, a)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, pattern := range slices.Sorted(maps.Keys(Matrix)) {
		e := Matrix[pattern]
		method, path, ok := strings.Cut(pattern, " ")
		if !ok {
			method, path = http.MethodPost, pattern
		}
		if slices.Contains([]Who{Everybody, Monitoring, Invited}, e.Who) || !strings.HasPrefix(path, "/") {
			continue
		}
		path = wildcard.ReplaceAllString(strings.TrimSuffix(path, "{$}"), "eve") + "?by=cert.rsit"
		for _, token := range []string{"", "hdo_wrong"} {
			req, err := http.NewRequest(method, a.Address()+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			if token != "" {
				req.Header.Set("Authorization", "Bearer "+token)
			}
			resp, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			text, _ := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			refused := resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden ||
				resp.StatusCode == http.StatusSeeOther && (strings.Contains(resp.Header.Get("Location"), "sign-in") || strings.Contains(resp.Header.Get("Location"), "dang-nhap"))
			if !refused {
				t.Errorf("%s with token %q: %d %.200s", pattern, token, resp.StatusCode, text)
			}
		}
	}
}
