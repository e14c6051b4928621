// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"haidang/audit"
	"haidang/config"
	"haidang/release"
)

// exposed starts an observatory that listens beyond this machine.
func exposed(t *testing.T, data string) *App {
	t.Helper()
	cfg := config.Default()
	cfg.Data, cfg.Listen, cfg.TLS.Plain = data, "0.0.0.0:0", true
	cfg.Disk = config.Disk{MinFree: 16 * config.MiB}
	cfg.Journal.MaxBytes = 256 * config.MiB
	a := made(cfg, slog.New(slog.DiscardHandler))
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return a
}

// asVisitor asks over loopback what anybody may ask.
func asVisitor(t *testing.T, a *App, path string) (int, string) {
	t.Helper()
	_, port, err := net.SplitHostPort(a.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:"+port+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body)
}

// Beyond this machine nothing is shown to visitors before a named person decides
// so, each block for itself, and decisions outlive a restart.
func TestThePublicSeesWhatWasReleased(t *testing.T) {
	data := t.TempDir()
	a := exposed(t, data)
	analyst := a.audit.Pseudonym("an-analyst")
	decide := func(c release.Change) {
		t.Helper()
		if err := a.releases.Decide(t.Context(), analyst, c); err != nil {
			t.Fatal(err)
		}
	}
	by := release.Signed{By: "person/1", Reason: "checked", At: a.now()}
	expect := func(path string, status int, says string) {
		t.Helper()
		if got, body := asVisitor(t, a, path); got != status || !strings.Contains(body, says) {
			t.Errorf("%s: %d, want %d with %q: %.300s", path, got, status, says, body)
		}
	}
	const figure = "/api/v1/stats/attacks?of=VN&period=2026"
	for _, path := range []string{"/en/", "/api/v1/now", figure, "/data/all.json", "/en/definitions"} {
		expect(path, http.StatusUnauthorized, "")
	}
	before := a.audit.Checkpoint().Size
	decide(&release.Rule{Block: "live/now", Mode: release.Automatic, Signed: by})
	if a.audit.Checkpoint().Size != before+1 {
		t.Error("a decision is not in the audit log")
	}
	expect("/en/", http.StatusOK, "Hải Đăng")
	expect(figure, http.StatusForbidden, "figure/attacks of 2026 is withheld")
	decide(&release.Rule{Block: "figure", Mode: release.Approval, Signed: by})
	expect(figure, http.StatusForbidden, "has not been released yet")
	decide(&release.Approved{Block: "figure/attacks", Period: "2026", Signed: by})
	expect(figure, http.StatusOK, `"attacks/1"`)
	expect("/api/v1/stats/attacks?of=VN&by=kind&period=2026", http.StatusOK, `"attacks/1"`)
	expect("/api/v1/stats/incidents?of=VN&period=2026", http.StatusForbidden, "has not been released yet")
	stop(t, a)

	a = exposed(t, data)
	expect(figure, http.StatusOK, `"attacks/1"`)
	decide(&release.Revoke{Block: "figure/attacks", Period: "2026", Signed: by})
	expect(figure, http.StatusForbidden, "has not been released yet")
	stop(t, a)
}

// A decision that cannot be written down is none.
func TestNothingIsReleasedUnwitnessed(t *testing.T) {
	a := observatory(t, t.TempDir())
	defer stop(t, a)
	fault := errors.New("no room")
	a.releases.note = func(context.Context, audit.Entry) error { return fault }
	err := a.releases.Decide(t.Context(), audit.System, &release.Hold{On: true, Signed: release.Signed{By: "person/1", Reason: "x", At: a.now()}})
	if !errors.Is(err, fault) || a.releases.State().Hold.On {
		t.Errorf("%v, held: %v", err, a.releases.State().Hold.On)
	}
}
