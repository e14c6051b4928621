// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"bytes"
	"encoding/csv"
	"errors"
	"net/http"
	"strconv"

	"haidang/event"
)

// export is a block as data: as many tables as it shows.
type export struct {
	Block  string        `json:"block"` // its form
	Tables []exportTable `json:"tables"`
}

// exportTable is one period's numbers with all that they mean.
type exportTable struct {
	Definition string      `json:"definition"`
	Unit       string      `json:"unit"`
	Of         string      `json:"of"`
	By         []string    `json:"by"`
	Only       string      `json:"only,omitempty"` // the rows of one value, "kind:fraud/phishing"
	Period     string      `json:"period"`
	Zone       string      `json:"zone"`
	From       string      `json:"from"`
	To         string      `json:"to"`
	Ended      bool        `json:"ended"`
	Status     string      `json:"status"`
	Revision   int         `json:"revision"`
	Replay     bool        `json:"replay"`
	Gap        bool        `json:"gap"` // nothing was reported, or is kept so finely
	BaseKind   string      `json:"base_kind,omitempty"`
	Base       string      `json:"base,omitempty"`
	Rows       []exportRow `json:"rows"`
}

type exportRow struct {
	Group     []string `json:"group"`
	Value     *int64   `json:"value"`           // null where hidden
	Ratio     *float64 `json:"ratio,omitempty"` // of shares in percent, of rates by 1,000; value is then the numerator
	Hidden    bool     `json:"hidden,omitempty"`
	Few       bool     `json:"few,omitempty"` // a ratio of too few to be published
	BaseValue *int64   `json:"base_value,omitempty"`
	Percent   *float64 `json:"change_percent,omitempty"`
	Rests     string   `json:"change_rests,omitempty"` // plain, panel or break
	Panel     *float64 `json:"panel_percent,omitempty"`
}

// tables gives what a spec shows as data.
func (p *Portal) tables(s spec) (export, error) {
	out := export{Block: string(s.Form), Tables: []exportTable{}}
	add := func(one spec) error {
		f, err := p.figureOf(one)
		if err == nil {
			out.Tables = append(out.Tables, p.exported(&f, s.Row, false))
		}
		return err
	}
	switch s.Form {
	case formSeries, formPanels, formSurges:
		steps, err := p.series(s)
		for i := range steps {
			t := p.exported(&steps[i].Figure, s.Row, steps[i].Gap)
			part := steps[i].Period
			t.Period, t.Zone, t.From, t.To = part.String(), part.Zone(), p.local(event.TimeOf(part.From)), p.local(event.TimeOf(part.To))
			out.Tables = append(out.Tables, t)
		}
		return out, err
	case formPair:
		one, other := s.halves()
		return out, errors.Join(add(one), add(other))
	}
	return out, add(s)
}

func (p *Portal) exported(f *event.Figure, only string, gap bool) exportTable {
	t := exportTable{
		Definition: f.Definition, Unit: f.Unit, Of: f.Of, By: append([]string{}, f.By...), Only: only, Period: f.Period.Name, Zone: f.Period.Zone,
		From: p.local(f.Period.From), To: p.local(f.Period.To), Ended: f.Period.Ended, Status: string(f.Status), Revision: f.Revision,
		Replay: f.Replay, Gap: gap, BaseKind: f.BaseKind, Rows: []exportRow{},
	}
	if f.Base != nil {
		t.Base = f.Base.Name
	}
	if gap {
		return t
	}
	for i := range f.Rows {
		r := &f.Rows[i]
		row := exportRow{Group: append([]string{}, r.Group...), Hidden: r.Hidden, Few: r.Few}
		if !r.Hidden && !r.Few {
			row.Value = &r.Value
		}
		if r.Ratio != nil && row.Value != nil {
			row.Ratio = &r.Ratio.Value
		}
		if c := r.Change; c != nil && c.Ratio == nil {
			row.BaseValue = &c.Value
			if c.Value != 0 {
				row.Percent = &c.Percent
			}
		}
		if f.Panel != nil {
			row.Rests, row.Panel = f.Panel.Rests, f.Panel.Percent
		}
		if r.Rests != nil {
			row.Rests, row.Panel = r.Rests.Rests, r.Rests.Percent
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// csv repeats on every line what makes its value readable; a gap has a line
// without a value.
func (e *export) csv() (*answer, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	var by []string
	if len(e.Tables) > 0 {
		by = e.Tables[0].By
	}
	for i := range e.Tables { // gaps do not know their dimensions
		if len(e.Tables[i].By) > len(by) {
			by = e.Tables[i].By
		}
	}
	head := []string{"definition", "unit", "of", "only", "period", "zone", "from", "to", "ended", "status", "revision", "replay", "gap", "base_kind", "base"}
	_ = w.Write(append(append(head, by...), "value", "ratio", "hidden", "few", "base_value", "change_percent", "change_rests", "panel_percent")) // memory cannot fail
	for i := range e.Tables {
		t := &e.Tables[i]
		rows := t.Rows
		if t.Gap {
			rows = []exportRow{{Group: make([]string, len(by))}}
		}
		for _, r := range rows {
			_ = w.Write(t.line(&r))
		}
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return nil, err
	}
	return finish("text/csv; charset=utf-8", b.Bytes())
}

func (t *exportTable) line(r *exportRow) []string {
	out := []string{t.Definition, t.Unit, t.Of, event.Inert(t.Only), t.Period, t.Zone, t.From, t.To, strconv.FormatBool(t.Ended), t.Status, strconv.Itoa(t.Revision),
		strconv.FormatBool(t.Replay), strconv.FormatBool(t.Gap), t.BaseKind, t.Base}
	for _, g := range r.Group {
		out = append(out, event.Inert(g))
	}
	return append(out, whole(r.Value), hundredths(r.Ratio), strconv.FormatBool(r.Hidden), strconv.FormatBool(r.Few), whole(r.BaseValue), hundredths(r.Percent), r.Rests, hundredths(r.Panel))
}

func hundredths(v *float64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(*v, 'f', 2, 64)
}

func whole(v *int64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatInt(*v, 10)
}

// figureData answers a block as CSV or JSON.
func (p *Portal) figureData(w http.ResponseWriter, r *http.Request) {
	format := r.URL.Query().Get("format")
	s, err := readSpec(r.PathValue("form"), r.PathValue("figure"), r.URL.Query())
	if err != nil || format != "csv" && format != "json" {
		p.fail(w, r, http.StatusNotFound)
		return
	}
	p.answer(w, r, s.path("data")+"/"+format, func() (*answer, error) {
		e, err := p.tables(s)
		if err != nil {
			return nil, err
		}
		if format == "json" {
			return asJSON(e)
		}
		return e.csv()
	}, func(h http.Header) {
		if format == "csv" {
			h.Set("Content-Disposition", `attachment; filename="`+s.file()+`.csv"`)
		}
	})
}

// answer sends what was made at most a moment ago; head sets what a good answer
// carries besides.
func (p *Portal) answer(w http.ResponseWriter, r *http.Request, key string, make func() (*answer, error), head func(http.Header)) {
	a, err := p.made(key, make)
	if err != nil {
		p.missing(w, r, err)
		return
	}
	head(w.Header())
	a.send(w, r, http.StatusOK)
}
