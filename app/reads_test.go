// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"haidang/app/admin"
	"haidang/audit"
	"haidang/classify"
	"haidang/config"
	"haidang/event"
	"haidang/share/api"
)

// readEntries gives what the audit log says of readings, oldest first.
func readEntries(t testing.TB, a *App) (out []audit.Entry) {
	t.Helper()
	p, err := a.audit.Entries(context.Background(), 0, 1000, audit.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range p.Entries {
		if slices.Contains([]audit.Action{audit.Read, audit.Search, audit.Export, audit.Quarantine}, e.Action) {
			out = append(out, e)
		}
	}
	slices.Reverse(out)
	return out
}

// laden runs an observatory that holds ten records of one sensor, enrolled under
// a label.
func laden(t *testing.T, label string) *App {
	t.Helper()
	a := observatory(t, t.TempDir())
	token, err := admin.Call[admin.Token](t.Context(), admin.Local(a.administration()), admin.MethodSensorEnrol,
		admin.NewSensor{Sensor: event.Sensor{Name: "hue-1", Country: "VN"}, Label: label})
	if err != nil {
		t.Fatal(err)
	}
	_, batch := send(t, a, token.Token, "k", logins(10))
	committed(t, a, "hue-1", batch)
	return a
}

func operatorToken(t *testing.T, a *App) string {
	t.Helper()
	token, err := a.identity.CreateToken(t.Context(), "an", "operator", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func get(t *testing.T, a *App, token, path string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, a.Address()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(text)
}

// Every answer of T2 and above is in the log with who, what for, how much and in
// which request.
func TestReadingIsAudited(t *testing.T) {
	a := laden(t, "TLP:AMBER")
	defer stop(t, a)
	token := operatorToken(t, a)
	for _, c := range []struct {
		path   string
		action audit.Action
		kind   string
		tier   string
		count  int64
	}{
		{"/api/v1/events?limit=4", audit.Search, "event", "T2", 4},
		{"/api/v1/events?limit=4&format=csv", audit.Export, "event", "T2", 4},
		{"/api/v1/events?limit=4&fields=source.ip", audit.Search, "event", "T3", 4},
		{"/api/v1/events/count", audit.Search, "count", "T3", 1},
		{"/api/v1/events/aggregate?by=source.ip", audit.Search, "count", "T3", 10},
	} {
		before := len(readEntries(t, a))
		resp, text := get(t, a, token, c.path)
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s %s", c.path, resp.Status, text)
		}
		all := readEntries(t, a)[before:]
		if len(all) != 1 {
			t.Fatalf("%s: %d entries", c.path, len(all))
		}
		e := all[0]
		if e.Action != c.action || e.Object.Kind != c.kind || e.Tier != c.tier || e.Count != c.count || e.Outcome != audit.Done ||
			e.Actor != a.audit.Pseudonym("an") || !slices.Equal(e.Roles, []string{"analyst", "operator"}) ||
			e.Request == "" || e.Request != resp.Header.Get("Haidang-Request") {
			t.Errorf("%s: %+v", c.path, e)
		}
	}
}

func TestOpenReadingIsNotAudited(t *testing.T) {
	a := laden(t, "TLP:CLEAR personal:none")
	defer stop(t, a)
	if resp, text := get(t, a, operatorToken(t, a), "/api/v1/events"); resp.StatusCode != http.StatusOK || len(text) < 500 {
		t.Fatalf("%s %s", resp.Status, text)
	}
	if all := readEntries(t, a); len(all) != 0 {
		t.Errorf("%+v", all)
	}
}

// watched is a response of which the first byte is looked out for.
type watched struct {
	*httptest.ResponseRecorder
	first func()
}

func (w *watched) Write(p []byte) (int, error) {
	if w.first != nil {
		w.first()
		w.first = nil
	}
	return w.ResponseRecorder.Write(p)
}

func TestTheEntryIsThereBeforeTheFirstByte(t *testing.T) {
	a := laden(t, "TLP:AMBER")
	defer stop(t, a)
	h := a.reads(api.New(api.Dependencies{
		Log: slog.New(slog.DiscardHandler), Gate: a.gate, Now: a.now, Version: "test",
		Viewer: func(string) (classify.Viewer, error) { return classify.OperatorNamed("an"), nil },
	}))
	seen := -1
	w := &watched{httptest.NewRecorder(), func() { seen = len(readEntries(t, a)) }}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/events", nil)
	r.Header.Set("Authorization", "Bearer x")
	h.ServeHTTP(w, r)
	if seen != 1 || w.Code != http.StatusOK {
		t.Errorf("%d entries when the first byte left, status %d", seen, w.Code)
	}
}

// Without the log nothing is shown.
func TestNothingIsReadWithoutTheLog(t *testing.T) {
	a := laden(t, "TLP:AMBER")
	defer stop(t, a)
	token := operatorToken(t, a)
	if err := a.audit.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/api/v1/events", "/api/v1/events?format=csv", "/api/v1/events/count", "/api/v1/events/aggregate?by=source.ip", "/api/v1/rollups?by=hosting.country"} {
		resp, text := get(t, a, token, path)
		if resp.StatusCode != http.StatusServiceUnavailable || len(text) > 500 {
			t.Errorf("%s: %s %s", path, resp.Status, text)
		}
	}
}

// The counts of one page are one reading, records are one each; what is gathered
// for one answer is one entry with the number of all.
func TestOneEntryForOnePage(t *testing.T) {
	a := laden(t, "TLP:AMBER")
	defer stop(t, a)
	v := classify.OperatorNamed("an")
	q := event.Query{From: event.TimeUnset, To: event.TimeUnset, Limit: 3}
	a.reads(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		for range 3 {
			if _, err := a.gate.Count(r.Context(), v, q, event.Metrics[:1]); err != nil {
				t.Error(err)
			}
		}
		ctx, g := gather(r.Context())
		for range 2 {
			if _, err := a.gate.Events(ctx, v, q); err != nil {
				t.Error(err)
			}
		}
		if err := a.noteGathered(r.Context(), g.sight, v, "incident", 6); err != nil {
			t.Error(err)
		}
	})).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	all := readEntries(t, a)
	if len(all) != 2 || all[0].Object.Kind != "count" || all[1].Object.Kind != "incident" || all[1].Count != 6 || all[1].Tier != "T2" || all[0].Request != all[1].Request {
		t.Errorf("%+v", all)
	}
}

// BenchmarkWitness reports what an entry adds to an answer while eight people
// read at once.
func BenchmarkWitness(b *testing.B) {
	for _, readers := range []int{1, 8, 64} {
		b.Run(fmt.Sprint(readers), func(b *testing.B) {
			f, err := openFolder(b.TempDir())
			if err != nil {
				b.Fatal(err)
			}
			a := made(config.Default(), slog.New(slog.DiscardHandler))
			a.folder = f
			if err := a.startAudit(b.Context()); err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = a.life.stop(context.Background()) })
			s := classify.Sight{Viewer: classify.OperatorNamed("an"), Purpose: classify.Search, Tier: event.T2, Count: 100}
			took := make([]time.Duration, b.N)
			var wg sync.WaitGroup
			b.ResetTimer()
			for r := range readers {
				wg.Go(func() {
					for i := r; i < b.N; i += readers {
						began := time.Now()
						if err := a.witness(b.Context(), s); err != nil {
							b.Error(err)
						}
						took[i] = time.Since(began)
					}
				})
			}
			wg.Wait()
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}
