// SPDX-License-Identifier: Apache-2.0

package series

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"haidang/event"
	"haidang/mutant"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

const head = "series,name_vi,name_en,source,method_vi,method_en,licence,url,unit_vi,unit_en,population_vi,population_en,period,country,value,low,high,active,status\n"

// line is a line of one series, of Vietnam unless the country is named.
func line(period, value string, rest ...string) string {
	country, low, high, active, status := "", "", "", "", "final"
	for i, to := range []*string{&country, &low, &high, &active, &status} {
		if i < len(rest) {
			*to = rest[i]
		}
	}
	return strings.Join([]string{"web-threats", "Mối đe dọa web", "Web threats", "Vendor A", "Đếm trên máy khách", "Counted on clients", "CC BY 4.0", "https://vendor.example/q3",
		"lượt", "detections", "người dùng của hãng", "the vendor's users", period, country, value, low, high, active, status}, ",") + "\n"
}

type shelf map[string][]byte

func (s shelf) Put(_ context.Context, key string, value []byte) error { s[key] = value; return nil }
func (s shelf) List(context.Context) (map[string][]byte, error)       { return maps.Clone(s), nil }

func opened(t *testing.T, b Bucket, c Config) *Shelf {
	t.Helper()
	c.Zone = time.UTC
	s, err := New(c, Dependencies{Bucket: b, Now: func() time.Time { return noon }, Metrics: prometheus.NewRegistry()})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func taken(t *testing.T, s *Shelf, text string) Imported {
	t.Helper()
	done, err := s.Import(t.Context(), strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return done
}

func TestFaultsNameLineFieldAndRemedy(t *testing.T) {
	good := line("2026-Q1", "838")
	for change, want := range map[string]string{
		"2026-Q1→2026-13":            "line 2, period:",
		"2026-Q1→2027":               "line 2, period: 2027 has not begun",
		"838→1,067":                  "wrong number of fields",
		"838→\"1,067\"":              "line 2, value: \"1,067\" is no number",
		"838→1e3":                    "line 2, value:",
		"838→-1":                     "line 2, value:",
		"838→":                       "line 2, value: is empty",
		"838,,→838,900,":             "low and high are given together",
		"838,,→838,900,950":          "838 does not lie between low 900 and high 950",
		"838,,,→838,,,x":             "line 2, active:",
		",final→,sure":               "line 2, status: \"sure\" is no status",
		"Vendor A→":                  "line 2, source: is empty",
		"Vendor A→ Vendor A":         "spaces at its ends",
		"https://→ftp://":            "line 2, url:",
		"web-threats→Web Threats":    "line 2, series:",
		"2026-Q1,,→2026-Q1,Vietnam,": "line 2, country:",
		"lượt,detections→lượt,%":     "line 2, unit_vi: a share has the unit %",
		"series,name_vi→id,name_vi":  "line 1, id: is no column",
		"name_en,source→name_en":     "line 1, source: the column is missing",
		"→\xff":                      "not UTF-8",
	} {
		from, to, _ := strings.Cut(change, "→")
		broken := strings.Replace(head+good, from, to, 1)
		if from == "" {
			broken = head + good + to
		}
		_, err := Read(strings.NewReader(broken), time.UTC, noon)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", change, err, want)
		}
	}
	for text, want := range map[string]string{
		"": "header", head: "holds no line", head + good + good: "is on line 2 already",
		head + good + strings.Replace(line("2026-Q2", "1"), "Vendor A", "Vendor B", 1): "line 3, source: differs from line 2",
		"{\"series\":1":                       "line 1, line",
		"{\"series\":\"a\",\"series\":\"b\"}": "given twice",
		"{\"what\":\"a\"}":                    "line 1, what: is no field",
		"{\"series\":{}}":                     "write a text or a number",
	} {
		if _, err := Read(strings.NewReader(text), time.UTC, noon); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q", text, err, want)
		}
	}
	// All faults at once, and nothing of the file is taken.
	s := opened(t, shelf{}, Config{})
	_, err := s.Import(t.Context(), strings.NewReader(head+good+line("soon", "x")+line("2026", "1", "VN", "", "", "", "maybe")))
	if err == nil || strings.Count(err.Error(), "line ") != 3 || len(s.List()) != 0 {
		t.Errorf("%v, %d series", err, len(s.List()))
	}
	var field *FieldError
	if !errors.As(err, &field) || field.Line != 3 {
		t.Errorf("%+v", field)
	}
}

func TestNDJSONSaysTheSame(t *testing.T) {
	fields := strings.Split(strings.TrimSpace(head), ",")
	values := strings.Split(strings.TrimSpace(line("2026-Q1", "838.50")), ",")
	var b strings.Builder
	b.WriteString("{")
	for i := range fields {
		if i > 0 {
			b.WriteString(",")
		}
		if fields[i] == "value" {
			fmt.Fprintf(&b, "%q:%s", fields[i], values[i]) // a number keeps its digits
			continue
		}
		fmt.Fprintf(&b, "%q:%q", fields[i], values[i])
	}
	b.WriteString("}\n\n")
	one, err := Read(strings.NewReader(b.String()), time.UTC, noon)
	if err != nil {
		t.Fatal(err)
	}
	other, err := Read(strings.NewReader("\ufeff"+head+line("2026-Q1", "838.50")), time.UTC, noon)
	if d := cmp.Diff(other, one); err != nil || d != "" || one.Series[0].Points[0].Value != "838.50" {
		t.Errorf("%v %s", err, d)
	}
}

