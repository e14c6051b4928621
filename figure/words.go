// SPDX-License-Identifier: Apache-2.0

package figure

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// World is the place that holds all countries.
const World = "world"

// PlaceName names a country by its code, or the world, within a sentence.
func PlaceName(lang, code string) string {
	if code == World {
		return Text{"tất cả các quốc gia", "all countries"}.In(lang)
	}
	r, err := language.ParseRegion(code)
	if err != nil {
		return code
	}
	return display.Regions(language.MustParse(lang)).Name(r)
}

// IsCountry reports whether a code of two capital letters is that of a country or
// territory that there is today, by the Unicode CLDR: neither XX nor DD.
func IsCountry(code string) bool {
	r, err := language.ParseRegion(code)
	return err == nil && len(code) == 2 && r.IsCountry() && r.Canonicalize() == r && r.String() == code
}

// Number writes a whole number as a language does.
func Number(lang string, n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "−", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + Text{".", ","}.In(lang) + s[i:]
	}
	return sign + s
}

// percent writes a number of percent without its sign: one decimal, none from a
// hundred on. The space does not break.
func percent(lang string, p float64) string {
	p = math.Abs(p)
	var s string
	if p = math.Round(p*10) / 10; p >= 100 {
		s = Number(lang, int64(math.Round(p)))
	} else {
		s = strings.Replace(strconv.FormatFloat(p, 'f', 1, 64), ".", Text{",", "."}.In(lang), 1)
	}
	return s + "\u00a0%"
}

// Signed writes a change in percent with its sign, "+27.3 %"; a change that
// rounds to nothing has none.
func Signed(lang string, p float64) string {
	switch r := math.Round(p * 10); {
	case r > 0:
		return "+" + percent(lang, p)
	case r < 0:
		return "−" + percent(lang, p)
	}
	return percent(lang, p)
}

// Name words the period within a sentence: "the third quarter of 2026".
func (p Period) Name(lang string) string {
	if lang == "vi" {
		return p.nameVI()
	}
	return p.nameEN()
}

var ordinals = []string{"first", "second", "third", "fourth"}

var romans = []string{"I", "II", "III", "IV"}

func (p Period) nameEN() string {
	y, m, _ := p.From.Date()
	switch p.Kind {
	case Minute:
		return p.From.Format("15:04 on 2 January 2006")
	case Hour:
		return p.From.Format("15:04 to ") + p.To.Format("15:04") + p.From.Format(" on 2 January 2006")
	case Day:
		return p.From.Format("2 January 2006")
	case Week:
		y, w := p.From.ISOWeek()
		return fmt.Sprintf("week %d of %d", w, y)
	case Month:
		return p.From.Format("January 2006")
	case Quarter:
		return fmt.Sprintf("the %s quarter of %d", ordinals[(m-1)/3], y)
	case Half:
		return fmt.Sprintf("the %s half of %d", ordinals[(m-1)/6], y)
	case Year:
		return strconv.Itoa(y)
	default:
		return "1 January to " + p.last().Format("2 January 2006")
	}
}

func (p Period) nameVI() string {
	y, m, _ := p.From.Date()
	switch p.Kind {
	case Minute:
		return p.From.Format("15:04 ngày 02/01/2006")
	case Hour:
		return p.From.Format("15:04 đến ") + p.To.Format("15:04") + p.From.Format(" ngày 02/01/2006")
	case Day:
		return p.From.Format("ngày 02/01/2006")
	case Week:
		y, w := p.From.ISOWeek()
		return fmt.Sprintf("tuần %d năm %d", w, y)
	case Month:
		return fmt.Sprintf("tháng %d năm %d", m, y)
	case Quarter:
		return fmt.Sprintf("quý %s năm %d", romans[(m-1)/3], y)
	case Half:
		return fmt.Sprintf("6 tháng %s năm %d", []string{"đầu", "cuối"}[(m-1)/6], y)
	case Year:
		return fmt.Sprintf("năm %d", y)
	default:
		return "01/01 đến " + p.last().Format("02/01/2006")
	}
}

// opening begins a sentence with the period.
func (p Period) opening(lang string) string {
	word := Text{"Trong ", "In "}
	switch p.Kind {
	case Minute:
		word = Text{"Lúc ", "At "}
	case Hour, YearToDate:
		word = Text{"Từ ", "From "}
	case Day:
		word.EN = "On "
	}
	return word.In(lang) + p.Name(lang)
}

// phrases name a base within a sentence.
var phrases = map[Base]map[Kind]Text{
	OnPrevious: {
		Minute: {"so với phút trước", "on the minute before"}, Hour: {"so với giờ trước", "on the hour before"},
		Day: {"so với ngày trước", "on the day before"}, Week: {"so với tuần trước", "on the week"},
		Month: {"so với tháng trước", "on the month"}, Quarter: {"so với quý trước", "on the quarter"},
		Half: {"so với 6 tháng trước", "on the half-year"}, Year: {"so với năm trước", "on the year"},
	},
	OnWeek: {Day: {"so với cùng thứ tuần trước", "on the same day of the week before"}},
	OnYear: {Year: {"so với năm trước", "on the year"}},
}

// Phrase names the base of a kind of period: "on the quarter".
func (b Base) Phrase(lang string, k Kind) string {
	if t, ok := phrases[b][k]; ok {
		return t.In(lang)
	}
	return Text{"so với cùng kỳ năm trước", "on the year"}.In(lang)
}

// PhraseOf is Phrase for a kind of period that is given by its name.
func (b Base) PhraseOf(lang, kind string) string {
	return b.Phrase(lang, Kind(max(slices.Index(kindNames, kind), 0)))
}
