// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package my

import (
	"html"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"haidang/identity"
)

var secretShown = regexp.MustCompile(`<p class="secret"><code>([^<]+)</code>`)

// shown gives what a page shows once.
func shown(t *testing.T, a reply) string {
	t.Helper()
	m := secretShown.FindStringSubmatch(a.body)
	if a.status != http.StatusOK || m == nil {
		t.Fatalf("%d: nothing is shown", a.status)
	}
	return html.UnescapeString(m[1])
}

func (r *rig) steward(org uint32) *browser {
	r.t.Helper()
	b := r.invited(identity.Role{Name: identity.RoleSteward, Organisation: org})
	b.steps()
	return b
}

// request carries the browser's cookies.
func (b *browser) request() *http.Request {
	q := must[*http.Request](b.t)(http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.url, nil))
	for _, c := range b.client.Jar.Cookies(q.URL) {
		q.AddCookie(c)
	}
	return q
}

// personIn finds the one person of an organisation with a role.
func (r *rig) personIn(role identity.Role) identity.Person {
	r.t.Helper()
	all := slices.DeleteFunc(r.people.People(), func(p identity.Person) bool { return !slices.Contains(p.Roles, role) })
	if len(all) != 1 {
		r.t.Fatalf("%d people are %v", len(all), role)
	}
	return all[0]
}

const stewardPage, stewardPageVI = "/en/my/organisation", "/vi/toi/don-vi"

// A steward invites a colleague, who comes in by the link and goes when the
// steward says so, at the next question.
func TestStewardsInviteAndEndAccess(t *testing.T) {
	r := newRig(t)
	org := r.hospital("Bệnh viện A", "203.0.113.0/24")
	b := r.steward(org)
	contains(t, b.get(stewardPageVI), "Đơn vị của tôi", "người đại diện", "(bạn)", "203.0.113.0/24", "đã xác nhận", "Mời đồng nghiệp")
	a := b.post(stewardPage, "organisation", itoa(org), "do", "invite", "role", "member", "note", "Lê Văn Chi, phòng CNTT")
	link := shown(t, a)
	if a.header.Get("Cache-Control") != "no-store" || !strings.HasPrefix(link, r.url+identity.LinkPath) {
		t.Errorf("%s, %v", link, a.header)
	}
	page := b.get(stewardPage)
	contains(t, page, "Lê Văn Chi, phòng CNTT", "End the invitation")
	lacks(t, page, strings.TrimPrefix(link, r.url+identity.LinkPath))
	colleague := r.browser()
	if a := colleague.post("/account/link", "secret", strings.TrimPrefix(link, r.url+identity.LinkPath), "name", "Lê Văn Chi", "lang", "vi"); a.status != http.StatusSeeOther {
		t.Fatal(a.status)
	}
	if a := colleague.get("/vi/toi"); a.status != http.StatusOK {
		t.Fatal(a.status)
	}
	lacks(t, b.get(stewardPage), "End the invitation")
	chi := r.personIn(identity.Role{Name: identity.RoleMember, Organisation: org})
	if a := b.post(stewardPage, "organisation", itoa(org), "do", "withdraw", "id", chi.ID); a.status != http.StatusSeeOther || a.to != stewardPage+"?saved=1" {
		t.Fatal(a.status, a.to)
	}
	if a := colleague.get("/vi/toi"); a.status != http.StatusForbidden && a.status != http.StatusSeeOther {
		t.Errorf("after the end of access: %d", a.status)
	}
	lacks(t, b.get(stewardPage), "Lê Văn Chi")
}

// Who goes leaves no link behind by which to come back.
func TestLinksGoWithWhoMadeThem(t *testing.T) {
	r := newRig(t)
	org := r.hospital("Bệnh viện A", "203.0.113.0/24")
	first := r.steward(org)
	first.post(stewardPage, "organisation", itoa(org), "do", "invite", "role", "steward", "note", "kept")
	leaving := r.steward(org)
	who, _ := r.account.Who(leaving.request())
	back := shown(t, leaving.post(stewardPage, "organisation", itoa(org), "do", "invite", "role", "steward", "note", "for myself"))
	if a := first.post(stewardPage, "organisation", itoa(org), "do", "withdraw", "id", who.Person); a.status != http.StatusSeeOther {
		t.Fatal(a.status)
	}
	if a := r.browser().post("/account/link", "secret", strings.TrimPrefix(back, r.url+identity.LinkPath), "name", "X", "lang", "vi"); a.status == http.StatusSeeOther {
		t.Error("the link brings them back")
	}
	page := first.get(stewardPage)
	contains(t, page, "kept")
	lacks(t, page, "for myself")
}

