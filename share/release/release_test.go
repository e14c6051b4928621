// SPDX-License-Identifier: Apache-2.0

package release

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"haidang/classify"
	desk "haidang/release"
)

// kept keeps decisions in memory.
type kept struct {
	state *desk.State
	fault error
}

var now = time.Date(2026, 11, 21, 2, 0, 0, 0, time.UTC)

func (k *kept) State() *desk.State { return k.state }
func (k *kept) Now() time.Time     { return now }
func (k *kept) Decide(_ context.Context, _ Asker, c desk.Change) error {
	if k.fault != nil {
		return k.fault
	}
	next, _, err := k.state.Decide(c)
	if err == nil {
		k.state = next
	}
	return err
}

type assets struct{}

func (assets) Path(name string) string { return "/assets/" + name }

type rig struct {
	t    *testing.T
	desk *kept
	http *httptest.Server
}

// newRig serves the room; the cookie "as" says who asks.
func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, desk: &kept{state: desk.NewState(desk.Withheld)}}
	s, err := New(Config{Public: true}, Dependencies{
		Desk: r.desk, Assets: assets{}, Protect: func(h http.Handler) http.Handler { return h },
		Person: func(actor string) string { return map[string]string{"person/1": "Lê <Thị> Hoa"}[actor] },
		Who: func(q *http.Request) (Asker, bool) {
			c, err := q.Cookie("as")
			if err != nil {
				return Asker{}, false
			}
			role := classify.Analyst
			if c.Value == "member" {
				role = classify.Member
			}
			return Asker{Viewer: classify.NewViewer(classify.Attributes{Person: "1", Roles: []classify.Role{role}}), Name: "Hoa", Actor: "person/1", Steady: c.Value == "analyst"}, true
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	r.http = httptest.NewServer(s.Handler())
	t.Cleanup(r.http.Close)
	return r
}

func (r *rig) do(as, method, path string, form url.Values) (int, string) {
	r.t.Helper()
	q, _ := http.NewRequestWithContext(r.t.Context(), method, r.http.URL+path, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if as != "" {
		q.AddCookie(&http.Cookie{Name: "as", Value: as})
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(q)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	if resp.Header.Get("Cache-Control") != "no-store" {
		r.t.Errorf("%s: may be cached", path)
	}
	return resp.StatusCode, string(body) + resp.Header.Get("Location")
}

func TestWhoMayOpenTheDesk(t *testing.T) {
	r := newRig(t)
	for _, c := range []struct {
		as, path string
		status   int
		holds    string
	}{
		{"", "/en/release", http.StatusSeeOther, "/en/sign-in?next=%2Fen%2Frelease"},
		{"member", "/en/release", http.StatusForbidden, "analysts of the national centre"},
		{"analyst", "/en/release", http.StatusOK, "live/now"},
		{"analyst", "/vi/ban-cong-bo", http.StatusOK, "figure/attacks"},
		{"hasty", "/en/release", http.StatusOK, "/en/account/confirm?next=%2Fen%2Frelease"},
	} {
		if status, body := r.do(c.as, http.MethodGet, c.path, nil); status != c.status || !strings.Contains(body, c.holds) {
			t.Errorf("%s as %q: %d %.300s", c.path, c.as, status, body)
		}
	}
}

func TestDecisions(t *testing.T) {
	r := newRig(t)
	post := func(name string, pairs ...string) (int, string) {
		form := url.Values{"reason": {"checked <twice>"}}
		for i := 0; i < len(pairs); i += 2 {
			form.Set(pairs[i], pairs[i+1])
		}
		return r.do("analyst", http.MethodPost, "/en/release/"+name, form)
	}
	for _, c := range []struct {
		name  string
		pairs []string
	}{
		{"rule", []string{"block", "figure/attacks", "mode", "approval"}},
		{"approve", []string{"block", "figure/attacks", "period", "2026-Q3", "from", "2026-12-01T09:00"}},
		{"early", []string{"block", "figure/attacks", "persons", "7, 9"}},
		{"plan", []string{"block", "report", "period", "2026-Q4", "on", "2027-01-16T09:00", "vi", "Báo cáo quý IV", "en", "Report of the fourth quarter"}},
		{"correct", []string{"block", "figure/attacks", "period", "2026-Q2", "vi", "Đính chính", "en", "Correction"}},
		{"hold", []string{"on", "1"}},
	} {
		if status, body := post(c.name, c.pairs...); status != http.StatusSeeOther {
			t.Fatalf("%s: %d %s", c.name, status, body)
		}
	}
	s := r.desk.state
	a := s.Approvals["figure/attacks"]["2026-Q3"]
	if want := time.Date(2026, 12, 1, 2, 0, 0, 0, time.UTC); !a.From.Equal(want) || a.By != "person/1" || !a.At.Equal(now) {
		t.Errorf("approval %+v; nine in the morning in Vietnam is %s", a, want)
	}
	if !s.Hold.On || !s.Before("figure/attacks/kind", "9") || len(s.Calendar) != 1 || len(s.Corrections) != 1 {
		t.Errorf("%+v", s)
	}
	_, body := r.do("analyst", http.MethodGet, "/en/release", nil)
	for _, text := range []string{"Lê &lt;Thị&gt; Hoa", "checked &lt;twice&gt;", "embargoed until", "Report of the fourth quarter", "The live pages are held.", "The portal is open to the public."} {
		if !strings.Contains(body, text) {
			t.Errorf("the page does not say %q", text)
		}
	}
	for id := range s.Calendar {
		if status, _ := post("strike", "id", id); status != http.StatusSeeOther || len(r.desk.state.Calendar) != 0 {
			t.Errorf("struck: %d, %v", status, r.desk.state.Calendar)
		}
	}
	if status, _ := post("revoke", "block", "figure/attacks", "period", "2026-Q3"); status != http.StatusSeeOther || r.desk.state.Of("figure/attacks", "2026-Q3", now).Open() {
		t.Errorf("revoked: %d", status)
	}
}

func TestRefusalsDecideNothing(t *testing.T) {
	r := newRig(t)
	rule := url.Values{"block": {"all"}, "mode": {"automatic"}, "reason": {"x"}}
	for _, c := range []struct {
		as, path string
		form     url.Values
		status   int
		says     string
	}{
		{"", "/en/release/rule", rule, http.StatusSeeOther, "/en/sign-in"},
		{"member", "/en/release/rule", rule, http.StatusForbidden, "analysts"},
		{"hasty", "/en/release/rule", rule, http.StatusForbidden, "passkey"},
		{"analyst", "/en/release/rule", url.Values{"block": {"all"}, "mode": {"automatic"}}, http.StatusUnprocessableEntity, "reason is empty"},
		{"analyst", "/en/release/rule", url.Values{"block": {"everything"}, "mode": {"automatic"}, "reason": {"x"}}, http.StatusUnprocessableEntity, "there are all, live"},
		{"analyst", "/vi/ban-cong-bo/approve", url.Values{"block": {"report"}, "from": {"soon"}, "reason": {"x"}}, http.StatusUnprocessableEntity, "2026-12-01T09:00"},
		{"analyst", "/en/release/rule", url.Values{"reason": {strings.Repeat("x", maxForm)}}, http.StatusRequestEntityTooLarge, "could not be read"},
	} {
		if status, body := r.do(c.as, http.MethodPost, c.path, c.form); status != c.status || !strings.Contains(body, c.says) {
			t.Errorf("%s as %q: %d, does not say %q", c.path, c.as, status, c.says)
		}
	}
	r.desk.fault = errors.New("the disk is full")
	if status, body := r.do("analyst", http.MethodPost, "/en/release/rule", rule); status != http.StatusInternalServerError || strings.Contains(body, "disk") {
		t.Errorf("a fault of ours: %d", status)
	}
	if len(r.desk.state.Rules) != 0 {
		t.Errorf("decided: %v", r.desk.state.Rules)
	}
}
