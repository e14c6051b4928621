// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"haidang/classify"
	"haidang/event"
)

// open is an interface whose figures are of 21 November 2026, noon in UTC.
func open(t *testing.T) (*neighbours, http.Handler) {
	t.Helper()
	n := &neighbours{}
	at := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	g := classify.NewGate(n, n, n).WithRollups(n).WithLattice(classify.Lattice{
		Home: event.MustCountry("VN"), Zone: time.UTC, Now: func() time.Time { return at }, Watermark: func() event.Time { return event.TimeOf(at) },
		Work: func(event.Time, event.Time, event.Stage) ([]classify.SensorWork, error) {
			return []classify.SensorWork{{Sensor: "hue", Hours: 24 * 366, Events: 4, Home: 4}}, nil
		},
		Views: func(classify.ViewQuery) ([]classify.SensorView, error) {
			return []classify.SensorView{{Sensor: "hue", Group: []string{"CN"}, Events: 4}}, nil
		},
		Sectors: func(event.Time, event.Time) ([]classify.Contribution, bool, error) {
			return []classify.Contribution{{Sector: "health", Events: 9, Units: map[uint32]int64{1: 9}}}, true, nil
		},
	})
	return n, New(Dependencies{Log: slog.New(slog.DiscardHandler), Gate: g, Now: time.Now, Version: "test"})
}

// Where no sensor reported anything there is null and no address for ever.
func TestSilenceIsNull(t *testing.T) {
	n, h := open(t)
	n.quiet = true
	w := ask(h, "/api/v1/stats/attacks?period=2026-11-20&base=previous", "")
	var got statsBody
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 200 {
		t.Fatalf("%d %v %s", w.Code, err, w.Body)
	}
	if r := got.Rows[0]; !got.Silent || r.Value != nil || r.PerDay != nil || r.Change != nil || got.Permalink != "" || got.Cite != "" || !strings.Contains(got.Sentence.EN, "no sensor reported anything") {
		t.Errorf("%s", w.Body)
	}
}