// A network is claimed, its proof is put into the DNS, and it is the
// organisation's own; another's is not touched.
func TestStewardsProveNetworks(t *testing.T) {
	r := newRig(t)
	org, other := r.hospital("Bệnh viện A", "203.0.113.0/24"), r.hospital("Bệnh viện B", "198.51.100.0/24")
	b := r.steward(org)
	for _, c := range []struct {
		network string
		status  int
	}{{"benhvien-a.example.vn", 303}, {"AS64500", 303}, {"198.51.100.0/24", 303}, {"0.0.0.0/0", 422}, {"", 422}} {
		if a := b.post(stewardPage, "organisation", itoa(org), "do", "claim", "network", c.network); a.status != c.status {
			t.Errorf("%s: %d", c.network, a.status)
		}
	}
	page := b.get(stewardPage)
	contains(t, page, "_haidang.benhvien-a.example.vn", "haidang-proof=", "The national centre will confirm it.", "waiting for confirmation")
	if a := b.post(stewardPageVI, "organisation", itoa(org), "do", "prove", "network", "benhvien-a.example.vn"); a.status != http.StatusConflict {
		t.Fatal(a.status)
	} else {
		contains(t, a, "Chưa tìm thấy bản ghi TXT")
	}
	o, _ := r.people.Organisation(org)
	for _, n := range o.Networks {
		if name, ok := n.ProofName(); ok {
			r.zone[name] = []string{n.Challenge}
		}
	}
	if a := b.post(stewardPage, "organisation", itoa(org), "do", "prove", "network", "benhvien-a.example.vn"); a.status != http.StatusSeeOther {
		t.Fatal(a.status)
	}
	if a := b.post(stewardPage, "organisation", itoa(org), "do", "prove", "network", "198.51.100.0/24"); a.status != http.StatusConflict {
		t.Errorf("another's network: %d", a.status)
	}
	o, _ = r.people.Organisation(org)
	theirs, _ := r.people.Organisation(other)
	if _, _, domains := o.Own(); len(domains) != 1 || len(o.Networks) != 4 || theirs.Networks[0].State != identity.Confirmed {
		t.Errorf("%+v", o.Networks)
	}
}

// Members, other organisations' stewards, strangers, other sites and whoever has
// shown no passkey change nothing.
func TestOnlyStewardsOfTheOwnOrganisation(t *testing.T) {
	r := newRig(t)
	org, other := r.hospital("Bệnh viện A", "203.0.113.0/24"), r.hospital("Bệnh viện B", "198.51.100.0/24")
	theirs := r.steward(other)
	theirs.post(stewardPage, "organisation", itoa(other), "do", "invite", "role", "member", "note", "theirs")
	unsteady := r.invited(identity.Role{Name: identity.RoleSteward, Organisation: org})
	b, member := r.steward(org), r.member(org)
	member.steps()
	away := r.personIn(identity.Role{Name: identity.RoleSteward, Organisation: other})
	open := r.people.Invitations()
	at := slices.IndexFunc(open, func(v identity.Invitation) bool { return v.Note == "theirs" })
	before := len(open)
	form := []string{"organisation", itoa(org), "do", "invite", "role", "member"}
	for _, c := range []struct {
		name string
		a    reply
		want int
	}{
		{"a member", member.post(stewardPage, form...), 403},
		{"another's", b.post(stewardPage, "organisation", itoa(other), "do", "claim", "network", "AS64500"), 403},
		{"nobody's", b.post(stewardPage, "organisation", "4", "do", "invite", "role", "member"), 403},
		{"a stranger", r.browser().post(stewardPage, form...), 303},
		{"another site", b.postFrom("https://evil.example", stewardPage, form...), 403},
		{"without a passkey", unsteady.post(stewardPage, form...), 303},
		{"a national role", b.post(stewardPage, "organisation", itoa(org), "do", "invite", "role", "analyst"), 422},
		{"another's person", b.post(stewardPage, "organisation", itoa(org), "do", "withdraw", "id", away.ID), 404},
		{"another's invitation", b.post(stewardPage, "organisation", itoa(org), "do", "uninvite", "id", open[at].ID), 404},
		{"a network not claimed", b.post(stewardPage, "organisation", itoa(org), "do", "prove", "network", "example.vn"), 404},
		{"something else", b.post(stewardPage, "organisation", itoa(org), "do", "delete"), 422},
	} {
		if c.a.status != c.want {
			t.Errorf("%s: %d, want %d", c.name, c.a.status, c.want)
		}
	}
	me, _ := r.account.Who(b.request())
	if a := b.post(stewardPage, "organisation", itoa(org), "do", "withdraw", "id", me.Person); a.status != http.StatusNotFound {
		t.Errorf("ending the own access: %d", a.status)
	}
	if a := unsteady.post(stewardPage, form...); a.to != "/en/account/confirm?next=%2Fen%2Fmy%2Forganisation" {
		t.Errorf("a passkey is asked for at %s", a.to)
	}
	page := member.get(stewardPage)
	contains(t, page, "Only a steward", "Trần Thị Bình")
	lacks(t, page, "Invite a colleague", "End access", "haidang-proof", "<form method=\"post\" action=\"/en/my")
	lacks(t, b.get(stewardPage), "theirs", "Bệnh viện B")
	if n := len(r.people.Invitations()); n != before {
		t.Errorf("%d invitations, %d before", n, before)
	}
}

