// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"haidang/app/admin"
	"haidang/audit"
	"haidang/classify"
	"haidang/classify/pack"
	"haidang/event"
	"haidang/store"
	"haidang/vitals"
)

// secretCanary is what a marked record holds; packing finds it nowhere else.
const secretCanary = "Zq7v-kX20w-9tRu-canary-Jd3m-Ys8P"

// marked is three records, the middle one with a marking.
func marked(marking string) string {
	lines := strings.SplitAfter(logins(2), "\n")
	return lines[0] + fmt.Sprintf(`{"eventid":"cowrie.login.failed","username":"root","password":"%s","message":"login","sensor":"pot","timestamp":%q,"src_ip":"8.8.8.9","session":"s9","protocol":"ssh","custom":{"classification":%q}}`+"\n",
		secretCanary, testNow().UTC().Format(time.RFC3339Nano), marking) + lines[1]
}

// filesHolding names the files below a folder that hold a text.
func filesHolding(t *testing.T, dir, text string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // the observatory is at work
		}
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		if bytes.Contains(raw, []byte(text)) {
			found = append(found, path)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func sensorToken(t *testing.T, a *App) (token string) {
	t.Helper()
	made, err := admin.Call[admin.Token](t.Context(), admin.Local(a.administration()), admin.MethodSensorEnrol,
		event.Sensor{Name: "hue-1", Country: "VN"})
	if err != nil {
		t.Fatal(err)
	}
	return made.Token
}

// secretEntries gives what the audit log says of marked records.
func secretEntries(t *testing.T, a *App) (out []audit.Entry) {
	t.Helper()
	for _, e := range readEntries(t, a) {
		if e.Object.Kind == "state-secret" {
			out = append(out, e)
		}
	}
	return out
}

// gone checks that the marked record is nowhere, and that all others are stored.
func gone(t *testing.T, a *App, others int64) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); count(t, a) < others || len(filesHolding(t, a.cfg.Data, secretCanary)) > 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			break
		}
	}
	if n := count(t, a); n != others {
		t.Errorf("%d other records are stored, want %d", n, others)
	}
	if f := filesHolding(t, a.cfg.Data, secretCanary); len(f) > 0 {
		t.Errorf("the record is still in %v", f)
	}
	hours, err := a.gate.Accounting(t.Context(), classify.OperatorNamed("test"), "hue-1", testNow().Add(-2*time.Hour), testNow().Add(time.Hour))
	if err != nil || len(hours.Value()) == 0 {
		t.Fatal(err)
	}
	for _, h := range hours.Value() {
		if !h.Balanced() {
			t.Errorf("%+v does not balance", h)
		}
	}
	p, err := a.store.Rejects(t.Context(), store.RejectQuery{From: event.TimeUnset, To: event.TimeUnset})
	if err != nil || len(p.Rejects) != 1 || p.Rejects[0].Reason != event.ReasonLabel || len(p.Rejects[0].Bytes) > 0 || p.Rejects[0].Detail != "" {
		t.Errorf("rejects: %+v %v", p.Rejects, err)
	}
	e := secretEntries(t, a)
	if len(e) != 1 || e[0].Action != audit.Quarantine || e[0].Count != 1 || e[0].Tier != "TX" || e[0].Object.Dataset != "http" ||
		len(e[0].Object.IDs) != 1 || e[0].Object.IDs[0] != string(a.audit.Pseudonym("hue-1")) {
		t.Errorf("the audit log says %+v", e)
	}
}

func TestMarkedTelemetryIsKeptNowhere(t *testing.T) {
	a := observatory(t, t.TempDir())
	defer stop(t, a)
	token := sensorToken(t, a)
	_, before := send(t, a, token, "k0", logins(3))
	committed(t, a, "hue-1", before)
	status, batch := send(t, a, token, "k1", marked("Độ mật: Tối mật"))
	if status != 200 {
		t.Fatalf("status %d", status)
	}
	gone(t, a, 5)
	if n := testutil.ToFloat64(a.secrets.records); n != 1 {
		t.Errorf("%v records were counted", n)
	}
	rawSays(t, a, before, true)
	rawSays(t, a, batch, false)
	if r, err := a.gate.Batch(t.Context(), classify.SensorNamed("hue-1"), batch, time.Second); !errors.Is(err, classify.ErrNotFound) {
		t.Errorf("the batch is still known: %+v %v", r.Value(), err)
	}
	if out, err := a.replayQuarantine(t.Context(), admin.QuarantineQuery{}); err != nil || out.Sent != 0 || out.Tried != 1 {
		t.Errorf("the quarantine sent %+v, %v", out, err)
	}
	a.watch(testNow())
	s, err := a.status(t.Context(), admin.None{})
	if err != nil || !strings.Contains(fmt.Sprint(s.Warnings), warnSecretFound.Code) || strings.Contains(fmt.Sprint(s.Warnings), warnSecretKept.Code) {
		t.Errorf("warnings %+v, %v", s.Warnings, err)
	}
	if _, text := get(t, a, "", "/readyz"); strings.Contains(text, "secret") {
		t.Errorf("passers-by read %s", text)
	}
	if status, _ := send(t, a, token, "k2", strings.Replace(logins(1), `"login attempt"`, `"x","label":"mật khẩu"`, 1)); status != 200 {
		t.Fatalf("status %d", status)
	}
	for deadline := time.Now().Add(time.Minute); count(t, a) < 6; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("a password was taken for a marking")
		}
	}
}

