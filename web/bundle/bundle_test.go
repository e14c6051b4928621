// SPDX-License-Identifier: Apache-2.0

package bundle

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestBuildNamesTheFault(t *testing.T) {
	dir := t.TempDir()
	write := func(name, data string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("app.css", "a { color: red }")
	write("icon.svg", "<svg/>")
	write("app.ts", "let x: number = ;")
	if _, err := Build(dir); err == nil || !strings.Contains(err.Error(), "app.ts:1") {
		t.Errorf("%v", err)
	}
	write("app.ts", "document.title = 'x'")
	files, err := Build(dir)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Build(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 4 {
		t.Errorf("%d files", len(files))
	}
	for name := range files {
		if string(files[name]) != string(again[name]) {
			t.Errorf("%s differs from one build to the next", name)
		}
	}
}
