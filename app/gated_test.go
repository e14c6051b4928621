// SPDX-License-Identifier: Apache-2.0

package app

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Nothing but bench builds the program that lets everything through.
func TestOnlyBenchBuildsWithoutTheGate(t *testing.T) {
	if ungated {
		t.Fatal("this program lets everything through")
	}
	looked := 0
	for _, place := range []string{"Makefile", "scripts", ".ci", "e2e", "cmd", "bench/bench.mk", "bench/compare"} {
		err := filepath.WalkDir(filepath.Join("..", place), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := os.ReadFile(path)
			if strings.Contains(string(text), "ungated") {
				t.Errorf("%s names the tag of programs without the gate", path)
			}
			looked++
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	if looked < 10 {
		t.Errorf("%d files were looked at", looked)
	}
}
