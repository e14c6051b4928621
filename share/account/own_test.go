// SPDX-License-Identifier: Apache-2.0

package account

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"haidang/identity"
)

func TestTokens(t *testing.T) {
	r := newRig(t, Config{})
	b, person := r.invited("An", analyst)
	if a := b.post("/account/tokens/create", "name", "x", "scope", identity.ScopeEvents, "days", "30", "lang", "en"); a.to != "/en/account/confirm?next=/en/account" {
		t.Errorf("a token by one factor: %d %s", a.status, a.to)
	}
	confirmed, _, err := r.people.SignIn(t.Context(), person, identity.ByPasskey, "")
	if err != nil {
		t.Fatal(err)
	}
	b.setCookie(confirmed)
	a := b.post("/account/tokens/create", "name", "sổ <tay>", "scope", identity.ScopeEvents, "scope", identity.ScopeDatasets, "days", "90", "lang", "vi")
	token := regexp.MustCompile(`hdt_[a-z2-7]{40}`).FindString(a.body)
	if a.status != 200 || token == "" || a.header.Get("Cache-Control") != "no-store" {
		t.Fatal(a.status, a.body)
	}
	q := httptest.NewRequest("GET", "/api", nil)
	q.Header.Set("Authorization", "Bearer "+token)
	if p, ok := r.server.Who(q); !ok || p.Person != person || !p.May(identity.ScopeEvents) || p.May(identity.ScopeDatasetsWrite) {
		t.Errorf("%+v %v", p, ok)
	}
	page := b.get("/vi/tai-khoan")
	if strings.Contains(page.body, token) || !strings.Contains(page.body, "sổ &lt;tay&gt;") || !strings.Contains(page.body, "đọc bộ dữ liệu") {
		t.Error(page.body)
	}
	for _, c := range []struct {
		name  string
		pairs []string
	}{
		{"no scope", []string{"name", "x", "days", "90"}}, {"no name", []string{"scope", identity.ScopeEvents, "days", "90"}},
		{"for ever", []string{"name", "x", "scope", identity.ScopeEvents, "days", "36500"}}, {"scope", []string{"name", "x", "scope", "all", "days", "30"}},
	} {
		if a := b.post("/account/tokens/create", c.pairs...); a.status != http.StatusBadRequest {
			t.Errorf("%s: %d", c.name, a.status)
		}
	}
	id := r.people.AccessOf(person)[0].ID
	other, _ := r.invited("Bình", analyst)
	if a := other.post("/account/tokens/revoke", "id", id); a.status != http.StatusBadRequest {
		t.Errorf("another's token: %d", a.status)
	}
	if a := b.post("/account/tokens/revoke", "id", id, "lang", "vi"); a.to != "/vi/tai-khoan" {
		t.Error(a.status, a.to)
	}
	if _, ok := r.server.Who(q); ok {
		t.Error("a revoked token is good")
	}
	all, err := r.bucket.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for key, value := range all {
		for _, secret := range []string{token, b.cookie(), other.cookie()} {
			if strings.Contains(key+string(value), secret[4:24]) {
				t.Errorf("%s holds a secret", key)
			}
		}
	}
	if strings.Contains(r.log.String(), token[4:24]) || strings.Contains(r.log.String(), b.cookie()[4:24]) {
		t.Error("the log holds a secret")
	}
}

func TestSessions(t *testing.T) {
	r := newRig(t, Config{})
	b, person := r.invited("An", analyst)
	far, _, err := r.people.SignIn(t.Context(), person, identity.ByOIDC, `Evil/1 <script>alert(1)</script>`)
	if err != nil {
		t.Fatal(err)
	}
	if a := b.get("/en/account"); strings.Contains(a.body, "<script>alert") || !strings.Contains(a.body, "&lt;script&gt;") || !strings.Contains(a.body, "this session") {
		t.Error(a.body)
	}
	stranger, _ := r.invited("Bình", analyst)
	mine := r.people.Sessions(person)
	stranger.post("/account/sessions/end", "id", mine[0].ID)
	if len(r.people.Sessions(person)) != 2 {
		t.Error("another's session was ended")
	}
	b.post("/account/sessions/end")
	if _, err := r.people.Session(t.Context(), far); err == nil {
		t.Error("the other session lives on")
	}
	if a := b.post("/account/sign-out", "lang", "en"); a.to != "/en/sign-in" || b.cookie() != "" {
		t.Error(a.to, b.cookie())
	} else if clear := a.header.Get("Clear-Site-Data"); clear != `"cache", "storage"` {
		t.Errorf("the browser keeps what it was shown: %q", clear)
	}
	if len(r.people.Sessions(person)) != 0 {
		t.Error("a session outlives its sign-out")
	}
	if a := b.post("/account/profile", "name", "X", "lang", "en"); a.to != "/en/sign-in" {
		t.Error(a.status, a.to)
	}
}

