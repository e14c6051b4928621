// SPDX-License-Identifier: Apache-2.0

package main

import (
	"maps"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"haidang": main})
}

// The stories in testdata read as what a person types and sees.
func TestStories(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			// Socket paths must stay short, and a test needs no gigabyte to spare.
			run, err := os.MkdirTemp("", "hd")
			if err != nil {
				return err
			}
			e.Defer(func() { _ = os.RemoveAll(run) })
			e.Vars = append(e.Vars, "XDG_RUNTIME_DIR="+run, "HAIDANG_DISK_MIN_FREE=16 MiB", "HAIDANG_DISK_MIN_FREE_PERCENT=0")
			e.Values[storyKey{}] = &story{environ: e.Vars}
			return nil
		},
		Cmds: commands(),
	})
}

func commands() map[string]func(*testscript.TestScript, bool, []string) {
	all := maps.Clone(cites)
	all["serve"], all["interrupt"] = serve, interrupt
	return all
}
