// SPDX-License-Identifier: Apache-2.0

//go:build browser && !noduckdb

package my

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"haidang/chromium"
	"haidang/event"
	"haidang/identity"
)

// enter signs somebody with a role in by a one-time link, as they would.
func enter(t *testing.T, r *rig, ctx context.Context, role identity.Role) {
	t.Helper()
	path, _, err := r.people.Invite(t.Context(), role, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(r.url+strings.Replace(path, "#", "?lang=vi#", 1)), chromedp.SendKeys("input[name=name]", "Trần Thị Bình"),
		chromedp.Click("form.fields button"), chromedp.WaitVisible(`form[action="/account/sign-out"]`)); err != nil {
		t.Fatal(err)
	}
}

// stepUp is the browser after its owner showed a passkey.
func stepUp(t *testing.T, r *rig, ctx context.Context) {
	t.Helper()
	all, err := chromedp.Call(ctx, network.GetCookies, network.GetCookiesParams{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all.Cookies {
		if c.Name != "haidang" {
			continue
		}
		value, _, err := r.people.StepUp(t.Context(), c.Value)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := chromedp.Call(ctx, network.SetCookie, network.SetCookieParams{Name: c.Name, Value: value, URL: r.url, Path: "/"}); err != nil {
			t.Fatal(err)
		}
	}
}

// clinic fills the store with what a hospital may see on a bad day.
func clinic(t *testing.T) (*rig, uint32) {
	t.Helper()
	r := newRig(t)
	org, other := r.hospital("Bệnh viện Đa khoa Ví Dụ", "203.0.113.0/24"), r.hospital("Bệnh viện B", "198.51.100.0/24")
	if _, err := r.people.Claim(t.Context(), org, "benhvien.example.vn"); err != nil {
		t.Fatal(err)
	}
	for _, claimed := range []string{"AS64500", "2001:db8:77::/48"} {
		if _, err := r.people.Claim(t.Context(), org, claimed); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.people.Refuse(t.Context(), org, "2001:db8:77::/48", "Theo WHOIS, dải này là của một đơn vị khác"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.people.Invite(t.Context(), identity.Role{Name: identity.RoleMember, Organisation: org}, "Lê Văn Chi, phòng Công nghệ thông tin"); err != nil {
		t.Fatal(err)
	}
	r.told = []Delivery{
		{"webhook", "failed", r.now.Add(-time.Hour), "the webhook answered 500"}, {"email", "sent", r.now.Add(-2 * time.Hour), ""},
		{"email", "queued", r.now, "no mail relay is configured; set notices.host"},
	}
	o, _ := r.people.Organisation(org)
	o.Contacts = []identity.Contact{
		{Email: "cntt@benhvien.example.vn", Name: "Phòng Công nghệ thông tin", Language: "vi", Severity: event.SeverityMedium},
		{Email: "bangiamdoc-va-truc-an-toan-thong-tin@benhvien.example.vn", Language: "vi", Digest: true, Kinds: []string{"malicious-code", "intrusions"}},
	}
	if err := r.people.UpdateOrganisation(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if _, err := r.people.SetWebhook(t.Context(), org, "cntt@benhvien.example.vn", "https://soc.benhvien.example.vn/thong-bao/hai-dang"); err != nil {
		t.Fatal(err)
	}
	var all []*event.Event
	for range 24 {
		all = append(all, r.record(org, "203.0.113.9", func(e *event.Event) { e.Source.Domain = "may-chup-ct.benhvien.example.vn" }))
	}
	long := strings.Repeat("ET EXPLOIT Possible ", 6) + `"><script>alert(1)</script>` + strings.Repeat("x", 90)
	all = append(all,
		r.record(org, "203.0.113.9", inbound(event.RSITBruteForce, event.StageAttempt, 3389, "RDP guessing")),
		r.record(org, "203.0.113.20", inbound(event.RSITIDSAlert, event.StageAttempt, 443, long)),
		r.record(org, "203.0.113.30", inbound(event.RSITVulnerableSystem, event.StageState, 9200, "open Elasticsearch")),
		r.record(org, "203.0.113.31", func(e *event.Event) { e.Replay = true }),
		r.record(org, "203.0.113.32", func(e *event.Event) { e.Observer = "hue-1" }),
	)
	for range 3 {
		all = append(all, r.record(other, "198.51.100.7", func(e *event.Event) {
			inbound(event.RSITBruteForce, event.StageAttempt, 22, "SSH guessing")(e)
			e.TLP, e.PAP, e.Techniques = event.TLPClear, event.PAPClear, []string{"T1110"}
		}))
	}
	r.commit(all...)
	return r, org
}

// A member's first incident is on the screen two taps after signing in.
func TestTwoTapsToTheFirstIncident(t *testing.T) {
	r, org := clinic(t)
	ctx := chromium.Start(t)
	chromium.Show(t, ctx, chromium.Screen{Wide: 390, Theme: "light"})
	enter(t, r, ctx, identity.Role{Name: identity.RoleMember, Organisation: org})
	began := time.Now()
	if err := chromedp.Do(ctx, chromedp.Click(`nav a[href="/vi/toi"]`), chromedp.WaitVisible(".incidents a"),
		chromedp.Click(".incidents a"), chromedp.WaitVisible("#h-nat")); err != nil {
		t.Fatal(err)
	}
	t.Logf("from the first tap to the incident: %v", time.Since(began))
	title, err := chromedp.Run(ctx, chromedp.Text("h1"))
	if err != nil || !strings.Contains(title, "Máy bị nhiễm mã độc") {
		t.Errorf("%q %v", title, err)
	}
	// Saying that it is being worked on, on the same page, by touch.
	if err := chromedp.Do(ctx, chromedp.Click(`input[value="in-progress"]`), chromedp.SendKeys("textarea", "Đã rút dây mạng"),
		chromedp.Click(`form.fields button`), chromedp.WaitVisible(".notice.good")); err != nil {
		t.Fatal(err)
	}
	said, err := chromedp.Run(ctx, chromedp.Text(".said-so"))
	if err != nil || !strings.Contains(said, "Đã rút dây mạng") || !strings.Contains(said, "bạn") {
		t.Errorf("%q %v", said, err)
	}
}

// TestPages looks at every page, wide and narrow, light and dark, in both
// languages: nothing scrolls sideways, axe-core finds no barrier, the policy
// refuses nothing. With HAIDANG_SCREENS, pictures are left there to be looked at.
func TestPages(t *testing.T) {
	chromium.NeedAxe(t)
	r, org := clinic(t)
	empty := r.hospital("Trạm Y tế Ví Dụ", "192.0.2.0/28")
	key := keys(r.member(org).get("/vi/toi"))
	ctx := chromium.Start(t)
	look := func(name, path string) { chromium.CheckEverywhere(t, ctx, name, r.url+path) }
	enter(t, r, ctx, identity.Role{Name: identity.RoleSteward, Organisation: org})
	for _, l := range []struct{ code, my, community, notices, organisation, incident string }{
		{"vi", "/vi/toi", "/vi/toi/cong-dong", "/vi/toi/thong-bao", "/vi/toi/don-vi", "/vi/toi?su-co="}, {"en", "/en/my", "/en/my/community", "/en/my/notices", "/en/my/organisation", "/en/my?incident="},
	} {
		look("my-"+l.code, l.my)
		look("incident-"+l.code, l.incident+key[0])
		look("community-"+l.code, l.community)
		look("notices-"+l.code, l.notices)
		look("organisation-"+l.code, l.organisation)
		look("lost-"+l.code, l.incident+"x")
	}
	for n, k := range key[1:] {
		look(fmt.Sprintf("incident%d-vi", n+2), "/vi/toi?su-co="+k)
	}
	r.picture.LastEvent = event.TimeOf(r.now.Add(-10 * time.Minute))
	enter(t, r, ctx, identity.Role{Name: identity.RoleMember, Organisation: empty})
	look("empty-vi", "/vi/toi")
	look("nobody-told-en", "/en/my/notices")
	look("organisation-member-vi", "/vi/toi/don-vi")
	r.picture.LastEvent, r.picture.Replay = event.TimeUnset, true
	look("silent-en", "/en/my")
	enter(t, r, ctx, identity.Role{Name: identity.RoleAuditor})
	look("join-vi", "/vi/toi")
}

// A steward invites a colleague by hand: the link is shown once, on a page without
// a barrier.
func TestAStewardInvites(t *testing.T) {
	chromium.NeedAxe(t)
	r, org := clinic(t)
	ctx := chromium.Start(t)
	chromium.Show(t, ctx, chromium.Screen{Wide: 390, Theme: "light"})
	enter(t, r, ctx, identity.Role{Name: identity.RoleSteward, Organisation: org})
	stepUp(t, r, ctx)
	if err := chromedp.Do(ctx, chromedp.Navigate(r.url+"/vi/toi/don-vi"), chromedp.WaitReady("footer.foot"),
		chromedp.Click("details:has(input[name=note]) summary"), chromedp.WaitVisible("input[name=note]"),
		chromedp.SendKeys("input[name=note]", "Phạm Thị Dung"), chromedp.Click(`button[value="invite"]`), chromedp.WaitVisible(".secret")); err != nil {
		t.Fatal(err)
	}
	link, err := chromedp.Run(ctx, chromedp.Text(".secret"))
	if err != nil || !strings.HasPrefix(link, r.url+identity.LinkPath) {
		t.Errorf("%q %v", link, err)
	}
	chromium.Check(t, ctx, "once-vi-390-light", 390)
}
