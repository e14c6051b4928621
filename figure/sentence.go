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
	return b.SentenceOn(lang, f, PlaceName(lang, f.Of))
}

// SentenceOn is Sentence for the one line of a table that is kept: whom it is about
// takes the place of the country.
func (b *Book) SentenceOn(lang string, f *event.Figure, whom string) (string, error) {
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
	if f.Silent {
		return s.String() + d.unsaid(lang, whom), nil
	}
	s.WriteString(", " + d.said(lang, row, whom) + " (" + d.ID + ")")
	if row.Change != nil {
		if err := change(&s, lang, f, p, row); err != nil {
			return "", err
		}
	}
	s.WriteString(PanelWords(lang, f, p.Kind) + ". " + statusWord(lang, f))
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

// said puts the number into the definition's words: a share with its interval.
func (d *Definition) said(lang string, row *event.FigureRow, place string) string {
	said, n := d.Said.In(lang), Number(lang, row.Value)
	switch {
	case d.Counts.Share():
		n = share(lang, row.Ratio)
	case d.Counts == CountsRate:
		n = decimal(lang, row.Ratio.Value)
	case lang == "en" && row.Value == 1:
		said = d.One
	}
	return strings.NewReplacer("{n}", n, "{place}", place).Replace(said)
}

// unsaid says that there is no number, since no sensor reported anything.
func (d *Definition) unsaid(lang, place string) string {
	return fmt.Sprintf(Text{", không có cảm biến nào báo về nên không có số liệu: %s, %s (%s).", ", no sensor reported anything, so there is no figure: %s, %s (%s)."}.In(lang),
		d.Name.In(lang), place, d.ID)
}

// share writes a share with its interval and of how many it is.
func share(lang string, r *event.FigureRatio) string {
	interval := percent(lang, r.Low) + Text{" đến ", " to "}.In(lang) + percent(lang, r.High)
	return fmt.Sprintf(Text{"%s (khoảng 95 %%: %s)", "%s (95 %% interval %s)"}.In(lang), percent(lang, r.Value), interval)
}

func decimal(lang string, v float64) string {
	return strings.TrimSuffix(percent(lang, v), "\u00a0%")
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
	if row.Change.Ratio != nil {
		ratioChange(s, lang, row, phrase, base.Name(lang))
		return nil
	}
	against := fmt.Sprintf(" (%s: %s)", base.Name(lang), Number(lang, row.Change.Value))
	if row.Change.Value == 0 {
		s.WriteString(Text{"; mức thay đổi ", "; change "}.In(lang) + phrase + ": –" + against)
		return nil
	}
	s.WriteString(", " + moved(lang, row.Change.Percent) + " " + phrase + against)
	if f.Period.Days != f.Base.Days && !f.Distinct {
		s.WriteString(Text{"; bình quân ngày: ", "; per day: "}.In(lang) + Signed(lang, row.Change.PerDay))
	}
	return nil
}

// ratioChange adds how a share changed, in percentage points, or a rate.
func ratioChange(s *strings.Builder, lang string, row *event.FigureRow, phrase, base string) {
	c := row.Change
	if c.Ratio.High == 0 { // a rate
		s.WriteString(fmt.Sprintf("; %s: %s (%s)", base, decimal(lang, c.Ratio.Value), phrase))
		return
	}
	points := strings.TrimSuffix(Signed(lang, c.Points), "\u00a0%")
	s.WriteString(fmt.Sprintf(Text{", %s điểm phần trăm %s (%s: %s)", ", %s percentage points %s (%s: %s)"}.In(lang),
		points, phrase, base, percent(lang, c.Ratio.Value)))
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
		if len(f.Rows) == 1 && f.Rows[0].Was != nil {
			return fmt.Sprintf(Text{"Số liệu đã điều chỉnh (bản %d); trước đó là %s.", "Revised (v%d); it was %s."}.In(lang), f.Revision, Number(lang, *f.Rows[0].Was))
		}
		return fmt.Sprintf(Text{"Số liệu đã điều chỉnh (bản %d).", "Revised (v%d)."}.In(lang), f.Revision)
	}
	return Text{"Số liệu sơ bộ.", "Provisional."}.In(lang)
}
