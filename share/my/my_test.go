// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package my

import (
	"encoding/csv"
	"encoding/json"
	"html"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
	"haidang/identity"
)

// contains fails where a page lacks one of the texts, as a reader sees them.
func contains(t *testing.T, a reply, texts ...string) {
	t.Helper()
	body := html.UnescapeString(a.body)
	for _, s := range texts {
		if !strings.Contains(body, s) {
			t.Errorf("the page (%d) lacks %q", a.status, s)
		}
	}
}

func lacks(t *testing.T, a reply, texts ...string) {
	t.Helper()
	body := html.UnescapeString(a.body)
	for _, s := range texts {
		if strings.Contains(body, s) {
			t.Errorf("the page (%d) holds %q", a.status, s)
		}
	}
}

var linkToIncident = regexp.MustCompile(`href="(/(?:vi/toi\?su-co|en/my\?incident)=([0-9a-f-]{36}))"`)

// keys lists the incidents that a page links to, in its order.
func keys(a reply) (out []string) {
	for _, m := range linkToIncident.FindAllStringSubmatch(a.body, -1) {
		out = append(out, m[2])
	}
	return out
}

func TestOverviewGroupsByMachine(t *testing.T) {
	r := newRig(t)
	org := r.hospital("Bệnh viện A", "203.0.113.0/24")
	r.commit(
		r.record(org, "203.0.113.9", nil), r.record(org, "203.0.113.9", nil),
		r.record(org, "203.0.113.9", inbound(event.RSITBruteForce, event.StageAttempt, 3389, "RDP guessing")),
		r.record(org, "203.0.113.20", inbound(event.RSITScanner, event.StageAttempt, 22, "scan")),
	)
	b := r.member(org)
	vi, en := b.get("/vi/toi"), b.get("/en/my")
	contains(t, vi, "1 máy của đơn vị cần xử lý", "1 máy bị tấn công, chưa thấy dấu hiệu thành công.", "203.0.113.9", "203.0.113.20", "Máy bị nhiễm mã độc", "mirai",
		"Mức độ: </span>cao", "Chưa xử lý", "1 phút trước", "203.0.113.0/24", "cổng 3389", "Bệnh viện A")
	contains(t, en, "1 machine of yours needs attention", "1 machine was attacked; nothing says that it succeeded.", "To be dealt with", "Infected machine", "Severity: </span>high", "Open", "1 minute ago")
	if n := strings.Count(en.body, `class="block machine"`); n != 2 {
		t.Errorf("%d machines", n)
	}
	if k := keys(en); len(k) != 3 || strings.Join(k, " ") != strings.Join(keys(vi), " ") {
		t.Errorf("incidents: %q", k)
	}
	if en.header.Get("Cache-Control") != "no-store" || !strings.Contains(en.header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("headers: %v", en.header)
	}
	exact := event.TimeOf(r.now.Add(-time.Minute)).Std()
	contains(t, vi, exact.In(time.FixedZone("", 7*3600)).Format("15:04:05 02/01/2006"), exact.Format("2006-01-02 15:04:05")+" UTC")
}

func TestAnIncidentsPage(t *testing.T) {
	r := newRig(t)
	org := r.hospital("Bệnh viện A", "203.0.113.0/24")
	r.commit(r.record(org, "203.0.113.9", func(e *event.Event) { e.Source.Domain = "pc7.example.vn" }))
	b := r.member(org)
	key := keys(b.get("/vi/toi"))[0]
	vi, en := b.get("/vi/toi?su-co="+key), b.get("/en/my?incident="+key)
	seen := r.now.Add(-time.Minute)
	contains(t, vi, "Máy bị nhiễm mã độc", "pc7.example.vn", "192.0.2.66", "443", "50001", "TCP / https", "máy của đơn vị", "Mirai check-in",
		seen.In(time.FixedZone("", 7*3600)).Format("15:04:05 02/01/2006"), seen.UTC().Format("2006-01-02 15:04:05")+" UTC",
		"Rút dây mạng", "Cách biết đã hết", "Tìm đúng máy sau bộ định tuyến (NAT)", "DHCP", "/vi/toi/xuat/sightings.csv?su-co="+key,
		"địa chỉ nằm trong dải đã đăng ký: 203.0.113.0/24", "báo cáo của đối tác", "TLP:AMBER", "PAP:AMBER", "chưa có địa chỉ nào nhận loại này", "trong một phút", key)
	contains(t, en, "Infected machine", "Unplug its network cable", "How to see that it is gone", "the address lies in a registered prefix: 203.0.113.0/24",
		"partner's report", "The affected side is your organisation's.", "Not ours", `href="/vi/toi?su-co=`+key+`"`)
	// The other language's parameter works too, for links that were typed over.
	if a := b.get("/en/my?su-co=" + key); a.status != http.StatusOK {
		t.Error(a.status)
	}
}

