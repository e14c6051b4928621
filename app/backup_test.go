// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"

	"haidang/app/admin"
	"haidang/audit"
	"haidang/backup"
	"haidang/classify"
	"haidang/config"
	"haidang/event"
)

func newIdentity(t *testing.T) *age.X25519Identity {
	t.Helper()
	i, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func enrolled(t *testing.T, a *App, name string) string {
	t.Helper()
	token, err := admin.Call[admin.Token](t.Context(), admin.Local(a.administration()), admin.MethodSensorEnrol, event.Sensor{Name: name, Country: "VN"})
	if err != nil {
		t.Fatal(err)
	}
	return token.Token
}

func committed(t *testing.T, a *App, sensor, batch string) classify.BatchState {
	t.Helper()
	r, err := a.gate.Batch(t.Context(), classify.SensorNamed(sensor), batch, time.Minute)
	if err != nil || r.Value().State != "committed" {
		t.Fatalf("%+v %v", r.Value(), err)
	}
	return r.Value()
}

func restored(t *testing.T, archive string, key age.Identity) (string, backup.Manifest) {
	t.Helper()
	f, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	data := filepath.Join(t.TempDir(), "elsewhere")
	m, err := Restore(t.Context(), f, []age.Identity{key}, data, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return data, m
}

// answersOf is what two observatories must agree on.
func answersOf(t *testing.T, a *App, sensor string, batches []string) (out []string) {
	t.Helper()
	out = append(out, fmt.Sprint("records ", count(t, a)))
	from := testNow().UTC().Truncate(time.Hour)
	hours, err := a.gate.Accounting(t.Context(), classify.OperatorNamed("test"), sensor, from.Add(-2*time.Hour), from.Add(2*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range hours.Value() {
		if !h.Balanced() {
			t.Errorf("%+v does not balance", h)
		}
		out = append(out, fmt.Sprintf("hour %+v", h))
	}
	for _, b := range batches {
		out = append(out, fmt.Sprintf("batch %+v", committed(t, a, sensor, b)))
	}
	p := a.gate.Picture(classify.Nobody()).Value()
	out = append(out, fmt.Sprintf("picture %+v, %d kinds, %d countries", p.World, len(p.Kinds), len(p.Affected)))
	events, err := a.gate.Events(t.Context(), classify.OperatorNamed("test"), event.Query{From: event.TimeUnset, To: event.TimeUnset, Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	return append(out, fmt.Sprintf("events %v", events.Value().Rows.ID))
}

// A backup of a stopped observatory, restored on an empty machine, answers every
// question as the first one does.
func TestRestoredObservatoryAnswersAlike(t *testing.T) {
	data := t.TempDir()
	a := observatory(t, data)
	token := enrolled(t, a, "hue-1")
	var batches []string
	for i := range 5 {
		status, batch := send(t, a, token, fmt.Sprint("k", i), logins(40)+"not json\n")
		if status != 200 {
			t.Fatalf("status %d", status)
		}
		committed(t, a, "hue-1", batch)
		batches = append(batches, batch)
	}
	if status, _ := send(t, a, token, "k0", logins(40)+"not json\n"); status != 200 && status != 422 {
		t.Fatalf("status %d", status)
	}
	stop(t, a)

	key := newIdentity(t)
	archive := filepath.Join(t.TempDir(), "backup.age")
	settings := filepath.Join(t.TempDir(), "haidang.yaml")
	if err := os.WriteFile(settings, []byte("listen: localhost:8080\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := config.Default()
	cfg.Data, cfg.Disk = data, config.Disk{MinFree: 16 * config.MiB}
	cfg.Journal.MaxBytes = 256 * config.MiB
	ask := admin.NewBackup{To: archive, Recipients: []string{key.Recipient().String()}, Config: settings}
	err := Administer(t.Context(), cfg, slog.New(slog.DiscardHandler), func(c admin.Caller) error {
		_, err := admin.Call[admin.Backup](t.Context(), c, admin.MethodBackup, ask)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, m := restored(t, archive, key)
	if raw, err := os.ReadFile(filepath.Join(elsewhere, configFile)); err != nil || string(raw) != "listen: localhost:8080\n" {
		t.Errorf("the configuration: %q, %v", raw, err)
	}
	sameFiles(t, filepath.Join(data, "keys"), filepath.Join(elsewhere, "keys"))
	sameFiles(t, filepath.Join(data, "store"), filepath.Join(elsewhere, "store"))
	checkAudit(t, elsewhere, m)

	first := observatory(t, data)
	want := answersOf(t, first, "hue-1", batches)
	stop(t, first)
	second := observatory(t, elsewhere)
	defer stop(t, second)
	if d := cmp.Diff(want, answersOf(t, second, "hue-1", batches)); d != "" {
		t.Error(d)
	}
	if status, _ := send(t, second, token, "k1", logins(1)); status != 422 {
		t.Errorf("another body under a key of before: %d", status)
	}
	if status, _ := send(t, second, token, "k9", logins(3)); status != 200 {
		t.Errorf("a new batch: %d", status)
	}
}

func sameFiles(t *testing.T, a, b string) {
	t.Helper()
	entries, err := os.ReadDir(a)
	if err != nil || len(entries) == 0 {
		t.Fatalf("%s: %v", a, err)
	}
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
		x, err1 := os.ReadFile(filepath.Join(a, e.Name()))
		y, err2 := os.ReadFile(filepath.Join(b, e.Name()))
		if err := errors.Join(err1, err2); err != nil || !bytes.Equal(x, y) {
			t.Errorf("%s differs: %v", e.Name(), err)
		}
	}
}

func checkAudit(t *testing.T, data string, m backup.Manifest) {
	t.Helper()
	keys, own, err := AuditKeys(filepath.Join(data, "audit"))
	if err != nil || !own {
		t.Fatal(err)
	}
	r, err := audit.Verify(t.Context(), filepath.Join(data, "audit"), keys, []byte(m.Checkpoint))
	if err := errors.Join(err, r.Err()); err != nil {
		t.Error(err)
	}
	held, err := audit.ParseCheckpoint([]byte(m.Checkpoint), keys...)
	if err != nil || r.Checkpoint.Size != held.Size+1 {
		t.Errorf("%d entries after the restore, %d in the backup; %v", r.Checkpoint.Size, held.Size, err)
	}
}

// A backup while sensors send: everything acknowledged before it began is in it,
// the accounts balance, and what came later is there as a whole or not at all.
func TestBackupWhileSensorsSend(t *testing.T) {
	a := observatory(t, t.TempDir())
	token := enrolled(t, a, "hue-1")
	var before int64
	for i := range 4 {
		if status, _ := send(t, a, token, fmt.Sprint("before", i), logins(25)); status != 200 {
			t.Fatalf("status %d", status)
		}
		before += 25
	}
	ended := make(chan struct{})
	var senders sync.WaitGroup
	for s := range 2 {
		senders.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-ended:
					return
				default:
					if status, _ := send(t, a, token, fmt.Sprintf("m%d-%d", s, i), logins(10)); status != 200 {
						t.Errorf("status %d while the backup is written", status)
					}
				}
			}
		})
	}
	key := newIdentity(t)
	archive := filepath.Join(t.TempDir(), "backup.age")
	ask := admin.NewBackup{To: archive, Recipients: []string{key.Recipient().String()}}
	got, err := admin.Call[admin.Backup](t.Context(), admin.Local(a.administration()), admin.MethodBackup, ask)
	close(ended)
	senders.Wait()
	if err != nil {
		t.Fatal(err)
	}
	checkCanaries(t, a, archive, token)
	stop(t, a)

	data, m := restored(t, archive, key)
	if m.Position != got.Position || m.Files != got.Files {
		t.Errorf("%+v, %+v", m, got)
	}
	checkAudit(t, data, m)
	b := observatory(t, data)
	defer stop(t, b)
	_, batch := send(t, b, token, "after", logins(1))
	committed(t, b, "hue-1", batch)
	if n := count(t, b); n < before+1 || (n-1)%5 != 0 {
		t.Errorf("%d records, %d were acknowledged before", n, before)
	}
	answersOf(t, b, "hue-1", []string{batch})
}

// checkCanaries looks for secrets in the archive and in the folder outside keys.
func checkCanaries(t *testing.T, a *App, archive, token string) {
	t.Helper()
	secrets := [][]byte{[]byte(token), a.keys.eventID, a.keys.sketch[:]}
	for _, name := range []string{auditSignKey, auditNamesKey} {
		k, err := os.ReadFile(a.folder.join("keys", name))
		if err != nil {
			t.Fatal(err)
		}
		secrets = append(secrets, k)
	}
	err := filepath.WalkDir(a.folder.path, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || strings.Contains(path, "/keys/") {
			return nil // files come and go
		}
		data, err := os.ReadFile(path)
		for i, s := range secrets {
			if err == nil && bytes.Contains(data, s) {
				t.Errorf("secret %d stands in %s", i, path)
			}
		}
		return nil
	})
	data, rerr := os.ReadFile(archive)
	if err := errors.Join(err, rerr); err != nil {
		t.Fatal(err)
	}
	for i, s := range append(secrets, []byte("SHA256SUMS")) {
		if bytes.Contains(data, s) {
			t.Errorf("secret %d stands in the archive", i)
		}
	}
}

func TestBackupRefuses(t *testing.T) {
	a := observatory(t, t.TempDir())
	defer stop(t, a)
	key := newIdentity(t).Recipient().String()
	there := filepath.Join(t.TempDir(), "there")
	if err := os.WriteFile(there, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		want string
		ask  admin.NewBackup
	}{
		{"recipient", admin.NewBackup{To: filepath.Join(t.TempDir(), "x")}},
		{"absolute", admin.NewBackup{To: "x", Recipients: []string{key}}},
		{"already", admin.NewBackup{To: there, Recipients: []string{key}}},
		{"no such", admin.NewBackup{To: filepath.Join(t.TempDir(), "no", "x"), Recipients: []string{key}}},
	} {
		_, err := admin.Call[admin.Backup](t.Context(), admin.Local(a.administration()), admin.MethodBackup, c.ask)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.want, err)
		}
	}
	if n := a.purgeable(100); n != 100 {
		t.Errorf("without a backup the journal may throw away below %d", n)
	}
	a.needed.Store(7)
	defer a.needed.Store(0)
	if n := a.purgeable(100); n != 7 {
		t.Errorf("with one it may throw away below %d", n)
	}
}

func TestCheckpointIsServed(t *testing.T) {
	a := observatory(t, t.TempDir())
	defer stop(t, a)
	resp, err := http.Get(a.Address() + "/.well-known/haidang/checkpoint")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	keys, _, err := AuditKeys(a.folder.join("audit"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := audit.ParseCheckpoint(raw, keys...); err != nil || resp.StatusCode != 200 {
		t.Errorf("%d %s: %v", resp.StatusCode, raw, err)
	}
}

// The signing key is changed by giving the old one another name.
func TestAuditKeyChange(t *testing.T) {
	data := t.TempDir()
	a := observatory(t, data)
	old := a.audit.PublicKeys()
	stop(t, a)
	if err := os.Rename(filepath.Join(data, "keys", auditSignKey), filepath.Join(data, "keys", auditPreviousKey)); err != nil {
		t.Fatal(err)
	}
	a = observatory(t, data)
	stop(t, a)
	r, err := audit.Verify(t.Context(), filepath.Join(data, "audit"), old, nil)
	if err := errors.Join(err, r.Err()); err != nil || len(r.Keys) != 2 {
		t.Errorf("%v, %v", r.Keys, err)
	}
}
