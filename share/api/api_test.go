// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"haidang/classify"
	"haidang/event"
)

// neighbours answer behind a real gate, so that the tests go the way that
// production goes; what was asked is kept.
type neighbours struct {
	query event.Query
	agg   event.Aggregate
	roll  event.RollupQuery
	wait  time.Duration
	fail  error
	quiet bool // no sensor reported anything
}

func (n *neighbours) Picture() event.Picture {
	return event.Picture{Home: event.MustCountry("VN"), Today: event.Totals{Attacks: 7},
		At: 0, DayStart: 0, Kinds: []event.Count{{Key: "intrusion-attempts/brute-force", Events: 7}},
		Sensors: []event.SensorState{{Name: "secret-sensor-name"}}}
}

func (n *neighbours) Events(_ context.Context, q event.Query) (classify.Page, error) {
	n.query = q
	return classify.Page{Rows: sample(), Next: "after-two"}, n.fail
}

func (n *neighbours) Count(_ context.Context, q event.Query, m []event.Metric) ([]int64, error) {
	n.query = q
	return make([]int64, len(m)), n.fail
}

func (n *neighbours) Aggregate(_ context.Context, a event.Aggregate, _ int) ([]event.Cell, error) {
	n.agg = a
	return []event.Cell{{Group: []string{"CN"}, Values: []int64{9}}}, n.fail
}

func (n *neighbours) Rollup(q event.RollupQuery) (event.Rollup, error) {
	n.roll = q
	if n.quiet {
		return event.Rollup{Whole: true}, n.fail
	}
	return event.Rollup{Whole: true, Rows: []event.RollupRow{{Start: 0, Group: []string{"CN"}, Events: 4, Records: 9, Affected: &event.Distinct{Count: 2, Exact: true}}}}, n.fail
}

func (n *neighbours) Batch(_ context.Context, _ string, wait time.Duration) (classify.BatchState, error) {
	n.wait = wait
	return classify.BatchState{Batch: "b1", Sensor: "hue-1", State: "committed", Records: 3, Stored: 2,
		Quarantined: map[event.Reason]int64{event.ReasonNotJSON: 1},
		Lines:       []event.Reject{{Line: 2, Reason: event.ReasonNotJSON, Detail: "offset 1"}}}, n.fail
}

func (n *neighbours) Rejects(context.Context, classify.RejectQuery) (classify.RejectPage, error) {
	return classify.RejectPage{Rejects: []event.Reject{{Sensor: "hue-1", Line: 2, At: 0, Bytes: []byte("{x")}}}, n.fail
}

func (n *neighbours) Sensors(context.Context) ([]classify.SensorReport, error) {
	return []classify.SensorReport{{SensorState: event.SensorState{Name: "hue-1", Drops: 4}, Heard: true,
		Reasons: []classify.ReasonExample{{Reason: event.ReasonNotJSON, Count: 2, Example: event.Reject{Line: 7, Bytes: []byte("{x")}}}}}, n.fail
}

func (n *neighbours) Accounting(context.Context, string, time.Time, time.Time) ([]classify.Hour, error) {
	return []classify.Hour{{Received: 2, Stored: 2}}, n.fail
}

// sample has one record with much set, written by an attacker, and an empty one.
func sample() *event.Batch {
	var b event.Batch
	var e event.Event
	e.Reset()
	e.Time, e.Source.IP = 1_700_000_000_123_456_789, mustAddr("2001:db8::7")
	e.Source.Country, e.Source.Port, e.RSIT = event.MustCountry("CN"), 443, event.RSITBruteForce
	e.User, e.URL = "=cmd|'/c calc'!A1", "http://x/\"<script>"
	e.Techniques, e.Category = []string{"T1110", "T1078"}, event.CategoryAuthentication|event.CategoryNetwork
	e.Residual, e.Replay = []byte(`{"a":{"b":1}}`), true
	e.Orgs = []event.OrgMatch{{Org: 9, Reason: event.MatchPrefix, Side: event.SideDestination}}
	b.Append(&e)
	e.Reset()
	b.Append(&e)
	return &b
}

func mustAddr(s string) event.Addr {
	a, err := event.ParseAddr(s)
	if err != nil {
		panic(err)
	}
	return a
}

const goodToken, sensorToken = "operator-token", "sensor-token"