func TestTheNewestTwentySightingsAreShown(t *testing.T) {
	r := newRig(t)
	org := r.hospital("Bệnh viện A", "203.0.113.0/24")
	var all []*event.Event
	for range 30 {
		all = append(all, r.record(org, "203.0.113.9", nil))
	}
	r.commit(all...)
	b := r.member(org)
	key := keys(b.get("/en/my"))[0]
	a := b.get("/en/my?incident=" + key)
	contains(t, a, "The newest 20 of 30", "50020")
	lacks(t, a, "50021")
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(b.get("/en/my/export/sightings.csv?incident="+key).body, "\uFEFF"))).ReadAll()
	if err != nil || len(rows) != 31 {
		t.Errorf("%d lines, %v", len(rows), err)
	}
}

// Another organisation's incident is answered like one that does not exist, and
// nothing of it is anywhere.
func TestOthersIncidentsDoNotExist(t *testing.T) {
	r := newRig(t)
	ours, theirs := r.hospital("Bệnh viện A", "203.0.113.0/24"), r.hospital("Bệnh viện B", "198.51.100.0/24")
	r.commit(r.record(ours, "203.0.113.9", nil), r.record(theirs, "198.51.100.7", nil))
	a, b := r.member(ours), r.member(theirs)
	key := keys(b.get("/en/my"))[0]
	unknown := "00000000-0000-4000-8000-000000000000"
	for _, path := range []string{"/vi/toi?su-co=", "/en/my?incident=", "/en/my/export/sightings.csv?incident=", "/en/my/export/incidents.json?incident="} {
		x, y := a.get(path+key), a.get(path+unknown)
		if x.status != http.StatusNotFound || x.body != y.body {
			t.Errorf("%s: %d, and %d for one that nobody has", path, x.status, y.status)
		}
	}
	x, y := a.post("/en/my/status", "incident", key, "status", "resolved"), a.post("/en/my/status", "incident", unknown, "status", "resolved")
	if x.status != http.StatusNotFound || x.body != y.body {
		t.Errorf("status: %d and %d", x.status, y.status)
	}
	for _, path := range []string{"/en/my", "/en/my?show=all", "/en/my/community", "/en/my/notices", "/en/my/export/incidents.csv", "/en/my/export/incidents.json", "/en/my/export/sightings.csv"} {
		lacks(t, a.get(path), "198.51.100", "Bệnh viện B", key)
	}
}

