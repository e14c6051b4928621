// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// shape is what two languages of a page must share.
type shape struct {
	headings []string // their levels
	code     []string // blocks of code, but for remarks
	rows     int      // of tables
	points   int      // of lists
}

var (
	heading = regexp.MustCompile(`^#+ `)
	remark  = regexp.MustCompile(`\s+# .*$`)
)

func shapeOf(source string) (s shape) {
	before := ""
	for line := range strings.Lines(source) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(line, "    "):
			line = remark.ReplaceAllString(line, "")
			if before != "" {
				line = before + "\n" + line
				s.code = s.code[:len(s.code)-1]
			}
			s.code = append(s.code, line)
			before = line
			continue
		case heading.MatchString(line):
			s.headings = append(s.headings, strings.TrimRight(line[:strings.Index(line, " ")], " "))
		case strings.HasPrefix(line, "|"):
			s.rows++
		case strings.HasPrefix(line, "- "):
			s.points++
		}
		before = ""
	}
	return s
}

func pages(t *testing.T, folder string) map[string]string {
	t.Helper()
	names, err := fs.Glob(Pages, path.Join(folder, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, n := range names {
		raw, err := fs.ReadFile(Pages, n)
		if err != nil {
			t.Fatal(err)
		}
		out[path.Base(n)] = string(raw)
	}
	return out
}

// TestLanguagesAgree finds a page that was changed in one language only.
func TestLanguagesAgree(t *testing.T) {
	english, vietnamese := pages(t, "."), pages(t, "vi")
	if len(english) == 0 {
		t.Fatal("no pages are embedded")
	}
	for name := range vietnamese {
		if _, ok := english[name]; !ok {
			t.Errorf("vi/%s has no English page", name)
		}
	}
	for name, source := range english {
		other, ok := vietnamese[name]
		if !ok {
			t.Errorf("vi/%s is missing", name)
			continue
		}
		en, vi := shapeOf(source), shapeOf(other)
		if !slices.Equal(en.headings, vi.headings) {
			t.Errorf("%s: headings %v, in Vietnamese %v", name, en.headings, vi.headings)
		}
		if en.rows != vi.rows || en.points != vi.points {
			t.Errorf("%s: %d rows and %d points, in Vietnamese %d and %d", name, en.rows, en.points, vi.rows, vi.points)
		}
		if len(en.code) != len(vi.code) {
			t.Errorf("%s: %d blocks of code, in Vietnamese %d", name, len(en.code), len(vi.code))
			continue
		}
		for i := range en.code {
			if en.code[i] != vi.code[i] {
				t.Errorf("%s: a block of code differs:\n%s\nin Vietnamese:\n%s", name, en.code[i], vi.code[i])
			}
		}
	}
}

// TestLinksLeadSomewhere follows links between pages.
func TestLinksLeadSomewhere(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#]+\.md)`)
	for _, folder := range []string{".", "vi"} {
		all := pages(t, folder)
		for name, source := range all {
			for _, m := range link.FindAllStringSubmatch(source, -1) {
				if _, ok := all[m[1]]; !ok {
					t.Errorf("%s/%s leads to %s, which is not there", folder, name, m[1])
				}
			}
		}
	}
}
