// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"haidang/classify"
	"haidang/event"
	"haidang/mutant"
)

func get(t testing.TB, h http.Handler, path string, head ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i+1 < len(head); i += 2 {
		r.Header.Add(head[i], head[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func bodyOf(t testing.TB, r *http.Response) string {
	t.Helper()
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// every address of the portal, and what it answers.
var every = []struct {
	path   string
	status int
}{
	{"/", 302}, {"/vi/", 200}, {"/en/", 200}, {"/vi/qua-may-dat-tai", 200}, {"/en/hosting", 200}, {"/vi/do-phu", 200},
	{"/en/coverage", 200}, {"/vi/dinh-nghia", 200}, {"/en/definitions", 200}, {"/vi/tai-lieu/", 200}, {"/en/docs/", 200},
	{"/vi/dinh-nghia/attacks/1", 200}, {"/en/definitions/change/1", 200}, {"/en/definitions/attacks", 302}, {"/en/definitions/nothing", 404},
	{"/vi/dinh-nghia/attacks/2", 404}, {"/vi/dinh-nghia/attacks/01", 404},
	{"/vi/tai-lieu/01-install", 200}, {"/en/docs/02-sensors", 200}, {"/vi/words", 200}, {"/en/words", 200},
	{"/data/all.json", 200}, {"/data/now.csv", 200}, {"/data/hosting.json", 200}, {"/robots.txt", 200},
	{"/vi/so-lieu", 200}, {"/en/figures?period=2026-11", 200}, {"/vi/quoc-gia/VN", 200}, {"/en/country/VN", 200}, {"/en/country/SG?period=2026-W46", 200},
	{"/vi/quoc-gia", 302}, {"/vi/loai-hinh", 200}, {"/en/kinds/fraud/phishing?period=2026-Q3", 200}, {"/en/kinds/fraud/nothing", 404},
	{"/en/ways", 200}, {"/vi/con-duong/mail", 200}, {"/vi/con-duong/none", 404},
	{"/vi/qua-may-dat-tai/theo-ky", 200}, {"/en/hosting/by-period?period=2026-10", 200}, {"/vi/linh-vuc", 200}, {"/en/sectors?period=2026-11-20", 200}, {"/en/sectors?period=2026-11-17", 200},
	{"/vi/so-sanh", 200}, {"/en/compare?period=2026-10&with=2026-09&figure=hosted", 200}, {"/en/compare?with=SG", 200}, {"/en/compare?with=nobody", 404}, {"/en/compare?figure=change", 404},
	{"/en/compare?country=ZZ", 404}, {"/vi/dot-tang-vot", 200}, {"/en/surges?period=2026-11", 200}, {"/en/surges?period=2026", 404},
	{"/vi/bao-cao", 200}, {"/en/report/2026-Q3", 200}, {"/vi/bao-cao/2026-Q4", 200}, {"/en/report/2026-Q1", 404}, {"/en/report/2027-Q1", 404}, {"/en/report/2026-10", 404},
	{"/en/country/vn", 404}, {"/en/country/XX", 404}, {"/en/country/VN?period=soon", 404}, {"/en/country/VN?period=2027-Q1", 404},
	{"/chart/en/bars/attacks?of=VN&by=kind&period=2026-Q3", 200}, {"/embed/vi/bars/attacks?of=VN&by=kind&period=2026-Q3", 200}, {"/chart/en/bars/nothing?of=VN&period=2026-Q3", 404}, {"/chart/en/pie/attacks?of=VN&period=2026-Q3", 404},
	{"/chart/en/losses", 200}, {"/embed/vi/losses?theme=dark", 200}, {"/chart/en/gains", 404},
	{"/data/figures/bars/attacks?of=VN&by=kind&period=2026-Q3&format=csv", 200}, {"/data/figures/series/attacks?of=VN&period=2026-11&format=json", 200},
	{"/data/figures/bars/attacks?of=VN&by=rule&period=2026-Q3&format=csv", 404}, {"/data/figures/bars/attacks?of=VN&period=2026-Q3&format=exe", 404},
	{"/vi/nowhere", 404}, {"/en/docs/99-none", 404}, {"/en/docs/..%2f..%2fgo.mod", 404}, {"/data/secrets.json", 404},
	{"/data/all.csv", 404}, {"/nowhere", 404}, {"/assets/none.js", 404},
}

func TestEveryAddressCarriesThePolicy(t *testing.T) {
	h := newTestPortal(t, Config{}, samplePicture(sampleTime, 12340)).Handler()
	for _, e := range every {
		r := get(t, h, e.path)
		if r.StatusCode != e.status {
			t.Errorf("%s: %d, want %d", e.path, r.StatusCode, e.status)
		}
		csp := r.Header.Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q", e.path, csp)
		}
		if r.Header.Get("X-Content-Type-Options") != "nosniff" || r.Header.Get("Referrer-Policy") == "" {
			t.Errorf("%s: %v", e.path, r.Header)
		}
	}
}

var (
	comment   = regexp.MustCompile(`(?s)<!--.*?-->|<script type="application/ld\+json">[^<]*</script>`) // data blocks are not executed
	inline    = regexp.MustCompile(`<script(?:\s[^>]*)?>[^<]`)
	attribute = regexp.MustCompile(`\s(style|on[a-z]+)="`)
	foreign   = regexp.MustCompile(`(?:src|srcset|action)="(?:https?:)?//|<link[^>]+href="(?:https?:)?//`)
	unfilled  = regexp.MustCompile(`\{(?:n|p|time|home|country|kind|way|date|title|as|sector|weekday)\}`)
	rawKey    = regexp.MustCompile(`>(?:[a-z]+\.)+[a-z0-9]+<`)
)

func TestPagesAreWhole(t *testing.T) {
	h := newTestPortal(t, Config{Replay: true}, samplePicture(sampleTime, 12340)).Handler()
	for _, e := range every {
		r := get(t, h, e.path)
		if !strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") || e.status == 302 {
			continue
		}
		body := comment.ReplaceAllString(bodyOf(t, r), "")
		for name, bad := range map[string]*regexp.Regexp{"inline script": inline, "inline style or handler": attribute, "another host": foreign, "a raw key": rawKey} {
			if m := bad.FindString(body); m != "" {
				t.Errorf("%s has %s: %q", e.path, name, m)
			}
		}
		// The map's texts for the live stream keep their holes on purpose.
		visible := regexp.MustCompile(`data-[a-z]+="[^"]*"`).ReplaceAllString(body, "")
		if m := unfilled.FindString(visible); m != "" {
			t.Errorf("%s has an unfilled text: %s", e.path, m)
		}
		vi := strings.HasPrefix(e.path, "/vi/") || !strings.HasPrefix(e.path, "/en/")
		banner := map[bool]string{true: "ĐÂY LÀ BẢN PHÁT LẠI", false: "THIS IS A REPLAY"}[vi]
		if !strings.Contains(body, banner) {
			t.Errorf("%s does not say that it is a replay", e.path)
		}
		if n := strings.Count(body, "<h1"); n != 1 {
			t.Errorf("%s has %d first headings", e.path, n)
		}
	}
}

func TestNoReplayNoBanner(t *testing.T) {
	pic := samplePicture(sampleTime, 12340)
	pic.Replay = false
	body := bodyOf(t, get(t, newTestPortal(t, Config{}, pic).Handler(), "/en/"))
	if strings.Contains(body, "THIS IS A REPLAY") {
		t.Error("a live page says that it is a replay")
	}
}

func TestErrorPagesOfAReplaySaySo(t *testing.T) {
	h := newTestPortal(t, Config{}, samplePicture(sampleTime, 12340)).Handler()
	get(t, h, "/en/")
	if body := bodyOf(t, get(t, h, "/en/nowhere")); !strings.Contains(body, "THIS IS A REPLAY") || strings.Contains(body, `aria-current="page"`) {
		t.Error("the page that is not there hides the replay, or claims to be another page")
	}
}

// The link to the members' pages is the same for everybody, since pages are kept
// for all visitors; without such pages there is none.
func TestMembersAreLed(t *testing.T) {
	for _, members := range []bool{true, false} {
		h := newTestPortal(t, Config{Members: members}, samplePicture(sampleTime, 12340)).Handler()
		for _, c := range []struct{ path, to string }{{"/vi/", "/vi/toi"}, {"/en/coverage", "/en/my"}} {
			if got := strings.Contains(bodyOf(t, get(t, h, c.path)), `href="`+c.to+`"`); got != members {
				t.Errorf("%s, members %v: linked %v", c.path, members, got)
			}
		}
	}
}

func TestLanguageSwitchStaysOnThePage(t *testing.T) {
	h := newTestPortal(t, Config{}, samplePicture(sampleTime, 12340)).Handler()
	for _, c := range []struct{ from, to string }{{"/vi/", "/en/"}, {"/en/hosting", "/vi/qua-may-dat-tai"}, {"/vi/do-phu", "/en/coverage"},
		{"/en/definitions", "/vi/dinh-nghia"}, {"/vi/dinh-nghia/hosted/1", "/en/definitions/hosted/1"}, {"/en/docs/01-install", "/vi/tai-lieu/01-install"}} {
		if !strings.Contains(bodyOf(t, get(t, h, c.from)), `class="lang" href="`+c.to+`"`) {
			t.Errorf("%s does not lead to %s", c.from, c.to)
		}
	}
}

func TestHomeShowsTheFigures(t *testing.T) {
	h := newTestPortal(t, Config{}, samplePicture(sampleTime, 12340)).Handler()
	vi, en := bodyOf(t, get(t, h, "/vi/")), bodyOf(t, get(t, h, "/en/"))
	for _, want := range []string{"12.340", "12,3", "Trung Quốc", "Dò mật khẩu", "Qua mạng", "AS4134", "Quần đảo Hoàng Sa (Việt Nam)",
		"Quần đảo Trường Sa (Việt Nam)", "không phải bảng xếp hạng", "IP Geolocation by DB-IP", "14:05"} {
		if !strings.Contains(vi, want) {
			t.Errorf("/vi/ lacks %q", want)
		}
	}
	for _, want := range []string{"12,340", "12.3", "China", "Password guessing", "not a ranking", `title="2026-11-21 07:05:12 UTC"`} {
		if !strings.Contains(en, want) {
			t.Errorf("/en/ lacks %q", want)
		}
	}
	for _, secret := range []string{"a secret place", "sensor-VN"} {
		if strings.Contains(vi, secret) {
			t.Errorf("/vi/ shows %q", secret)
		}
	}
}

func TestNetworksAreNamed(t *testing.T) {
	h := newTestPortal(t, Config{}, samplePicture(sampleTime, 12340)).Handler()
	body := bodyOf(t, get(t, h, "/en/"))
	for _, want := range []string{
		`<span title="AS4134 · CHINANET-BACKBONE No.31,Jin-rong Street">AS4134 · CHINANET-BACKBONE No.31,Jin-rong…</span>`,
		`<span title="AS14061 · DIGITALOCEAN-ASN">AS14061 · DIGITALOCEAN-ASN</span>`,
		`AS9009 · M247 &lt;b&gt;&#34;Europe&#34;&lt;/b&gt; SRL`, `<span>AS51167</span>`,
		`AS4134 · CHINANET-BACKBONE No.31,Jin-rong… is the network with most attacks`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	nameless := newTestPortal(t, Config{}, samplePicture(sampleTime, 12340))
	nameless.dep.ASName = nil
	if !strings.Contains(bodyOf(t, get(t, nameless.Handler(), "/en/")), `<span>AS4134</span>`) {
		t.Error("without names the numbers are not shown")
	}
}

func TestCut(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""}, {"0123456789", "0123456789"}, {"0123456789a", "0123456789…"}, {"0123456 89ab", "0123456…"},
		{"01 3456789ab", "01 3456789…"}, {"0123456, 9ab", "0123456…"}, {"ễễễễễễễễễễễ", "ễễễễễễễễễễ…"},
	} {
		if got := cut(c.in, 10); got != c.want {
			t.Errorf("%q is cut to %q, want %q", c.in, got, c.want)
		}
	}
}

func TestFiguresLeadToTheInterface(t *testing.T) {
	h := newTestPortal(t, Config{}, samplePicture(sampleTime, 12340)).Handler()
	body := bodyOf(t, get(t, h, "/vi/"))
	if blocks, links := strings.Count(body, `<section class="block`), strings.Count(body, `<a href="/api/v1/now" aria-label="API: `); blocks != 7 || links != blocks {
		t.Errorf("%d blocks, %d links to the interface", blocks, links)
	}
}

func TestHostileStrings(t *testing.T) {
	const bad = `<script>alert(1)</script>"'><img src=x onerror=alert(2)>`
	pic := samplePicture(sampleTime, 12340)
	for _, list := range []*[]event.Count{&pic.Hosting, &pic.HostingAS, &pic.Kinds, &pic.Ways, &pic.Affected} {
		*list = append([]event.Count{{Key: bad, Events: 99999}}, (*list)...)
	}
	pic.Sectors, pic.SectorDay = []event.Count{{Key: bad, Events: 50, Organisations: 9, Largest: 6, Second: 5}}, pic.DayStart
	h := newTestPortal(t, Config{}, pic).Handler()
	for _, e := range every {
		r := get(t, h, e.path)
		body := bodyOf(t, r)
		if strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") && (strings.Contains(body, "<script>alert") || strings.Contains(body, "<img src=x")) {
			t.Errorf("%s carries the string unescaped", e.path)
		}
	}
	if !strings.Contains(bodyOf(t, get(t, h, "/en/")), "&lt;script&gt;alert(1)&lt;/script&gt;") {
		t.Error("the string is not shown at all")
	}
}

func TestFormulasInCSV(t *testing.T) {
	pic := samplePicture(sampleTime, 12340)
	pic.HostingAS = []event.Count{{Key: `=HYPERLINK("x")`, Events: 1}}
	rows, err := csv.NewReader(get(t, newTestPortal(t, Config{}, pic).Handler(), "/data/as.csv").Body).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 2 || rows[1][9] != `'=HYPERLINK("x")` {
		t.Errorf("%q", rows)
	}
}

func TestDataSaysWhatItIs(t *testing.T) {
	h := newTestPortal(t, Config{}, samplePicture(sampleTime, 12340)).Handler()
	var got table
	if err := json.NewDecoder(get(t, h, "/data/hosting.json").Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	if got.Definition != "hosted/1" || got.Unit != "attacks" || got.Affected != "VN" || got.Status != "provisional" || !got.Replay ||
		got.From != "2026-11-21T00:00:00+07:00" || got.To != "2026-11-21T14:05:12+07:00" || got.Sensors != 14 {
		t.Errorf("%+v", got)
	}
	if len(got.Rows) != 41 || got.Rows[0][0] != "CN" || got.Rows[0][1] != 3208.0 || got.Rows[40][0] != "unconfirmed" {
		t.Errorf("%d rows, first %v", len(got.Rows), got.Rows[0])
	}
	rows, err := csv.NewReader(get(t, h, "/data/minutes.csv").Body).ReadAll()
	if err != nil || len(rows) != 61 || rows[60][9] != "2026-11-21T14:05:00+07:00" {
		t.Errorf("%d rows, %v", len(rows), err)
	}
}

func TestStates(t *testing.T) {
	pic := samplePicture(sampleTime, 12340)
	pic.LastEvent = event.TimeOf(sampleTime.Add(-181 * time.Second))
	stale := bodyOf(t, get(t, newTestPortal(t, Config{}, pic).Handler(), "/en/"))
	if !strings.Contains(stale, `data-stale>`) {
		t.Error("three minutes of silence are shown as calm")
	}
	for _, want := range []string{"So far today, until 14:02", `data-of="rate">–<`, "No sensor is reporting, so no flow can be drawn.", `class="is-stale"`} {
		if !strings.Contains(stale, want) {
			t.Errorf("after three minutes of silence the page lacks %q", want)
		}
	}
	if strings.Contains(stale, "an average Saturday") {
		t.Error("a count that stopped is compared with the average up to now")
	}
	pic.LastEvent = event.TimeOf(sampleTime.Add(-179 * time.Second))
	if body := bodyOf(t, get(t, newTestPortal(t, Config{}, pic).Handler(), "/en/")); !strings.Contains(body, `data-stale hidden`) {
		t.Error("stale before three minutes have passed")
	}
	empty := event.Picture{At: event.TimeOf(sampleTime), LastEvent: event.TimeUnset, SectorDay: event.TimeUnset, Watermark: event.TimeUnset}
	h := newTestPortal(t, Config{}, empty).Handler()
	for _, e := range every {
		if r := get(t, h, e.path); r.StatusCode != e.status {
			t.Errorf("empty picture: %s answers %d", e.path, r.StatusCode)
		}
	}
	body := bodyOf(t, get(t, h, "/vi/"))
	for _, want := range []string{"Chưa có cảm biến nào báo về", "chưa ghi nhận lượt tấn công nào"} {
		if !strings.Contains(body, want) {
			t.Errorf("the empty page lacks %q", want)
		}
	}
}

func TestSectorsThatMayNotBeShown(t *testing.T) {
	pic := samplePicture(sampleTime, 12340)
	pic.SectorDay = pic.DayStart - event.Time(24*3600e9)
	pic.Sectors = []event.Count{{Key: "health", Events: 500, Organisations: 9, Largest: 100, Second: 90},
		{Key: "education", Events: 77777, Organisations: 2, Largest: 77000, Second: 777}}
	body := bodyOf(t, get(t, newTestPortal(t, Config{}, pic).Handler(), "/vi/"))
	if !strings.Contains(body, "Y tế có nhiều lượt nhất") || !strings.Contains(body, "18/11/2026") || !strings.Contains(body, ">ẩn<") {
		t.Error("the released sector, its day or the hidden one is not shown")
	}
	if strings.Contains(body, "77.777") || strings.Contains(body, "77777") {
		t.Error("a hidden figure is shown")
	}
}

func TestWelcome(t *testing.T) {
	h := newTestPortal(t, Config{}, samplePicture(sampleTime, 1)).Handler()
	for _, c := range []struct{ accept, cookie, want string }{
		{"", "", "/vi/"}, {"en", "", "/en/"}, {"en-GB,en;q=0.9", "", "/en/"}, {"vi-VN,vi;q=0.9,en;q=0.8", "", "/vi/"},
		{"fr,en;q=0.5,vi;q=0.4", "", "/en/"}, {"fr", "", "/vi/"}, {"en", "lang=vi", "/vi/"}, {"vi", "lang=en", "/en/"},
		{"en", "lang=xx", "/en/"}, {"en;q=x,vi;q=0.1", "", "/vi/"}, {"en;q=0", "", "/vi/"},
	} {
		r := get(t, h, "/", "Accept-Language", c.accept, "Cookie", c.cookie)
		if got := r.Header.Get("Location"); got != c.want {
			t.Errorf("%q with %q: %s, want %s", c.accept, c.cookie, got, c.want)
		}
	}
}

func TestTheme(t *testing.T) {
	h := newTestPortal(t, Config{}, samplePicture(sampleTime, 1)).Handler()
	post := func(theme, back string) *http.Response {
		r := httptest.NewRequest(http.MethodPost, "/theme", strings.NewReader(url.Values{"theme": {theme}, "back": {back}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Result()
	}
	r := post("dark", "/en/coverage")
	if r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/en/coverage" || !strings.HasPrefix(r.Header.Get("Set-Cookie"), "theme=dark;") {
		t.Errorf("%d %v", r.StatusCode, r.Header)
	}
	if r := post("<script>", "//evil.example"); r.Header.Get("Location") != "/" || !strings.Contains(r.Header.Get("Set-Cookie"), "Max-Age=0") {
		t.Errorf("%v", r.Header)
	}
	dark, plain := bodyOf(t, get(t, h, "/en/", "Cookie", "theme=dark")), bodyOf(t, get(t, h, "/en/"))
	if !strings.Contains(dark, `data-theme="dark"`) || strings.Contains(plain, "data-theme") {
		t.Error("the theme of one visitor is not theirs alone")
	}
}

func TestOnePageServesEverybodyForASecond(t *testing.T) {
	now, asked := sampleTime, 0
	p, err := New(Config{}, Dependencies{
		Gate:   classify.NewGate(samples{func() event.Picture { asked++; return samplePicture(now, 12340) }}, nil, nil),
		Assets: newTestAssets(t), Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	h := p.Handler()
	first := get(t, h, "/vi/")
	for range 20 {
		get(t, h, "/vi/", "Accept-Encoding", "gzip")
	}
	if asked != 1 {
		t.Errorf("the gate was asked %d times", asked)
	}
	if r := get(t, h, "/vi/", "If-None-Match", first.Header.Get("ETag")); r.StatusCode != http.StatusNotModified {
		t.Errorf("%d", r.StatusCode)
	}
	now = now.Add(time.Second)
	get(t, h, "/vi/")
	if asked != 2 {
		t.Errorf("a second later the gate was asked %d times", asked)
	}
	packed := get(t, h, "/vi/", "Accept-Encoding", "gzip")
	z, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	unpacked, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	if string(unpacked) != bodyOf(t, get(t, h, "/vi/")) {
		t.Error("the two encodings differ")
	}
}

func TestAFaultOfOursIsAPage(t *testing.T) {
	var log bytes.Buffer
	p, err := New(Config{}, Dependencies{
		Gate:   classify.NewGate(samples{func() event.Picture { panic("secret detail") }}, nil, nil),
		Assets: newTestAssets(t), Log: slog.New(slog.NewTextHandler(&log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	r := get(t, p.Handler(), "/en/")
	body := bodyOf(t, r)
	if r.StatusCode != http.StatusInternalServerError || !strings.Contains(body, "The fault is ours") || strings.Contains(body, "secret") {
		t.Errorf("%d %s", r.StatusCode, body)
	}
	if !strings.Contains(log.String(), "secret detail") {
		t.Error("the fault was not logged")
	}
}

func TestOnlyReading(t *testing.T) {
	h := newTestPortal(t, Config{}, samplePicture(sampleTime, 1)).Handler()
	for _, m := range []string{http.MethodPost, http.MethodPut, http.MethodDelete} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(m, "/vi/", nil))
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") == "" {
			t.Errorf("%s: %d", m, w.Code)
		}
	}
}

func TestDocs(t *testing.T) {
	h := newTestPortal(t, Config{}, samplePicture(sampleTime, 1)).Handler()
	body := bodyOf(t, get(t, h, "/vi/tai-lieu/01-install"))
	for _, want := range []string{"hiện chỉ có bằng tiếng Anh", `href="/vi/tai-lieu/02-sensors#tokens"`, `<td align="right">1</td>`, "Cảm biến"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(body, "<script>alert") {
		t.Error("raw HTML of a page is rendered")
	}
	if body := bodyOf(t, get(t, h, "/vi/tai-lieu/02-sensors")); !strings.Contains(body, "Nội dung.") || strings.Contains(body, "chỉ có bằng tiếng Anh") {
		t.Error("the Vietnamese page is not preferred")
	}
}

func TestNewRefuses(t *testing.T) {
	if _, err := New(Config{}, Dependencies{}); err == nil {
		t.Error("a portal without a gate was made")
	}
	gate := classify.NewGate(samples{func() event.Picture { return event.Picture{} }}, nil, nil)
	if _, err := New(Config{}, Dependencies{Gate: gate, Assets: testAssets{world: []byte(`{}`)}}); err == nil {
		t.Error("a portal with an empty map was made")
	}
}

func FuzzLocal(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	f.Add("/en/coverage")
	f.Add("//evil.example")
	f.Add(`/\evil.example`)
	f.Fuzz(func(t *testing.T, to string) {
		u, err := url.Parse(local(to))
		if err == nil && (u.Host != "" || u.Scheme != "") {
			t.Fatalf("%q leads to %q", to, local(to))
		}
	})
}
