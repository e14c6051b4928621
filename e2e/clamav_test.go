// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// eicar is the test file that every anti-virus finds (EICAR, 2003), in two halves,
// so that none finds this one.
const eicar = `X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR` + `-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*`

// scan has the real clamscan look at a folder and write its log. Its one signature
// is our own: the hash of the test file.
func scan(t *testing.T, folder, log string) {
	t.Helper()
	program, err := exec.LookPath("clamscan")
	if err != nil {
		t.Skip("clamscan is not here; `scripts/install clamav` installs it")
	}
	db := t.TempDir()
	if err := os.WriteFile(filepath.Join(db, "test.hdb"), []byte("44d88612fea8a8f36de82e1278abb02f:68:Win.Test.EICAR_HDB-1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(program, "-d", db, "--log="+log, folder).CombinedOutput()
	if c := new(exec.ExitError); !asExit(err, &c) || c.ExitCode() != 1 {
		t.Fatalf("clamscan found nothing: %v\n%s", err, out)
	}
}

func asExit(err error, to **exec.ExitError) bool {
	e, ok := err.(*exec.ExitError)
	*to = e
	return ok
}

// From the file on a disk, by ClamAV and the agent, to the open figures: one
// participant, attacked and infected. Neither path nor name reaches the server.
func TestClamAVFindsEICAR(t *testing.T) {
	dir := t.TempDir()
	files, log := filepath.Join(dir, "files"), filepath.Join(dir, "clamscan.log")
	if err := os.MkdirAll(files, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(files, "canary-path.com"), []byte(eicar), 0o644); err != nil {
		t.Fatal(err)
	}
	scan(t, files, log)
	o := begin(t)
	token := filepath.Join(dir, "token")
	if err := os.WriteFile(token, []byte(o.enrol("laptops")), 0o600); err != nil {
		t.Fatal(err)
	}
	agent := exec.Command(binary, "agent", "--to", o.url, "--token-file", token, "--participant", "CANARY-NAME", "--log", log, "--state", filepath.Join(dir, "state"))
	agent.Env, agent.Stderr = o.env, new(bytes.Buffer)
	if err := agent.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = agent.Process.Signal(syscall.SIGTERM)
		if err := agent.Wait(); err != nil {
			t.Errorf("the agent's end: %v\n%s", err, agent.Stderr)
		}
	})
	for _, figure := range []string{"active-participants/1", "attacked-users/1", "infected/1"} {
		awaitFigure(o, figure, 1)
	}
	if s := o.log.String(); strings.Contains(s, "CANARY-NAME") || strings.Contains(s, "canary-path") {
		t.Errorf("the server's log holds what it may not know:\n%s", s)
	}
}

// awaitFigure waits until a figure of home today has a value.
func awaitFigure(o *observatory, figure string, want float64) {
	o.t.Helper()
	var got struct{ Rows []struct{ Value *float64 } }
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if s := o.get("/api/v1/stats/"+figure+"?of=VN", &got); s == 200 && len(got.Rows) == 1 && got.Rows[0].Value != nil && *got.Rows[0].Value == want {
			return
		}
	}
	o.t.Fatalf("%s: %s, want %v", figure, fmt.Sprint(got), want)
}
