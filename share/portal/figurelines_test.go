// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"html"
	"html/template"
	"regexp"
	"strings"
	"testing"
)

// Rows are written as the template language would write them, hostile texts and all.
func TestLinesAreEscapedAsTemplatesDo(t *testing.T) {
	b := figureBlock{Head: []string{"a", "b", "c"}, Rows: []figureLine{
		{Name: "Việt Nam", Link: "/vi/quoc-gia/VN?period=2026-Q3&x=1", Cells: []string{"1.234", "+5,0\u00a0%"}},
		{Name: `<script>alert("1")</script>`, Cells: []string{`"><img src=x onerror='y'>`, "a & b\x00"}},
		{Name: "withheld", Hidden: true}, {Name: "empty"},
	}}
	as := template.Must(template.New("").Parse(`{{range .Rows}}<tr><th scope="row">{{if .Link}}<a href="{{.Link}}">{{.Name}}</a>{{else}}{{.Name}}{{end}}</th>` +
		`{{if .Hidden}}<td class="hid" colspan="{{len (slice $.Head 1)}}"><span>{{"<ẩn>"}}</span></td>{{else}}{{range .Cells}}<td class="num">{{.}}</td>{{end}}{{end}}</tr>
{{end}}`))
	var want strings.Builder
	if err := as.Execute(&want, &b); err != nil {
		t.Fatal(err)
	}
	got := string(b.Lines("<ẩn>"))
	tags := regexp.MustCompile(`<[^>]*>`)
	if a, b := html.UnescapeString(want.String()), html.UnescapeString(got); a != b {
		t.Errorf("texts\n%s\n%s", a, b)
	}
	if a, b := tags.FindAllString(want.String(), -1), tags.FindAllString(got, -1); strings.Join(a, "") != strings.Join(b, "") || len(a) < 30 {
		t.Errorf("tags\n%s\n%s", a, b)
	}
}
