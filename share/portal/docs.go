// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"bytes"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"haidang/share"
)

// docName is a numbered page, such as 02-sensors.
var docName = regexp.MustCompile(`^[0-9]{2}-[a-z0-9-]+$`)

type docsBody struct {
	Index   []link
	HTML    template.HTML
	English bool
}

// docs answers the pages of docs/ and their index.
func (p *Portal) docs(l *language) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, l.path("docs"))
		if p.dep.Docs == nil || name != "" && !docName.MatchString(name) {
			p.fail(w, r, http.StatusNotFound)
			return
		}
		b := docsBody{Index: p.docIndex(l, name)}
		title := l.T("docs.title")
		if name != "" {
			source, english, ok := p.docSource(l, name)
			if !ok {
				p.fail(w, r, http.StatusNotFound)
				return
			}
			html, err := l.markdown(source)
			if err != nil {
				panic(err)
			}
			b.HTML, b.English, title = html, english, docTitle(source, name)
		}
		pic := p.picture()
		v := p.view(l, "docs", share.Theme(r), &pic)
		v.Title, v.Body, v.Path = title, b, v.Path+name
		v.Other.Path += name
		a, err := render(l, "docs", v)
		if err != nil {
			panic(err)
		}
		p.remember(w, r, l)
		w.Header().Add("Vary", "Cookie")
		a.send(w, r, http.StatusOK)
	}
}

// docSource reads a page in the reader's language where there is one; the
// other pages are English.
func (p *Portal) docSource(l *language, name string) (source []byte, english, ok bool) {
	if raw, err := fs.ReadFile(p.dep.Docs, path.Join(l.Code, name+".md")); err == nil {
		return raw, false, true
	}
	raw, err := fs.ReadFile(p.dep.Docs, name+".md")
	return raw, l.Code != "en", err == nil
}

func (p *Portal) docIndex(l *language, here string) []link {
	files, err := fs.Glob(p.dep.Docs, "*.md")
	if err != nil {
		return nil
	}
	slices.Sort(files)
	var out []link
	for _, f := range files {
		name := strings.TrimSuffix(f, ".md")
		if !docName.MatchString(name) {
			continue
		}
		if source, _, ok := p.docSource(l, name); ok {
			out = append(out, link{l.path("docs") + name, docTitle(source, name), name == here})
		}
	}
	return out
}

// docTitle is the first heading.
func docTitle(source []byte, name string) string {
	for line := range bytes.Lines(source) {
		if t, ok := bytes.CutPrefix(line, []byte("# ")); ok {
			return strings.TrimSpace(string(t))
		}
	}
	return name
}

// markdown renders a page of ours. Raw HTML in it is left out, and links to
// other pages are turned into addresses of the portal.
func (l *language) markdown(source []byte) (template.HTML, error) {
	md := goldmark.New(
		// Alignment by attribute: the policy allows no style attributes.
		goldmark.WithExtensions(extension.Linkify, extension.Strikethrough,
			extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute))),
		goldmark.WithParserOptions(parser.WithAutoHeadingID(),
			parser.WithASTTransformers(util.Prioritized(relink{l.path("docs")}, 100))),
	)
	var b bytes.Buffer
	if err := md.Convert(source, &b); err != nil {
		return "", err
	}
	// goldmark escapes what it renders and drops raw HTML by default.
	return template.HTML(b.String()), nil //nolint:gosec
}

// relink points links such as "02-sensors.md#tokens" at the portal's pages.
type relink struct{ base string }

func (t relink) Transform(doc *ast.Document, _ text.Reader, _ parser.Context) {
	// The walker below returns no error.
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if a, ok := n.(*ast.Link); ok && entering {
			to, fragment, _ := strings.Cut(string(a.Destination), "#")
			if name, found := strings.CutSuffix(path.Base(to), ".md"); found && docName.MatchString(name) {
				to = t.base + name
				if fragment != "" {
					to += "#" + fragment
				}
				a.Destination = []byte(to)
			}
		}
		return ast.WalkContinue, nil
	})
}
