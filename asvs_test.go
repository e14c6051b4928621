// SPDX-License-Identifier: Apache-2.0

package haidang_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	testName    = regexp.MustCompile("`(Test[A-Za-z0-9]+)`")
	testFunc    = regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	requirement = regexp.MustCompile(`\bV\d+\.\d+\.\d+\b`)
)

// requirements of levels 1 and 2 in OWASP ASVS 5.0.0.
const requirements = 253

// The table of security requirements names tests that exist, each requirement
// once, the same ones in both languages; every line has an answer and a reason.
func TestSecurityRequirementsNameTestsThatExist(t *testing.T) {
	exists := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, m := range testFunc.FindAllSubmatch(source, -1) {
			exists[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range []string{"docs/60-security.md", "docs/vi/60-security.md"} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range regexp.MustCompile(`\bTest[A-Z]\w+`).FindAllString(string(text), -1) {
			if !exists[name] {
				t.Errorf("%s: %s is no test", page, name)
			}
		}
	}
	for page, answers := range map[string]string{"docs/61-asvs.md": "met|not applicable|partly|not met", "docs/vi/61-asvs.md": "đạt|không áp dụng|đạt một phần|chưa đạt"} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		row := regexp.MustCompile(`^\| V[V0-9., ]+ \| [^|]+ \| (` + answers + `) \| [^|]+ \|$`)
		seen := map[string]bool{}
		for line := range strings.Lines(string(text)) {
			line = strings.TrimSpace(line)
			if !strings.HasPrefix(line, "| V") {
				continue
			}
			if !row.MatchString(line) {
				t.Errorf("%s: %q: want requirements, about, an answer of %q and what shows it", page, line, answers)
			}
			for _, id := range requirement.FindAllString(strings.SplitN(line, "|", 3)[1], -1) {
				if seen[id] {
					t.Errorf("%s: %s stands twice", page, id)
				}
				seen[id] = true
			}
			for _, m := range testName.FindAllStringSubmatch(line, -1) {
				if !exists[m[1]] {
					t.Errorf("%s: %s is no test", page, m[1])
				}
			}
		}
		if len(seen) != requirements {
			t.Errorf("%s: %d requirements, there are %d", page, len(seen), requirements)
		}
	}
}
