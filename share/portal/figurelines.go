// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"bytes"
	"html/template"
	"strconv"
)

// Lines writes the rows of a block's table. A page has hundreds of cells: escaping
// them one by one in the template was a third of what a page took.
func (b figureBlock) Lines(hidden string) template.HTML {
	out := drafts.Get().(*bytes.Buffer)
	defer drafts.Put(out)
	out.Reset()
	text := func(s string) { out.WriteString(template.HTMLEscapeString(s)) }
	for i := range b.Rows {
		r := &b.Rows[i]
		out.WriteString(`<tr><th scope="row">`)
		if r.Link != "" {
			out.WriteString(`<a href="`)
			text(r.Link)
			out.WriteString(`">`)
			text(r.Name)
			out.WriteString(`</a>`)
		} else {
			text(r.Name)
		}
		out.WriteString(`</th>`)
		if r.Hidden {
			out.WriteString(`<td class="hid" colspan="` + strconv.Itoa(len(b.Head)-1) + `"><span>`)
			text(hidden)
			out.WriteString(`</span></td>`)
		} else {
			for _, c := range r.Cells {
				out.WriteString(`<td class="num">`)
				text(c)
				out.WriteString(`</td>`)
			}
		}
		out.WriteString("</tr>\n")
	}
	return template.HTML(out.String()) //nolint:gosec // every text is escaped above
}
