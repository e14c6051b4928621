// SPDX-License-Identifier: Apache-2.0

package figure

import (
	"strings"
	"testing"

	"haidang/event"
)

func TestASentenceSaysOnWhatItsChangeRests(t *testing.T) {
	up, was := 7.5, int64(1000)
	p := func(name string) event.FigurePeriod { return event.FigurePeriod{Name: name, Kind: "quarter", Days: 92} }
	base := p("2026-Q2")
	f := event.Figure{
		Definition: "attacks/1", Of: "VN", Period: p("2026-Q3"), Base: &base, BaseKind: "previous", Status: event.FigureRevised, Revision: 2,
		Rows: []event.FigureRow{{Value: 1147, Was: &was, Change: &event.FigureChange{Value: 1067, Percent: 7.5}}},
	}
	for _, c := range []struct {
		panel  *event.FigurePanel
		en, vi string
	}{
		{&event.FigurePanel{Rests: event.RestsOnMost, Sensors: 12, Percent: &up}, "up 7.5\u00a0% on the quarter (the second quarter of 2026: 1,067); on the panel of 12 sensors at work in both periods: +7.5\u00a0%. Revised (v2); it was 1,000.", "12 cảm biến hoạt động ở cả hai kỳ: +7,5"},
		{&event.FigurePanel{Rests: event.RestsOnPanel, Sensors: 5, Percent: &up}, "; change on the quarter, on the panel of 5 sensors at work in both periods alone: +7.5", "chỉ tính trên cùng một tập 5 cảm biến"},
		{&event.FigurePanel{Rests: event.RestsOnPanel, Sensors: 5}, "alone: –.", "cả hai kỳ: –."},
		{&event.FigurePanel{Rests: event.RestsOnNothing, Sensors: 1}, "break in series: no change on the quarter is given", "chuỗi số liệu bị ngắt"},
	} {
		f.Panel = c.panel
		if c.panel.Rests != event.RestsOnMost {
			f.Rows[0].Change = nil
		}
		for lang, want := range map[string]string{"en": c.en, "vi": c.vi} {
			got, err := BuiltIn().Sentence(lang, &f)
			if err != nil || !strings.Contains(got, want) {
				t.Errorf("%v %q lacks %q", err, got, want)
			}
		}
	}
}
