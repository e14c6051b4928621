// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"haidang/classify"
	"haidang/series"
)

type seriesBucket map[string][]byte

func (b seriesBucket) Put(_ context.Context, key string, value []byte) error {
	b[key] = value
	return nil
}
func (b seriesBucket) List(context.Context) (map[string][]byte, error) { return b, nil }

// seriesLine is one line of a file: the series, its unit, and the number.
func seriesLine(id, unit, period, country, value, active string) string {
	return strings.Join([]string{id, "Số của hãng", "A vendor's total", "=Vendor A", "theo hãng", "the vendor's own", "by permission", "https://vendor.example/", unit, unit,
		"người dùng của hãng", "the vendor's users", period, country, value, "", "", active, "final"}, ",") + "\n"
}

// published is an interface over what a file holds.
func published(t *testing.T, lines string) http.Handler {
	t.Helper()
	s, err := series.New(series.Config{Zone: time.UTC}, series.Dependencies{Bucket: seriesBucket{}, Now: func() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Import(t.Context(), strings.NewReader(strings.Join(series.Columns, ",")+"\n"+lines)); err != nil {
		t.Fatal(err)
	}
	n := &neighbours{}
	g := classify.NewGate(n, n, n).WithRollups(n).WithSeries(s)
	return New(Dependencies{Log: slog.New(slog.DiscardHandler), Gate: g, Now: time.Now, Version: "test"})
}

func seriesOf(t *testing.T, h http.Handler, id string) (out seriesBody) {
	t.Helper()
	w := ask(h, "/api/v1/series/"+id, "")
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || w.Code != 200 {
		t.Fatalf("%s: %d %v %s", id, w.Code, err, w.Body)
	}
	return out
}

// The worked examples of the statistics' specification that are about totals of
// vendors, asked through the public interface.
func TestWorkedExamplesOfVendors(t *testing.T) {
	h := published(t, seriesLine("q", "incidents", "2024-Q1", "", "838", "")+seriesLine("q", "incidents", "2024-Q2", "", "1067", "")+seriesLine("q", "incidents", "2024-Q3", "", "1147", "")+
		seriesLine("web", "detections", "2024-Q1", "VN", "1052479", "")+seriesLine("web", "detections", "2024-Q2", "VN", "1004706", "")+
		seriesLine("local", "detections", "2024", "VN", "67422696", "")+seriesLine("local", "detections", "2025", "VN", "110004727", "")+
		seriesLine("year", "detections", "2025", "VN", "23839322", "")+
		seriesLine("children", "children", "2024", "VN", "45000", "")+seriesLine("children", "children", "2025", "VN", "200000", "")+
		seriesLine("zero", "detections", "2024", "VN", "0", "")+seriesLine("zero", "detections", "2025", "VN", "5", ""))
	q := seriesOf(t, h, "q").Points
	if q[1].Previous.Percent != "27.33" || q[1].Previous.Base != "2024-Q1" || q[2].Previous.Percent != "7.50" {
		t.Errorf("838, 1,067, 1,147: %+v %+v", q[1].Previous, q[2].Previous)
	}
	if q[1].Year != nil || q[0].Previous != nil {
		t.Error("a change is told without its base's number")
	}
	for id, want := range map[string]string{"web": "-4.54", "local": "63.16", "children": "344.44", "zero": ""} {
		p := seriesOf(t, h, id).Points[1]
		if p.Previous == nil || p.Previous.Percent != want {
			t.Errorf("%s: %+v, want %s", id, p.Previous, want)
		}
		if p.Year != nil && p.Year.Percent != p.Previous.Percent && id != "web" {
			t.Errorf("%s: on the year %s", id, p.Year.Percent)
		}
	}
	if p := seriesOf(t, h, "year").Points[0]; p.PerDay != "65313" || p.Value != "23839322" {
		t.Errorf("23,839,322 in 2025: %s a day", p.PerDay)
	}
}

func TestWorkedExampleOfRanks(t *testing.T) {
	h := published(t, seriesLine("share", "%", "2025", "VN", "21.5", "50000")+seriesLine("share", "%", "2025", "LA", "21.5", "20000")+
		seriesLine("share", "%", "2025", "TH", "20.1", "10000")+seriesLine("share", "%", "2025", "KH", "40.0", "9999")+seriesLine("share", "%", "2024", "VN", "20.0", "50000"))
	got := map[string]string{}
	for _, p := range seriesOf(t, h, "share").Points {
		if p.Period == "2025" {
			got[p.Country] = fmt.Sprintf("%s: %d of %d", p.Value, p.Rank, p.Ranked)
		}
		if p.Country == "VN" && p.Period == "2025" && (p.Previous.Points != "1.50" || p.Previous.Percent != "" || p.PerDay != "") {
			t.Errorf("a share changes in points: %+v", p.Previous)
		}
	}
	for country, want := range map[string]string{"VN": "21.5: 1 of 3", "LA": "21.5: 1 of 3", "TH": "20.1: 3 of 3", "KH": "40.0: 0 of 0"} {
		if got[country] != want {
			t.Errorf("%s: %s, want %s", country, got[country], want)
		}
	}
}

// No number leaves without its source, and a cell cannot be taken for a formula.
func TestSeriesNameTheirSource(t *testing.T) {
	h := published(t, seriesLine("a", "detections", "2025", "VN", "5.50", ""))
	w := ask(h, "/api/v1/series/a?format=csv", "")
	lines, err := csv.NewReader(w.Body).ReadAll()
	if err != nil || len(lines) != 2 || w.Header().Get("Content-Type") != statsCSV || len(lines[0]) != len(lines[1]) || lines[1][2] != "'=Vendor A" || lines[1][11] != "5.50" {
		t.Errorf("%v %q %s", err, lines, w.Header())
	}
	w = ask(h, "/api/v1/series", "")
	if w.Code != 200 || !strings.Contains(w.Body.String(), `"source":"=Vendor A"`) || strings.Contains(w.Body.String(), "5.50") || !strings.Contains(w.Body.String(), "/vi/chuoi-so-lieu/a") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	for _, c := range []struct {
		path string
		want int
	}{{"/api/v1/series/b", 404}, {"/api/v1/series/a?format=xml", 422}, {"/api/v1/series/a?from=2025", 422}} {
		if w := ask(h, c.path, ""); w.Code != c.want {
			t.Errorf("%s: %d %s", c.path, w.Code, w.Body)
		}
	}
	if body := ask(h, "/api/v1/openapi.json", "").Body.String(); !strings.Contains(body, `"/api/v1/series/{id}"`) || !strings.Contains(body, `"/api/v1/cite"`) {
		t.Error("the description lacks series or citations")
	}
}
