// SPDX-License-Identifier: Apache-2.0

package app

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"haidang/app/admin"
	"haidang/docs"
	"haidang/event"
)

// workedExamples are those of docs/50-figures.md by what is given; each is shown
// through the public interface.
var workedExamples = map[string]func(*worked, *testing.T){
	"838 in Q1, then +27.3 % and +7.5 %":                                (*worked).quarters,
	"1,052,479 → 1,004,706":                                             (*worked).hostedYears,
	"67,422,696 → 110,004,727":                                          (*worked).years,
	"23,839,322 in 2025":                                                (*worked).perDay,
	"45,000 → 200,000 children":                                         (*worked).children,
	"100 in February, 110.7 in March 2025":                              (*worked).months,
	"shares 21.5 %, 21.5 %, 20.1 %, a fourth country with 9,999 active": (*worked).shares,
}

// worked is an observatory to which the examples' numbers were sent.
type worked struct{ *App }

// Every worked example of the documentation is a test, and each test is in the
// documentation.
func TestWorkedExamples(t *testing.T) {
	raw, err := docs.Pages.ReadFile("50-figures.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(raw), "**Worked examples.**")
	table, _, _ = strings.Cut(table, "\n**")
	var given []string
	for line := range strings.Lines(table) {
		if cells := strings.Split(line, " | "); len(cells) == 2 && !strings.HasPrefix(line, "| given") {
			given = append(given, strings.TrimPrefix(cells[0], "| "))
		}
	}
	for name := range workedExamples {
		if !slices.Contains(given, name) {
			t.Errorf("docs/50-figures.md does not list %q", name)
		}
	}
	w := &worked{ranking(t)}
	defer stop(t, w.App)
	w.send(t)
	for _, name := range given {
		t.Run(name, func(t *testing.T) {
			if test := workedExamples[name]; test != nil {
				test(w, t)
				return
			}
			t.Errorf("no test shows it; there are %q", slices.Sorted(maps.Keys(workedExamples)))
		})
	}
}

// workedCounts are attacks by affected country and month.
var workedCounts = map[string]map[string]int64{
	"LA": {"2025-02": 838, "2025-05": 1_067, "2025-08": 1_147},
	"TH": {"2023-06": 67_422_696, "2024-06": 110_004_727},
	"KH": {"2025-03": 23_839_322},
	"MM": {"2025-02": 1_000, "2025-03": 1_107}, // ten times as many as in the example: events are whole
}

// send sends attacks as detections that stand for many, and signs of life in each
// hour: a change rests on sensors that were at work.
func (w *worked) send(t *testing.T) {
	t.Helper()
	token := enrol(t, w.App, event.Sensor{Name: "panel", Country: "VN"})
	var lines strings.Builder
	n, records := 0, int64(0)
	for _, country := range slices.Sorted(maps.Keys(workedCounts)) {
		months := workedCounts[country]
		for _, month := range slices.Sorted(maps.Keys(months)) {
			at, err := time.ParseInLocation("2006-01-02", month+"-10", w.zone)
			if err != nil {
				t.Fatal(err)
			}
			for count := months[month]; count > 0; count -= 1_000_000 {
				fmt.Fprintf(&lines, `{"participant":"p%d","time":%q,"name":"Trojan.X","country":%q,"count":%d}`+"\n", n, at.Format(time.RFC3339), country, min(count, 1_000_000))
				n, records = n+1, records+1
			}
		}
	}
	status, batch := sendAs(t, w.App, "detection", token, "attacks", lines.String())
	if status != 200 {
		t.Fatalf("status %d", status)
	}
	storedBatch(t, w.App, "panel", batch, records)
	w.hours(t, token)
	w.hosted(t)
	w.populate(t, token)
}

func (w *worked) hours(t *testing.T, token string) {
	t.Helper()
	var beats strings.Builder
	hours := int64(0)
	for at := time.Date(2023, 1, 1, 0, 0, 0, 0, w.zone); at.Year() < 2026; at = at.Add(time.Hour) {
		fmt.Fprintf(&beats, `{"participant":"alive","time":%q}`+"\n", at.Format(time.RFC3339))
		hours++
	}
	status, batch := beat(t, w.App, token, "hours", beats.String())
	if status != 200 {
		t.Fatalf("status %d", status)
	}
	storedBatch(t, w.App, "panel", batch, hours)
}

// hosted imports the series of attacks that another counted as hosted in Vietnam, of
// children, and of months whose numbers are no whole ones.
func (w *worked) hosted(t *testing.T) {
	t.Helper()
	const columns = "series,name_vi,name_en,source,method_vi,method_en,licence,url,unit_vi,unit_en,population_vi,population_en,period,country,value,status\n"
	const others = ",Số của hãng,A vendor's total,Vendor A,theo hãng,the vendor's own,by permission,https://vendor.example/,lượt,detections,người dùng,users,"
	text := columns
	for _, line := range []string{
		"hosted" + others + "2024,VN,1052479,final", "hosted" + others + "2025,VN,1004706,final",
		"children" + others + "2024,VN,45000,final", "children" + others + "2025,VN,200000,final",
		"months" + others + "2025-02,VN,100,final", "months" + others + "2025-03,VN,110.7,final",
	} {
		text += line + "\n"
	}
	if _, err := w.importSeries(t.Context(), admin.SeriesFile{Text: []byte(text)}); err != nil {
		t.Fatal(err)
	}
}

func (w *worked) populate(t *testing.T, token string) {
	t.Helper()
	at := w.yesterday()
	for _, c := range []struct {
		country          string
		active, attacked int
	}{{"VN", 10_000, 2_150}, {"LA", 10_000, 2_150}, {"KH", 10_000, 2_010}, {"TH", 9_999, 9_000}} {
		population(t, w.App, token, c.country, c.active, c.attacked, at)
	}
}

func (w *worked) yesterday() time.Time {
	y, m, d := w.now().In(w.zone).AddDate(0, 0, -1).Date()
	return time.Date(y, m, d, 10, 0, 0, 0, w.zone)
}

// workedChange is what an answer says of its one number.
type workedChange struct {
	Value, Base, Percent, PerDay float64
	BaseName                     string
	EN, VI                       string
}

func (w *worked) ask(t *testing.T, question string) workedChange {
	t.Helper()
	status, text := askStats(t, w.App, question)
	var s struct {
		Base *struct{ Period struct{ Name string } }
		Rows []struct {
			Value  float64
			PerDay float64 `json:"per_day"`
			Change *struct {
				Base    float64  `json:"base_value"`
				Percent *float64 `json:"percent"`
				PerDay  *float64 `json:"per_day_percent"`
			}
		}
		Sentence struct{ VI, EN string }
	}
	if err := json.Unmarshal([]byte(text), &s); err != nil || status != 200 || len(s.Rows) != 1 {
		t.Fatalf("%s: %d %v %s", question, status, err, text)
	}
	space := strings.NewReplacer("\u00a0", " ")
	out := workedChange{Value: s.Rows[0].Value, PerDay: s.Rows[0].PerDay, EN: space.Replace(s.Sentence.EN), VI: space.Replace(s.Sentence.VI)}
	if s.Base == nil {
		return out
	}
	c := s.Rows[0].Change
	if c == nil || c.Percent == nil || c.PerDay == nil {
		t.Fatalf("%s has no change: %s", question, text)
	}
	out.Base, out.Percent, out.PerDay, out.BaseName = c.Base, *c.Percent, *c.PerDay, s.Base.Period.Name
	return out
}

func (w *worked) quarters(t *testing.T) {
	for _, c := range []struct {
		period      string
		value, base float64
		en, vi      string
	}{
		{"2025-Q2", 1_067, 838, "up 27.3 % on the quarter (the first quarter of 2025: 838)", "tăng 27,3 % so với quý trước (quý I năm 2025: 838)"},
		{"2025-Q3", 1_147, 1_067, "up 7.5 % on the quarter (the second quarter of 2025: 1,067)", "tăng 7,5 % so với quý trước (quý II năm 2025: 1.067)"},
	} {
		got := w.ask(t, "attacks?of=LA&base=quarter&period="+c.period)
		if got.Value != c.value || got.Base != c.base || !strings.Contains(got.EN, c.en) || !strings.Contains(got.VI, c.vi) {
			t.Errorf("%+v", got)
		}
	}
	// On the year it is another base, and the sentence says so.
	status, text := askStats(t, w.App, "attacks?of=LA&base=year&period=2025-Q2")
	if status != 200 || !strings.Contains(text, "change on the year: – (the second quarter of 2024: 0)") || strings.Contains(text, "on the quarter") {
		t.Errorf("%d %s", status, text)
	}
}

func (w *worked) years(t *testing.T) {
	if got := w.ask(t, "attacks?of=TH&base=year&period=2024"); got.Value != 110_004_727 || got.Base != 67_422_696 || got.Percent != 63.16 || got.BaseName != "2023" {
		t.Errorf("%+v", got)
	}
}

func (w *worked) perDay(t *testing.T) {
	if got := w.ask(t, "attacks?of=KH&period=2025"); got.Value != 23_839_322 || math.Round(got.PerDay) != 65_313 {
		t.Errorf("%+v", got)
	}
}

func (w *worked) months(t *testing.T) {
	if got := w.ask(t, "attacks?of=MM&base=month&period=2025-03"); got.Percent != 10.7 || math.Abs(got.PerDay) >= 0.05 || !strings.Contains(got.EN, "per day: 0.0 %") {
		t.Errorf("%+v", got)
	}
	if p := w.point(t, "months", "2025-03"); !strings.HasPrefix(p.Previous.Percent, "10.7") || p.Previous.Base != "2025-02" || p.PerDay != w.point(t, "months", "2025-02").PerDay {
		t.Errorf("%+v", p)
	}
}

// workedPoint is a number of others, as the interface tells it.
type workedPoint struct {
	Period, Value    string
	PerDay           string `json:"per_day"`
	Previous, Year   *struct{ Base, Percent string }
	Rank, WorstRank  int
	Low, High, Count string
}

func (w *worked) point(t *testing.T, series, period string) workedPoint {
	t.Helper()
	resp, err := http.Get(w.Address() + "/api/v1/series/" + series)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var s struct{ Points []workedPoint }
	if err := json.Unmarshal(raw, &s); err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	i := slices.IndexFunc(s.Points, func(p workedPoint) bool { return p.Period == period })
	if i < 0 || s.Points[i].Previous == nil && period != "2025-02" {
		t.Fatalf("%s of %s: %s", period, series, raw)
	}
	return s.Points[i]
}

// A newspaper printed −1.05 %.
func (w *worked) hostedYears(t *testing.T) {
	if p := w.point(t, "hosted", "2025"); p.Value != "1004706" || !strings.HasPrefix(p.Previous.Percent, "-4.5") || p.Previous.Base != "2024" {
		t.Errorf("%+v %+v", p, p.Previous)
	}
}

func (w *worked) children(t *testing.T) {
	if p := w.point(t, "children", "2025"); !strings.HasPrefix(p.Year.Percent, "344.4") || p.Year.Base != "2024" {
		t.Errorf("%+v %+v", p, p.Year)
	}
}

func (w *worked) shares(t *testing.T) {
	u := unitOf(t, w.App, "share?of=world&by=country&period="+w.yesterday().Format(time.DateOnly))
	var got []string
	for _, r := range u.Rows {
		line := fmt.Sprint(r.Group[0], " few ", r.Ratio.Denominator)
		if r.Value != nil {
			line = fmt.Sprint(r.Group[0], " ", *r.Value, " ", r.Rank)
		}
		got = append(got, line)
	}
	if want := []string{"LA 21.5 1", "VN 21.5 1", "KH 20.1 3", "TH few 9999"}; !slices.Equal(got, want) || u.Ranked != 3 {
		t.Errorf("%q, %d ranked", got, u.Ranked)
	}
}
