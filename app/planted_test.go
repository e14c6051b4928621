// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package app

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"haidang/config"
	"haidang/event"
	"haidang/identity"
)

// Secrets of every kind are planted and used; then everything on disk, the log at
// its most talkative and the metrics are searched. Each secret is in its own place
// or nowhere.
func TestPlantedSecretsStayInTheirPlace(t *testing.T) {
	data, elsewhere := t.TempDir(), t.TempDir()
	secrets := map[string]string{"provider's secret": "canary-oidc-3f9a1c77d2"}
	secretFile := filepath.Join(elsewhere, "oidc")
	if err := os.WriteFile(secretFile, []byte(secrets["provider's secret"]+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := leakConfig(t, data)
	cfg.Listen = "localhost:0" // passkeys need a name
	cfg.SignIn.Providers = []config.Provider{{ID: "canary", Name: "Canary", Issuer: "https://127.0.0.1:1", ClientID: "haidang", SecretFile: secretFile}}
	log := new(leakLog)
	a := made(cfg, slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	stopped := false
	defer func() {
		if !stopped {
			stop(t, a)
		}
	}()
	plantSecrets(t, a, secrets)
	numbers := string(leakFetch(t, http.DefaultClient, http.MethodGet, a.Address()+"/metrics", nil))
	stop(t, a)
	stopped = true
	keys := map[string][]byte{}
	err := filepath.WalkDir(data, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && filepath.Base(filepath.Dir(path)) == "keys" {
			keys[path], err = os.ReadFile(path)
		}
		return err
	})
	if err != nil || len(keys) < 3 {
		t.Fatalf("%d keys, %v", len(keys), err)
	}
	for name, secret := range secrets {
		if secret == "" {
			t.Fatalf("%s was not planted", name)
		}
		foundNowhere(t, data, name, "", []byte(secret), []byte(log.String()), []byte(numbers))
	}
	for path, key := range keys {
		for _, form := range [][]byte{key, []byte(hex.EncodeToString(key)), []byte(base64.StdEncoding.EncodeToString(key)), []byte(base64.RawURLEncoding.EncodeToString(key))} {
			foundNowhere(t, data, filepath.Base(path), path, form, []byte(log.String()), []byte(numbers))
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s can be read by others: %v %v", path, info.Mode(), err)
		}
	}
}

// plantSecrets gives secrets out as the product does, and uses each.
func plantSecrets(t *testing.T, a *App, secrets map[string]string) {
	t.Helper()
	ctx := t.Context()
	keep := func(name string) func(string, error) {
		return func(s string, err error) {
			t.Helper()
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			secrets[name] = s
		}
	}
	keep("operator's token")(a.identity.CreateToken(ctx, "canary", identity.RoleOperator, time.Time{}))
	keep("sensor's token")(a.identity.Enrol(ctx, event.Sensor{Name: "canary", Country: "VN"}))
	link, _, err := a.identity.Invite(ctx, identity.Role{Name: identity.RoleAnalyst}, "")
	keep("invitation")(strings.TrimPrefix(link, identity.LinkPath), err)
	jar, _ := cookiejar.New(nil)
	browser := &http.Client{Jar: jar}
	leakFetch(t, browser, http.MethodGet, a.Address()+link, nil)
	var question struct {
		Options struct{ PublicKey struct{ Challenge string } }
	}
	raw := leakFetch(t, browser, http.MethodPost, a.Address()+"/account/passkey/begin", strings.NewReader(`{"purpose":"sign-in"}`))
	if err := json.Unmarshal(raw, &question); err != nil {
		t.Fatalf("%v in %.200s", err, raw)
	}
	secrets["passkey's question"] = question.Options.PublicKey.Challenge
	person, err := a.identity.Accept(ctx, secrets["invitation"], identity.Newcomer{Name: "An", Email: "an@example.vn"})
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := a.identity.CreateAccess(ctx, person.ID, "canary", []string{identity.ScopeEvents}, testNow().Add(time.Hour))
	keep("person's token")(token, err)
	cookie, _, err := a.identity.SignIn(ctx, person.ID, identity.ByFactors, "test")
	keep("session's cookie")(cookie, err)
	for _, name := range []string{"operator's token", "person's token", "sensor's token"} {
		leakFetch(t, http.DefaultClient, http.MethodGet, a.Address()+"/api/v1/events", nil, "Authorization", "Bearer "+secrets[name])
		leakFetch(t, http.DefaultClient, http.MethodGet, a.Address()+"/api/v1/"+secrets[name], nil, "Authorization", "Bearer "+secrets[name]+"x")
	}
	leakFetch(t, http.DefaultClient, http.MethodGet, a.Address()+"/en/account", nil, "Cookie", "haidang="+cookie)
	leakFetch(t, http.DefaultClient, http.MethodPost, a.Address()+"/account/oidc/canary", nil, "Origin", a.Address())
	send(t, a, secrets["sensor's token"], "k1", logins(3))
}

func leakFetch(t *testing.T, c *http.Client, method, url string, body io.Reader, header ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// foundNowhere searches every file but the secret's own place, and these texts.
func foundNowhere(t *testing.T, data, name, place string, secret []byte, texts ...[]byte) {
	t.Helper()
	for _, text := range texts {
		if bytes.Contains(text, secret) {
			t.Errorf("the log or the metrics hold the %s", name)
		}
	}
	err := filepath.WalkDir(data, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || path == place {
			return err
		}
		raw, err := os.ReadFile(path)
		if bytes.Contains(raw, secret) {
			t.Errorf("%s holds the %s", path, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
