// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"html"
	"strings"
	"testing"
)

// Whoever asks for what there is not reads which field that is, what stands in it
// and what to write instead.
func TestThePageNamesTheFieldThatCannotBeRead(t *testing.T) {
	h := newTestPortal(t, Config{}, samplePicture(sampleTime, 12340)).Handler()
	for _, c := range []struct {
		path string
		want []string
	}{
		{"/en/country/VN?period=soon", []string{"“period”", "“soon” is no period", "2026-Q4", `href="/en/country/VN"`}},
		{"/vi/quoc-gia/VN?ky=mai", []string{"“ky”", "“mai” không phải là một kỳ", "2026-Q4"}},
		{"/en/figures?period=%3Cb%3E", []string{"“<b>” is no period"}},
		{"/en/figures?period=2027-Q1", []string{"“period”", "has not begun"}},
		{"/en/ways?period=2026-11-20T10:30", []string{"“period”", "finer than an hour"}},
		{"/en/surges?period=2026", []string{"“period”", "“2026”", "day by day"}},
		{"/en/compare?with=nobody", []string{"“with”", "“nobody” is neither"}},
		{"/vi/so-sanh?nuoc=ZZ", []string{"“nuoc”", "“ZZ” không phải là một nước", "VN"}},
		{"/en/compare?figure=change", []string{"“figure”", "“change” is no figure"}},
		{"/en/country/vn", []string{"“vn” is no country", "VN"}},
		{"/en/report/2026-10", []string{"“2026-10” is no quarter", "2026-Q3"}},
		{"/vi/bao-cao/2027-Q1", []string{"“2027-Q1” chưa bắt đầu"}},
	} {
		r := get(t, h, c.path)
		body := html.UnescapeString(bodyOf(t, r))
		if r.StatusCode != 404 {
			t.Errorf("%s: status %d", c.path, r.StatusCode)
		}
		for _, want := range c.want {
			if !strings.Contains(body, want) {
				t.Errorf("%s: %q is missing", c.path, want)
			}
		}
	}
}
