// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package desk

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSearchShowsRecordsFacetsAndTimeline(t *testing.T) {
	r := newRig(t)
	for _, path := range []string{"/vi/ban-phan-tich", "/en/desk"} {
		a := r.get("analyst", path)
		if a.status != http.StatusOK || strings.Count(a.body, "/records/")+strings.Count(a.body, "/ban-ghi/") != 50 {
			t.Fatalf("%s: %d, %d records", path, a.status, strings.Count(a.body, "/records/"))
		}
		for _, want := range []string{
			"intrusion-attempts/brute-force", "hosting.country=CN", "observer.name=hanoi-1", "<svg class=\"timeline\"", "cursor=",
			"198.51.100.0:40000", "TLP:AMBER", "affected.org=", "/api/v1/events?from=2026-11-20T09%3A30",
		} {
			if !strings.Contains(a.body, want) {
				t.Errorf("%s lacks %q", path, want)
			}
		}
		acts := r.noted()
		if len(acts) != 1 || acts[0].What != "search" || acts[0].Count != 50 || len(acts[0].IDs) != 50 {
			t.Errorf("noted %+v", acts)
		}
	}
}

// The counts of a facet are those of the filtered list, and its link narrows it.
func TestAFacetAddsAFilter(t *testing.T) {
	r := newRig(t)
	first := r.get("analyst", "/en/desk?period=7d")
	link := regexp.MustCompile(`<a href="(\?hosting\.country=CN[^"]*)">CN</a> <span>(\d+)</span>`).FindStringSubmatch(first.body)
	if link == nil {
		t.Fatal("no facet for CN")
	}
	narrowed := r.get("analyst", "/en/desk"+strings.ReplaceAll(link[1], "&amp;", "&"))
	if !strings.Contains(narrowed.body, link[2]+" attacks;") || strings.Contains(narrowed.body, ">US</a>") {
		t.Errorf("narrowed to CN: want %s attacks", link[2])
	}
	if !strings.Contains(narrowed.body, "hosting.country = CN") || !strings.Contains(narrowed.body, "period=7d") {
		t.Error("the filter is not shown, or the period is lost")
	}
}

func TestTheFormBecomesAnAddress(t *testing.T) {
	r := newRig(t)
	a := r.get("analyst", "/en/desk?period=7d&from=&to=&address=203.0.113.0%2F28&end=affected.ip&rule=ET&kind=&country=cn&sensor=&field=event.severity&op=min&value=3&cert.stage=attempt")
	if a.status != http.StatusSeeOther {
		t.Fatal(a.status)
	}
	to, err := url.Parse(a.to)
	fatal(t, err)
	want := url.Values{
		"period": {"7d"}, "affected.ip[prefix]": {"203.0.113.0/28"}, "rule.name[prefix]": {"ET"}, "hosting.country": {"CN"},
		"event.severity[min]": {"3"}, "cert.stage": {"attempt"},
	}
	if to.Path != "/en/desk" || to.Query().Encode() != want.Encode() {
		t.Errorf("%s\nwant %s", to.Query().Encode(), want.Encode())
	}
	if got := r.get("analyst", a.to); got.status != http.StatusOK {
		t.Error(got.status)
	}
}

func TestPages(t *testing.T) {
	r := newRig(t)
	seen := map[string]bool{}
	path := "/en/desk?period=7d"
	for n := 0; path != "" && n < 10; n++ {
		a := r.get("analyst", path)
		for _, m := range regexp.MustCompile(`/en/desk/records/([0-9a-f-]+)`).FindAllStringSubmatch(a.body, -1) {
			if seen[m[1]] {
				t.Errorf("%s is shown twice", m[1])
			}
			seen[m[1]] = true
		}
		next := regexp.MustCompile(`<a href="([^"]+)" rel="next">`).FindStringSubmatch(a.body)
		path = ""
		if next != nil {
			path = "/en/desk" + strings.ReplaceAll(next[1], "&amp;", "&")
		}
	}
	if len(seen) != 300 {
		t.Errorf("%d of 300 records over all pages", len(seen))
	}
}

