// SPDX-License-Identifier: Apache-2.0

package app

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"haidang/classify"
	"haidang/identity"
)

// browse gives a browser in which somebody with a role came in by a one-time link
// and then through a provider that asked for two factors, and how it asks and sends
// forms.
func browse(t *testing.T, a *App, role identity.Role) (get func(path string) (int, string), post func(path string, pairs ...string) (int, string)) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	do := func(method, path string, body io.Reader) (int, string) {
		t.Helper()
		q, err := http.NewRequestWithContext(t.Context(), method, a.Address()+path, body)
		if err != nil {
			t.Fatal(err)
		}
		if body != nil {
			q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			q.Header.Set("Origin", a.origin())
			q.Header.Set("Sec-Fetch-Site", "same-origin")
		}
		resp, err := client.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		raw, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, html.UnescapeString(string(raw))
	}
	get = func(path string) (int, string) { t.Helper(); return do(http.MethodGet, path, nil) }
	post = func(path string, pairs ...string) (int, string) {
		t.Helper()
		form := url.Values{}
		for n := 0; n+1 < len(pairs); n += 2 {
			form.Add(pairs[n], pairs[n+1])
		}
		return do(http.MethodPost, path, strings.NewReader(form.Encode()))
	}
	link, _, err := a.identity.Invite(t.Context(), role, "")
	if err != nil {
		t.Fatal(err)
	}
	if status, body := post("/account/link", "secret", strings.TrimPrefix(link, identity.LinkPath), "name", "Lê Văn C", "lang", "vi"); status != http.StatusSeeOther {
		t.Fatal(status, body)
	}
	here, err := url.Parse(a.Address())
	if err != nil {
		t.Fatal(err)
	}
	p, err := a.identity.Session(t.Context(), jar.Cookies(here)[0].Value)
	if err != nil {
		t.Fatal(err)
	}
	cookie, _, err := a.identity.SignIn(t.Context(), p.Person, identity.ByFactors, "test")
	if err != nil {
		t.Fatal(err)
	}
	jar.SetCookies(here, []*http.Cookie{{Name: "haidang", Value: cookie, Path: "/"}})
	return get, post
}