// What is said flows into status, history and the list; nobody else's page can
// say it.
func TestSayingWhatWasDone(t *testing.T) {
	r := newRig(t)
	org := r.hospital("Bệnh viện A", "203.0.113.0/24")
	r.commit(r.record(org, "203.0.113.9", nil))
	b, colleague := r.member(org), r.member(org)
	key := keys(b.get("/vi/toi"))[0]
	for _, s := range event.Statuses.Names[1:] {
		a := b.post("/vi/toi/trang-thai", "incident", key, "status", s, "note", "ghi chú <b>"+s+"</b>")
		if a.status != http.StatusSeeOther || a.to != "/vi/toi?da-luu=1&su-co="+key {
			t.Fatal(s, a.status, a.to)
		}
		page := b.get(a.to)
		contains(t, page, "Đã lưu.", `value="`+s+`" checked`, "ghi chú <b>"+s+"</b>")
		if strings.Contains(page.body, "<b>"+s) {
			t.Errorf("%s: the note became markup", s)
		}
	}
	contains(t, b.get("/en/my?incident="+key), "– you,")
	contains(t, colleague.get("/en/my?incident="+key), "– a colleague,")
	contains(t, b.get("/vi/toi"), "Chưa xong (0)", "Tất cả (1)", "Mọi sự cố đã có kết quả xử lý", "Hiện không có máy nào cần xử lý gấp")
	if k := keys(b.get("/vi/toi?xem=tat-ca")); len(k) != 1 {
		t.Errorf("all: %q", k)
	}
	if a := b.postFrom("https://evil.example", "/vi/toi/trang-thai", "incident", key, "status", "resolved"); a.status != http.StatusForbidden {
		t.Errorf("another site's form: %d", a.status)
	}
	for _, form := range [][]string{{"status", "gone"}, {"status", ""}, {"status", "open", "note", strings.Repeat("ă", 1001)}, {"status", "open", "note", "a\x00b"}, {"status", "open", "note", "\xff"}} {
		if a := b.post("/vi/toi/trang-thai", append([]string{"incident", key}, form...)...); a.status != http.StatusBadRequest {
			t.Errorf("%q: %d", form, a.status)
		}
	}
	if n := len(r.book.History(org, event.Bytes16{})); n != 0 {
		t.Error(n)
	}
}

// What attackers write is text on every page and inert in every file.
func TestHostileTexts(t *testing.T) {
	r := newRig(t)
	org := r.hospital("Bệnh viện A", "203.0.113.0/24")
	const canary = `"><script>alert('canary')</script>`
	r.commit(
		r.record(org, "203.0.113.9", func(e *event.Event) {
			e.RuleName, e.Software, e.Protocol, e.Source.Domain = canary+"rule", canary+"software", canary+"protocol", canary+"host"
		}),
		r.record(org, "203.0.113.9", func(e *event.Event) {
			e.Software, e.RuleID, e.RuleName = "", "7", "=HYPERLINK(\"http://evil.example\")"
		}),
		r.record(org, "203.0.113.9", func(e *event.Event) {
			e.Software, e.RuleName = "turned\u202earound\x07", "x"
		}),
	)
	b := r.member(org)
	all := []string{"/vi/toi", "/en/my"}
	for _, k := range keys(b.get("/en/my")) {
		all = append(all, "/vi/toi?su-co="+k, "/en/my?incident="+k)
	}
	shown := 0
	for _, path := range all {
		a := b.get(path)
		if strings.Contains(a.body, "<script>alert") || strings.Contains(a.body, "\u202e") || strings.Contains(a.body, "\x07") {
			t.Errorf("%s shows what attackers wrote as it is", path)
		}
		shown += strings.Count(html.UnescapeString(a.body), canary)
	}
	if shown < 6 {
		t.Errorf("the canary is shown %d times: the test looks at nothing", shown)
	}
	for _, file := range []string{"incidents.csv", "sightings.csv"} {
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(b.get("/en/my/export/"+file).body, "\uFEFF"))).ReadAll()
		if err != nil {
			t.Fatal(file, err)
		}
		found := false
		for _, row := range rows {
			for _, cell := range row {
				if cell != "" && strings.ContainsRune("=+-@|%", rune(cell[0])) {
					t.Errorf("%s: a spreadsheet would run %q", file, cell)
				}
				found = found || strings.HasPrefix(cell, "'=HYPERLINK")
			}
		}
		if !found {
			t.Errorf("%s: the formula is not there at all", file)
		}
	}
}

