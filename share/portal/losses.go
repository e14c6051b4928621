// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"net/http"

	"haidang/classify"
	"haidang/event"
	"haidang/share/internal/chart"
)

// losses shows what was lost of the last hours, all sensors together: what figures
// could not count. Alone, its chart is a picture that stands by itself.
func (p *Portal) losses(l *language, alone bool) figureBlock {
	b := figureBlock{ID: "losses", Kicker: l.T("losses.name")}
	b.Title = b.Kicker
	r, err := p.dep.Gate.Losses(classify.Nobody())
	if why := l.withheld(err); why != "" {
		b.Empty, b.Shut = why, true
		return b
	}
	hours := r.Value()
	if err != nil || len(hours) == 0 {
		b.Empty, b.Shut = l.T("block.empty"), true
		return b
	}
	b.Head = []string{l.T("column.hour"), l.T("column.sensors"), l.T("losses.received"), l.T("losses.late"), l.T("losses.quarantined"), l.T("losses.shed"), l.T("losses.drops"), l.T("losses.refused")}
	end := hours[len(hours)-1].Start + event.Time(3600e9)
	b.Meta = l.T("losses.meta", "from", l.full(hours[0].Start).Text, "to", l.full(end).Text)
	p.lossLinks(l, &b, end)
	all, told := lossesOf(hours)
	c := chart.Series{Scale: l.whole, Gap: l.T("losses.nothing")}
	c.Series = []string{l.T("losses.drops"), l.T("losses.here"), l.T("losses.late")}
	for i := range hours {
		h := &hours[i]
		at := l.clock(h.Start).Text
		c.Points = append(c.Points, chart.Point{Name: at, Tick: at, Values: l.lossValues(h)})
		b.Rows = append(b.Rows, l.lossLine(h, at))
	}
	b.Notes = []string{l.T("losses.note"), l.T("losses.note.late")}
	switch {
	case all.Sensors == 0 && all.Drops == 0:
		b.Title, b.Notes = l.T("losses.title.silent"), nil
	case told == 0:
		b.Empty, b.Notes = l.T("losses.few"), nil
		return b
	case told < len(hours):
		b.Notes = append(b.Notes, l.T("losses.shaded"))
	}
	if told > 0 {
		b.Title = l.lossTitle(&all)
	}
	c.Frame = chart.Frame{ID: "chart-losses", Title: b.Kicker, Text: b.Title, Series: c.Series}
	if alone {
		c.Alone, c.Source = true, []string{b.Meta, b.Cite}
	}
	b.Chart = svg(c.SVG())
	return b
}

// lossLinks adds where else the block is, and how to name it.
func (p *Portal) lossLinks(l *language, b *figureBlock, end event.Time) {
	embed := "/embed/" + l.Code + "/losses"
	b.Links = blockLinks{
		CSV: "/data/losses.csv", JSON: "/data/losses.json", SVG: "/chart/" + l.Code + "/losses", Embed: embed,
		Code: p.frameCode(embed, b.Kicker),
	}
	pic := p.picture()
	b.Cite = l.T("losses.cite", "title", b.Kicker, "to", l.full(end).Text, "status", p.status(l, &pic), "url", p.cfg.Origin+l.path("coverage")+"#"+b.ID)
}

// lossFrame answers the block as a small page of its own, lossChart its chart as a file.
func (p *Portal) lossFrame(l *language) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		theme := embedTheme(r)
		p.answer(w, r, "embed/losses/"+l.Code+"/"+theme, func() (*answer, error) {
			return p.framed(l, theme, p.losses(l, false), l.path("coverage"))
		}, embedHead)
	}
}

func (p *Portal) lossChart(l *language) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p.answer(w, r, "chart/losses/"+l.Code, func() (*answer, error) {
			b := p.losses(l, true)
			if b.Chart == "" {
				return nil, errNothing
			}
			return finish("image/svg+xml", []byte(b.Chart))
		}, func(h http.Header) {
			h.Set("Content-Disposition", `inline; filename="haidang-losses.svg"`)
		})
	}
}

// lossesOf adds up the hours, and counts those in which something came that is told.
func lossesOf(hours []event.LossHour) (all event.LossHour, told int) {
	for i := range hours {
		h := &hours[i]
		if !h.Hidden && h.Sensors > 0 {
			told++
		}
		all.Sensors, all.Received, all.Drops = max(all.Sensors, h.Sensors), all.Received+h.Received, all.Drops+h.Drops
		all.Quarantined, all.Shed = all.Quarantined+h.Quarantined, all.Shed+h.Shed
	}
	return all, told
}

// lossTitle states the finding.
func (l *language) lossTitle(all *event.LossHour) string {
	if all.Lost() == 0 {
		return l.T("losses.title.none", "n", l.Number(all.Received))
	}
	return l.T("losses.title", "p", l.share(all.Lost(), all.Received+all.Drops), "n", l.Number(all.Lost()))
}

// lossValues are what the chart draws of an hour: lost before us, lost here, and late.
func (l *language) lossValues(h *event.LossHour) (out []chart.Value) {
	for _, n := range []int64{h.Drops, h.Quarantined + h.Shed, h.Late} {
		v := chart.Value{N: float64(n), Text: l.Number(n)}
		switch {
		case h.Hidden:
			v = chart.Value{Text: l.T("hidden.long"), State: chart.Withheld}
		case h.Sensors == 0 && h.Drops == 0:
			v = chart.Value{Text: l.T("losses.nothing"), State: chart.Missing}
		}
		out = append(out, v)
	}
	return out
}

func (l *language) lossLine(h *event.LossHour, at string) figureLine {
	out := figureLine{Name: at, Hidden: h.Hidden}
	if !h.Hidden {
		for _, n := range []int64{int64(h.Sensors), h.Received, h.Late, h.Quarantined, h.Shed, h.Drops, h.Refused} {
			out.Cells = append(out.Cells, l.Number(n))
		}
	}
	return out
}

// lost fills the table of losses; it is empty where they are not shown to everybody.
func (p *Portal) lost(t *table) {
	t.Definition, t.Unit, t.Affected, t.From, t.To = "", "records", "", "", ""
	t.Columns = []string{"hour", "reporting", "received", "late", "quarantined", "shed", "lost_before_arrival", "requests_refused", "withheld"}
	r, err := p.dep.Gate.Losses(classify.Nobody())
	if err != nil {
		return
	}
	for i, h := range r.Value() {
		if i == 0 {
			t.From = p.local(h.Start)
		}
		t.To = p.local(h.Start + event.Time(3600e9))
		row := []any{p.local(h.Start), h.Sensors, h.Received, h.Late, h.Quarantined, h.Shed, h.Drops, h.Refused, false}
		if h.Hidden {
			row = []any{p.local(h.Start), h.Sensors, nil, nil, nil, nil, nil, nil, true}
		}
		t.Rows = append(t.Rows, row)
	}
}