func TestStewardsSetWebhooks(t *testing.T) {
	r := newRig(t)
	org := r.hospital("Bệnh viện A", "203.0.113.0/24")
	o, _ := r.people.Organisation(org)
	o.Contacts = []identity.Contact{{Email: "it@example.vn", Language: "vi"}}
	if err := r.people.UpdateOrganisation(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	unsteady := r.invited(identity.Role{Name: identity.RoleSteward, Organisation: org})
	b, member := r.steward(org), r.member(org)
	const to = "https://soc.example.vn/in?key=s3cr3tpath"
	hook := []string{"organisation", itoa(org), "email", "it@example.vn", "do", "hook", "webhook", to}
	if a := unsteady.post("/vi/toi/thong-bao", hook...); a.status != http.StatusSeeOther || !strings.HasPrefix(a.to, "/vi/tai-khoan/xac-nhan") {
		t.Errorf("without a passkey: %d %s", a.status, a.to)
	}
	if a := member.post("/vi/toi/thong-bao", hook...); a.status != http.StatusForbidden {
		t.Errorf("a member: %d", a.status)
	}
	secret := shown(t, b.post("/vi/toi/thong-bao", hook...))
	if kept, err := r.people.WebhookSecret(org, "it@example.vn", to); err != nil || string(kept) != secret {
		t.Errorf("%v", err)
	}
	for _, bad := range []string{"", "http://example.vn", "nonsense"} {
		if a := b.post("/en/my/notices", "organisation", itoa(org), "email", "it@example.vn", "do", "hook", "webhook", bad); a.status != http.StatusBadRequest {
			t.Errorf("%q: %d", bad, a.status)
		}
	}
	if a := b.post("/en/my/notices", "organisation", itoa(org), "email", "x@example.vn", "do", "hook", "webhook", to); a.status != http.StatusBadRequest {
		t.Errorf("nobody's webhook: %d", a.status)
	}
	r.told = []Delivery{{"webhook", "failed", r.now.Add(-time.Minute), "the webhook answered 500"}, {"email", "queued", r.now, "no mail relay is configured; set notices.host"}}
	page := b.get("/en/my/notices")
	contains(t, page, to, "Webhook: not delivered", "the webhook answered 500", "Mail: waiting to be sent", "mail and webhook")
	lacks(t, page, secret)
	seen := member.get("/en/my/notices")
	contains(t, seen, "mail and webhook")
	lacks(t, seen, "s3cr3tpath", "answered 500", secret)
	// What the contact wants is changed without touching the webhook.
	if a := b.post("/en/my/notices", "organisation", itoa(org), "email", "it@example.vn", "do", "change", "often", "weekly", "language", "vi", "severity", "0",
		"stage", "incident", "stage", "state", "only", "1"); a.status != http.StatusSeeOther {
		t.Fatal(a.status)
	}
	o, _ = r.people.Organisation(org)
	if c := o.Contacts[0]; c.Webhook != to || !c.Weekly || !c.Digest || !c.WebhookOnly || strings.Join(c.Stages, " ") != "incident state" {
		t.Errorf("%+v", c)
	}
	contains(t, b.get("/vi/toi/thong-bao"), "mỗi tuần một lần", "chỉ webhook", "sự cố an ninh mạng, dịch vụ bị lộ")
	if a := b.post("/en/my/notices", "organisation", itoa(org), "email", "it@example.vn", "do", "change", "language", "vi", "severity", "0", "stage", "magic"); a.status != http.StatusBadRequest {
		t.Errorf("an unknown stage: %d", a.status)
	}
	if a := b.post("/en/my/notices", "organisation", itoa(org), "email", "it@example.vn", "do", "unhook"); a.status != http.StatusSeeOther {
		t.Fatal(a.status)
	}
	if o, _ = r.people.Organisation(org); o.Contacts[0].Webhook != "" {
		t.Errorf("%+v", o.Contacts[0])
	}
	if strings.Contains(r.log.all.String(), secret) || strings.Contains(r.log.all.String(), "s3cr3tpath") {
		t.Error("the log holds the secret or the address")
	}
}
