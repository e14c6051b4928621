// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"encoding/csv"
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"haidang/figure"
)

func TestACountryPageShowsWhatWasCounted(t *testing.T) {
	h := newTestPortal(t, Config{Origin: "https://example.vn"}, samplePicture(sampleTime, 12340)).Handler()
	n := counted("2026-07-01", "2026-10-01", attacksOn("VN"))
	before := counted("2026-04-01", "2026-07-01", attacksOn("VN"))
	change := figure.Signed("vi", 100*float64(n-before)/float64(before))
	vi := html.UnescapeString(bodyOf(t, get(t, h, "/vi/quoc-gia/VN?ky=2026-Q3")))
	en := html.UnescapeString(bodyOf(t, get(t, h, "/en/country/VN?period=2026-Q3")))
	for _, want := range []string{figure.Number("vi", n) + " lượt tấn công vào Việt Nam (attacks/1)", "so với quý trước", "quý II năm 2026", change, "Dò mật khẩu",
		`href="/vi/dinh-nghia/attacks/1"`, "<svg class=\"figure\"", "Trung Quốc", "có thể bị giả mạo", "https://example.vn/vi/quoc-gia/VN?ky=2026-Q3#kinds"} {
		if !strings.Contains(vi, want) {
			t.Errorf("the Vietnamese page does not say %q", want)
		}
	}
	for _, want := range []string{figure.Number("en", n) + " attacks on Vietnam were detected", "on the quarter", figure.Number("en", before)} {
		if !strings.Contains(en, want) {
			t.Errorf("the English page does not say %q", want)
		}
	}
}

// A period that is still running has no change; the page says how the last whole
// one went.
func TestARunningPeriodHasNoChange(t *testing.T) {
	h := newTestPortal(t, Config{}, samplePicture(sampleTime, 12340)).Handler()
	body := bodyOf(t, get(t, h, "/en/figures"))
	q4, q3 := counted("2026-10-01", "2027-01-01", attacksOn("VN")), counted("2026-07-01", "2026-10-01", attacksOn("VN"))
	if !strings.Contains(body, "In the fourth quarter of 2026, "+figure.Number("en", q4)+" attacks on Vietnam were detected (attacks/1). Provisional.") {
		t.Error("the running quarter's sentence is missing, or gives a change")
	}
	if !strings.Contains(body, "In the third quarter of 2026, "+figure.Number("en", q3)) || !strings.Contains(body, "on the quarter (the second quarter of 2026") {
		t.Error("the last whole quarter is not told with its change")
	}
}

var address = regexp.MustCompile(`(?:href|data-from)="(/(?:data|chart|embed|api|vi|en)/[^"#]*)"`)

// Every address on a page of figures, the interface's apart, answers.
func TestBlocksLeadToWhatThereIs(t *testing.T) {
	h := newTestPortal(t, Config{}, samplePicture(sampleTime, 12340)).Handler()
	seen := map[string]bool{}
	for _, page := range []string{"/vi/so-lieu", "/en/country/VN?period=2026-11", "/en/country/SG?period=2026-W46"} {
		for _, m := range address.FindAllStringSubmatch(bodyOf(t, get(t, h, page)), -1) {
			to := html.UnescapeString(m[1])
			if seen[to] || strings.HasPrefix(to, "/api/") || strings.HasPrefix(to, "/vi/toi") || strings.HasPrefix(to, "/en/my") ||
				to == "/vi/chuoi-so-lieu" || to == "/en/series" { // other rooms'
				continue
			}
			seen[to] = true
			if status := get(t, h, to).StatusCode; status != 200 && status != 302 {
				t.Errorf("%s leads to %s: %d", page, to, status)
			}
		}
	}
	if len(seen) < 40 {
		t.Errorf("only %d addresses found", len(seen))
	}
}