func server(t *testing.T) (*neighbours, http.Handler) {
	t.Helper()
	n := &neighbours{}
	viewer := func(token string) (classify.Viewer, error) {
		switch token {
		case goodToken:
			return classify.OperatorNamed("an"), nil
		case sensorToken:
			return classify.SensorNamed("hue-1"), nil
		}
		return classify.Viewer{}, errors.New("unknown")
	}
	return n, New(Dependencies{Log: slog.New(slog.DiscardHandler), Gate: classify.NewGate(n, n, n).WithRollups(n), Viewer: viewer, Now: time.Now, Version: "test"})
}

func ask(h http.Handler, path, token string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestWhoMayAskWhat(t *testing.T) {
	_, h := server(t)
	for _, path := range []string{
		"/api/v1/events", "/api/v1/events/count", "/api/v1/events/aggregate?by=hour", "/api/v1/rollups?by=hosting.country", "/api/v1/batches/b1",
		"/api/v1/sensors/hue-1/accounting", "/api/v1/quarantine", "/api/v1/sensors",
	} {
		for _, c := range []struct {
			token string
			want  int
		}{{"", 401}, {"wrong", 401}, {sensorToken, 403}, {goodToken, 200}} {
			if path == "/api/v1/batches/b1" && c.token == sensorToken {
				c.want = 200
			}
			w := ask(h, path, c.token)
			if w.Code != c.want {
				t.Errorf("%s with %q: %d, want %d: %s", path, c.token, w.Code, c.want, w.Body)
			}
			if c.want == 401 && w.Header().Get("WWW-Authenticate") == "" {
				t.Errorf("%s: 401 without a challenge", path)
			}
			if c.want >= 400 && w.Header().Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s: %s", path, w.Header().Get("Content-Type"))
			}
		}
	}
	w := ask(h, "/api/v1/now", "")
	if w.Code != 200 || !strings.Contains(w.Body.String(), `"attacks":7`) || strings.Contains(w.Body.String(), "secret-sensor-name") {
		t.Errorf("now: %d %s", w.Code, w.Body)
	}
}

func TestFiltersReachTheStore(t *testing.T) {
	n, h := server(t)
	w := ask(h, "/api/v1/events?source.ip=192.0.2.1&source.ip=192.0.2.2&rule.name[prefix]=ET&from=2026-11-21T00:00:00%2B07:00&limit=7&cursor=c", goodToken)
	if w.Code != 200 {
		t.Fatal(w.Code, w.Body)
	}
	q := n.query
	if len(q.Filters) != 2 || q.Filters[0].Field != "rule.name" || q.Filters[0].Op != event.OpPrefix ||
		len(q.Filters[1].Values) != 2 || q.Limit != 7 || q.Cursor != "c" ||
		q.From.String() != "2026-11-20T17:00:00Z" || q.To != event.TimeUnset {
		t.Errorf("%+v", q)
	}
	if ask(h, "/api/v1/events/aggregate?by=hosting.country,hour&metric=records,sources", goodToken).Code != 200 {
		t.Fatal("aggregate")
	}
	if len(n.agg.By) != 2 || len(n.agg.Metrics) != 2 {
		t.Errorf("%+v", n.agg)
	}
	w = ask(h, "/api/v1/rollups?by=hosting.country&cert.rsit=scanner&distinct=affected&stage=incident&limit=3", goodToken)
	if q := n.roll; w.Code != 200 || len(q.Where) != 1 || q.Where[0].Values[0] != "scanner" || len(q.Distinct) != 1 || q.Stage != event.StageIncident || q.Limit != 3 {
		t.Errorf("%d %+v", w.Code, q)
	}
	if !strings.Contains(w.Body.String(), `"unit":"incidents/1"`) || !strings.Contains(w.Body.String(), `"affected_addresses":{"count":2,"exact":true}`) {
		t.Error(w.Body)
	}
	if ask(h, "/api/v1/batches/b1?wait=10s", sensorToken); n.wait != 10*time.Second {
		t.Errorf("wait %v", n.wait)
	}
}