func TestWrongQuestionsNameTheField(t *testing.T) {
	r := newRig(t)
	for _, c := range []struct{ query, field string }{
		{"source.ip=nonsense", "source.ip"}, {"no.such.field=1", "filter"}, {"source.ip[like]=1", "filter"}, {"from=yesterday", "from"},
		{"from=2026-11-21T10:00&to=2026-11-21T09:00", "to"}, {"cert.rsit=nonsense", "cert.rsit"}, {"cursor=nonsense", "cursor"},
	} {
		a := r.get("analyst", "/en/desk?"+c.query)
		if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "<strong>"+c.field+"</strong>") {
			t.Errorf("%s: %d, the field %s is not named", c.query, a.status, c.field)
		}
		if acts := r.noted(); len(acts) != 0 {
			t.Errorf("%s: nothing was shown, noted %+v", c.query, acts)
		}
	}
}

// A facet that does not come, whatever becomes of its context, is said to be
// late, and the rest is there.
func TestALateFacetDoesNotHoldThePage(t *testing.T) {
	r := newRig(t)
	r.server.cfg.Patience = 4 * time.Second // the list has ten times as long
	r.shelf.slow = func(by []string) bool { return slices.Equal(by, []string{"rule.name"}) }
	began := time.Now()
	a := r.get("analyst", "/en/desk")
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("took %v", took)
	}
	if a.status != http.StatusOK || !strings.Contains(a.body, "taking too long") || !strings.Contains(a.body, "/en/desk/records/") {
		t.Errorf("%d: late and list are not both shown", a.status)
	}
}

func TestAFaultIsNotShown(t *testing.T) {
	r := newRig(t)
	r.shelf.fault = errors.New("secret detail of the store")
	a := r.get("analyst", "/en/desk")
	if a.status != http.StatusInternalServerError || strings.Contains(a.body, "secret detail") {
		t.Error(a.status)
	}
}

// Without the note there is no answer.
func TestNothingIsShownThatIsNotWrittenDown(t *testing.T) {
	r := newRig(t)
	r.noNote = true
	for _, c := range []struct{ who, path string }{
		{"analyst", "/en/desk"}, {"unsteady", "/en/desk/records/01000000000000000000000000000002"}, {"operator", "/en/desk/quarantine"},
		{"auditor", "/en/audit"}, {"all", fmt.Sprintf("/en/desk/organisations/%d", r.hosp)},
	} {
		a := r.get(c.who, c.path)
		if a.status != http.StatusServiceUnavailable {
			t.Errorf("%s: %d", c.path, a.status)
		}
		for _, leak := range []string{"198.51.100", "203.0.113", "hue-1", "9f2c41d7a05e83b6", "soc@hospital"} {
			if strings.Contains(a.body, leak) {
				t.Errorf("%s shows %s", c.path, leak)
			}
		}
	}
}

// Internal data stay closed without a passkey; the page says so and where to
// confirm, and comes back here.
func TestWithoutAPasskey(t *testing.T) {
	r := newRig(t)
	a := r.get("unsteady", "/en/desk?period=7d")
	if a.status != http.StatusOK || strings.Contains(a.body, "hue-2") {
		t.Errorf("%d: unlabelled records of hue-2 (T3) are shown without a passkey", a.status)
	}
	if !strings.Contains(a.body, "hue-1") {
		t.Error("what needs no passkey is not shown")
	}
	if !strings.Contains(a.body, `href="/en/account/confirm?next=%2Fen%2Fdesk%3Fperiod%3D7d"`) {
		t.Error("no link to confirm")
	}
	if b := r.get("analyst", "/en/desk?period=7d"); !strings.Contains(b.body, "hue-2") || strings.Contains(b.body, "/en/account/confirm") {
		t.Error("with a passkey, internal data are there and nothing is asked for")
	}
}

var everyPage = []struct{ path, role string }{
	{"/vi/ban-phan-tich", "analyst"}, {"/en/desk", "analyst"}, {"/en/desk/records/01000000000000000000000000000001", "analyst"},
	{"/vi/ban-phan-tich/ban-ghi/01000000000000000000000000000001", "analyst"}, {"/en/desk/organisations", "analyst"},
	{"/vi/ban-phan-tich/to-chuc", "analyst"}, {"/vi/ban-phan-tich/to-chuc/100000", "analyst"}, {"/en/desk/organisations/100000", "analyst"}, {"/en/desk/import", "analyst"},
	{"/vi/ban-phan-tich/nhap", "analyst"}, {"/en/desk/dry-run?prefix=203.0.113.0/24&to=100001", "analyst"}, {"/vi/ban-phan-tich/chay-thu", "analyst"},
	{"/en/desk/quarantine", "operator"}, {"/vi/ban-phan-tich/cach-ly", "operator"}, {"/en/audit?person=Nguy", "auditor"}, {"/vi/nhat-ky", "auditor"},
}

