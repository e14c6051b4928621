// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"html"
	"strings"
	"testing"

	"haidang/figure"
)

// Every definition has its page in both languages, with all that its data say,
// and the overview leads to it.
func TestEveryDefinitionHasItsPage(t *testing.T) {
	h := newTestPortal(t, Config{}, samplePicture(sampleTime, 12340)).Handler()
	for _, c := range []struct{ lang, base string }{{"vi", "/vi/dinh-nghia"}, {"en", "/en/definitions"}} {
		overview := bodyOf(t, get(t, h, c.base))
		for _, d := range figure.BuiltIn().Definitions {
			if !strings.Contains(overview, `href="`+c.base+"/"+d.ID+`"`) {
				t.Errorf("%s does not lead to %s", c.base, d.ID)
			}
			body := html.UnescapeString(bodyOf(t, get(t, h, c.base+"/"+d.ID)))
			parts := []string{d.ID, d.Formula, d.Name.In(c.lang), d.Unit.In(c.lang), d.Population.In(c.lang), d.Window.In(c.lang), figure.BuiltIn().Contact.In(c.lang), d.Changelog[0].Date}
			for _, t := range append(d.Text, d.Biases...) {
				parts = append(parts, t.In(c.lang))
			}
			for _, part := range parts {
				if !strings.Contains(body, part) {
					t.Errorf("%s/%s does not say %q", c.base, d.ID, part)
				}
			}
			if leads := strings.Contains(body, `href="/api/v1/stats/`+d.ID+`"`); leads != (d.Counts != figure.CountsRule) {
				t.Errorf("%s/%s leads to the interface: %v", c.base, d.ID, leads)
			}
		}
	}
	if to := get(t, h, "/en/definitions/attacks").Header.Get("Location"); to != "/en/definitions/attacks/1" {
		t.Errorf("the name leads to %q", to)
	}
}

// Each block's definition has a page.
func TestBlocksLeadToDefinitions(t *testing.T) {
	h := newTestPortal(t, Config{}, samplePicture(sampleTime, 12340)).Handler()
	body := bodyOf(t, get(t, h, "/en/"))
	links := 0
	for part := range strings.SplitSeq(body, `href="/en/definitions/`) {
		id, _, _ := strings.Cut(part, `"`)
		if strings.HasPrefix(part, "<") { // what stands before the first
			continue
		}
		links++
		if get(t, h, "/en/definitions/"+id).StatusCode != 200 {
			t.Errorf("a block leads to %s, which is no page", id)
		}
	}
	if links == 0 {
		t.Error("no block leads to a definition")
	}
}
