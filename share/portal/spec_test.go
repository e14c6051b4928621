// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"bytes"
	"html/template"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// Addresses are written as url.Values writes them.
func TestParametersAreThoseOfValues(t *testing.T) {
	texts := []string{"", "VN", "kind,way", "2026-Q3", "kind:fraud/phishing", "a b&c=d+é%"}
	for i := range 200 {
		at := func(n int) string { return texts[(i*7+n*(i+1))%len(texts)] }
		s := spec{Of: at(0), Row: at(1), Period: at(2), Base: at(3), With: at(4)}
		if by := at(5); by != "" {
			s.By = strings.Split(by, ",")
		}
		v := url.Values{}
		for key, value := range map[string]string{"of": s.Of, "by": strings.Join(s.By, ","), "row": s.Row, "period": s.Period, "base": s.Base, "with": s.With} {
			if value != "" {
				v.Set(key, value)
			}
		}
		if got := s.parameters(); got != v.Encode() {
			t.Errorf("%s, want %s", got, v.Encode())
		}
	}
	for _, l := range newTestPortal(t, Config{}, samplePicture(sampleTime, 1)).langs {
		for name := range parameters {
			for _, text := range texts {
				if one, all := l.query(name, text), l.query(name, text, "with", ""); one != all {
					t.Errorf("%s, want %s", one, all)
				}
			}
		}
	}
}

// Lines are escaped as templates escape them.
func TestLinesAreEscaped(t *testing.T) {
	text := "<a href=\"x\">'&\x00é</a>"
	b := figureBlock{Head: []string{"", ""}, Rows: []figureLine{{Name: text, Link: text, Cells: []string{text}}, {Name: text, Hidden: true}}}
	var e bytes.Buffer
	template.HTMLEscape(&e, []byte(text))
	one := e.String()
	want := `<tr><th scope="row"><a href="` + one + `">` + one + `</a></th><td class="num">` + one + "</td></tr>\n" +
		`<tr><th scope="row">` + one + `</th><td class="hid" colspan="1"><span>` + one + "</span></td></tr>\n"
	if got := string(b.Lines(text)); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// A page that is kept packed alone is sent as one that is kept in both forms.
func TestPackedPagesAreUnpacked(t *testing.T) {
	both, err := finish(kindHTML, []byte(strings.Repeat("<p>figures</p>\n", 999)))
	if err != nil {
		t.Fatal(err)
	}
	packed := *both
	packed.plain = nil
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		for _, header := range [][2]string{{"Accept-Encoding", "gzip"}, {"Accept-Encoding", "br"}, {"If-None-Match", both.tag}} {
			r := httptest.NewRequest(method, "/", nil)
			r.Header.Set(header[0], header[1])
			one, other := httptest.NewRecorder(), httptest.NewRecorder()
			both.send(one, r, http.StatusOK)
			packed.send(other, r, http.StatusOK)
			if one.Code != other.Code || !bytes.Equal(one.Body.Bytes(), other.Body.Bytes()) {
				t.Errorf("%s, %v: %d, want %d, %d bytes", method, header, other.Code, one.Code, other.Body.Len())
			}
			for name := range one.Header() {
				if one.Header().Get(name) != other.Header().Get(name) {
					t.Errorf("%s, %v: %s: %s, want %s", method, header, name, other.Header().Get(name), one.Header().Get(name))
				}
			}
		}
	}
}