// rawSays asks for the first record of a batch as it came.
func rawSays(t *testing.T, a *App, batch string, kept bool) {
	t.Helper()
	p, err := a.store.Events(t.Context(), event.Query{From: event.TimeUnset, To: event.TimeUnset, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	first, last := p.Batch.RawSeq[0], p.Batch.RawSeq[0]
	for _, seq := range p.Batch.RawSeq {
		first, last = min(first, seq), max(last, seq)
	}
	at := last
	if kept {
		at = first
	}
	r, err := tape{a}.Raw(t.Context(), at, 0)
	if err != nil || r.Kept != kept || kept && r.Batch != batch {
		t.Errorf("raw record at %d: %+v %v, want kept: %v", at, r, err, kept)
	}
}

// What was acknowledged and not committed when the observatory ended is erased
// when it is there again; so is what was committed and not erased.
func TestMarkedTelemetryIsErasedAfterARestart(t *testing.T) {
	for name, part := range map[string]string{"before the commit": "pipeline", "between commit and erasing": "backup"} {
		t.Run(name, func(t *testing.T) {
			data := t.TempDir()
			a := observatory(t, data)
			token := sensorToken(t, a)
			if part == "pipeline" {
				if err := a.pipeline.Stop(context.Background()); err != nil {
					t.Fatal(err)
				}
				withoutStep(a, "pipeline")
			} else {
				a.needed.Store(1) // a backup needs the whole journal, so nothing is erased
			}
			status, batch := send(t, a, token, "k1", marked("MA\u0302\u0323T"))
			if status != 200 {
				t.Fatalf("status %d", status)
			}
			if part == "backup" {
				committed(t, a, "hue-1", batch)
			}
			stop(t, a)
			if len(filesHolding(t, data, secretCanary)) == 0 {
				t.Fatal("the record is nowhere already, so nothing can be seen here")
			}
			a = observatory(t, data)
			defer stop(t, a)
			if part == "pipeline" {
				gone(t, a, 2)
				return
			}
			if f := filesHolding(t, data, secretCanary); len(f) > 0 {
				t.Errorf("the record is still in %v", f)
			}
			// The crash lay between the entry and the erasing, so it is there twice.
			if e := secretEntries(t, a); len(e) != 2 {
				t.Errorf("the audit log says %+v", e)
			}
		})
	}
}

// Nothing is erased unseen: without the audit log the batch waits, and that is said.
func TestErasingWaitsForTheAuditLog(t *testing.T) {
	data := t.TempDir()
	a := observatory(t, data)
	token := sensorToken(t, a)
	if err := a.audit.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	status, batch := send(t, a, token, "k1", marked("TUYỆT MẬT"))
	if status != 200 {
		t.Fatalf("status %d", status)
	}
	committed(t, a, "hue-1", batch)
	a.watch(testNow())
	if !slices.ContainsFunc(a.board.Warnings(), func(w vitals.Warning) bool { return w.Code == warnSecretKept.Code }) {
		t.Errorf("warnings %+v", a.board.Warnings())
	}
	if n := testutil.ToFloat64(a.secrets.batches); n != 1 {
		t.Errorf("%v batches wait", n)
	}
	withoutStep(a, "audit log")
	stop(t, a)
	a = observatory(t, data)
	defer stop(t, a)
	gone(t, a, 2)
}

// withoutStep forgets what was stopped already.
func withoutStep(a *App, name string) {
	for i, s := range a.life.steps {
		if s.name == name {
			a.life.steps = append(a.life.steps[:i:i], a.life.steps[i+1:]...)
			return
		}
	}
}

// Normalising asks only about texts that may be a marking; that must leave no
// word of the pack out that has accents.
func TestEveryMarkingOfThePackIsFound(t *testing.T) {
	a := observatory(t, t.TempDir())
	defer stop(t, a)
	for _, w := range pack.BuiltIn().Secrets.Words {
		for _, text := range []string{w.Text, strings.ToLower(w.Text), "Độ mật: " + w.Text} {
			escaped, err := json.Marshal(text)
			if err != nil {
				t.Fatal(err)
			}
			var ascii strings.Builder
			for _, r := range string(escaped) {
				if r < 0x80 {
					ascii.WriteRune(r)
				} else {
					fmt.Fprintf(&ascii, `\u%04x`, r)
				}
			}
			for _, written := range []string{string(escaped), ascii.String()} {
				record := strings.Replace(logins(1), `"protocol"`, `"độ mật":`+written+`,"protocol"`, 1)
				c := &event.Chunk{Delivery: event.Delivery{Sensor: "s", Format: "cowrie"}, Data: []byte(record), Records: 1, Ingested: event.TimeOf(testNow())}
				r := a.normaliser.Chunk(c, event.Sensor{Name: "s"}, &event.Batch{}, nil)
				if len(r) != 1 || r[0].Reason != event.ReasonLabel {
					t.Errorf("%s: %+v", written, r)
				}
			}
		}
	}
}
