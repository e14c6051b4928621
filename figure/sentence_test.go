// SPDX-License-Identifier: Apache-2.0

package figure

import (
	"strings"
	"testing"
	"time"

	"haidang/event"
)

// counted makes a figure of one number, with or without a base.
func counted(t testing.TB, id, of, name string, value int64, base Base, before int64) *event.Figure {
	p := period(t, name)
	f := &event.Figure{Definition: id, Of: of, Status: event.FigureProvisional, Revision: 1,
		Period: event.FigurePeriod{Name: name, Zone: "+07", Days: p.Days()}, Rows: []event.FigureRow{{Value: value}}}
	if base == "" {
		return f
	}
	b, err := p.Base(base)
	if err != nil {
		t.Fatal(err)
	}
	f.BaseKind, f.Base = string(base), &event.FigurePeriod{Name: b.String(), Zone: "+07", Days: b.Days()}
	c := &event.FigureChange{Value: before}
	c.Percent, _ = Change(float64(value), float64(before))
	c.PerDay, _ = ChangePerDay(float64(value), p, float64(before), b)
	f.Rows[0].Change = c
	return f
}

func TestSentences(t *testing.T) {
	for _, c := range []struct {
		f      *event.Figure
		vi, en string
	}{
		{counted(t, "attacks/1", "VN", "2026-Q2", 1067, OnPrevious, 838),
			"Trong quý II năm 2026, hệ thống phát hiện 1.067 lượt tấn công vào Việt Nam (attacks/1), tăng 27,3 % so với quý trước (quý I năm 2026: 838); bình quân ngày: +25,9 %. Số liệu sơ bộ.",
			"In the second quarter of 2026, 1,067 attacks on Vietnam were detected (attacks/1), up 27.3 % on the quarter (the first quarter of 2026: 838); per day: +25.9 %. Provisional."},
		{counted(t, "attacks/1", "VN", "2026-Q2", 1067, OnYear, 838),
			"Trong quý II năm 2026, hệ thống phát hiện 1.067 lượt tấn công vào Việt Nam (attacks/1), tăng 27,3 % so với cùng kỳ năm trước (quý II năm 2025: 838). Số liệu sơ bộ.",
			"In the second quarter of 2026, 1,067 attacks on Vietnam were detected (attacks/1), up 27.3 % on the year (the second quarter of 2025: 838). Provisional."},
		{counted(t, "hosted/1", "VN", "2026", 1_004_706, OnPrevious, 1_052_479),
			"Trong năm 2026, hệ thống phát hiện 1.004.706 lượt tấn công qua máy đặt tại Việt Nam (hosted/1), giảm 4,5 % so với năm trước (năm 2025: 1.052.479). Số liệu sơ bộ.",
			"In 2026, 1,004,706 attacks hosted in Vietnam were detected (hosted/1), down 4.5 % on the year (2025: 1,052,479). Provisional."},
		{counted(t, "incidents/1", World, "2026-11-21", 1, OnPrevious, 0),
			"Trong ngày 21/11/2026, hệ thống phát hiện 1 sự cố an ninh mạng tại tất cả các quốc gia (incidents/1); mức thay đổi so với ngày trước: – (ngày 20/11/2026: 0). Số liệu sơ bộ.",
			"On 21 November 2026, 1 incident in all countries was detected (incidents/1); change on the day before: – (20 November 2026: 0). Provisional."},
		{counted(t, "states/1", "LA", "2026-11", 7, OnPrevious, 7),
			"Trong tháng 11 năm 2026, hệ thống phát hiện 7 lượt dịch vụ bị lộ ra Internet tại Lào (states/1), không đổi so với tháng trước (tháng 10 năm 2026: 7); bình quân ngày: +3,3 %. Số liệu sơ bộ.",
			"In November 2026, 7 exposures in Laos were seen (states/1), unchanged on the month (October 2026: 7); per day: +3.3 %. Provisional."},
		{counted(t, "records/1", "VN", "2026-YTD@2026-11-21", 12, "", 0),
			"Từ 01/01 đến 21/11/2026, hệ thống ghi nhận 12 bản ghi về Việt Nam (records/1). Số liệu sơ bộ.",
			"From 1 January to 21 November 2026, 12 records about Vietnam were stored (records/1). Provisional."},
	} {
		for lang, want := range map[string]string{"vi": c.vi, "en": c.en} {
			got, err := BuiltIn().Sentence(lang, c.f)
			if got = strings.ReplaceAll(got, "\u00a0", " "); err != nil || got != want {
				t.Errorf("%v\n got %s\nwant %s", err, got, want)
			}
		}
	}
}

// Whatever the period and the base, the sentence names both, and the unit's
// definition.
func TestSentencesAlwaysNameTheBase(t *testing.T) {
	for _, name := range []string{"2026-11-21T14:05", "2026-11-21T14", "2026-11-21", "2026-W47", "2026-11", "2026-Q3", "2026-H2", "2026", "2026-YTD@2026-11-21"} {
		for _, base := range []Base{OnPrevious, OnWeek, OnYear} {
			p := period(t, name)
			b, err := p.Base(base)
			if err != nil {
				continue
			}
			for _, lang := range []string{"vi", "en"} {
				s, err := BuiltIn().Sentence(lang, counted(t, "attacks/1", "VN", name, 3, base, 2))
				if err != nil {
					t.Fatal(err)
				}
				for _, part := range []string{p.Name(lang), b.Name(lang) + ": 2", base.Phrase(lang, p.Kind), "attacks/1"} {
					if !strings.Contains(s, part) {
						t.Errorf("%q does not say %q", s, part)
					}
				}
			}
		}
	}
}

