// SPDX-License-Identifier: Apache-2.0

package cite

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math"
	"strconv"
	"sync"

	"github.com/go-json-experiment/json/jsontext"

	"haidang/event"
)

// writer writes canonical forms. The members' names stand here in the order of RFC 8785
// and are plain, so that nothing has to be sorted: a page cites tables of hundreds of
// lines. That it writes what Canonicalise makes of the form's JSON is tested.
type writer struct {
	text []byte
	err  error
	// Where the journal's position and the tables in use are: what a figure says is the
	// rest.
	position, tables struct{ from, to int }
}

// writers are used again: a form takes some 50 KB.
var writers = sync.Pool{New: func() any { return new(writer) }}

// mostWritten is the longest text whose memory is kept.
const mostWritten = 1 << 20

// draft gives an empty writer, until it is done.
func draft() *writer {
	w := writers.Get().(*writer)
	*w = writer{text: w.text[:0]}
	return w
}

func (w *writer) done() {
	if cap(w.text) <= mostWritten {
		writers.Put(w)
	}
}

// written gives a writer that holds a figure's canonical form; it is to be told when it
// is done.
func written(c *event.CitedFigure) (*writer, error) {
	w := draft()
	w.figure(c)
	if w.err != nil {
		defer w.done()
		return nil, fmt.Errorf("cite: canonical form: %w", w.err)
	}
	return w, nil
}

// says names what the figure says, apart from how far the journal was and which tables
// are in use at the time: citing it again makes no other citation.
func (w *writer) says() string {
	h := sha256.New()
	h.Write(w.text[:w.position.from])
	h.Write(w.text[w.position.to:w.tables.from])
	h.Write(w.text[w.tables.to:])
	return spelledSum(h.Sum(nil))
}

func (w *writer) figure(c *event.CitedFigure) {
	f := &c.Figure
	w.raw(`{"base":`)
	w.period(f.Base)
	w.raw(`,"coverage":{"hours":`)
	w.count(c.Coverage.Hours)
	w.number(`,"sensors":`, int64(c.Coverage.Sensors))
	w.string(`,"set":`, c.Coverage.Set)
	w.number(`,"silent":`, int64(c.Coverage.Silent))
	w.string(`},"definition":`, f.Definition)
	w.truth(`,"distinct":`, f.Distinct)
	w.raw(`,"hosting_unconfirmed":`)
	w.count(f.Unconfirmed)
	if c.Form != 1 {
		w.panel(f.Panel)
	}
	w.raw(`,"period":`)
	w.period(&f.Period)
	w.raw(`,"position":"`)
	w.position.from = len(w.text)
	w.text = strconv.AppendUint(w.text, uint64(c.Position), 10)
	w.position.to = len(w.text)
	w.raw(`"`)
	w.query(f)
	w.number(`,"ranked":`, int64(f.Ranked))
	w.truth(`,"replay":`, f.Replay)
	w.number(`,"revision":`, int64(f.Revision))
	w.raw(`,"rounding":{"per_day":"0.01","percent":"0.01","ratio":"0.1","value":"1"},"rows":[`)
	for i := range f.Rows {
		w.comma(i)
		w.row(&f.Rows[i], c.Form)
	}
	w.string(`],"schema":`, schemas[c.Form])
	w.raw(`,"snapshots":[`)
	w.tables.from = len(w.text)
	w.snapshots(c.Snapshots)
	w.tables.to = len(w.text)
	w.string(`],"status":`, string(f.Status))
	w.string(`,"unit":`, f.Unit)
	w.raw(`}`)
}

// subject writes what a figure is of: the form of no numbers that names things since the
// first version.
func (w *writer) subject(f *event.Figure) {
	w.raw(`{"base":null,"coverage":{"hours":null,"sensors":0,"set":"","silent":0}`)
	w.string(`,"definition":`, f.Definition)
	w.raw(`,"distinct":false,"hosting_unconfirmed":null,"period":{"from":"","kind":"","name":"","to":""},"position":""`)
	w.query(f)
	w.raw(`,"ranked":0,"replay":false,"revision":0,"rounding":{"per_day":"","percent":"","ratio":"","value":""},"rows":[]`)
	w.raw(`,"schema":"` + schemaFirst + `","snapshots":[],"status":"","unit":""}`)
}

func (w *writer) query(f *event.Figure) {
	w.string(`,"query":{"base":`, f.BaseKind)
	w.list(`,"by":`, f.By)
	w.string(`,"of":`, f.Of)
	w.string(`,"period":`, f.Period.Name)
	w.string(`,"zone":`, f.Period.Zone)
	w.raw(`}`)
}

func (w *writer) period(p *event.FigurePeriod) {
	if p == nil {
		w.raw(`null`)
		return
	}
	w.string(`{"from":`, p.From.String())
	w.string(`,"kind":`, p.Kind)
	w.string(`,"name":`, p.Name)
	w.string(`,"to":`, p.To.String())
	w.raw(`}`)
}

