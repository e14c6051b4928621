// SPDX-License-Identifier: Apache-2.0

package app

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"haidang/config"
)

// The observatory asks the hosts that the settings lead to, whatever an answer
// names: here a provider whose keys lie elsewhere.
func TestOnlyConfiguredHostsAreAsked(t *testing.T) {
	asked := map[string]int{}
	serve := func(name string) *httptest.Server {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked[name]++
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		}))
		t.Cleanup(s.Close)
		return s
	}
	provider, keys, other := serve("provider"), serve("keys"), serve("other")
	cfg := config.Default()
	cfg.SignIn.Providers = []config.Provider{{ID: "p", Name: "P", ClientID: "c", Issuer: provider.URL, Hosts: []string{"keys.example"}}}
	a := made(cfg, slog.New(slog.DiscardHandler))
	client := a.reaching("sign_in")
	get := func(to string) error {
		r, err := client.Get(to)
		if err == nil {
			_, _ = io.Copy(io.Discard, r.Body)
			_ = r.Body.Close()
		}
		return err
	}
	if err := get(provider.URL + "/.well-known"); err != nil || asked["provider"] != 1 {
		t.Errorf("the provider itself: %v", err)
	}
	for _, to := range []string{keys.URL, other.URL, strings.Replace(provider.URL, "http:", "https:", 1), "http://keys.example/", "http://169.254.169.254/latest"} {
		if err := get(to); err == nil || !strings.Contains(err.Error(), "sign_in.providers") {
			t.Errorf("%s: %v", to, err)
		}
	}
	if asked["keys"]+asked["other"] != 0 {
		t.Errorf("%v", asked)
	}
}
