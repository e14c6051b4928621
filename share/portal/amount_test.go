// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"testing"

	"haidang/event"
	"haidang/share/internal/chart"
)

func TestAmounts(t *testing.T) {
	vi, en := testLanguages(t)
	share := &event.FigureRatio{Numerator: 2150, Denominator: 10000, Value: 21.5, Low: 20.7, High: 22.3, Best: 1, Worst: 2}
	for _, c := range []struct {
		row    event.FigureRow
		vi, en string
	}{
		{event.FigureRow{Value: 12340}, "12.340", "12,340"},
		{event.FigureRow{Hidden: true}, "ẩn để bảo vệ thông tin của người và tổ chức liên quan", "withheld to protect those concerned"},
		{event.FigureRow{Few: true, Ratio: &event.FigureRatio{Denominator: 9}}, "quá ít người dùng tham gia để công bố", "too few participants to be published"},
		{event.FigureRow{Value: 2150, Ratio: share}, "21,5\u00a0%", "21.5\u00a0%"},
		{event.FigureRow{Value: 9, Ratio: &event.FigureRatio{Value: 1234.56}}, "1.234,6", "1,234.6"},
	} {
		if vi.amount(&c.row) != c.vi || en.amount(&c.row) != c.en {
			t.Errorf("%+v: %q, %q", c.row, vi.amount(&c.row), en.amount(&c.row))
		}
	}
	row := event.FigureRow{Value: 2150, Rank: 1, Ratio: share, Change: &event.FigureChange{Ratio: &event.FigureRatio{Value: 20, High: 21}, Points: 1.5}}
	if got := en.changed(&event.Figure{Base: &event.FigurePeriod{}}, &row); got[0] != "20.0\u00a0%" || got[1] != "+1.5 percentage points" {
		t.Errorf("%q", got)
	}
	tenth := 4.1
	for _, c := range []struct {
		change *event.FigureChange
		rests  event.FigureRests
		vi, en string
	}{
		{&event.FigureChange{Value: 100, Percent: 5}, event.FigureRests{Rests: event.RestsOnMost, Percent: &tenth}, "+5,0\u00a0% (cùng tập cảm biến +4,1\u00a0%)", "+5.0\u00a0% (same sensors +4.1\u00a0%)"},
		{&event.FigureChange{Value: 100, Percent: 4.11}, event.FigureRests{Rests: event.RestsOnMost, Percent: &tenth}, "+4,1\u00a0%", "+4.1\u00a0%"},
		{&event.FigureChange{Value: 100, Percent: 5}, event.FigureRests{Rests: event.RestsOnMost}, "+5,0\u00a0%", "+5.0\u00a0%"},
		{nil, event.FigureRests{Rests: event.RestsOnPanel, Percent: &tenth}, "+4,1\u00a0% (chỉ trên cùng tập cảm biến)", "+4.1\u00a0% (same sensors alone)"},
		{nil, event.FigureRests{Rests: event.RestsOnPanel}, "–", "–"},
		{nil, event.FigureRests{Rests: event.RestsOnNothing}, "chuỗi số liệu bị ngắt", "break in series"},
	} {
		judged, f := event.FigureRow{Value: 105, Change: c.change, Rests: &c.rests}, event.Figure{Base: &event.FigurePeriod{}}
		if a, b := vi.changed(&f, &judged)[1], en.changed(&f, &judged)[1]; a != c.vi || b != c.en {
			t.Errorf("%+v: %q, %q", c.rests, a, b)
		}
	}
	if got := en.rank(&row); got != "1–2" {
		t.Errorf("overlapping intervals: %q", got)
	}
	if got := en.interval(&row); got != "95 % interval 20.7 to 22.3, of 10,000 participants; random variation among participants only" {
		t.Errorf("%q", got)
	}
	d := drawing{l: en}
	if v := d.value(&row); v.N != 21.5 || v.State != chart.Known {
		t.Errorf("%+v", v)
	}
	if v := d.value(&event.FigureRow{Few: true, Ratio: share}); v.State != chart.Withheld || v.N != 0 {
		t.Errorf("%+v", v)
	}
}
