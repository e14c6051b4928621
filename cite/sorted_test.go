// SPDX-License-Identifier: Apache-2.0

package cite

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"haidang/event"
)

// encode writes a form by reflection and sorts its members afterwards: what the writer,
// which knows their order, is held to.
func encode(f *form) ([]byte, error) {
	text, err := json.Marshal(f)
	if err != nil {
		return nil, err
	}
	return Canonicalise(text)
}

// wild is a figure of texts and numbers that no definition makes.
func wild(r *rand.Rand) *event.CitedFigure {
	c := sample(r)
	text := func() string {
		return []string{"", "a", "Đà Nẵng", "<b>&\u2028\u2029", "\xff\xc0\xaf", "\x00\x1f\x7f\u0080", "😀\ufffd\ufeff", `"\\/` + "\b\f\n\r\t", `"position":""`, `"snapshots":[]`, "\xed\xa0\x80"}[r.IntN(11)]
	}
	number := func() float64 {
		return []float64{0, math.Copysign(0, -1), -0.001, 0.005, -0.05, 1e21, -1e300, math.Inf(1), math.NaN(), math.SmallestNonzeroFloat64, 99.995, r.NormFloat64()}[r.IntN(12)]
	}
	whole := func() int64 {
		return []int64{0, -1, maxInteger, -maxInteger, maxInteger + 1, -maxInteger - 1, math.MinInt64, r.Int64N(1000)}[min(r.IntN(300), 7)]
	}
	tenth, f := number(), &c.Figure
	c.Coverage.Set, f.Definition, f.Unit, f.Of, f.BaseKind = text(), text(), text(), text(), text()
	f.By, f.Status, f.Period.Name, f.Period.Zone, f.Period.Kind = [][]string{nil, {}, {text()}, {text(), text()}}[r.IntN(4)], event.FigureStatus(text()), text(), text(), text()
	f.Period.To, f.Revision, f.Ranked, c.Coverage.Silent = event.Time(r.Int64()), int(whole()), int(whole()), int(whole())
	c.Snapshots = [][]event.Snapshot{nil, {}, {{}}, {{Kind: text(), ID: text()}, {Kind: text(), ID: text()}}}[r.IntN(4)]
	if f.Panel != nil {
		f.Panel.Rests, f.Panel.Sensors, f.Panel.Share, f.Panel.PerDay = text(), int(whole()), float64(r.IntN(101)), &tenth
	}
	for i := range f.Rows {
		row := &f.Rows[i]
		row.Group, row.Value, row.PerDay, row.Rank = [][]string{nil, {}, {text()}, {text(), text()}}[r.IntN(4)], whole(), number(), int(whole())
		row.Hosts = []*event.FigureUnits{nil, {Count: whole(), Estimated: true}}[r.IntN(2)]
		row.Ratio = []*event.FigureRatio{nil, {Numerator: whole(), Denominator: whole(), Value: number(), Low: number(), High: number(), Worst: int(whole())}}[r.IntN(2)]
		row.Change = []*event.FigureChange{nil, {Value: whole(), Percent: number(), PerDay: number(), Points: number(), Ratio: row.Ratio}}[r.IntN(2)]
		row.Rests = []*event.FigureRests{nil, {Rests: text(), Percent: &tenth}, {PerDay: &tenth}}[r.IntN(3)]
	}
	return c
}

// Forms are written byte by byte as the sorted JSON of the same form, or refused as it is.
func TestTheWriterIsHeldToSortedJSON(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	refused := 0
	for i := range 6000 {
		c := sample(r)
		if i%3 != 0 {
			c = wild(r)
		}
		want, err := encode(formOf(c))
		w, failed := written(c)
		if (failed == nil) != (err == nil) {
			t.Fatalf("%v, in order: %v", err, failed)
		}
		if subject(c) != name(subjectOf(t, c)) {
			t.Errorf("%q: another subject", c.Figure.Definition)
		}
		if err != nil {
			refused++
			continue
		}
		if !bytes.Equal(w.text, want) {
			t.Fatalf("%s, in order: %s", want, w.text)
		}
		f := formOf(c)
		f.Position, f.Snapshots = "", []snapshot{}
		if text, err := encode(f); err != nil || w.says() != name(text) {
			t.Fatalf("%v: another content of %s", err, want)
		}
		w.done()
	}
	if refused < 100 || refused > 3000 {
		t.Errorf("%d of 6000 are refused", refused)
	}
}

// Documents are written as json.Marshal writes them.
func TestDocumentsAreJSONOfTheirParts(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	for range 300 {
		w, err := written(wild(r))
		if err != nil {
			continue
		}
		id, got, err := seal(w.text, keyOf(1), "v1 <é&>", noon)
		if err != nil {
			t.Fatal(err)
		}
		var d Document
		if err := json.Unmarshal(got, &d); err != nil || id != ID(w.text) || d.Envelope.ID != id {
			t.Fatalf("%v, %s in %s", err, id, got)
		}
		d.Figure = bytes.Clone(w.text)
		if want, err := json.Marshal(&d); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%v: %s, want %s", err, got, want)
		}
		w.done()
	}
}

