// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"haidang/app/admin"
	"haidang/classify"
	"haidang/event"
)

// beat sends heartbeats to their own door.
func beat(t *testing.T, a *App, token, key, body string) (status int, batch string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, a.Address()+"/api/v1/heartbeat", strings.NewReader(body))
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

func enrol(t *testing.T, a *App, s event.Sensor) string {
	t.Helper()
	token, err := admin.Call[admin.Token](t.Context(), admin.Local(a.administration()), admin.MethodSensorEnrol, s)
	if err != nil {
		t.Fatal(err)
	}
	return token.Token
}

// storedBatch waits until a batch is stored.
func storedBatch(t *testing.T, a *App, sensor, batch string, stored int64) {
	t.Helper()
	r, err := a.gate.Batch(t.Context(), classify.SensorNamed(sensor), batch, time.Minute)
	if err != nil || r.Value().State != "committed" || r.Value().Stored != stored {
		t.Fatalf("%+v %v", r.Value(), err)
	}
}

// unit is what the tests read of a figure of participants.
type unit struct {
	Definition string
	Distinct   bool
	Ranked     int
	Population *struct{ VI, EN string }
	Interval   *struct{ VI, EN string }
	Rows       []struct {
		Group []string
		Value *float64
		Rank  int
		Few   bool
		Ratio *struct {
			Numerator   *int64
			Denominator int64
			Low, High   *float64
			Best        int `json:"best_rank"`
			Worst       int `json:"worst_rank"`
		}
		Change *struct {
			Value  float64 `json:"base_value"`
			Points *float64
		}
	}
	Sentence *struct{ VI, EN string }
}

func unitOf(t *testing.T, a *App, question string) (u unit) {
	t.Helper()
	status, text := askStats(t, a, question)
	if status != 200 {
		t.Fatalf("%s: %d %s", question, status, text)
	}
	if err := json.Unmarshal([]byte(text), &u); err != nil {
		t.Fatalf("%s: %v in %s", question, err, text)
	}
	return u
}

// One heartbeat and one detection by ClamAV become figures of today, over a
// restart, and nowhere on disk is the participant's name or the file's path.
func TestAHeartbeatAndADetectionBecomeFigures(t *testing.T) {
	const canary, path = "PC-OF-NGUYEN-VAN-AN", "canary-path"
	data := t.TempDir()
	a := observatory(t, data)
	token := enrol(t, a, event.Sensor{Name: "av-1", Country: "VN"})
	now := testNow().Truncate(time.Second)
	status, batch := beat(t, a, token, "h1", fmt.Sprintf(`{"participant":%q,"time":%q,"country":"VN","sector":"health","agent":"haidang/1"}`+"\n"+
		`{"participant":"other","time":%[2]q}`+"\n", canary, now.Format(time.RFC3339)))
	if status != 200 {
		t.Fatalf("status %d", status)
	}
	storedBatch(t, a, "av-1", batch, 2)
	line := fmt.Sprintf("%s %s clamd[812]: /home/%s/eicar.com: Win.Test.EICAR_HDB-1 FOUND\n", now.UTC().Format(time.RFC3339), canary, path)
	status, batch = sendAs(t, a, "clamav", token, "d1", line)
	if status != 200 {
		t.Fatalf("status %d", status)
	}
	storedBatch(t, a, "av-1", batch, 1)
	if status, _ := sendAs(t, a, "clamav", token, "d1", line); status != 200 {
		t.Errorf("the same again: %d", status)
	}
	if status, _ := sendAs(t, a, "clamav", token, "d1", line+line); status != 422 {
		t.Errorf("other bytes under the key: %d", status)
	}
	check := func(a *App) {
		t.Helper()
		for _, c := range []struct {
			question string
			want     float64
		}{{"attacked-users/1", 1}, {"infected", 1}, {"active-participants", 2}} {
			u := unitOf(t, a, c.question)
			if u.Rows[0].Value == nil || *u.Rows[0].Value != c.want || !u.Distinct || !strings.Contains(u.Population.EN, "chose to") || u.Sentence == nil {
				t.Errorf("%s: %+v", c.question, u)
			}
		}
		if u := unitOf(t, a, "share?of=VN"); !u.Rows[0].Few || u.Rows[0].Value != nil || u.Rows[0].Ratio.Numerator != nil || u.Rows[0].Ratio.Denominator != 2 {
			t.Errorf("a share of two: %+v", u.Rows[0])
		}
	}
	check(a)
	journalled := journalText(t, a, 3)
	for _, word := range []string{canary, path} {
		if strings.Contains(journalled, word) {
			t.Errorf("the journal holds %q: %s", word, journalled)
		}
	}
	stop(t, a)
	a = observatory(t, data)
	check(a)
	stop(t, a)
	for _, word := range []string{canary, path} {
		nowhere(t, data, word)
	}
}

// journalText gives what the journal holds of so many records.
func journalText(t *testing.T, a *App, records int) string {
	t.Helper()
	enough := errors.New("enough")
	var b strings.Builder
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err := a.journal.Consume(ctx, 0, func(c event.Chunk) error {
		b.Write(c.Data)
		if records -= int(c.Records); c.Dup == 0 && records <= 0 {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) {
		t.Fatalf("%v; of the journal was read: %s", err, b.String())
	}
	return b.String()
}

// nowhere looks for a word in every file below a folder.
func nowhere(t *testing.T, dir, word string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		if strings.Contains(string(raw), word) {
			t.Errorf("%s holds %q", path, word)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