// The navigation shows the rooms that somebody's roles open, and no others.
func TestDoors(t *testing.T) {
	r := newRig(t, Config{})
	org, err := r.people.CreateOrganisation(t.Context(), identity.Organisation{Name: identity.Name{VI: "A"}, Type: "school"})
	if err != nil {
		t.Fatal(err)
	}
	all := []string{"/en/my/organisation", "/en/desk", "/en/desk/quarantine", "/en/audit"}
	for _, c := range []struct {
		name string
		role identity.Role
		open []string
	}{
		{"member", identity.Role{Name: identity.RoleMember, Organisation: org}, nil},
		{"steward", identity.Role{Name: identity.RoleSteward, Organisation: org}, all[:1]},
		{"analyst", analyst, all[1:2]},
		{"operator", identity.Role{Name: identity.RoleOperator}, all[2:3]},
		{"auditor", identity.Role{Name: identity.RoleAuditor}, all[3:]},
		{"security officer", identity.Role{Name: identity.RoleSecurityOfficer}, nil},
	} {
		b, _ := r.invited("An", c.role)
		page := b.get("/en/account").body
		for _, path := range all {
			if got := strings.Contains(page, `href="`+path+`"`); got != slices.Contains(c.open, path) {
				t.Errorf("%s: %s is shown: %v", c.name, path, got)
			}
		}
	}
}

// TestRevocation takes rights in every way and asks, through the door: five seconds
// are promised, the next request is refused.
func TestRevocation(t *testing.T) {
	for name, revoke := range map[string]func(*rig, string, uint32) error{
		"person":       func(r *rig, p string, _ uint32) error { return r.people.Disable(t.Context(), p) },
		"organisation": func(r *rig, _ string, o uint32) error { return r.people.DisableOrganisation(t.Context(), o) },
		"sessions":     func(r *rig, p string, _ uint32) error { return r.people.EndOtherSessions(t.Context(), p, "") },
	} {
		r := newRig(t, Config{})
		org, err := r.people.CreateOrganisation(t.Context(), identity.Organisation{Name: identity.Name{VI: "A"}, Type: "school"})
		if err != nil {
			t.Fatal(err)
		}
		b, person := r.invited("An", identity.Role{Name: identity.RoleMember, Organisation: org})
		if a := b.get("/en/account"); a.status != 200 || !strings.Contains(a.body, "member of an organisation – A") {
			t.Fatal(a.status, a.body)
		}
		told := r.people.Changed()
		if err := revoke(r, person, org); err != nil {
			t.Fatal(err)
		}
		if a := b.get("/en/account"); a.status != http.StatusSeeOther {
			t.Errorf("%s: %d", name, a.status)
		}
		select {
		case <-told:
		default:
			t.Errorf("%s: open streams are not told", name)
		}
	}
}

func TestAgentNames(t *testing.T) {
	for agent, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36":                   "Chrome, Linux",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140 Safari/537.36 Edg/140.0.0.0": "Edge, Windows",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Mobile/15E148 Safari/604.1":          "Safari, iPhone",
		"Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0":                                                    "Firefox, Android",
		"curl/8.0": "curl/8.0", "": "",
	} {
		if got := agentName(agent); got != want {
			t.Errorf("%s: %s", agent, got)
		}
	}
}

func TestProfile(t *testing.T) {
	r := newRig(t, Config{})
	b, person := r.invited("An", analyst)
	if a := b.post("/account/profile", "name", "An Nguyễn", "email", "an@example.vn", "language", "en", "lang", "vi"); a.to != "/vi/tai-khoan" {
		t.Fatal(a.status, a.body)
	}
	if p, _ := r.people.Person(person); p.Name != "An Nguyễn" || p.Email != "an@example.vn" || p.Languages[0] != "en" {
		t.Errorf("%+v", p)
	}
	for _, c := range []struct {
		name  string
		pairs []string
	}{
		{"name", []string{"name", "", "language", "vi"}}, {"e-mail", []string{"name", "A", "email", "x", "language", "vi"}}, {"language", []string{"name", "A", "language", "fr"}},
	} {
		if a := b.post("/account/profile", c.pairs...); a.status != http.StatusBadRequest {
			t.Errorf("%s: %d", c.name, a.status)
		}
	}
	r.clock.add(20 * time.Minute)
	if a := b.post("/account/profile", "name", "Mallory", "language", "vi", "lang", "en"); !strings.HasPrefix(a.to, "/en/account/confirm") {
		t.Errorf("an old session changes the profile: %d %s", a.status, a.to)
	}
	if a := b.get("/en/account/confirm"); strings.Contains(a.body, "hd-passkey") || !strings.Contains(a.body, "signed in too long ago") {
		t.Error(a.body)
	}
}