// A number that changes is a revision; what stood there stays beside it.
func TestVersions(t *testing.T) {
	b := shelf{}
	s := opened(t, b, Config{})
	if d := cmp.Diff(Imported{Lines: 2, Series: []string{"web-threats"}, New: 2}, taken(t, s, head+line("2026-Q1", "838")+line("2026-Q2", "1000", "", "", "", "", "provisional"))); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(Imported{Lines: 1, Series: []string{}, Same: 1}, taken(t, s, head+line("2026-Q1", "838"))); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(Imported{Lines: 2, Series: []string{"web-threats"}, Revised: 2}, taken(t, s, head+line("2026-Q1", "840")+line("2026-Q2", "1067"))); d != "" {
		t.Error(d)
	}
	if done := taken(t, s, head+line("2026-Q1", "840")); done.Same != 1 || len(done.Series) != 0 {
		t.Errorf("the same again: %+v", done)
	}
	taken(t, s, strings.ReplaceAll(head+line("2026-Q1", "840"), "CC BY 4.0", "CC0"))
	for range 2 {
		x, ok := s.Series("web-threats")
		if !ok || x.Version != 3 || x.Licence != "CC0" || len(x.Points) != 2 {
			t.Fatalf("%+v", x)
		}
		q1, q2 := x.Points[0], x.Points[1]
		if q1.Status != "revised" || q1.Version != 2 || cmp.Diff([]event.SeriesBefore{{Version: 1, Value: "838", Status: "final"}}, q1.Before) != "" {
			t.Errorf("%+v", q1)
		}
		if q2.Status != "final" || q2.Before[0].Value != "1000" || q2.Previous.Percent != "27.02" {
			t.Errorf("%+v %+v", q2, q2.Previous)
		}
		if list := s.List(); len(list) != 1 || list[0].Points != nil {
			t.Errorf("%+v", list)
		}
		s = opened(t, b, Config{}) // and after a restart
	}
}

func TestRanks(t *testing.T) {
	share := func(country, value, low, high, active string) string {
		return strings.Replace(line("2025", value, country, low, high, active), "lượt,detections", "%,%", 1)
	}
	s := opened(t, shelf{}, Config{})
	taken(t, s, head+share("VN", "21.5", "", "", "50000")+share("LA", "21.50", "", "", "20000")+share("TH", "20.1", "", "", "10000")+share("KH", "40", "", "", "9999")+share("world", "9", "", "", ""))
	x, _ := s.Series("web-threats")
	got := map[string]string{}
	for _, p := range x.Points {
		got[p.Country] = fmt.Sprintf("%d-%d of %d %s", p.Rank, p.RankWorst, p.Ranked, p.PerDay)
	}
	if d := cmp.Diff(map[string]string{"VN": "1-1 of 3 ", "LA": "1-1 of 3 ", "TH": "3-3 of 3 ", "KH": "0-0 of 0 ", "world": "0-0 of 0 "}, got); d != "" {
		t.Error(d)
	}
	// Overlapping intervals are a range of ranks.
	s = opened(t, shelf{}, Config{})
	taken(t, s, head+share("VN", "30", "28", "33", "")+share("LA", "32", "31", "34", "")+share("TH", "20", "19", "21", ""))
	x, _ = s.Series("web-threats")
	for i, want := range []string{"1-2", "3-3", "1-2"} { // LA, TH, VN
		if p := x.Points[i]; fmt.Sprintf("%d-%d", p.Rank, p.RankWorst) != want {
			t.Errorf("%s: %d-%d, want %s", p.Country, p.Rank, p.RankWorst, want)
		}
	}
}

func TestLimits(t *testing.T) {
	s := opened(t, shelf{}, Config{Most: 3})
	taken(t, s, head+line("2026-Q1", "1")+line("2026-Q2", "1"))
	if _, err := s.Import(t.Context(), strings.NewReader(head+line("2026-Q1", "2")+line("2026-Q2", "2"))); err == nil || !strings.Contains(err.Error(), "3 points") {
		t.Error(err)
	}
	x, _ := s.Series("web-threats")
	if x.Version != 1 || x.Points[0].Value != "1" {
		t.Errorf("%+v", x)
	}
}

func FuzzRead(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	f.Add(head + line("2026-Q1", "838"))
	f.Add(`{"series":"a","value":1.5,"period":"2026"}`)
	f.Fuzz(func(t *testing.T, text string) {
		file, err := Read(strings.NewReader(text), time.UTC, noon)
		if err != nil {
			return
		}
		for i := range file.Series {
			derive(&file.Series[i], time.UTC)
			if s := file.Series[i]; s.ID == "" || s.Source == "" || len(s.Points) == 0 {
				t.Errorf("%q is taken as %+v", text, s)
			}
		}
	})
}