func TestExportHoldsEverything(t *testing.T) {
	r := newRig(t)
	org := r.hospital("Bệnh viện A", "203.0.113.0/24")
	r.commit(r.record(org, "203.0.113.9", nil), r.record(org, "203.0.113.10", nil))
	b := r.member(org)
	r.cut = true
	a := b.get("/vi/toi/xuat/incidents.json")
	var got fileJSON
	if err := json.Unmarshal([]byte(a.body), &got); err != nil {
		t.Fatal(err)
	}
	if got.Complete || len(got.Incidents) != 2 || got.Incidents[0].Kind != "malicious-code/infected-system" || got.Incidents[0].Label != "TLP:AMBER" ||
		len(got.Incidents[0].Sightings) != 1 || got.Incidents[0].Sightings[0].RemoteAddress != "192.0.2.66" || got.Incidents[0].Status != "open" {
		t.Errorf("%+v", got)
	}
	if a.header.Get("Content-Type") != "application/json" || !strings.Contains(a.header.Get("Content-Disposition"), `filename="haidang-incidents-`) {
		t.Errorf("%v", a.header)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(b.get("/vi/toi/xuat/incidents.csv").body, "\uFEFF"))).ReadAll()
	if err != nil || len(rows) != 3 || rows[0][1] != "Máy" || len(rows[0]) != len(columns) {
		t.Errorf("%q %v", rows, err)
	}
	contains(t, b.get("/vi/toi"), "chỉ gồm các bản ghi mới nhất")
	if a := b.get("/vi/toi/xuat/secrets.csv"); a.status != http.StatusNotFound {
		t.Error(a.status)
	}
}

func TestStrangersAndThoseWithoutOrganisation(t *testing.T) {
	r := newRig(t)
	org := r.hospital("Bệnh viện A", "203.0.113.0/24")
	r.commit(r.record(org, "203.0.113.9", nil))
	for _, c := range []struct{ path, to string }{
		{"/vi/toi?su-co=x", "/vi/dang-nhap?next=%2Fvi%2Ftoi%3Fsu-co%3Dx"},
		{"/en/my", "/en/sign-in?next=%2Fen%2Fmy"},
		{"/en/my/community", "/en/sign-in?next=%2Fen%2Fmy%2Fcommunity"},
		{"/en/my/export/incidents.json", "/en/sign-in?next=%2Fen%2Fmy%2Fexport%2Fincidents.json"},
	} {
		if a := r.browser().get(c.path); a.status != http.StatusSeeOther || a.to != c.to {
			t.Errorf("%s: %d %s", c.path, a.status, a.to)
		}
	}
	if a := r.browser().post("/en/my/status", "status", "open"); a.status != http.StatusSeeOther || a.to != "/en/sign-in?next=%2Fen%2Fmy" {
		t.Errorf("%d %s", a.status, a.to)
	}
	auditor := r.invited(identity.Role{Name: identity.RoleAuditor})
	a := auditor.get("/vi/toi")
	if a.status != http.StatusForbidden {
		t.Error(a.status)
	}
	contains(t, a, "Tài khoản chưa thuộc đơn vị nào", "đường dẫn mời")
	lacks(t, a, "203.0.113")
	if a := auditor.get("/vi/toi/khong-co"); a.status != http.StatusNotFound {
		t.Error(a.status)
	}
}

