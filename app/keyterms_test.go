// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package app

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"haidang/app/admin"
)

// A key past its term is told of until it is changed.
func TestOldKeysAreToldOf(t *testing.T) {
	a := observatory(t, t.TempDir())
	defer stop(t, a)
	old := func() (names []string) {
		a.watchKeys(a.now())
		for _, w := range a.board.Warnings() {
			if w.Code == warnKeyOld.Code {
				names = append(names, w.About)
			}
		}
		slices.Sort(names)
		return names
	}
	if got := old(); len(got) != 0 {
		t.Errorf("new keys: %q", got)
	}
	then := a.now().Add(-2*year - time.Hour)
	for _, name := range []string{auditSignKey, figureSignKey} {
		if err := os.Chtimes(a.folder.join("keys", name), then, then); err != nil {
			t.Fatal(err)
		}
	}
	if got := old(); !slices.Equal(got, []string{auditSignKey, figureSignKey}) {
		t.Errorf("%q", got)
	}
	if _, err := a.rotateFigureKey(t.Context(), admin.None{}); err != nil {
		t.Fatal(err)
	}
	if got := old(); !slices.Equal(got, []string{auditSignKey}) {
		t.Errorf("after a change: %q", got)
	}
}

// The policy of keys names every key that the folder holds, and the terms that are
// watched.
func TestKeysAreInThePolicy(t *testing.T) {
	a := observatory(t, t.TempDir())
	defer stop(t, a)
	for _, page := range []string{"../docs/60-security.md", "../docs/vi/60-security.md"} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		rows := map[string]string{}
		for line := range strings.Lines(string(text)) {
			if !strings.HasPrefix(line, "| `") {
				continue
			}
			for _, m := range regexp.MustCompile("`([a-z-]+)`").FindAllStringSubmatch(strings.SplitN(line, "|", 3)[1], -1) {
				rows[m[1]] = line
			}
		}
		files, err := os.ReadDir(a.folder.join("keys"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			name := f.Name()
			if regexp.MustCompile(`^participant-\d{4}$`).MatchString(name) {
				name = "participant-"
			}
			if rows[name] == "" {
				t.Errorf("%s: key %s has no row", page, f.Name())
			}
		}
		for name := range keyTerms {
			if !strings.Contains(rows[name], "2 năm") && !strings.Contains(rows[name], "2 years") {
				t.Errorf("%s: %s: the term that is watched is not named: %s", page, name, rows[name])
			}
		}
	}
}
