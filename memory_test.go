// SPDX-License-Identifier: Apache-2.0

package haidang_test

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// unsafeIn are the packages that look at memory past Go's own checks, and why. Each
// has a fuzz target; `make race` runs their tests with the compiler's
// checks of pointers.
var unsafeIn = map[string]string{
	"event":                    "columns are handed out without a copy",
	"strictjson":               "texts are compared where they lie",
	"normalise/eve":            "eight bytes are read at a time",
	"normalise/cowrie":         "texts are handed out without a copy",
	"normalise/shadowserver":   "likewise",
	"store/duckdb/parquetfile": "columns are written as they lie",
}

// Memory is Go's, whose bounds are checked and which is freed by the collector: no C
// of our own, and unsafe only where it is known and fuzzed.
func TestMemoryIsGos(t *testing.T) {
	fuzzed := regexp.MustCompile(`(?m)^func Fuzz\w+\(`)
	seen := map[string]bool{}
	for _, path := range sources(t, ".go") {
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		folder := filepath.ToSlash(filepath.Dir(path))
		for _, i := range f.Imports {
			switch name, _ := strconv.Unquote(i.Path.Value); {
			case name == "C":
				t.Errorf("%s is written in C", path)
			case name == "unsafe" && !strings.HasSuffix(path, "_test.go"):
				seen[folder] = true
				if unsafeIn[folder] == "" {
					t.Errorf("%s uses unsafe; say why in the table, and fuzz it", path)
				}
			}
		}
	}
	for folder := range unsafeIn {
		if !seen[folder] {
			t.Errorf("%s is in the table and uses no unsafe", folder)
		}
		tests, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		has := false
		for _, path := range tests {
			source, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			has = has || fuzzed.Match(source)
		}
		if !has {
			t.Errorf("%s has no fuzz target", folder)
		}
	}
}