func TestBadQuestionsGetTheRemedy(t *testing.T) {
	n, h := server(t)
	for _, c := range []struct{ path, want string }{
		{"/api/v1/events?sorce.ip=1.2.3.4", "did you mean"},
		{"/api/v1/events?source.ip[like]=1", "contains"},
		{"/api/v1/events?from=yesterday", "RFC 3339"},
		{"/api/v1/events?limit=100000", "10000"},
		{"/api/v1/events?format=xml", "ndjson"},
		{"/api/v1/events?fields=nope", "not a stored field"},
		{"/api/v1/events/aggregate", "by"},
		{"/api/v1/events/count?metric=money", "affected"},
		{"/api/v1/batches/b1?wait=5m", "30s"},
		{"/api/v1/sensors/hue-1/accounting?from=monday", "from"},
	} {
		w := ask(h, c.path, goodToken)
		if w.Code != 422 || !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s: %d %s, want %q", c.path, w.Code, w.Body, c.want)
		}
	}
	n.fail = &classify.QuestionError{Field: "by", Detail: "at most three fields"}
	if w := ask(h, "/api/v1/events", goodToken); w.Code != 422 || !strings.Contains(w.Body.String(), "at most three") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	n.fail = errors.New("open /secret/path: no such file")
	if w := ask(h, "/api/v1/events", goodToken); w.Code != 500 || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestTheFourForms(t *testing.T) {
	_, h := server(t)
	t.Run("json", func(t *testing.T) {
		w := ask(h, "/api/v1/events", goodToken)
		var got struct {
			Events []map[string]any
			Next   string
		}
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatalf("%v: %s", err, w.Body)
		}
		e := got.Events[0]
		if len(got.Events) != 2 || got.Next != "after-two" || e["source.ip"] != "2001:db8::7" || e["source.port"] != 443.0 ||
			e["cert.rsit"] != "intrusion-attempts/brute-force" || e["cert.replay"] != true ||
			len(e["threat.technique.id"].([]any)) != 2 || e["@timestamp"] != "2023-11-14T22:13:20.123456789Z" {
			t.Errorf("%s", w.Body)
		}
		if link := w.Header().Get("Link"); !strings.Contains(link, "cursor=after-two") {
			t.Errorf("Link %q", link)
		}
	})
	t.Run("ndjson", func(t *testing.T) {
		w := ask(h, "/api/v1/events?format=ndjson", goodToken)
		if lines := strings.Split(strings.TrimSpace(w.Body.String()), "\n"); len(lines) != 2 || !json.Valid([]byte(lines[0])) {
			t.Errorf("%q", w.Body)
		}
	})
	t.Run("csv", func(t *testing.T) {
		w := ask(h, "/api/v1/events?format=csv&fields=user.name,source.ip", goodToken)
		rows, err := csv.NewReader(w.Body).ReadAll()
		if err != nil || len(rows) != 3 || rows[0][0] != "source.ip" || rows[1][1] != "'=cmd|'/c calc'!A1" {
			t.Errorf("%q %v", rows, err)
		}
	})
	t.Run("parquet", func(t *testing.T) {
		w := ask(h, "/api/v1/events?format=parquet", goodToken)
		f, err := parquet.OpenFile(bytes.NewReader(w.Body.Bytes()), int64(w.Body.Len()))
		if err != nil || f.NumRows() != 2 {
			t.Fatal(err)
		}
		type row struct {
			Time *int64  `parquet:"@timestamp,optional"`
			Port *int64  `parquet:"source.port,optional"`
			IP   *string `parquet:"source.ip,optional"`
		}
		got, err := parquet.Read[row](bytes.NewReader(w.Body.Bytes()), int64(w.Body.Len()))
		if err != nil || *got[0].Time != 1_700_000_000_123_456_789 || *got[0].Port != 443 || *got[0].IP != "2001:db8::7" || got[1].IP != nil {
			t.Errorf("%+v %v", got, err)
		}
	})
}

func TestOpenAPIDescribesEveryRoute(t *testing.T) {
	_, h := server(t)
	w := ask(h, "/api/v1/openapi.json", "")
	var doc struct {
		OpenAPI string
		Paths   map[string]any
	}
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil || !strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Fatalf("%v %s", err, w.Body)
	}
	for _, p := range []string{"/api/v1/events", "/api/v1/events/count", "/api/v1/events/aggregate", "/api/v1/batches/{batch}", "/api/v1/sensors/{name}/accounting", "/api/v1/quarantine", "/api/v1/sensors", "/api/v1/now"} {
		if doc.Paths[p] == nil {
			t.Errorf("%s is not described", p)
		}
	}
}

func TestSensorsShowTheirTroubles(t *testing.T) {
	_, h := server(t)
	w := ask(h, "/api/v1/sensors", goodToken)
	if w.Code != 200 || !strings.Contains(w.Body.String(), `"drops":4`) || !strings.Contains(w.Body.String(), `"example":"{x"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
