// SPDX-License-Identifier: Apache-2.0

package haidang_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// ciRun runs .ci/run with a make of the test's own, which says what it was asked for
// and fails at one target with some output.
func ciRun(t *testing.T, target, output string) (code int, text string) {
	t.Helper()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash here")
	}
	dir := t.TempDir()
	fake := "#!" + bash + "\necho \"make $*\"\nif [ \"$*\" = '" + target + "' ]; then cat '" + filepath.Join(dir, "output") + "'; exit 2; fi\n"
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "make"), []byte(fake), 0o700), os.WriteFile(filepath.Join(dir, "output"), []byte(output), 0o600)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), bash, ".ci/run")
	cmd.Env = append(os.Environ(), "PATH="+dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// Of a run that fails the end says which step it was, what the failing tests said and
// how they are called, however much was written before; nothing is run after it.
func TestTheEndOfAFailedRunSaysWhatFailed(t *testing.T) {
	for _, c := range []struct {
		name, target, output string
		wants                []string
		lacks                []string
	}{
		{
			"a test and another", "race",
			"ok  \thaidang/event\t0.1s\n--- FAIL: TestA (0.10s)\n    --- FAIL: TestA/one (0.00s)\n        a_test.go:7: what one said\n    a_test.go:9: what A said\n" +
				"--- FAIL: TestB (0.00s)\n    b_test.go:1: what B said\n" + strings.Repeat("    b_test.go:2: and more\n", 5000) + "FAIL\nFAIL\thaidang/measure\t2.1s\nok  \thaidang/share\t0.1s\nFAIL\n",
			[]string{"=== failed: race (", "what one said", "what A said", "what B said", "FAILED TestA\n", "FAILED TestA/one\n", "FAILED TestB\n", "FAILED in haidang/measure\n"},
			[]string{"haidang/share"},
		},
		{
			"told of as they run", "browser",
			"=== RUN   TestGood\n    g_test.go:1: of the good\n--- PASS: TestGood (0.00s)\n=== RUN   TestA\n=== RUN   TestA/one\n    a_test.go:7: what one said\n=== RUN   TestA/two\n    a_test.go:8: of two\n" +
				"--- FAIL: TestA (0.10s)\n    --- FAIL: TestA/two (0.00s)\n=== RUN   TestLast\n--- PASS: TestLast (0.00s)\nFAIL\nFAIL\thaidang/e2e\t0.1s\n",
			[]string{"=== failed: browser (", "of two", "FAILED TestA/two\n", "FAILED in haidang/e2e\n"},
			[]string{"of the good", "TestLast"},
		},
		{
			"a race and a panic", "race",
			"==================\nWARNING: DATA RACE\nWrite at 0x1 by goroutine 7:\n  haidang/x.f()\n==================\n--- FAIL: TestR (0.00s)\n    testing.go:1: race detected during execution of test\n" +
				"panic: nobody expected this\n\ngoroutine 9 [running]:\n" + strings.Repeat("main.deep()\n", 500) + "FAIL\thaidang/x\t0.1s\nFAIL\n",
			[]string{"WARNING: DATA RACE", "haidang/x.f()", "panic: nobody expected this", "FAILED TestR\n"},
			nil,
		},
		{
			"no compile", "torture",
			"# haidang/e2e [haidang/e2e.test]\ne2e/x_test.go:3:1: undefined: nobody\nFAIL\thaidang/e2e [build failed]\nFAIL\n",
			[]string{"=== failed: torture (", "undefined: nobody", "FAILED in haidang/e2e\n"},
			nil,
		},
		{"no test at all", "dist-check", "dist/app.js is not what web/src gives\n", []string{"=== failed: dist up to date (", "dist/app.js is not what"}, []string{"FAILED"}},
	} {
		code, text := ciRun(t, c.target, c.output)
		before, end, found := strings.Cut(text, "\n=== failed: ")
		if code != 2 || !found || !strings.HasSuffix(before, c.output) || len(end) > 20_000 {
			t.Fatalf("%s: exit code %d, the end has %d bytes\n%.3000s", c.name, code, len(end), text)
		}
		end = "=== failed: " + end
		for _, want := range c.wants {
			if !strings.Contains(end, want) {
				t.Errorf("%s: the end lacks %q:\n%.3000s", c.name, want, end)
			}
		}
		for _, lack := range c.lacks {
			if strings.Contains(end, lack) {
				t.Errorf("%s: the end has %q:\n%.3000s", c.name, lack, end)
			}
		}
	}
}
