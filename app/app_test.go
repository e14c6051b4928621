// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"haidang/app/admin"
	"haidang/classify"
	"haidang/config"
	"haidang/event"
)

// observatory runs the whole product inside the test.
func observatory(t *testing.T, data string) *App {
	t.Helper()
	return observing(t, settingsOf(data))
}

// settingsOf are those of a small observatory that commits often.
func settingsOf(data string) config.Config {
	cfg := config.Default()
	cfg.Data, cfg.Listen = data, "127.0.0.1:0"
	cfg.Disk = config.Disk{MinFree: 16 * config.MiB}
	cfg.Journal.MaxBytes = 256 * config.MiB
	cfg.Store.Commit = 100 * time.Millisecond
	return cfg
}

// observing runs an observatory with settings.
func observing(t *testing.T, cfg config.Config) *App {
	t.Helper()
	if err := cfg.Check(); err != nil {
		t.Fatal(err)
	}
	a := made(cfg, slog.New(slog.NewTextHandler(writer{t}, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return a
}

type writer struct{ t *testing.T }

func (w writer) Write(p []byte) (int, error) {
	w.t.Log(strings.TrimSpace(string(p)))
	return len(p), nil
}

func stop(t *testing.T, a *App) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := a.Stop(ctx); err != nil {
		t.Fatal(err)
	}
}

func logins(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"eventid":"cowrie.login.failed","username":"root","password":"x%d","message":"login attempt","sensor":"pot","timestamp":%q,"src_ip":"8.8.8.%d","session":"s%d","protocol":"ssh"}`+"\n",
			i, testNow().UTC().Format(time.RFC3339Nano), i%200, i)
	}
	return b.String()
}

func send(t *testing.T, a *App, token, key, body string) (status int, batch string) {
	t.Helper()
	return sendAs(t, a, "cowrie", token, key, body)
}

func sendAs(t *testing.T, a *App, format, token, key, body string) (status int, batch string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, a.Address()+"/api/v1/ingest/"+format, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Idempotency-Key", key)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var r struct{ Batch string }
	if err := json.Unmarshal(raw, &r); err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	return resp.StatusCode, r.Batch
}

func count(t *testing.T, a *App) int64 {
	t.Helper()
	r, err := a.gate.Count(t.Context(), classify.OperatorNamed("test"),
		event.Query{From: event.TimeUnset, To: event.TimeUnset}, []event.Metric{event.MetricRecords})
	if err != nil {
		t.Fatal(err)
	}
	return r.Value()[0]
}

// From the door to the picture, over a restart, counted once.
func TestFromTheDoorToThePicture(t *testing.T) {
	data := t.TempDir()
	a := observatory(t, data)
	token, err := admin.Call[admin.Token](t.Context(), admin.Local(a.administration()), admin.MethodSensorEnrol,
		event.Sensor{Name: "hue-1", Country: "VN"})
	if err != nil {
		t.Fatal(err)
	}
	status, batch := send(t, a, token.Token, "k1", logins(100))
	if status != 200 {
		t.Fatalf("status %d", status)
	}
	r, err := a.gate.Batch(t.Context(), classify.SensorNamed("hue-1"), batch, time.Minute)
	if err != nil || r.Value().State != "committed" || r.Value().Stored != 100 {
		t.Fatalf("%+v %v", r.Value(), err)
	}
	p := a.gate.Picture(classify.Nobody()).Value()
	for deadline := time.Now().Add(time.Minute); p.World.Records < 100 && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		p = a.gate.Picture(classify.Nobody()).Value()
	}
	if p.World.Records != 100 || p.World.Attacks != 100 || len(p.Kinds)+len(p.Affected) == 0 {
		t.Errorf("the picture: %+v", p)
	}
	stop(t, a)

	a = observatory(t, data)
	defer stop(t, a)
	if n := count(t, a); n != 100 {
		t.Errorf("%d records after a restart", n)
	}
	if p := a.gate.Picture(classify.Nobody()).Value(); p.World.Records != 100 {
		t.Errorf("the picture holds %d records after a restart", p.World.Records)
	}
	if status, again := send(t, a, token.Token, "k1", logins(1)); status != 422 {
		t.Errorf("another body under the key after a restart: %d %s", status, again)
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
}

// A feed's record that is sent again on the same day folds into the first, also
// when the observatory was restarted in between.
func TestFeedsFoldOverARestart(t *testing.T) {
	data := t.TempDir()
	a := observatory(t, data)
	token, err := admin.Call[admin.Token](t.Context(), admin.Local(a.administration()), admin.MethodSensorEnrol,
		event.Sensor{Name: "shadowserver", Country: "VN"})
	if err != nil {
		t.Fatal(err)
	}
	csv := "timestamp,ip,asn,geo,infection,#report=event4_sinkhole_http\n" +
		testNow().UTC().Format("2006-01-02 15:04:05") + ",8.8.8.8,15169,US,avalanche\n"
	arrive := func(a *App, key string, records int64) event.Picture {
		status, batch := sendAs(t, a, "shadowserver", token.Token, key, csv)
		if status != 200 {
			t.Fatalf("status %d", status)
		}
		r, err := a.gate.Batch(t.Context(), classify.SensorNamed("shadowserver"), batch, time.Minute)
		if err != nil || r.Value().Stored != 1 {
			t.Fatalf("%+v %v", r.Value(), err)
		}
		var p event.Picture
		for deadline := time.Now().Add(time.Minute); p.World.Records < records && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
			p = a.gate.Picture(classify.Nobody()).Value()
		}
		return p
	}
	if p := arrive(a, "k1", 1); p.World.Incidents != 1 || p.World.Records != 1 {
		t.Fatalf("%+v", p.World)
	}
	stop(t, a)
	a = observatory(t, data)
	defer stop(t, a)
	if p := arrive(a, "k2", 2); p.World.Incidents != 1 || p.World.Records != 2 {
		t.Errorf("%+v: the repeat did not fold", p.World)
	}
}

// An open page must not hold up a stop.
func TestStopWithAnOpenPage(t *testing.T) {
	a := observatory(t, t.TempDir())
	resp, err := http.Get(a.Address() + "/live")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := resp.Body.Read(make([]byte, 64)); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	stop(t, a) // which an open page would hold up for the whole minute that it has
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("stopping took %v", took)
	}
}
