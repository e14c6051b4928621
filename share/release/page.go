// SPDX-License-Identifier: Apache-2.0

package release

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"time"

	"haidang/classify"
	"haidang/figure"
	desk "haidang/release"
	"haidang/share"
)

// page is what the template sees.
type page struct {
	Lang, Title, Path, Other, OtherLang, Theme, Name, Version string

	Replay  bool
	Confirm string // where a passkey is confirmed; empty where that is done
	Said    string // what a decision did
	Wrong   string // what is wrong with one
	Refused string // instead of the page

	Held      bool
	Hold      signed
	Standing  string // who reaches what, in a sentence
	Blocks    []blockLine
	Names     []string // of blocks, to choose from
	Modes     []choice
	Approvals []approvalLine
	Early     []earlyLine
	Calendar  []plannedLine
	Notices   []noticeLine
}

type choice struct{ Value, Text string }

type signed struct {
	By, Reason string
	At         share.Moment
}

type blockLine struct {
	Block, Mode, Text string
	Own               bool // the rule is the block's own
	Signed            signed
}

type approvalLine struct {
	Block, Period string
	From          share.Moment
	Waits         bool // the embargo has not ended
	Signed        signed
}

type earlyLine struct {
	Block   string
	Persons []string
	Signed  signed
}

type plannedLine struct {
	ID, Block, Period, Text string
	On                      share.Moment
	Past                    bool
}

type noticeLine struct {
	Block, Period, Text string
	At                  share.Moment
}

// show answers with the page; wrong stands above it.
func (v *view) show(status int, wrong string) {
	s, now := v.dep.Desk.State(), v.dep.Desk.Now()
	p := v.frame()
	p.Wrong = wrong
	p.Held, p.Hold = s.Hold.On, v.signed(&s.Hold.Signed)
	p.Standing = v.standing(s)
	p.Names = v.blocks(s)
	for _, m := range desk.Modes {
		p.Modes = append(p.Modes, choice{string(m), v.l.T("mode." + string(m))})
	}
	for _, name := range p.Names {
		b := desk.Block(name)
		r := s.Rule(b)
		line := blockLine{Block: name, Mode: string(r.Mode), Text: v.l.T("mode." + string(r.Mode)), Own: r.Block == b}
		if line.Own {
			line.Signed = v.signed(&r.Signed)
		}
		p.Blocks = append(p.Blocks, line)
	}
	p.Approvals = v.approvals(s, now)
	for _, b := range slices.Sorted(maps.Keys(s.Early)) {
		if e := s.Early[b]; len(e.Persons) > 0 {
			p.Early = append(p.Early, earlyLine{string(b), e.Persons, v.signed(&e.Signed)})
		}
	}
	for _, c := range s.Planned() {
		p.Calendar = append(p.Calendar, plannedLine{c.ID, string(c.Block), c.Period, v.l.either(c.VI, c.EN), v.l.Minute(c.On), c.On.Before(now)})
	}
	for _, c := range s.Notices() {
		p.Notices = append(p.Notices, noticeLine{string(c.Block), c.Period, v.l.either(c.VI, c.EN), v.l.Minute(c.At)})
	}
	v.answer(status, p)
}

// standing says what visitors see at all.
func (v *view) standing(s *desk.State) string {
	switch {
	case v.cfg.Replay:
		return v.l.T("standing.replay")
	case !v.cfg.Public:
		return v.l.T("standing.here")
	case !s.Opened():
		return v.l.T("standing.closed")
	}
	return v.l.T("standing.open")
}

// blocks lists those that can be decided on: the usual ones, and those that
// somebody decided on.
func (v *view) blocks(s *desk.State) []string {
	out := []string{string(desk.All), string(desk.Live)}
	for _, name := range desk.Sections {
		out = append(out, string(desk.Section(name)))
	}
	out = append(out, "figure")
	for _, id := range figure.BuiltIn().Counted() {
		if b := string(desk.Figure(id, nil)); !slices.Contains(out, b) {
			out = append(out, b)
		}
	}
	out = append(out, "series", "report")
	for _, b := range slices.Sorted(maps.Keys(s.Rules)) {
		if !slices.Contains(out, string(b)) {
			out = append(out, string(b))
		}
	}
	return out
}

func (v *view) approvals(s *desk.State, now time.Time) (out []approvalLine) {
	for b, of := range s.Approvals {
		for period, a := range of {
			out = append(out, approvalLine{string(b), period, v.l.Minute(a.From), now.Before(a.From), v.signed(&a.Signed)})
		}
	}
	slices.SortFunc(out, func(a, b approvalLine) int {
		return cmp.Or(cmp.Compare(a.Block, b.Block), cmp.Compare(b.Period, a.Period))
	})
	return out
}

func (v *view) signed(s *desk.Signed) signed {
	return signed{cmp.Or(v.dep.Person(s.By), s.By), s.Reason, v.l.Minute(s.At)}
}

// frame fills what stands around every page.
func (v *view) frame() *page {
	other := v.langs[0]
	if other == v.l {
		other = v.langs[1]
	}
	p := &page{
		Lang: v.l.Code, Title: v.l.T("title"), Path: v.l.path("release"), Other: other.path("release"), OtherLang: other.Code,
		Name: v.asker.Name, Version: v.cfg.Version, Replay: v.cfg.Replay,
	}
	p.Theme = share.Theme(v.r)
	if v.r.URL.Query().Get("said") == "done" {
		p.Said = v.l.T("said.done")
	}
	if !v.asker.Steady && v.asker.Viewer.Has(classify.Analyst) {
		p.Confirm = v.l.path("confirm") + "?next=" + url.QueryEscape(v.l.path("release"))
	}
	return p
}

func (v *view) refuse(status int, text string) {
	p := v.frame()
	p.Refused = text
	v.answer(status, p)
}

func (v *view) answer(status int, p *page) {
	share.Answer(v.w, v.r, status, v.l.Code, v.l.Pages.Get("release"), p)
}
