// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The unit that the installation page gives is one that systemd understands, and
// leaves the service little: systemd-analyze rates it, offline, 2.5 of 10 at most.
func TestTheUnitIsOneOfSystemd(t *testing.T) {
	program, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not on this machine: ", err)
	}
	raw, err := os.ReadFile("10-install.md")
	if err != nil {
		t.Fatal(err)
	}
	unit := regexp.MustCompile(`(?m)^    \[Service\]\n(?:    .*\n)+`).FindString(string(raw))
	if !strings.Contains(unit, "ExecStart=/usr/local/bin/haidang serve ") {
		t.Fatalf("the page gives no unit: %q", unit)
	}
	// What stands there is installed by who reads the page.
	unit = strings.Replace(strings.ReplaceAll(unit, "\n    ", "\n")[4:], "/usr/local/bin/haidang", os.Args[0], 1)
	path := filepath.Join(t.TempDir(), "haidang.service")
	if err := os.WriteFile(path, []byte(unit), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(program, "verify", "--man=no", path).CombinedOutput(); err != nil || strings.Contains(string(out), "haidang.service") {
		t.Errorf("verify: %v\n%s", err, out)
	}
	if out, err := exec.Command(program, "security", "--no-pager", "--offline=true", "--threshold=25", path).CombinedOutput(); strings.Contains(string(out), "unrecognized option") {
		t.Skip("this systemd-analyze rates nothing offline")
	} else if err != nil {
		t.Errorf("security: %v\n%s", err, out)
	} else {
		t.Log(strings.TrimSpace(string(out[strings.LastIndex(strings.TrimSpace(string(out)), "\n")+1:])))
	}
}
