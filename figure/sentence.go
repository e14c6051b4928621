// SPDX-License-Identifier: Apache-2.0

package figure

import (
	"fmt"
	"math"
	"strings"
	"time"

	"haidang/event"
)

// Sentence puts a figure without dimensions into words, by rule: period, unit and
// place, the change with its base and the base's number, the status. It is for
// tables of one line; a definition that is no count, a period that is none or a
// change without a base are errors.
func (b *Book) Sentence(lang string, f *event.Figure) (string, error) {
	d := b.Find(f.Definition)
	if d == nil || d.Counts == CountsRule || len(f.Rows) != 1 || len(f.By) != 0 {
		return "", fmt.Errorf("a sentence needs a count without dimensions; this is %s by %q", f.Definition, f.By)
	}
	p, err := named(&f.Period)
	if err != nil {
		return "", err
	}
	row := &f.Rows[0]
	var s strings.Builder
	s.WriteString(p.opening(lang))
	s.WriteString(zoneWord(lang, &f.Period))
	s.WriteString(", " + d.said(lang, row.Value, f.Of) + " (" + d.ID + ")")
	if row.Change != nil {
		if err := change(&s, lang, f, p, row); err != nil {
			return "", err
		}
	}
	s.WriteString(". " + statusWord(lang, f))
	if f.Replay {
		s.WriteString(Text{" Đây là bản phát lại, không phải số liệu thật.", " This is a replay, not live data."}.In(lang))
	}
	return s.String(), nil
}

// named gives a period by its name; words do not depend on its zone.
func named(p *event.FigurePeriod) (Period, error) { return ParsePeriod(p.Name, time.UTC) }

func zoneWord(lang string, p *event.FigurePeriod) string {
	if p.Zone == "UTC" {
		return Text{" (giờ UTC)", " (UTC)"}.In(lang)
	}
	return ""
}

func (d *Definition) said(lang string, n int64, place string) string {
	said := d.Said.In(lang)
	if lang == "en" && n == 1 {
		said = d.One
	}
	return strings.NewReplacer("{n}", Number(lang, n), "{place}", PlaceName(lang, place)).Replace(said)
}

// change adds how the number changed, against what, and per day where the two
// periods are not of one length.
func change(s *strings.Builder, lang string, f *event.Figure, p Period, row *event.FigureRow) error {
	if f.Base == nil || f.BaseKind == "" {
		return fmt.Errorf("a change of %s has no base", f.Definition)
	}
	base, err := named(f.Base)
	if err != nil {
		return err
	}
	phrase := Base(f.BaseKind).Phrase(lang, p.Kind)
	against := fmt.Sprintf(" (%s: %s)", base.Name(lang), Number(lang, row.Change.Value))
	if row.Change.Value == 0 {
		s.WriteString(Text{"; mức thay đổi ", "; change "}.In(lang) + phrase + ": –" + against)
		return nil
	}
	s.WriteString(", " + moved(lang, row.Change.Percent) + " " + phrase + against)
	if f.Period.Days != f.Base.Days {
		s.WriteString(Text{"; bình quân ngày: ", "; per day: "}.In(lang) + Signed(lang, row.Change.PerDay))
	}
	return nil
}

func moved(lang string, p float64) string {
	switch r := math.Round(p * 10); {
	case r > 0:
		return Text{"tăng ", "up "}.In(lang) + percent(lang, p)
	case r < 0:
		return Text{"giảm ", "down "}.In(lang) + percent(lang, p)
	}
	return Text{"không đổi", "unchanged"}.In(lang)
}

func statusWord(lang string, f *event.Figure) string {
	switch f.Status {
	case event.FigureFinal:
		return Text{"Số liệu chính thức.", "Final."}.In(lang)
	case event.FigureRevised:
		return fmt.Sprintf(Text{"Số liệu đã điều chỉnh (bản %d).", "Revised (v%d)."}.In(lang), f.Revision)
	}
	return Text{"Số liệu sơ bộ.", "Provisional."}.In(lang)
}