// Who came in by one factor alone, by a link or through a provider that was not made
// to ask for more, sees what every visitor does until a passkey is shown: no page of
// members, analysts or the release desk, and no portal that is closed.
func TestOneFactorOpensNothing(t *testing.T) {
	a := observatory(t, t.TempDir())
	defer stop(t, a)
	org, _, _ := hospital(t, a)
	ctx := t.Context()
	link, _, err := a.identity.Invite(ctx, identity.Role{Name: identity.RoleSteward, Organisation: org}, "")
	if err != nil {
		t.Fatal(err)
	}
	person, err := a.identity.Accept(ctx, strings.TrimPrefix(link, identity.LinkPath), identity.Newcomer{Name: "An"})
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range []string{identity.RoleAnalyst, identity.RoleOperator, identity.RoleAuditor} {
		if err := a.identity.Grant(ctx, person.ID, identity.Role{Name: role}); err != nil {
			t.Fatal(err)
		}
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	ask := func(method, path, cookie string) (int, string) {
		q, err := http.NewRequestWithContext(ctx, method, a.Address()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		q.AddCookie(&http.Cookie{Name: "haidang", Value: cookie})
		q.Header.Set("Origin", a.origin())
		r, err := client.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Body.Close()
		return r.StatusCode, r.Header.Get("Location")
	}
	for _, c := range []struct {
		way  string
		weak bool
	}{{identity.ByLink, true}, {identity.ByOIDC, true}, {identity.ByFactors, false}, {identity.ByPasskey, false}} {
		cookie, _, err := a.identity.SignIn(ctx, person.ID, c.way, "test")
		if err != nil {
			t.Fatal(err)
		}
		q, err := http.NewRequest(http.MethodGet, a.Address()+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		q.AddCookie(&http.Cookie{Name: "haidang", Value: cookie})
		if v, err := a.who(q); err != nil || (v.Role() == classify.Visitor) != c.weak {
			t.Errorf("%s: %v, %v", c.way, v.Role(), err)
		}
		for _, path := range []string{"/vi/toi", "/en/my/organisation", "/en/desk", "/en/audit", "/en/release", "/vi/toi/xuat/incidents.csv"} {
			status, to := ask(http.MethodGet, path, cookie)
			if sent := status == http.StatusSeeOther && strings.Contains(to, "?next="+url.QueryEscape(path)); sent != c.weak || !c.weak && status != http.StatusOK {
				t.Errorf("%s, by %s: %d to %s", path, c.way, status, to)
			}
		}
		if status, _ := ask(http.MethodPost, "/en/release/hold", cookie); c.weak && status != http.StatusForbidden {
			t.Errorf("a change, by %s: %d", c.way, status)
		}
	}
}

// On a machine of one's own one factor can be made to do, for what is below T3.
func TestOneFactorOnAMachineOfOnesOwn(t *testing.T) {
	cfg := settingsOf(t.TempDir())
	cfg.SignIn.OneFactor = true
	a := observing(t, cfg)
	defer stop(t, a)
	org, _, _ := hospital(t, a)
	link, _, err := a.identity.Invite(t.Context(), identity.Role{Name: identity.RoleMember, Organisation: org}, "")
	if err != nil {
		t.Fatal(err)
	}
	person, err := a.identity.Accept(t.Context(), strings.TrimPrefix(link, identity.LinkPath), identity.Newcomer{Name: "An"})
	if err != nil {
		t.Fatal(err)
	}
	cookie, _, err := a.identity.SignIn(t.Context(), person.ID, identity.ByLink, "test")
	if err != nil {
		t.Fatal(err)
	}
	q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.Address()+"/vi/toi", nil)
	if err != nil {
		t.Fatal(err)
	}
	q.AddCookie(&http.Cookie{Name: "haidang", Value: cookie})
	if v, err := a.who(q); err != nil || v.Role() != classify.Member {
		t.Errorf("by a link alone: %v, %v", v.Role(), err)
	}
	r, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Body.Close()
	if r.StatusCode != http.StatusOK || r.Request.URL.Path != "/vi/toi" {
		t.Errorf("%d from %s", r.StatusCode, r.Request.URL)
	}
}

// From a feed's line to the page of the hospital concerned, and what it says
// back; another organisation sees nothing of it.
func TestAMembersPages(t *testing.T) {
	a := observatory(t, t.TempDir())
	defer stop(t, a)
	org, _, _ := hospital(t, a)
	other, err := a.identity.CreateOrganisation(t.Context(), identity.Organisation{Name: identity.Name{VI: "Trường Ví Dụ"}, Type: "school"})
	if err != nil {
		t.Fatal(err)
	}
	known(t, a, "203.0.113.9")
	feed(t, a, "feed", "TLP:AMBER personal:none", false)("k", infected(a.now().Add(-time.Hour), "203.0.113.9"))
	get, post := browse(t, a, identity.Role{Name: identity.RoleSteward, Organisation: org})
	status, page := get("/vi/toi")
	at := regexp.MustCompile(`su-co=([0-9a-f-]{36})`).FindStringSubmatch(page)
	if status != http.StatusOK || at == nil || !strings.Contains(page, "1 máy của đơn vị cần xử lý") || !strings.Contains(page, "203.0.113.0/24") {
		t.Fatal(status, page)
	}
	status, page = get("/en/my?incident=" + at[1])
	if status != http.StatusOK || !strings.Contains(page, "the address lies in a registered prefix: 203.0.113.0/24") || !strings.Contains(page, "avalanche") {
		t.Error(status, page)
	}
	if status, page = post("/vi/toi/trang-thai", "incident", at[1], "status", "not-ours", "note", "máy của khoa khác"); status != http.StatusSeeOther {
		t.Fatal(status, page)
	}
	if _, page = get("/vi/toi?su-co=" + at[1]); !strings.Contains(page, "máy của khoa khác") || !strings.Contains(page, `value="not-ours" checked`) {
		t.Error(page)
	}
	if said := a.book.Excluded(); len(said) != 1 || said[0].Subject.Org != org {
		t.Errorf("what figures subtract: %+v", said)
	}
	for _, path := range []string{"/vi/toi/xuat/incidents.csv", "/vi/toi/xuat/incidents.json", "/vi/toi/xuat/sightings.csv"} {
		if status, page = get(path); status != http.StatusOK || !strings.Contains(page, "203.0.113.9") {
			t.Error(path, status, page)
		}
	}
	if status, page = get("/en/my/community"); status != http.StatusOK {
		t.Error(status, page)
	}
	theirs, say := browse(t, a, identity.Role{Name: identity.RoleMember, Organisation: other})
	if status, page = theirs("/en/my"); status != http.StatusOK || strings.Contains(page, "203.0.113") {
		t.Error(status, page)
	}
	if status, _ = theirs("/en/my?incident=" + at[1]); status != http.StatusNotFound {
		t.Error(status)
	}
	if status, _ = say("/en/my/status", "incident", at[1], "status", "open"); status != http.StatusNotFound {
		t.Error(status)
	}
}

// Whom an organisation wants to be told is its stewards' to change.
func TestAStewardsContacts(t *testing.T) {
	a := observatory(t, t.TempDir())
	defer stop(t, a)
	id, _, _ := hospital(t, a)
	o, _ := a.identity.Organisation(id)
	o.Contacts = []identity.Contact{{Email: "it@example.vn", Language: "vi"}}
	if err := a.identity.UpdateOrganisation(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	form := []string{"organisation", "100000", "do", "change", "email", "it@example.vn", "often", "daily", "language", "en", "severity", "4"}
	for _, c := range []struct {
		role string
		want int
	}{{identity.RoleMember, http.StatusForbidden}, {identity.RoleSteward, http.StatusSeeOther}} {
		_, post := browse(t, a, identity.Role{Name: c.role, Organisation: id})
		if status, page := post("/vi/toi/thong-bao", form...); status != c.want {
			t.Error(c.role, status, page)
		}
	}
	if o, _ = a.identity.Organisation(id); !o.Contacts[0].Digest || o.Contacts[0].Severity != 4 {
		t.Errorf("%+v", o.Contacts)
	}
}
