// SPDX-License-Identifier: Apache-2.0

package haidang_test

import (
	"bytes"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const licenceLine = "// SPDX-License-Identifier: Apache-2.0"

// forbiddenNames say nothing about what is inside.
var forbiddenNames = []string{"util", "utils", "common", "helper", "helpers", "model", "models", "manager", "misc", "base", "lib"}

func TestPackagesHaveAManualAndAName(t *testing.T) {
	for _, p := range packages(t) {
		if slices.Contains(forbiddenNames, filepath.Base(p.ImportPath)) {
			t.Errorf("%s: the name says nothing about what is inside", p.ImportPath)
		}
		if len(p.GoFiles) == 0 {
			continue
		}
		if n := len(strings.Fields(manual(t, p))); n < 25 {
			t.Errorf("%s: the package comment has %d words; say what comes in, what goes out, what may not happen", p.ImportPath, n)
		}
	}
}

// manual gives the package comment, whole.
func manual(t *testing.T, p pkg) string {
	t.Helper()
	var longest string
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.ParseComments|parser.PackageClauseOnly)
		if err != nil {
			t.Fatal(err)
		}
		if text := f.Doc.Text(); len(text) > len(longest) {
			longest = text
		}
	}
	return longest
}

// sources lists the project's own text files.
func sources(t *testing.T, suffixes ...string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || path != "." && strings.HasPrefix(d.Name(), ".") && d.Name() != ".ci") {
			return fs.SkipDir
		}
		if d.IsDir() && (path == "bin" || path == "haidang-data") {
			return fs.SkipDir
		}
		for _, s := range suffixes {
			if strings.HasSuffix(path, s) {
				out = append(out, path)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestGoFilesCarryTheLicenceAndStaySmall(t *testing.T) {
	for _, path := range sources(t, ".go") {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if head, _, _ := bytes.Cut(raw, []byte("\npackage ")); !bytes.Contains(head, []byte(licenceLine)) {
			t.Errorf("%s does not carry %q above its package clause", path, licenceLine)
		}
		if n := bytes.Count(raw, []byte("\n")); n > 600 {
			t.Errorf("%s has %d lines; split it by what it does (600 at most)", path, n)
		}
	}
}

func TestNothingIsLeftForLater(t *testing.T) {
	words := []string{"TO" + "DO", "FIX" + "ME", "X" + "XX:"}
	for _, path := range sources(t, ".go", ".ts", ".css", ".sh", "Makefile") {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range words {
			if bytes.Contains(raw, []byte(w)) {
				t.Errorf("%s holds %q: do it, or say in docs/ that it is not done", path, w)
			}
		}
	}
}