// What the page rests on is told: nothing known, nothing heard, a replay, and
// what a passkey would open.
func TestHowThingsAre(t *testing.T) {
	r := newRig(t)
	org := r.hospital("Bệnh viện A", "203.0.113.0/24")
	if _, err := r.people.Claim(t.Context(), org, "example.vn"); err != nil {
		t.Fatal(err)
	}
	b := r.member(org)
	a := b.get("/vi/toi")
	contains(t, a, "Hiện không có máy nào cần xử lý gấp", "Hệ thống chưa thấy điều gì liên quan", "203.0.113.0/24", "Đang chờ xác nhận", "example.vn", "TLP:AMBER+STRICT", "/vi/tai-khoan/xac-nhan?next=/vi/toi")
	lacks(t, a, "Chưa có cảm biến nào gửi", "PHÁT LẠI", "Phát lại")
	r.picture.LastEvent = event.TimeOf(r.now.Add(-10 * time.Minute))
	contains(t, b.get("/vi/toi"), "Chưa có cảm biến nào gửi dữ liệu kể từ", "Chưa rõ tình hình")
	r.picture.LastEvent = event.TimeUnset
	contains(t, b.get("/en/my"), "has not received data from any sensor yet", "How things are is not known")
	if err := r.people.Refuse(t.Context(), org, "203.0.113.0/24", "a mistake"); err != nil {
		t.Fatal(err)
	}
	contains(t, b.get("/vi/toi"), "Chưa có mạng nào của đơn vị được theo dõi", "Người đại diện của đơn vị cần đăng ký mạng")
	r.picture.LastEvent, r.picture.Replay = event.TimeOf(r.now), true
	r.commit(r.record(org, "203.0.113.9", func(e *event.Event) { e.Replay = true }))
	contains(t, b.get("/en/my"), "THIS IS A REPLAY.", "comes from a recording")
}

// Internal records are shown after a passkey only.
func TestInternalIncidentsNeedAPasskey(t *testing.T) {
	r := newRig(t)
	org := r.hospital("Bệnh viện A", "203.0.113.0/24")
	r.commit(r.record(org, "203.0.113.9", func(e *event.Event) { e.TLP = event.TLPAmberStrict }))
	b := r.member(org)
	lacks(t, b.get("/en/my"), "203.0.113.9")
	if len(keys(b.get("/en/my"))) != 0 {
		t.Error("an internal incident is shown without a passkey")
	}
	b.steps()
	a := b.get("/en/my")
	contains(t, a, "203.0.113.9")
	lacks(t, a, "shown after a passkey")
	contains(t, b.get("/en/my?incident="+keys(a)[0]), "TLP:AMBER+STRICT", "192.0.2.66", "the source permitted delivery")
}

// Sensitive data lose the end of the other address until a passkey is shown; the
// page says so, and what is left does not look like an address.
func TestAPasskeyShowsTheWholeAddress(t *testing.T) {
	r := newRig(t)
	org := r.hospital("Bệnh viện A", "203.0.113.0/24")
	r.commit(r.record(org, "203.0.113.9", func(e *event.Event) { e.Observer = "hue-1" }))
	b := r.member(org)
	key := keys(b.get("/vi/toi"))[0]
	a := b.get("/vi/toi?su-co=" + key)
	contains(t, a, "192.0.2.0/24", "chỉ hiện đầy đủ sau khi xác thực", "/vi/tai-khoan/xac-nhan?next=%2Fvi%2Ftoi%3Fsu-co%3D"+key)
	lacks(t, a, "192.0.2.66")
	b.steps()
	a = b.get("/vi/toi?su-co=" + key)
	contains(t, a, "192.0.2.66")
	lacks(t, a, "192.0.2.0/24", "chỉ hiện đầy đủ sau khi xác thực")
}

func TestCommunityTellsNobody(t *testing.T) {
	r := newRig(t)
	ours, theirs := r.hospital("Bệnh viện A", "203.0.113.0/24"), r.hospital("Bệnh viện B", "198.51.100.0/24")
	shared := func(e *event.Event) {
		inbound(event.RSITBruteForce, event.StageAttempt, 3389, "RDP guessing")(e)
		e.TLP, e.PAP, e.Destination.Domain, e.Techniques = event.TLPClear, event.PAPClear, "pacs.hospital-b.example", []string{"T1110"}
	}
	b := r.member(ours)
	contains(t, b.get("/en/my/community"), "Nothing is shared in your sector at present")
	r.commit(r.record(theirs, "198.51.100.7", shared), r.record(theirs, "198.51.100.7", shared), r.record(theirs, "198.51.100.8", nil))
	a := b.get("/vi/toi/cong-dong")
	contains(t, a, "Dò mật khẩu", "RDP guessing", "T1110", "192.0.2.", "2 bản ghi")
	lacks(t, a, "198.51.100", "hospital-b", "Bệnh viện B", "mirai", "feed-1")
}

