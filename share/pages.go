// SPDX-License-Identifier: Apache-2.0

package share

import (
	"bytes"
	"errors"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"path"
	"regexp"
	"slices"
	"sync"

	"haidang/classify"
)

// Pages are pages by name, each made of its templates when it is first asked for:
// most are seldom, and the trees of all of them in two languages are a tenth of what
// the collector looks through.
type Pages map[string]func() *template.Template

// Get gives a page of those that were named; a fault of its templates, which are the
// program's own, is a panic.
func (p Pages) Get(name string) *template.Template { return p[name]() }

// ParsePages reads pages that share a layout: templates/layout.tmpl, the parts
// named, and a file a page. Functions are one language's: texts of its catalogue
// are escaped like everything else.
func ParsePages(files fs.FS, functions template.FuncMap, parts, pages []string) (Pages, error) {
	file := func(name string) string { return "templates/" + name + ".tmpl" }
	base := slices.Concat([]string{"layout"}, parts)
	for _, name := range slices.Concat(base, pages) {
		if _, err := fs.Stat(files, file(name)); err != nil {
			return nil, err
		}
	}
	layout := sync.OnceValue(func() *template.Template {
		t := template.New("layout.tmpl").Funcs(functions)
		for _, name := range base {
			parse(t, files, file(name), functions)
		}
		return t
	})
	out := Pages{}
	for _, name := range pages {
		out[name] = sync.OnceValue(func() *template.Template {
			own := template.Must(layout().Clone())
			parse(own, files, file(name), functions)
			return own
		})
	}
	return out, nil
}

// parse reads one file of templates.
func parse(into *template.Template, files fs.FS, name string, functions template.FuncMap) {
	text, err := fs.ReadFile(files, name)
	if err != nil {
		panic(err)
	}
	if base := path.Base(name); base != into.Name() {
		into = into.New(base)
	}
	template.Must(into.Parse(settled(string(text), functions)))
}

// constant is a text of the catalogue that nothing is put into.
var constant = regexp.MustCompile(`\{\{t "([a-zA-Z0-9_.-]+)"\}\}`)

// settled puts the catalogue's constant texts where they stand, once and not with
// every page. They are escaped as text and as what quotes enclose, which is where
// templates have them (a test looks).
func settled(text string, functions template.FuncMap) string {
	t, ok := functions["t"].(func(key string, pairs ...any) string)
	if !ok {
		return text
	}
	return constant.ReplaceAllStringFunc(text, func(call string) string {
		return template.HTMLEscapeString(t(constant.FindStringSubmatch(call)[1]))
	})
}

// Theme gives the look that somebody chose, light or dark; "" is the system's.
func Theme(r *http.Request) string {
	if c, err := r.Cookie("theme"); err == nil && (c.Value == "light" || c.Value == "dark") {
		return c.Value
	}
	return ""
}

// Answer writes a page that ParsePages read. A page that cannot be filled is a
// fault of ours, for Catch.
func Answer(w http.ResponseWriter, r *http.Request, status int, code string, t *template.Template, page any) {
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, "layout.tmpl", page); err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", code)
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(b.Bytes())
	}
}

// PagePolicy lets a page load what it brings, send forms to us, and nothing else.
const PagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// Public sets what every answer carries that is for everybody.
func Public(h http.Header) {
	h.Set("Content-Security-Policy", PagePolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
}

// Private sets what every answer carries that is for one person alone: no cache
// keeps it, nobody frames it, no other site hears of it.
func Private(h http.Header, policy string) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-Content-Type-Options", "nosniff")
	// Stricter, browsers would not say where a form of ours comes from.
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Cookie")
}

// Catch turns a fault of ours into a page that fail makes: 503 where what is read
// could not be written down, else 500. It is deferred by who serves pages.
func Catch(log *slog.Logger, r *http.Request, fail func(status int)) {
	fault := recover()
	if fault == nil {
		return
	}
	if fault == http.ErrAbortHandler {
		panic(fault)
	}
	log.Error("page failed", "route", r.Pattern, "fault", fault)
	status := http.StatusInternalServerError
	if err, ok := fault.(error); ok && errors.Is(err, classify.ErrUnwitnessed) {
		status = http.StatusServiceUnavailable
	}
	fail(status)
}