// Nobody gets more than a refusal without the role, and the same one whatever is
// asked for.
func TestRefusals(t *testing.T) {
	r := newRig(t)
	for _, p := range everyPage {
		for _, who := range []string{"", "nobody-we-know", "member", "analyst", "operator", "auditor"} {
			a := r.get(who, p.path)
			switch {
			case who == "" || who == "nobody-we-know":
				if a.status != http.StatusSeeOther || !strings.HasPrefix(a.to, "/en/sign-in?next=") && !strings.HasPrefix(a.to, "/vi/dang-nhap?next=") {
					t.Errorf("a stranger at %s: %d %s", p.path, a.status, a.to)
				}
			case who == p.role:
				if a.status != http.StatusOK {
					t.Errorf("%s at %s: %d", who, p.path, a.status)
				}
			default:
				if a.status != http.StatusForbidden {
					t.Errorf("%s at %s: %d", who, p.path, a.status)
				}
				for _, leak := range []string{"198.51.100", "203.0.113", "hue-1", "9f2c41d7a05e83b6", "soc@hospital", "Bộ Ví"} {
					if strings.Contains(a.body, leak) {
						t.Errorf("%s at %s reads %s", who, p.path, leak)
					}
				}
			}
		}
	}
	id := fmt.Sprint(r.hosp)
	for _, p := range []string{"/en/desk/organisations", "/en/desk/organisations/" + id + "/networks", "/vi/ban-phan-tich/to-chuc/" + id + "/contacts", "/en/desk/import", "/en/desk/quarantine"} {
		for _, c := range []struct {
			who  string
			want int
		}{{"", http.StatusSeeOther}, {"member", http.StatusForbidden}, {"auditor", http.StatusForbidden}} {
			if a := r.post(c.who, p, "do", "confirm", "network", "AS64500", "why", "x"); a.status != c.want {
				t.Errorf("%q posts to %s: %d", c.who, p, a.status)
			}
		}
		if !strings.HasSuffix(p, "quarantine") {
			if a := r.post("unsteady", p, "do", "confirm", "network", "AS64500", "why", "x"); a.status != http.StatusForbidden || !strings.Contains(a.body, "passkey") && !strings.Contains(a.body, "khóa truy cập") {
				t.Errorf("without a passkey at %s: %d", p, a.status)
			}
		}
	}
	o, _ := r.people.Organisation(r.hosp)
	if _, as, _ := o.Own(); len(as) != 0 {
		t.Error("somebody without the right confirmed a network")
	}
}

// Nothing that an attacker wrote reaches a page as markup, as a script's address
// or as invisible characters.
func TestHostileStrings(t *testing.T) {
	r := newRig(t)
	for _, p := range everyPage {
		a := r.get("all", p.path)
		if a.status != http.StatusOK {
			t.Errorf("%s: %d", p.path, a.status)
		}
		for _, bad := range []string{"<script>alert", "<img src=x", "onerror=alert(2)>", `href="javascript:`, "\u202e", "<b onclick", "' onmouseover='alert", "</pre><script"} {
			if strings.Contains(a.body, bad) {
				t.Errorf("%s holds %q", p.path, bad)
			}
		}
		if strings.Contains(a.body, "ZgotmplZ") {
			t.Errorf("%s: a value was in a place where it may not be", p.path)
		}
		if csp := a.header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %q", p.path, csp)
		}
	}
	a := r.get("analyst", "/en/desk/records/01000000000000000000000000000001")
	for _, want := range []string{"&lt;script&gt;alert(1)", `\u{202e}txt.exe`} {
		if !strings.Contains(a.body, want) {
			t.Errorf("the record's page lacks %q", want)
		}
	}
}
