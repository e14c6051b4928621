// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Scripts tell a changed log from one that could not be read by the exit code.
func TestAuditVerifyExitCodes(t *testing.T) {
	data := t.TempDir()
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	environ := append(os.Environ(), "HAIDANG_DISK_MIN_FREE=16 MiB", "HAIDANG_DISK_MIN_FREE_PERCENT=0")
	call := func(args ...string) (code int, out string) {
		var stdout, stderr bytes.Buffer
		code = run(t.Context(), args, streams{strings.NewReader(""), &stdout, &stderr, environ})
		return code, stdout.String() + stderr.String()
	}
	if code, out := call("sensor", "enrol", "hue-1", "--data", data); code != 0 {
		t.Fatal(out)
	}
	if code, out := call("audit", "verify", data); code != 0 {
		t.Fatalf("%d: %s", code, out)
	}
	if code, out := call("audit", "verify", filepath.Join(data, "nothing")); code != 1 || !strings.Contains(out, "nothing") {
		t.Errorf("%d: %s", code, out)
	}
	path := filepath.Join(data, "audit", "checkpoint")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	raw[len(raw)-20] ^= 1
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out := call("audit", "verify", data); code != tampered || !strings.Contains(out, "checkpoint") {
		t.Errorf("%d: %s", code, out)
	}
	if code, out := call("audit", "checkpoint", "--data", data); code != tampered {
		t.Errorf("%d: %s", code, out)
	}
}
