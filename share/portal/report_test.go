// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"html"
	"regexp"
	"strings"
	"testing"

	"haidang/figure"
)

var tag = regexp.MustCompile(`<[^>]+>`)

// A report's numbers are those of the small world, in both languages, each with
// what it is measured against.
func TestReportSaysWhatWasCounted(t *testing.T) {
	q3, q2 := counted("2026-07-01", "2026-10-01", attacksOn("VN")), counted("2026-04-01", "2026-07-01", attacksOn("VN"))
	guessing := counted("2026-07-01", "2026-10-01", func(c *sampleCell) bool {
		return attacksOn("VN")(c) && c.dim("cert.rsit") == "intrusion-attempts/brute-force"
	})
	for _, c := range []struct{ lang, path string }{{"vi", "/vi/bao-cao/2026-Q3"}, {"en", "/en/report/2026-Q3"}} {
		body := tag.ReplaceAllString(shown(t, c.path), "")
		for _, n := range []int64{q3, q2, guessing} {
			if !strings.Contains(body, figure.Number(c.lang, n)) {
				t.Errorf("%s does not say %s", c.path, figure.Number(c.lang, n))
			}
		}
		for _, want := range map[string][]string{
			"vi": {"Báo cáo an ninh mạng quý III năm 2026", "so với quý trước (quý II năm 2026", "Loại hình nhiều nhất là dò mật khẩu", "Tình trạng: chính thức.", "Nơi đặt máy không phải nơi ở của kẻ tấn công", "Cách trích dẫn", "không có bản ghi nào: 0 trong 92 ngày"},
			"en": {"Cyber-threat report, the third quarter of 2026", "on the quarter (the second quarter of 2026", "The most frequent kind was password guessing", "Status: final.", "not where the attacker lives", "How to cite", "without any record: 0 of 92"},
		}[c.lang] {
			if !strings.Contains(body, want) {
				t.Errorf("%s does not say %q", c.path, want)
			}
		}
		if strings.Contains(body, "2025") && strings.Contains(body, "on the year") {
			t.Error("it is compared with a year of which nothing is known")
		}
	}
}

// Every figure of a report prints: charts, and tables of a printable length.
func TestReportHasChartsAndTables(t *testing.T) {
	body := shown(t, "/en/report/2026-Q3")
	if n := strings.Count(body, `<svg class="figure"`); n < 6 {
		t.Errorf("%d charts", n)
	}
	if n := strings.Count(body, `<div class="across"`); n < 5 {
		t.Errorf("%d tables that print", n)
	}
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(` id="([^"]+)"`).FindAllStringSubmatch(body, -1) {
		if ids[m[1]] {
			t.Errorf("%s is there twice", m[1])
		}
		ids[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`href="#([^"]+)"`).FindAllStringSubmatch(body, -1) {
		if !ids[m[1]] {
			t.Errorf("#%s leads nowhere", m[1])
		}
	}
}

func TestARunningQuarterIsSaidToRun(t *testing.T) {
	body := shown(t, "/en/report/2026-Q4")
	if !strings.Contains(body, "still running") || strings.Contains(body, "on the quarter (") || !strings.Contains(body, "Status: provisional") || !strings.Contains(body, "2 of 52") {
		t.Error("a running quarter reads like a whole one")
	}
}

// The list has the quarters with records, the newest first, and no others.
func TestReportsAreListed(t *testing.T) {
	body := html.UnescapeString(shown(t, "/en/report"))
	var got []string
	for _, m := range regexp.MustCompile(`href="/en/report/([^"]+)"`).FindAllStringSubmatch(body, -1) {
		got = append(got, m[1])
	}
	if strings.Join(got, " ") != "2026-Q4 2026-Q3 2026-Q2" {
		t.Errorf("%q", got)
	}
}