// Where no sensor reported anything there is no number, nor a change, to be said.
func TestSilenceIsNoNumber(t *testing.T) {
	f := counted(t, "attacks/1", "VN", "2026-Q3", 0, OnPrevious, 838)
	f.Silent = true
	for _, c := range [][2]string{
		{"vi", "Trong quý III năm 2026, không có cảm biến nào báo về nên không có số liệu: Lượt tấn công, Việt Nam (attacks/1)."},
		{"en", "In the third quarter of 2026, no sensor reported anything, so there is no figure: Attacks, Vietnam (attacks/1)."},
	} {
		if got, err := BuiltIn().Sentence(c[0], f); err != nil || got != c[1] {
			t.Errorf("%q %v", got, err)
		}
	}
}

func TestStatusAndReplayAreSaid(t *testing.T) {
	f := counted(t, "attacks/1", "VN", "2026-11-21", 3, "", 0)
	f.Status, f.Revision, f.Replay, f.Period.Zone = event.FigureRevised, 2, true, "UTC"
	vi, _ := BuiltIn().Sentence("vi", f)
	en, _ := BuiltIn().Sentence("en", f)
	if !strings.HasSuffix(en, "Revised (v2). This is a replay, not live data.") || !strings.HasPrefix(en, "On 21 November 2026 (UTC), ") ||
		!strings.HasSuffix(vi, "Số liệu đã điều chỉnh (bản 2). Đây là bản phát lại, không phải số liệu thật.") {
		t.Errorf("%s\n%s", en, vi)
	}
}

func TestNoSentenceWithoutItsParts(t *testing.T) {
	for name, spoil := range map[string]func(*event.Figure){
		"no base":       func(f *event.Figure) { f.Base = nil },
		"a rule":        func(f *event.Figure) { f.Definition = "change/1" },
		"no definition": func(f *event.Figure) { f.Definition = "" },
		"dimensions":    func(f *event.Figure) { f.By = []string{"kind"} },
		"no period":     func(f *event.Figure) { f.Period.Name = "then" },
		"no number":     func(f *event.Figure) { f.Rows = nil },
	} {
		f := counted(t, "attacks/1", "VN", "2026-Q2", 2, OnPrevious, 1)
		spoil(f)
		if s, err := BuiltIn().Sentence("en", f); err == nil {
			t.Errorf("%s: %q", name, s)
		}
	}
}

func TestStatus(t *testing.T) {
	for _, c := range []struct {
		name  string
		delay time.Duration
	}{{"2026-11-21T14:05", 2 * time.Hour}, {"2026-11-21T14", 2 * time.Hour}, {"2026-11-21", 48 * time.Hour}, {"2026-W47", 168 * time.Hour},
		{"2026-11", 168 * time.Hour}, {"2026-Q3", 360 * time.Hour}, {"2026-H2", 360 * time.Hour}, {"2026", 360 * time.Hour}} {
		p := period(t, c.name)
		due, end := p.To.Add(c.delay), event.TimeOf(p.To)
		for _, at := range []struct {
			now       time.Time
			watermark event.Time
			revision  int
			want      event.FigureStatus
		}{
			{due.Add(-1), end, 1, event.FigureProvisional},
			{due, end, 1, event.FigureFinal},
			{due, end - 1, 1, event.FigureProvisional},
			{due, event.TimeUnset, 1, event.FigureProvisional},
			{due, end, 2, event.FigureRevised},
			{due.Add(-1), end, 2, event.FigureProvisional},
		} {
			if got := StatusOf(p, at.now, at.watermark, at.revision); got != at.want {
				t.Errorf("%s at %v, watermark %v, version %d: %s, want %s", c.name, at.now, at.watermark, at.revision, got, at.want)
			}
		}
	}
}

// A line of a table is told of whom it is about, with its base.
func TestSentenceOnALine(t *testing.T) {
	f := counted(t, "attacks/1", World, "2026-H1", 1_600_000, OnYear, 1_000_000)
	for lang, want := range map[string]string{
		"vi": "Trong 6 tháng đầu năm 2026, hệ thống phát hiện 1.600.000 lượt tấn công vào các doanh nghiệp nhỏ (attacks/1), tăng 60,0 % so với cùng kỳ năm trước (6 tháng đầu năm 2025: 1.000.000). Số liệu sơ bộ.",
		"en": "In the first half of 2026, 1,600,000 attacks on small enterprises were detected (attacks/1), up 60.0 % on the year (the first half of 2025: 1,000,000). Provisional.",
	} {
		got, err := BuiltIn().SentenceOn(lang, f, Text{"các doanh nghiệp nhỏ", "small enterprises"}.In(lang))
		if got = strings.ReplaceAll(got, "\u00a0", " "); err != nil || got != want {
			t.Errorf("%v\n got %s\nwant %s", err, got, want)
		}
	}
}
