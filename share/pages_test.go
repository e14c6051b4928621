// SPDX-License-Identifier: Apache-2.0

package share

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"haidang/classify"
)

func TestParsePages(t *testing.T) {
	files := fstest.MapFS{
		"templates/layout.tmpl": {Data: []byte(`<main>{{block "body" .}}{{end}}{{template "foot"}}</main>`)},
		"templates/parts.tmpl":  {Data: []byte(`{{define "foot"}}{{t "end"}}{{end}}`)},
		"templates/a.tmpl":      {Data: []byte(`{{define "body"}}A {{.}} {{end}}`)},
		"templates/b.tmpl":      {Data: []byte(`{{define "body"}}B {{.}} {{end}}`)},
	}
	words := template.FuncMap{"t": func(k string) string { return "<" + k + ">" }}
	pages, err := ParsePages(files, words, []string{"parts"}, []string{"a", "b"})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"a": "<main>A &lt;x&gt; &lt;end&gt;</main>", "b": "<main>B &lt;x&gt; &lt;end&gt;</main>"} {
		var b bytes.Buffer
		if err := pages.Get(name).Execute(&b, "<x>"); err != nil || b.String() != want {
			t.Errorf("%s: %q %v", name, &b, err)
		}
	}
	settled := template.FuncMap{"t": func(k string, _ ...any) string { return "<" + k + ">" }}
	for name, words := range map[string]template.FuncMap{"asked": words, "settled": settled} {
		pages, err := ParsePages(files, words, []string{"parts"}, []string{"a"})
		var b bytes.Buffer
		if err := errors.Join(err, pages.Get("a").Execute(&b, "x")); err != nil || b.String() != "<main>A x &lt;end&gt;</main>" {
			t.Errorf("%s: %q %v", name, &b, err)
		}
	}
	if _, err := ParsePages(files, words, nil, []string{"a", "missing"}); err == nil {
		t.Error("a page that is not there is read")
	}
}

// Texts of the catalogue stand as text or between quotes, never in a script, a style
// or a bare attribute: there they would have to be escaped otherwise.
func TestTextsStandWhereTheyAreEscapedFor(t *testing.T) {
	inside := regexp.MustCompile(`(?s)<(script|style)[^>]*>(.*?)</(script|style)>`)
	bare := regexp.MustCompile(`=\s*\{\{\s*t "`)
	n := 0
	for _, room := range []string{"portal", "cite", "desk", "my", "account", "release"} {
		files, err := filepath.Glob(filepath.Join(room, "templates", "*.tmpl"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			raw, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			text := string(raw)
			n += len(constant.FindAllString(text, -1))
			if at := bare.FindString(text); at != "" {
				t.Errorf("%s: %q stands without quotes", name, at)
			}
			for _, m := range inside.FindAllStringSubmatch(text, -1) {
				if constant.MatchString(m[2]) {
					t.Errorf("%s: a text of the catalogue in a %s", name, m[1])
				}
			}
		}
	}
	if n < 200 {
		t.Errorf("only %d texts were looked at", n)
	}
}

func TestCatch(t *testing.T) {
	for fault, want := range map[any]int{
		"a fault": http.StatusInternalServerError, errors.New("another"): http.StatusInternalServerError,
		fmt.Errorf("reading: %w", classify.ErrUnwitnessed): http.StatusServiceUnavailable,
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "/account/link/secret", nil)
		var log bytes.Buffer
		func() {
			defer Catch(slog.New(slog.NewTextHandler(&log, nil)), r, func(status int) { w.WriteHeader(status) })
			panic(fault)
		}()
		if w.Code != want || strings.Contains(log.String(), "secret") {
			t.Errorf("%v: %d, want %d; log %s", fault, w.Code, want, &log)
		}
	}
	defer func() {
		if recover() != http.ErrAbortHandler {
			t.Error("an answer that is given up on purpose was caught")
		}
	}()
	defer Catch(slog.New(slog.DiscardHandler), httptest.NewRequest(http.MethodGet, "/", nil), func(int) { t.Error("answered") })
	panic(http.ErrAbortHandler)
}
