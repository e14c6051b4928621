// SPDX-License-Identifier: Apache-2.0

//go:build browser

package portal

import (
	"testing"
	"time"

	"haidang/chromium"
	"haidang/event"
)

// On a narrow screen a page of documentation begins with its text and a way back to
// the list of pages; where there is room the list stands beside it.
func TestADocumentsListMakesRoomForItsText(t *testing.T) {
	s := serving(t, func() event.Picture { return samplePicture(time.Now().UTC(), 1) })
	browser := chromium.Start(t)
	for _, c := range []struct {
		look
		list, back bool
	}{
		{look{path: "/vi/tai-lieu/01-install", wide: 390}, false, true},
		{look{path: "/en/docs/02-sensors", wide: 1440}, true, false},
		{look{path: "/en/docs/", wide: 390}, true, false},
		{look{path: "/vi/tai-lieu/", wide: 1440}, true, false},
	} {
		ctx := inTab(t, browser, s.URL, c.look)
		const seen = `(s => { const e = document.querySelector(".docs " + s); return e !== null && e.checkVisibility(); })`
		list := chromium.Evaluate[bool](t, ctx, seen+`("nav ol")`)
		back := chromium.Evaluate[bool](t, ctx, seen+`(".back a")`)
		if list != c.list || back != c.back {
			t.Errorf("%s, %d px: list %v, back %v", c.path, c.wide, list, back)
		}
		const first = `document.querySelector(".docs h1").getBoundingClientRect().top < document.querySelector(".docs nav li").getBoundingClientRect().top`
		if c.wide == 390 && list && !chromium.Evaluate[bool](t, ctx, first) {
			t.Errorf("%s, %d px: the list stands above the heading", c.path, c.wide)
		}
	}
}