func TestNotices(t *testing.T) {
	r := newRig(t)
	org := r.hospital("Bệnh viện A", "203.0.113.0/24")
	other := r.hospital("Bệnh viện B", "198.51.100.0/24")
	member, steward := r.member(org), r.invited(identity.Role{Name: identity.RoleSteward, Organisation: org})
	id := itoa
	form := []string{"organisation", id(org), "often", "daily", "language", "en", "severity", "3", "kind", "fraud", "kind", "vulnerable"}
	with := func(more ...string) []string { return append(append([]string{}, form...), more...) }

	contains(t, member.get("/vi/toi/thong-bao"), "Chưa có ai được báo", "Chỉ người đại diện của đơn vị")
	lacks(t, member.get("/vi/toi/thong-bao"), "Thêm người nhận")
	for _, c := range []struct {
		name string
		a    reply
	}{
		{"a member", member.post("/en/my/notices", with("do", "add", "email", "a@example.vn")...)},
		{"another's", steward.post("/en/my/notices", "organisation", id(other), "do", "add", "email", "a@example.vn")},
		{"from another's page", steward.postFrom("https://evil.example", "/en/my/notices", with("do", "add", "email", "a@example.vn")...)},
	} {
		if c.a.status != http.StatusForbidden {
			t.Errorf("%s: %d", c.name, c.a.status)
		}
	}
	// A new address needs a passkey.
	if a := steward.post("/en/my/notices", with("do", "add", "email", "a@example.vn")...); a.status != http.StatusSeeOther || !strings.HasPrefix(a.to, "/en/account/confirm?next=") {
		t.Errorf("%d %s", a.status, a.to)
	}
	steward.steps()
	for _, c := range []struct{ name, email, want string }{{"no address", "an@", "400"}, {"good", "new@example.vn", "303"}} {
		if a := steward.post("/en/my/notices", with("do", "add", "email", c.email, "name", "Trực an toàn")...); strconv.Itoa(a.status) != c.want {
			t.Errorf("%s: %d, want %s", c.name, a.status, c.want)
		}
	}
	o, _ := r.people.Organisation(org)
	if len(o.Contacts) != 1 || o.Contacts[0].Email != "new@example.vn" || o.Contacts[0].Name != "Trực an toàn" || o.Contacts[0].Language != "en" {
		t.Errorf("%+v", o.Contacts)
	}
	o.Contacts = []identity.Contact{{Email: "it@example.vn", Name: "Phòng CNTT", Language: "vi", Kinds: []string{"vulnerable/weak-crypto"}}}
	if err := r.people.UpdateOrganisation(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	contains(t, member.get("/vi/toi/thong-bao"), "it@example.vn", "Phòng CNTT", "báo ngay; mọi mức độ; điểm yếu, dịch vụ bị lộ")
	if a := steward.post("/en/my/notices", with("do", "change", "email", "it@example.vn")...); a.status != http.StatusSeeOther || a.to != "/en/my/notices?saved=1" {
		t.Fatal(a.status, a.to)
	}
	o, _ = r.people.Organisation(org)
	if c := o.Contacts[0]; !c.Digest || c.Language != "en" || c.Severity != 3 || strings.Join(c.Kinds, " ") != "fraud vulnerable/weak-crypto" {
		t.Errorf("%+v", c)
	}
	for _, c := range []struct {
		name string
		f    []string
	}{
		{"unknown address", with("do", "change", "email", "b@example.vn")}, {"severity", []string{"organisation", id(org), "email", "it@example.vn", "language", "en", "severity", "9"}},
		{"language", []string{"organisation", id(org), "email", "it@example.vn", "language", "fr", "severity", "3"}}, {"kind", with("do", "change", "email", "it@example.vn", "kind", "magic")},
		{"remove nobody", []string{"organisation", id(org), "do", "remove", "email", "b@example.vn"}}, {"twice", with("do", "add", "email", "it@example.vn")},
	} {
		if a := steward.post("/en/my/notices", c.f...); a.status != http.StatusBadRequest {
			t.Errorf("%s: %d", c.name, a.status)
		}
	}
	if a := steward.post("/en/my/notices", "organisation", id(org), "do", "remove", "email", "it@example.vn"); a.status != http.StatusSeeOther {
		t.Fatal(a.status)
	}
	if o, _ = r.people.Organisation(org); len(o.Contacts) != 0 {
		t.Errorf("%+v", o.Contacts)
	}
}

// Who is told of an incident is who wants such.
func TestWhyNamesTheContact(t *testing.T) {
	r := newRig(t)
	org := r.hospital("Bệnh viện A", "203.0.113.0/24")
	o, _ := r.people.Organisation(org)
	o.Contacts = []identity.Contact{{Email: "it@example.vn", Language: "vi"}, {Email: "web@example.vn", Language: "vi", Kinds: []string{"fraud"}}}
	if err := r.people.UpdateOrganisation(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	r.commit(r.record(org, "203.0.113.9", nil))
	b := r.member(org)
	a := b.get("/en/my?incident=" + keys(b.get("/en/my"))[0])
	contains(t, a, "it@example.vn")
	lacks(t, a, "web@example.vn")
}

// Somebody has to act where something succeeded or stands open, however severe an
// attack is whose outcome nobody knows. What is not pressing is folded.
func TestWhatIsPressingComesFirst(t *testing.T) {
	r := newRig(t)
	org := r.hospital("Bệnh viện A", "203.0.113.0/24")
	var all []*event.Event
	for n := range 4 {
		exploit := inbound(event.RSITIDSAlert, event.StageAttempt, 443, "exploit "+itoa(uint32(n)))
		severe := func(e *event.Event) { exploit(e); e.Severity = event.SeverityFatal }
		all = append(all, r.record(org, "203.0.113.9", severe), r.record(org, "203.0.113.20", severe))
	}
	all = append(all, r.record(org, "203.0.113.20", nil),
		r.record(org, "203.0.113.30", inbound(event.RSITPotentiallyUnwanted, event.StageState, 3389, "")))
	r.commit(all...)
	a := r.member(org).get("/en/my")
	contains(t, a, "2 machines of yours need attention", "1 machine was attacked; nothing says that it succeeded.", "4 more about this machine", "3 more about this machine")
	order := regexp.MustCompile(`<h2 id="g\d">([^<]+)</h2>|<bdi>([^<]+)</bdi>|<b>([^<]+)</b>|(<details)`)
	var got []string
	_, list, _ := strings.Cut(a.body, `class="wide mine"`)
	for _, m := range order.FindAllStringSubmatch(list, -1) {
		got = append(got, m[1]+m[2]+m[3]+m[4])
	}
	const tried = "Attempt to use a known weakness"
	want := []string{"To be dealt with", "203.0.113.20", "Infected machine", "<details", tried, tried, tried, tried,
		"203.0.113.30", "Service open to the whole Internet",
		"Attacked; nothing says that it succeeded", "203.0.113.9", tried, "<details", tried, tried, tried}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestManyMachinesComeInPages(t *testing.T) {
	r := newRig(t)
	org := r.hospital("Bệnh viện A", "203.0.113.0/24")
	var all []*event.Event
	for n := range 120 {
		all = append(all, r.record(org, "203.0.113."+itoa(uint32(n+1)), nil))
	}
	r.commit(all...)
	b := r.member(org)
	seen := map[string]bool{}
	next, pages := "/en/my?show=all", 0
	later := regexp.MustCompile(`href="([^"]+)" rel="next"`)
	for next != "" {
		a := b.get(html.UnescapeString(next))
		for _, k := range keys(a) {
			if seen[k] {
				t.Errorf("%s is on two pages", k)
			}
			seen[k] = true
		}
		next, pages = "", pages+1
		if m := later.FindStringSubmatch(a.body); m != nil {
			next = m[1]
		}
	}
	if len(seen) != 120 || pages != 3 {
		t.Errorf("%d incidents on %d pages", len(seen), pages)
	}
}
