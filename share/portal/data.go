// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"haidang/classify"
	"haidang/event"
)

// table is one figure as data. Unit, period and base stand beside the values.
type table struct {
	Dataset    string   `json:"dataset"`
	Definition string   `json:"definition"`
	Unit       string   `json:"unit"`
	Affected   string   `json:"affected"`
	From       string   `json:"from"`
	To         string   `json:"to"`
	Status     string   `json:"status"`
	Replay     bool     `json:"replay"`
	Sensors    int64    `json:"sensors"`
	Columns    []string `json:"columns"`
	Rows       [][]any  `json:"rows"`
}

// dataset names, in the order of the whole.
var datasets = []string{"now", "minutes", "hosting", "as", "kinds", "ways", "sectors", "affected", "coverage", "losses"}

// data answers /data/{name}.json and .csv.
func (p *Portal) data(w http.ResponseWriter, r *http.Request) {
	name, format, _ := strings.Cut(r.PathValue("file"), ".")
	known := name == "all"
	for _, d := range datasets {
		known = known || d == name
	}
	if !known || format != "json" && (format != "csv" || name == "all") {
		p.fail(w, r, http.StatusNotFound)
		return
	}
	a, err := p.made("data/"+name+"."+format, func() (*answer, error) {
		released := p.dep.Gate.Picture(classify.Nobody())
		if name == "all" {
			return p.allJSON(released)
		}
		t := p.table(released, name)
		if format == "csv" {
			return t.csv()
		}
		return asJSON(t)
	})
	if err != nil {
		panic(err)
	}
	if format == "csv" {
		w.Header().Set("Content-Disposition", `attachment; filename="haidang-`+name+`.csv"`)
	}
	a.send(w, r, http.StatusOK)
}

func (p *Portal) allJSON(released classify.Released[event.Picture]) (*answer, error) {
	all := map[string]*table{}
	for _, d := range datasets {
		all[d] = p.table(released, d)
	}
	return asJSON(all)
}

func asJSON(v any) (*answer, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return finish("application/json", append(raw, '\n'))
}

// table encodes one dataset of a released picture.
func (p *Portal) table(released classify.Released[event.Picture], name string) *table {
	pic := released.Value()
	sensors, _ := standing(&pic)
	t := &table{
		Dataset: name, Definition: "attacks/1", Unit: "attacks", Affected: homeOf(&pic),
		From: p.local(pic.DayStart), To: p.local(pic.At), Status: "provisional",
		Replay: p.cfg.Replay || pic.Replay, Sensors: sensors, Rows: [][]any{},
	}
	switch name {
	case "now":
		t.now(&pic)
	case "minutes":
		t.Columns = []string{"minute", "attacks", "incidents", "states"}
		t.From = p.local(minuteSeries(&pic)[0].Start)
		for _, m := range minuteSeries(&pic) {
			t.Rows = append(t.Rows, []any{p.local(m.Start), m.Attacks, m.Incidents, m.States})
		}
	case "hosting":
		t.Definition = "hosted/1"
		t.counts("country", pic.Hosting)
		t.Rows = append(t.Rows, []any{"unconfirmed", pic.Unconfirmed})
	case "as":
		t.Definition = "hosted/1"
		t.counts("as", pic.HostingAS)
	case "kinds":
		t.counts("kind", pic.Kinds)
	case "ways":
		t.counts("way", pic.Ways)
	case "sectors":
		t.From, t.To = p.local(pic.SectorDay), p.local(pic.SectorDay+event.Time(24*3600e9))
		if len(pic.Sectors) == 0 {
			t.From, t.To = "", ""
		}
		t.counts("sector", pic.Sectors)
	case "affected":
		t.Affected = ""
		t.counts("country", pic.Affected)
	case "coverage":
		p.covered(t, &pic)
	case "losses":
		p.lost(t)
	}
	return t
}

func (t *table) now(pic *event.Picture) {
	t.Columns = []string{"figure", "value"}
	add := func(name string, v any) { t.Rows = append(t.Rows, []any{name, v}) }
	add("attacks_per_second", pic.Rate)
	add("attacks", pic.Today.Attacks)
	add("incidents", pic.Today.Incidents)
	add("states", pic.Today.States)
	add("hosted_attacks", pic.HostedIn.Attacks)
	add("average_attacks_same_weekday_and_hour", pic.Average)
}

func (t *table) counts(key string, in []event.Count) {
	t.Columns = []string{key, "attacks"}
	for _, c := range in {
		if c.Hidden {
			t.Rows = append(t.Rows, []any{c.Key, nil})
			continue
		}
		t.Rows = append(t.Rows, []any{c.Key, c.Events})
	}
}

func (p *Portal) covered(t *table, pic *event.Picture) {
	t.Definition, t.Unit, t.Affected = "", "sensors", ""
	t.Columns = []string{"country", "sensors", "silent", "last_heard"}
	for i := range pic.Sensors {
		s := &pic.Sensors[i]
		silent := s.SilentSensors
		if s.Sensors == 0 && s.Silent {
			silent = 1
		}
		t.Rows = append(t.Rows, []any{s.Country.String(), max(s.Sensors, 1), silent, p.local(s.LastSeen)})
	}
}

// local writes a time in the portal's zone (RFC 3339).
func (p *Portal) local(t event.Time) string {
	if !t.IsSet() {
		return ""
	}
	return t.Std().In(p.cfg.Zone).Format(time.RFC3339)
}

// csv repeats what makes a value readable on every line, so that a line alone
// still means something.
func (t *table) csv() (*answer, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	head := append([]string{"dataset", "definition", "unit", "affected", "from", "to", "status", "replay", "sensors"}, t.Columns...)
	if err := w.Write(head); err != nil {
		return nil, err
	}
	for _, r := range t.Rows {
		line := []string{t.Dataset, t.Definition, t.Unit, t.Affected, t.From, t.To, t.Status, fmt.Sprint(t.Replay), fmt.Sprint(t.Sensors)}
		for _, v := range r {
			line = append(line, cell(v))
		}
		if err := w.Write(line); err != nil {
			return nil, err
		}
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return nil, err
	}
	return finish("text/csv; charset=utf-8", b.Bytes())
}

// cell writes a value; text that a spreadsheet would take for a formula is
// made text.
func cell(v any) string {
	if v == nil {
		return ""
	}
	s := fmt.Sprint(v)
	if _, text := v.(string); text && s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