func (w *writer) panel(p *event.FigurePanel) {
	if p == nil {
		w.raw(`,"panel":null`)
		return
	}
	w.number(`,"panel":{"organisations":`, int64(p.Organisations))
	w.tenths(`,"per_day_percent":`, p.PerDay)
	w.tenths(`,"percent":`, p.Percent)
	w.string(`,"rests":`, p.Rests)
	w.number(`,"sensors":`, int64(p.Sensors))
	w.number(`,"share":`, int64(p.Share))
	w.raw(`}`)
}

func (w *writer) snapshots(list []event.Snapshot) {
	for i, s := range list {
		w.comma(i)
		w.string(`{"id":`, s.ID)
		w.string(`,"kind":`, s.Kind)
		w.raw(`}`)
	}
}

func (w *writer) row(r *event.FigureRow, form int) {
	w.raw(`{"change":`)
	w.change(r.Change)
	if form == 0 {
		w.rests(r.Rests)
	}
	if form != 1 {
		w.truth(`,"estimated":`, r.Estimated)
	}
	w.truth(`,"few":`, r.Few)
	w.list(`,"group":`, r.Group)
	w.truth(`,"hidden":`, r.Hidden)
	if form != 1 {
		w.hosts(r.Hosts)
	}
	told := !r.Hidden && !r.Few
	w.decimals(`,"per_day":`, r.PerDay, 2, told)
	w.number(`,"rank":`, int64(r.Rank))
	w.ratio(r.Ratio)
	if told {
		w.number(`,"value":`, r.Value)
	} else {
		w.raw(`,"value":null`)
	}
	w.raw(`}`)
}

func (w *writer) change(c *event.FigureChange) {
	if c == nil {
		w.raw(`null`)
		return
	}
	w.number(`{"base_value":`, c.Value)
	w.decimals(`,"per_day_percent":`, c.PerDay, 2, c.Value != 0)
	w.decimals(`,"percent":`, c.Percent, 2, c.Value != 0)
	w.decimals(`,"points":`, c.Points, 2, c.Ratio != nil)
	w.ratio(c.Ratio)
	w.raw(`}`)
}

func (w *writer) rests(r *event.FigureRests) {
	if r == nil {
		w.raw(`,"change_rests":null`)
		return
	}
	w.tenths(`,"change_rests":{"per_day_percent":`, r.PerDay)
	w.tenths(`,"percent":`, r.Percent)
	w.string(`,"rests":`, r.Rests)
	w.raw(`}`)
}

func (w *writer) hosts(u *event.FigureUnits) {
	if u == nil {
		w.raw(`,"hosts":null`)
		return
	}
	w.number(`,"hosts":{"count":`, u.Count)
	w.truth(`,"estimated":`, u.Estimated)
	w.raw(`}`)
}

func (w *writer) ratio(r *event.FigureRatio) {
	if r == nil {
		w.raw(`,"ratio":null`)
		return
	}
	between := r.Low != 0 || r.High != 0
	w.number(`,"ratio":{"best_rank":`, int64(r.Best))
	w.number(`,"denominator":`, r.Denominator)
	w.decimals(`,"high":`, r.High, 1, between)
	w.decimals(`,"low":`, r.Low, 1, between)
	w.number(`,"numerator":`, r.Numerator)
	w.decimals(`,"value":`, r.Value, 1, true)
	w.number(`,"worst_rank":`, int64(r.Worst))
	w.raw(`}`)
}

func (w *writer) raw(s string) { w.text = append(w.text, s...) }

func (w *writer) comma(i int) {
	if i > 0 {
		w.raw(`,`)
	}
}

// string writes a member. What is no UTF-8 is replaced, as encoding/json does.
func (w *writer) string(name, s string) {
	w.raw(name)
	w.text, _ = jsontext.AppendQuote(w.text, s)
}

func (w *writer) list(name string, list []string) {
	w.raw(name)
	w.raw(`[`)
	for i, s := range list {
		w.comma(i)
		w.string("", s)
	}
	w.raw(`]`)
}

func (w *writer) truth(name string, v bool) {
	w.raw(name)
	w.text = strconv.AppendBool(w.text, v)
}

// number writes an integer, if every JSON reader keeps it exactly.
func (w *writer) number(name string, n int64) {
	w.raw(name)
	w.text = strconv.AppendInt(w.text, n, 10)
	if w.err == nil && (n > maxInteger || n < -maxInteger) {
		w.err = numberError(strconv.AppendInt(nil, n, 10))
	}
}

func (w *writer) count(n *int64) {
	if n == nil {
		w.raw(`null`)
		return
	}
	w.number("", *n)
}

// tenths writes a number that may be absent.
func (w *writer) tenths(name string, v *float64) {
	if v == nil {
		w.decimals(name, 0, 1, false)
		return
	}
	w.decimals(name, *v, 1, true)
}

// decimals writes a number with the decimals that are published as a string, null where
// there is none.
func (w *writer) decimals(name string, v float64, n int, is bool) {
	w.raw(name)
	if !is {
		w.raw(`null`)
		return
	}
	w.raw(`"`)
	from, unit := len(w.text), math.Pow10(n)
	w.text = strconv.AppendFloat(w.text, math.Round(v*unit)/unit, 'f', n, 64)
	if w.text[from] == '-' && len(bytes.Trim(w.text[from:], "-0.")) == 0 {
		w.text = append(w.text[:from], w.text[from+1:]...) // no negative zero
	}
	w.raw(`"`)
}
