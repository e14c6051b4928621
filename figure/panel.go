// SPDX-License-Identifier: Apache-2.0

package figure

import (
	"fmt"

	"haidang/event"
)

// PanelWords says on what a change rests: beside a plain change that of the matched
// panel, the panel's alone, or that the series breaks. It is empty where no change
// was asked for or nothing is known of the sensors.
func PanelWords(lang string, f *event.Figure, kind Kind) string {
	p := f.Panel
	if p == nil {
		return ""
	}
	phrase := Base(f.BaseKind).Phrase(lang, kind)
	percent := "–"
	if p.Percent != nil {
		percent = Signed(lang, *p.Percent)
	}
	n := Number(lang, int64(p.Sensors))
	switch p.Rests {
	case event.RestsOnMost:
		return fmt.Sprintf(Text{"; trên cùng một tập %s cảm biến hoạt động ở cả hai kỳ: %s", "; on the panel of %s sensors at work in both periods: %s"}.In(lang), n, percent)
	case event.RestsOnPanel:
		return fmt.Sprintf(Text{"; mức thay đổi %s chỉ tính trên cùng một tập %s cảm biến hoạt động ở cả hai kỳ: %s", "; change %s, on the panel of %s sensors at work in both periods alone: %s"}.In(lang), phrase, n, percent)
	}
	return fmt.Sprintf(Text{"; chuỗi số liệu bị ngắt, không nêu mức thay đổi %s vì tập cảm biến của hai kỳ khác nhau", "; break in series: no change %s is given, since the sensors of the two periods differ"}.In(lang), phrase)
}
