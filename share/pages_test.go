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
		if err := pages[name].Execute(&b, "<x>"); err != nil || b.String() != want {
			t.Errorf("%s: %q %v", name, &b, err)
		}
	}
	if _, err := ParsePages(files, words, nil, []string{"a", "missing"}); err == nil {
		t.Error("a page that is not there is read")
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
