// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"html"
	"strings"
	"testing"
	"time"

	"haidang/figure"
)

// smallIn adds up by hand what the small world's small enterprises had in a period.
func smallIn(from, to string) (n int64) {
	at, _ := time.ParseInLocation(time.DateOnly, from, sampleZone)
	until, _ := time.ParseInLocation(time.DateOnly, to, sampleZone)
	for ; at.Before(until); at = at.AddDate(0, 0, 1) {
		n += 60 + 50 + 50 + 50 + 40 + 40 + 2*int64(at.Day()) + 90 + 20 + 20 + 20
	}
	return n
}

// Small and medium enterprises have a sentence, with its base, and a block on the page
// of sectors and in the quarterly report, in both languages; pages of days have none.
func TestSmallEnterprises(t *testing.T) {
	q3, q2 := smallIn("2026-07-01", "2026-10-01"), smallIn("2026-04-01", "2026-07-01")
	for path, want := range map[string][]string{
		"/en/sectors?period=2026-Q3": {"In the third quarter of 2026, " + figure.Number("en", q3) + " attacks on small and medium enterprises among the member organisations were detected (attacks/1)",
			"on the quarter (the second quarter of 2026: " + figure.Number("en", q2) + ")", "of attacks on member organisations", "Small (10 to 49)"},
		"/vi/linh-vuc?ky=2026-Q3": {figure.Number("vi", q3) + " lượt tấn công vào các doanh nghiệp nhỏ và vừa trong số tổ chức thành viên (attacks/1)",
			"so với quý trước (quý II năm 2026: " + figure.Number("vi", q2) + ")", "số lượt tấn công vào tổ chức thành viên", "Nhỏ (10 đến 49 người)"},
		"/en/report/2026-Q3":  {figure.Number("en", q3) + " attacks on small and medium enterprises", "size/1", "Size of organisations"},
		"/vi/bao-cao/2026-Q3": {figure.Number("vi", q3) + " lượt tấn công vào các doanh nghiệp nhỏ và vừa", "size/1", "Quy mô tổ chức"},
	} {
		body := html.UnescapeString(tag.ReplaceAllString(shown(t, path), ""))
		for _, w := range want {
			if !strings.Contains(body, w) {
				t.Errorf("%s does not say %q", path, w)
			}
		}
	}
	for _, path := range []string{"/en/sectors", "/en/sectors?period=2026-10", "/en/sectors?period=2026-Q4"} {
		if strings.Contains(shown(t, path), "by size of organisation") {
			t.Errorf("%s has a table by size", path)
		}
	}
}