func TestFiguresAreOpenAndWhole(t *testing.T) {
	n, h := open(t)
	w := ask(h, "/api/v1/stats/attacks?by=hosting&period=2026-11-20&base=previous", "")
	var got statsBody
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 200 || w.Header().Get("Content-Type") != "application/json" {
		t.Fatalf("%d %v %s", w.Code, err, w.Body)
	}
	if got.Definition != "attacks/1" || got.Unit != "attacks" || got.Of != "VN" || got.Period.Name != "2026-11-20" || got.Base.Phrase.EN != "on the day before" ||
		got.Base.Period.Name != "2026-11-19" || got.Base.Panel == nil || got.Base.Panel.Rests != "plain" || got.Base.Panel.Sensors != 1 || *got.Base.Panel.Percent != 0 || got.Status != "provisional" || got.Ranked != 1 || got.Unconfirmed == nil || got.About.VI != "/vi/dinh-nghia/attacks/1" {
		t.Errorf("%s", w.Body)
	}
	if r := got.Rows[0]; *r.Value != 4 || r.Rank != 1 || r.Group[0] != "CN" || *r.Change.Percent != 0 || n.roll.By != nil {
		t.Errorf("%+v", r)
	}
	w = ask(h, "/api/v1/stats/records/1?period=2026-Q3", "")
	if w.Code != 200 || !strings.Contains(w.Body.String(), `In the third quarter of 2026 (UTC), 27 records about Vietnam were stored (records/1). Final.`) ||
		!strings.Contains(w.Body.String(), "Trong quý III năm 2026") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// A line says on what its change rests, and CSV says it on that line.
func TestLinesSayOnWhatTheyRest(t *testing.T) {
	_, h := open(t)
	w := ask(h, "/api/v1/stats/attacks?by=kind&period=2026-11-20&base=previous", "")
	if w.Code != 200 || !strings.Contains(w.Body.String(), `"rests":{"rests":"plain","percent":0,"per_day_percent":0}`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	b := statsBody{Base: &statsBase{Panel: &statsPanel{Rests: "plain", Percent: new(5.0)}}}
	for want, r := range map[string]statsRow{"plain 5": {}, "panel 1.5": {Rests: &statsRests{Rests: "panel", Percent: new(1.5)}}, "break ": {Rests: &statsRests{Rests: "break"}}} {
		if got := strings.Join(b.restsOn(&r), " "); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestHiddenNumbersAreNull(t *testing.T) {
	_, h := open(t)
	w := ask(h, "/api/v1/stats/attacks?by=sector&period=2026-11-18", "")
	if w.Code != 200 || !strings.Contains(w.Body.String(), `"value":null,"per_day":null,"hidden":true`) || strings.Contains(w.Body.String(), "9,") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	w = ask(h, "/api/v1/stats/attacks?by=sector&period=2026-11-18&format=csv", "")
	if !strings.Contains(w.Body.String(), ",health,,,,,true,") {
		t.Errorf("%s", w.Body)
	}
}

func TestEachLineOfCSVStandsAlone(t *testing.T) {
	_, h := open(t)
	w := ask(h, "/api/v1/stats/attacks/1?by=hosting&period=2026-11-20&base=day&format=csv", "")
	lines, err := csv.NewReader(w.Body).ReadAll()
	if err != nil || len(lines) != 2 || w.Header().Get("Content-Type") != statsCSV {
		t.Fatalf("%v %q %s", err, lines, w.Header())
	}
	got := map[string]string{}
	for i, name := range lines[0] {
		got[name] = lines[1][i]
	}
	for name, want := range map[string]string{"definition": "attacks/1", "unit": "attacks", "of": "VN", "period": "2026-11-20", "zone": "UTC", "status": "provisional", "base_kind": "previous",
		"base": "2026-11-19", "hosting": "CN", "value": "4", "per_day": "4", "rank": "1", "ranked": "1", "hidden": "false", "base_value": "4", "change_percent": "0", "change_per_day_percent": "0"} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	// CSV is asked for by the parameter: a browser's or a tool's Accept changes nothing else.
	if w := ask(h, "/api/v1/stats/nothing?format=csv", ""); w.Code != 422 || w.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d %s", w.Code, w.Header())
	}
}

// As Parquet a table has the numbers of the CSV, typed, and what is hidden is null.
func TestFiguresAsParquet(t *testing.T) {
	_, h := open(t)
	w := ask(h, "/api/v1/stats/attacks/1?by=hosting&period=2026-11-20&base=day&format=parquet", "")
	if w.Code != 200 || w.Header().Get("Content-Type") != statsParquet {
		t.Fatalf("%d %s %s", w.Code, w.Header(), w.Body)
	}
	type line struct {
		Definition string   `parquet:"definition,optional"`
		Period     string   `parquet:"period,optional"`
		From       int64    `parquet:"from,optional"`
		Hosting    string   `parquet:"hosting,optional"`
		Value      *float64 `parquet:"value,optional"`
		Rank       *int64   `parquet:"rank,optional"`
		Hidden     bool     `parquet:"hidden,optional"`
		Percent    *float64 `parquet:"change_percent,optional"`
		Was        *int64   `parquet:"was,optional"`
	}
	got, err := parquet.Read[line](bytes.NewReader(w.Body.Bytes()), int64(w.Body.Len()))
	if err != nil || len(got) != 1 {
		t.Fatalf("%v %+v", err, got)
	}
	if r := got[0]; r.Definition != "attacks/1" || r.Period != "2026-11-20" || r.From != time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC).UnixNano() || r.Hosting != "CN" ||
		*r.Value != 4 || *r.Rank != 1 || r.Hidden || *r.Percent != 0 || r.Was != nil {
		t.Errorf("%+v", r)
	}
	w = ask(h, "/api/v1/stats/attacks?by=sector&period=2026-11-18&format=parquet", "")
	if got, err = parquet.Read[line](bytes.NewReader(w.Body.Bytes()), int64(w.Body.Len())); err != nil || len(got) != 1 || !got[0].Hidden || got[0].Value != nil || got[0].Rank != nil {
		t.Errorf("%v %+v", err, got)
	}
}

func TestFreeQuestionsAreRefused(t *testing.T) {
	_, h := open(t)
	for _, c := range []struct{ path, want string }{
		{"attacks?from=2026-11-20T00:00:00Z", "query.from"},
		{"attacks?hosting.country=CN", "hosting.country"},
		{"attacks?by=hosting,way", "of=VN&by=hosting"},
		{"attacks?by=as", "protect"},
		{"attacks?format=xlsx", "parquet"},
		{"change/1", "attacks/1"},
		{"attacks/0", "attacks/1"},
		{"attacks?zone=mars", "UTC"},
	} {
		w := ask(h, "/api/v1/stats/"+c.path, "")
		if w.Code != 422 || !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s: %d %s, want %q", c.path, w.Code, w.Body, c.want)
		}
	}
}

func TestOpenAPIDescribesFigures(t *testing.T) {
	_, h := open(t)
	body := ask(h, "/api/v1/openapi.json", "").Body.String()
	for _, part := range []string{`"/api/v1/stats/{figure}"`, `"/api/v1/stats/{figure}/{version}"`, `"hosting_unconfirmed"`, "2026-YTD@2026-11-21", `"name":"base"`} {
		if !strings.Contains(body, part) {
			t.Errorf("the description lacks %s", part)
		}
	}
}