func subjectOf(t *testing.T, c *event.CitedFigure) []byte {
	t.Helper()
	f := &c.Figure
	text, err := encode(&form{Schema: schemaFirst, Definition: f.Definition, Query: queryOf(f), Snapshots: []snapshot{}, Rows: []row{}})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func formOf(c *event.CitedFigure) *form {
	f := &c.Figure
	out := &form{
		Schema: schemas[c.Form], Definition: f.Definition, Unit: f.Unit,
		Query:  queryOf(f),
		Period: *spell(&f.Period), Status: string(f.Status), Revision: f.Revision,
		Position:  strconv.FormatUint(uint64(c.Position), 10),
		Coverage:  coverage{c.Coverage.Sensors, c.Coverage.Silent, c.Coverage.Hours, c.Coverage.Set},
		Snapshots: []snapshot{}, Rounding: rounded, Ranked: f.Ranked, Unconfirmed: f.Unconfirmed, Distinct: f.Distinct,
		Rows: make([]row, len(f.Rows)), Replay: f.Replay,
	}
	if f.Base != nil {
		out.Base = spell(f.Base)
	}
	for _, s := range c.Snapshots {
		out.Snapshots = append(out.Snapshots, snapshot(s))
	}
	for i := range f.Rows {
		r := rowOf(&f.Rows[i])
		if c.Form != 1 {
			r.Estimated, r.Hosts = &f.Rows[i].Estimated, hostsOf(f.Rows[i].Hosts)
		}
		if c.Form == 0 {
			r.Rests = restsOf(f.Rows[i].Rests)
		}
		out.Rows[i] = r
	}
	if c.Form != 1 {
		out.Panel = panelOf(f.Panel)
	}
	return out
}

func queryOf(f *event.Figure) query {
	return query{f.Of, append([]string{}, f.By...), f.Period.Name, f.Period.Zone, f.BaseKind}
}

func hostsOf(u *event.FigureUnits) *since[hosts] {
	if u == nil {
		return &since[hosts]{}
	}
	return &since[hosts]{&hosts{u.Count, u.Estimated}}
}

func spell(p *event.FigurePeriod) *period {
	return &period{p.Name, p.Kind, p.From.String(), p.To.String()}
}

func rowOf(r *event.FigureRow) row {
	out := row{Group: append([]string{}, r.Group...), Rank: r.Rank, Hidden: r.Hidden, Few: r.Few, Ratio: ratioOf(r.Ratio)}
	if !r.Hidden && !r.Few {
		v := r.Value
		out.Value, out.PerDay = &v, hundredths(r.PerDay)
	}
	if c := r.Change; c != nil {
		out.Change = &change{Value: c.Value, Ratio: ratioOf(c.Ratio)}
		if c.Value != 0 {
			out.Change.Percent, out.Change.PerDay = hundredths(c.Percent), hundredths(c.PerDay)
		}
		if c.Ratio != nil {
			out.Change.Points = hundredths(c.Points)
		}
	}
	return out
}

func ratioOf(r *event.FigureRatio) *ratio {
	if r == nil {
		return nil
	}
	out := &ratio{Numerator: r.Numerator, Denominator: r.Denominator, Value: *decimals(r.Value, 1), Best: r.Best, Worst: r.Worst}
	if r.Low != 0 || r.High != 0 {
		out.Low, out.High = decimals(r.Low, 1), decimals(r.High, 1)
	}
	return out
}

var rounded = rounding{Value: "1", PerDay: "0.01", Percent: "0.01", Ratio: "0.1"}

// hundredths writes a number with two decimals, as figures are published.
func hundredths(v float64) *string { return decimals(v, 2) }

func decimals(v float64, n int) *string {
	unit := math.Pow10(n)
	s := strconv.FormatFloat(math.Round(v*unit)/unit, 'f', n, 64)
	if strings.Trim(s, "-0.") == "" {
		s = strings.TrimPrefix(s, "-") // no negative zero
	}
	return &s
}

func (s *since[T]) MarshalJSON() ([]byte, error) { return json.Marshal(s.value) }

func panelOf(p *event.FigurePanel) *since[panel] {
	if p == nil {
		return &since[panel]{}
	}
	return &since[panel]{&panel{p.Rests, p.Sensors, p.Organisations, int64(p.Share), tenthsOf(p.Percent), tenthsOf(p.PerDay)}}
}

func restsOf(r *event.FigureRests) *since[rests] {
	if r == nil {
		return &since[rests]{}
	}
	return &since[rests]{&rests{r.Rests, tenthsOf(r.Percent), tenthsOf(r.PerDay)}}
}

func tenthsOf(v *float64) *string {
	if v == nil {
		return nil
	}
	return decimals(*v, 1)
}
