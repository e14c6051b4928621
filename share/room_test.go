// SPDX-License-Identifier: Apache-2.0

package share_test

import (
	"html/template"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"haidang/share"
)

// words is a room's own kind of language.
type words struct {
	share.Language
	own string
}

type noAssets struct{}

func (noAssets) Path(name string) string { return "/assets/" + name }

func readWords(files fstest.MapFS, pages ...string) ([]*words, error) {
	return share.ReadRoom(share.Room{Name: "test", Catalogues: files, Templates: files, Pages: pages}, time.UTC, noAssets{},
		func(l share.Language) *words { return &words{l, "of " + l.Code} },
		func(l *words) template.FuncMap { return template.FuncMap{"own": func() string { return l.own }} })
}

var roomFiles = fstest.MapFS{
	"lang/vi.json":          {Data: []byte(`{"hello": "Xin chào"}`)},
	"lang/en.json":          {Data: []byte(`{"hello": "Hello"}`)},
	"templates/layout.tmpl": {Data: []byte(`{{template "main" .}} {{asset "a.css"}} {{n 1234}} {{zone}} {{own}}`)},
	"templates/page.tmpl":   {Data: []byte(`{{define "main"}}{{t "hello"}}{{end}}`)},
}

// Each language of a room has the room's pages in its own words, with what all rooms
// may use and what only this one may.
func TestARoomsLanguagesHaveItsPages(t *testing.T) {
	langs, err := readWords(roomFiles, "page")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"vi": "Xin chào /assets/a.css 1.234 UTC of vi", "en": "Hello /assets/a.css 1,234 UTC of en"}
	for _, l := range langs {
		var b strings.Builder
		if err := l.Pages.Get("page").ExecuteTemplate(&b, "layout.tmpl", nil); err != nil || b.String() != want[l.Code] {
			t.Errorf("%s: %q, %v", l.Code, b.String(), err)
		}
	}
	vi, en := langs[0], langs[1]
	if vi.Code != "vi" || share.Other(langs, vi) != en || share.Other(langs, en) != vi {
		t.Error("the languages are not each other's other one")
	}
	for path, is := range map[string]*words{"/vi/x": vi, "/en/": en, "/en": nil, "/data/vi/": nil, "/": nil} {
		if l, ok := share.InAddress(langs, path); ok != (is != nil) || l != is {
			t.Errorf("%s: %v", path, ok)
		}
	}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	if r.Header.Set("Accept-Language", "en-GB, vi;q=0.5"); share.PreferredOf(langs, r) != en {
		t.Error("the browser's language is not preferred")
	}
	if r.AddCookie(&http.Cookie{Name: "lang", Value: "vi"}); share.PreferredOf(langs, r) != vi {
		t.Error("what was chosen before is not preferred to the browser's")
	}
	if share.Coded(langs, "en") != en || share.Coded(langs, "fr") != vi {
		t.Error("a language is not found by its code, or another one is")
	}
}

// A room that lacks a page or a text does not start, and says which.
func TestARoomThatIsNotWhole(t *testing.T) {
	if _, err := readWords(roomFiles, "page", "other"); err == nil || !strings.Contains(err.Error(), "test: ") || !strings.Contains(err.Error(), "other.tmpl") {
		t.Errorf("a page that is missing: %v", err)
	}
	files := fstest.MapFS{}
	for name, f := range roomFiles {
		files[name] = f
	}
	files["lang/en.json"] = &fstest.MapFile{Data: []byte(`{}`)}
	if _, err := readWords(files, "page"); err == nil || !strings.Contains(err.Error(), "en.json lacks hello") {
		t.Errorf("a text that is missing: %v", err)
	}
}