// A block's table as CSV and JSON has the page's numbers, with all they mean.
func TestABlockAsData(t *testing.T) {
	h := newTestPortal(t, Config{}, samplePicture(sampleTime, 12340)).Handler()
	lines, err := csv.NewReader(strings.NewReader(bodyOf(t, get(t, h, "/data/figures/series/attacks?of=VN&period=2026-11&format=csv")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]int{}
	for i, name := range lines[0] {
		at[name] = i
	}
	if len(lines) != 1+21 {
		t.Fatalf("%d days", len(lines)-1)
	}
	for _, line := range lines[1:] {
		day, _ := time.Parse(time.DateOnly, line[at["period"]])
		want := strconv.FormatInt(counted(day.Format(time.DateOnly), day.AddDate(0, 0, 1).Format(time.DateOnly), attacksOn("VN")), 10)
		gap := "false"
		if want == "0" {
			want, gap = "", "true"
		}
		if line[at["value"]] != want || line[at["gap"]] != gap || gap == "false" && line[at["definition"]] != "attacks/1" {
			t.Errorf("%v, want %s, gap %s", line, want, gap)
		}
	}
	var e export
	if err := json.Unmarshal([]byte(bodyOf(t, get(t, h, "/data/figures/bars/attacks?of=world&by=sector&period=2026-11-17&format=json"))), &e); err != nil {
		t.Fatal(err)
	}
	hidden := 0
	for _, r := range e.Tables[0].Rows {
		if r.Hidden != (r.Value == nil) {
			t.Errorf("%+v", r)
		}
		if r.Hidden {
			hidden++
		}
	}
	if hidden == 0 {
		t.Error("no row is withheld; the sample should have one")
	}
}

func TestHiddenRowsAreSaidToBe(t *testing.T) {
	h := newTestPortal(t, Config{}, samplePicture(sampleTime, 12340)).Handler()
	body := bodyOf(t, get(t, h, "/embed/en/bars/attacks?of=world&by=sector&period=2026-11-17"))
	if strings.Count(body, "withheld to protect those concerned") < 2 || strings.Contains(body, ">90<") || strings.Contains(body, ">80<") {
		t.Error("what is withheld is not said to be, or is shown")
	}
}

// A block in a frame: framed by anybody, without cookies or scripts, with a link
// back and its citation.
func TestEmbed(t *testing.T) {
	h := newTestPortal(t, Config{Origin: "https://example.vn"}, samplePicture(sampleTime, 12340)).Handler()
	r := get(t, h, "/embed/en/bars/attacks?of=VN&by=kind&period=2026-Q3&theme=dark", "Cookie", "theme=light; lang=vi", "Sec-Fetch-Site", "same-origin")
	body := bodyOf(t, r)
	csp := r.Header.Get("Content-Security-Policy")
	if !strings.Contains(csp, "frame-ancestors *") || strings.Contains(csp, "script-src") || len(r.Header.Values("Content-Security-Policy")) != 1 {
		t.Errorf("policy %q", csp)
	}
	if len(r.Header.Values("Set-Cookie")) > 0 || strings.Contains(strings.Join(r.Header.Values("Vary"), ","), "Cookie") || strings.Contains(body, "<script") {
		t.Errorf("%v", r.Header)
	}
	for _, want := range []string{`data-theme="dark"`, `<html lang="en"`, "definition attacks/1", `href="https://example.vn/en/country/VN?period=2026-Q3"`, "<svg"} {
		if !strings.Contains(body, want) {
			t.Errorf("the frame does not hold %q", want)
		}
	}
	for _, path := range []string{"/en/figures", "/chart/en/bars/attacks?of=VN&by=kind&period=2026-Q3", "/data/figures/bars/attacks?of=VN&by=kind&period=2026-Q3&format=csv", "/embed/en/bars/nothing?of=VN&period=2026-Q3"} {
		if csp := get(t, h, path).Header.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-ancestors 'none'") {
			t.Errorf("%s may be framed: %q", path, csp)
		}
	}
}

// What search engines read is JSON within a script element that nothing written
// into it can close.
func TestDatasetIsEscaped(t *testing.T) {
	h := newTestPortal(t, Config{Origin: `https://example.vn/</script><script>alert(1)</script>`}, samplePicture(sampleTime, 12340)).Handler()
	body := bodyOf(t, get(t, h, "/en/country/VN?period=2026-Q3"))
	_, rest, found := strings.Cut(body, `<script type="application/ld+json">`)
	raw, _, closed := strings.Cut(rest, "</script>")
	var d dataset
	if err := json.Unmarshal([]byte(raw), &d); !found || !closed || err != nil {
		t.Fatalf("%v in %.300s", err, raw)
	}
	if d.Type != "Dataset" || d.Temporal != "2026-07-01/2026-09-30" || len(d.Distribution) < 6 || !strings.Contains(d.URL, "</script>") {
		t.Errorf("%+v", d)
	}
	if strings.Contains(body, "<script>alert") {
		t.Error("a text became a script")
	}
}

func TestPeriodPicker(t *testing.T) {
	h := newTestPortal(t, Config{}, samplePicture(sampleTime, 12340)).Handler()
	for _, period := range []string{"2026-11-20", "2026-W46", "2026-10", "2026-Q3", "2026-H1", "2026", "2026-YTD@2026-11-21"} {
		r := get(t, h, "/vi/quoc-gia/VN?"+url.Values{"ky": {period}}.Encode())
		if body := bodyOf(t, r); r.StatusCode != 200 || !strings.Contains(body, `value="`+period+`"`) || !strings.Contains(body, `/en/country/VN?`+strings.ReplaceAll(url.Values{"period": {period}}.Encode(), "&", "&amp;")) {
			t.Errorf("%s: %d, or the other language shows another period", period, r.StatusCode)
		}
	}
}

func TestReadSpec(t *testing.T) {
	s := spec{Form: formPair, Figure: "attacks", Of: "VN", By: []string{"kind", "way"}, Row: "kind:fraud/phishing", Period: "2026-Q3", With: "2026-Q2"}
	u, err := url.Parse(s.path("/embed/en"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := readSpec("pair", "attacks", u.Query())
	if err != nil || got.path("x") != s.path("x") {
		t.Errorf("%+v %v", got, err)
	}
	for _, bad := range []string{"period=", "period=2026-Q3&of=" + strings.Repeat("V", 101)} {
		v, _ := url.ParseQuery(bad)
		if _, err := readSpec("bars", "attacks", v); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}
