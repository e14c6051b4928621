// SPDX-License-Identifier: Apache-2.0

package haidang_test

import (
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"haidang/config"
)

// documentedLimit is a row's value and where it is set: a setting, or a constant of
// a folder.
var documentedLimit = regexp.MustCompile("\\| ([^|]+) \\| `([a-z/]+)(\\.|: )([A-Za-z_]+)` \\|$")

// The limits that users read about are those of the program, in both languages.
func TestDocumentedLimitsAreThoseOfTheProgram(t *testing.T) {
	shown, err := config.Default().Show()
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range []string{"docs/63-rules-and-limits.md", "docs/vi/63-rules-and-limits.md"} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		rows := 0
		for line := range strings.Lines(string(text)) {
			m := documentedLimit.FindStringSubmatch(strings.TrimSpace(line))
			if m == nil {
				continue
			}
			rows++
			said, where, name := strings.TrimSpace(m[1]), m[2], m[4]
			var is string
			if m[3] == "." {
				is = setting(string(shown), where, name)
			} else {
				is = constantOf(t, where, name)
			}
			if is != said {
				t.Errorf("%s: %s %s is %q, the page says %q", page, where, name, is, said)
			}
		}
		if rows < 25 {
			t.Errorf("%s: %d limits", page, rows)
		}
	}
}

// setting finds a field of a section as `haidang config show` prints it.
func setting(shown, section, field string) string {
	m := regexp.MustCompile(`(?m)^` + section + `:\n(?:  .*\n)*?  +` + field + `: (.*)$`).FindStringSubmatch(shown)
	if m == nil {
		return ""
	}
	return strings.Trim(m[1], `"'`)
}

// constantOf works out a whole number that a folder declares.
func constantOf(t *testing.T, folder, name string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.CONST {
				continue
			}
			for _, s := range g.Specs {
				v := s.(*ast.ValueSpec)
				for i, n := range v.Names {
					if n.Name != name || i >= len(v.Values) {
						continue
					}
					got, err := types.Eval(set, nil, token.NoPos, types.ExprString(v.Values[i]))
					if err == nil && got.Value != nil && got.Value.Kind() == constant.Int {
						return got.Value.ExactString()
					}
				}
			}
		}
	}
	return ""
}
