// SPDX-License-Identifier: Apache-2.0

package figure

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"haidang/event"
)

// units are the words for what a figure counts, in Vietnamese and English; of a
// sentence about one, the singular.
var units = map[string][3]string{
	"attacks/1": {"lượt tấn công", "attacks", "attack"}, "hosted/1": {"lượt tấn công", "attacks", "attack"},
	"incidents/1": {"sự cố an ninh mạng", "incidents", "incident"}, "states/1": {"lượt dịch vụ bị lộ", "exposures", "exposure"},
	"records/1": {"bản ghi", "records", "record"}, "attacked-addresses/1": {"địa chỉ", "addresses", "address"},
	"active-participants/1": {"người dùng tham gia", "participating users", "participating user"},
	"attacked-users/1":      {"người dùng tham gia", "participating users", "participating user"},
	"infected/1":            {"người dùng tham gia", "participating users", "participating user"},
	"share/1":               {"\u00a0% ", "of participating users", "of participating users"}, "world-share/1": {"\u00a0% ", "of participating users", "of participating users"},
	"rate/1": {"lượt trên 1.000 người dùng tham gia", "by 1,000 participating users", "by 1,000 participating users"},
}

// randomFigure makes any figure of one line that can be: any definition, place,
// period, base, status, on any panel.
func randomFigure(t *testing.T, r *rand.Rand) (*event.Figure, Period, Base) {
	ids := BuiltIn().Counted()
	d := BuiltIn().Find(ids[r.IntN(len(ids))])
	at := time.Date(2023+r.IntN(4), time.Month(1+r.IntN(12)), 1+r.IntN(28), r.IntN(24), r.IntN(60), 0, 0, time.UTC)
	p := Containing(Kind(r.IntN(int(YearToDate)+1)), at)
	f := &event.Figure{
		Definition: d.ID, Of: []string{"VN", "LA", World}[r.IntN(3)], Status: []event.FigureStatus{event.FigureProvisional, event.FigureFinal, event.FigureRevised}[r.IntN(3)], Revision: 1 + r.IntN(3),
		Period: event.FigurePeriod{Name: p.String(), Zone: []string{"+07", "UTC"}[r.IntN(2)], Days: p.Days()}, Replay: r.IntN(4) == 0, Distinct: d.Counts.OfParticipants(),
		Rows: []event.FigureRow{randomRow(r, d)},
	}
	if r.IntN(3) == 0 {
		f.Rows[0].Was = new(r.Int64N(1000))
	}
	base := []Base{OnPrevious, OnWeek, OnYear, ""}[r.IntN(4)]
	b, err := p.Base(base)
	if err != nil {
		return f, p, ""
	}
	f.BaseKind, f.Base = string(base), &event.FigurePeriod{Name: b.String(), Zone: f.Period.Zone, Days: b.Days()}
	before := randomRow(r, d)
	c := &event.FigureChange{Value: before.Value, Ratio: before.Ratio}
	c.Percent, _ = Change(float64(f.Rows[0].Value), float64(before.Value))
	c.PerDay, _ = ChangePerDay(float64(f.Rows[0].Value), p, float64(before.Value), b)
	if f.Rows[0].Change = c; d.Counts.OfParticipants() || r.IntN(3) == 0 {
		return f, p, base
	}
	f.Panel = &event.FigurePanel{Rests: []string{event.RestsOnMost, event.RestsOnPanel, event.RestsOnNothing}[r.IntN(3)], Sensors: 5, Percent: new(float64(r.IntN(200) - 100))}
	if f.Panel.Rests != event.RestsOnMost {
		f.Rows[0].Change = nil
	}
	return f, p, base
}

func randomRow(r *rand.Rand, d *Definition) event.FigureRow {
	row := event.FigureRow{Value: []int64{0, 1, 2, r.Int64N(1e9)}[r.IntN(4)]}
	if d.Counts.Ratio() {
		row.Ratio = &event.FigureRatio{Numerator: row.Value, Denominator: 1e9, Value: float64(r.IntN(1000)) / 10}
		if d.Counts.Share() {
			row.Ratio.Low, row.Ratio.High = row.Ratio.Value/2, row.Ratio.Value+1
		}
	}
	return row
}

// Whatever the figure, its sentence says what was counted, by which definition, of
// which place, when, in whose time, how settled it is and, of a change, against what.
func TestSentencesNameUnitPeriodAndBase(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 5))
	said := map[string]bool{}
	for n := range 20_000 {
		f, p, base := randomFigure(t, r)
		said[f.Definition] = true
		for i, lang := range []string{"vi", "en"} {
			s, err := BuiltIn().Sentence(lang, f)
			if err != nil {
				t.Fatalf("%d: %+v: %v", n, f, err)
			}
			row := &f.Rows[0]
			unit := units[f.Definition][i]
			if lang == "en" && row.Value == 1 {
				unit = units[f.Definition][2]
			}
			want := []string{unit, "(" + f.Definition + ")", p.Name(lang), PlaceName(lang, f.Of)}
			if row.Ratio == nil {
				want = append(want, Number(lang, row.Value)+" ")
			}
			if f.Period.Zone == "UTC" {
				want = append(want, "UTC")
			}
			if base != "" {
				want = append(want, base.Phrase(lang, p.Kind))
			}
			if row.Change != nil {
				b, _ := p.Base(base)
				want = append(want, b.Name(lang))
			}
			for _, part := range want {
				if part == "" || !strings.Contains(strings.ToLower(s), strings.ToLower(part)) {
					t.Fatalf("%d: %q does not say %q", n, s, part)
				}
			}
			if !slices.ContainsFunc([]string{"sơ bộ", "chính thức", "đã điều chỉnh", "Provisional", "Final", "Revised"}, func(w string) bool { return strings.Contains(s, w) }) {
				t.Fatalf("%d: %q does not say how settled it is", n, s)
			}
			if strings.Contains(s, "%!") || strings.Contains(s, "{") || strings.Contains(s, "NaN") || strings.Contains(s, "Inf") {
				t.Fatalf("%d: %q", n, s)
			}
		}
	}
	for _, id := range BuiltIn().Counted() {
		if d := BuiltIn().Find(id); !said[d.ID] || units[d.ID] == [3]string{} {
			t.Errorf("no sentence about %s was looked at", fmt.Sprint(d.ID))
		}
	}
}
