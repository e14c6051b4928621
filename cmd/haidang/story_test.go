// SPDX-License-Identifier: Apache-2.0

package main

import (
	"maps"
	"net/http"
	"os"
	"testing"
	"time"

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
			return nil
		},
		Cmds: commands(),
	})
}

func commands() map[string]func(*testscript.TestScript, bool, []string) {
	all := maps.Clone(cites)
	all["ready"] = ready
	return all
}

// ready ADDRESS waits until an observatory answers there.
func ready(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: ready HOST:PORT")
	}
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if resp, err := http.Get("http://" + args[0] + "/healthz"); err == nil {
			_ = resp.Body.Close()
			return
		}
	}
	ts.Fatalf("nothing answers at %s", args[0])
}
