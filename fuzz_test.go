// SPDX-License-Identifier: Apache-2.0

package haidang_test

import (
	"os"
	"regexp"
	"testing"
)

// Every fuzz target is also tried on inputs that are always the same.
func TestFuzzTargetsDrawMutants(t *testing.T) {
	target, drawing := regexp.MustCompile(`(?m)^func (Fuzz\w+)\(`), regexp.MustCompile(`(?m)^func (Fuzz\w+)\((\w+) \*testing\.F\) \{\n\tf := (?:mutant\.)?Of\((\w+)\)\n`)
	targets := 0
	for _, path := range sources(t, "_test.go") {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		draws := map[string]bool{}
		for _, m := range drawing.FindAllSubmatch(raw, -1) {
			draws[string(m[1])] = string(m[2]) == string(m[3])
		}
		for _, m := range target.FindAllSubmatch(raw, -1) {
			targets++
			if name := string(m[1]); !draws[name] {
				t.Errorf("%s: %s begins with `f := mutant.Of(fuzz)` and uses f, so that `make fuzz-smoke` tries it", path, name)
			}
		}
	}
	if targets == 0 {
		t.Error("no target found: the test looks at the wrong place")
	}
}
