// SPDX-License-Identifier: Apache-2.0

package release

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"time"
)

// ErrInvalid says that a decision cannot be as asked; its text may be shown to
// whoever asked.
var ErrInvalid = errors.New("release")

// Mode says when a block is shown.
type Mode string

// Modes.
const (
	Automatic Mode = "automatic" // always, as it comes
	Approval  Mode = "approval"  // periods that somebody approved
	Withheld  Mode = "withheld"  // never
)

// Modes lists them.
var Modes = []Mode{Automatic, Approval, Withheld}

// Signed is who decided, why and when. Reasons are not shown to the public.
type Signed struct {
	By     string    `json:"by"` // as the audit log names a person
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
}

// Rule sets the mode of a block.
type Rule struct {
	Block Block `json:"block"`
	Mode  Mode  `json:"mode"`
	Signed
}

// Approved lets a period of a block be shown from a moment on (the embargo's
// end). For live blocks the period is "".
type Approved struct {
	Block  Block     `json:"block"`
	Period string    `json:"period"`
	From   time.Time `json:"from"` // zero: at once
	Signed
}

// Early names persons who see a block before it is shown to everybody.
type Early struct {
	Block   Block    `json:"block"`
	Persons []string `json:"persons"` // ids
	Signed
}

// Planned is a line of the public calendar.
type Planned struct {
	ID     string    `json:"id"`
	Block  Block     `json:"block"`
	Period string    `json:"period"`
	On     time.Time `json:"on"`
	VI     string    `json:"vi"`
	EN     string    `json:"en"`
	Signed
}

// Correction is a public notice that something shown was wrong.
type Correction struct {
	ID     string `json:"id"`
	Block  Block  `json:"block"`
	Period string `json:"period"`
	VI     string `json:"vi"`
	EN     string `json:"en"`
	Signed
}

// Hold holds back all live pages.
type Hold struct {
	On bool `json:"on"`
	Signed
}

// State is everything that was decided. It is a snapshot: a change makes another.
type State struct {
	// Unless is the mode of blocks that nobody decided on: Withheld, but Automatic
	// where only this machine sees them, or only a replay is shown.
	Unless      Mode
	Rules       map[Block]Rule
	Approvals   map[Block]map[string]Approved // by period
	Early       map[Block]Early
	Calendar    map[string]Planned
	Corrections map[string]Correction
	Hold        Hold
}

// NewState gives a state in which nobody decided anything.
func NewState(unless Mode) *State {
	return &State{
		Unless: unless, Rules: map[Block]Rule{}, Approvals: map[Block]map[string]Approved{}, Early: map[Block]Early{},
		Calendar: map[string]Planned{}, Corrections: map[string]Correction{},
	}
}

func (s *State) clone() *State {
	c := *s
	c.Rules, c.Early = maps.Clone(s.Rules), maps.Clone(s.Early)
	c.Calendar, c.Corrections = maps.Clone(s.Calendar), maps.Clone(s.Corrections)
	c.Approvals = make(map[Block]map[string]Approved, len(s.Approvals))
	for b, m := range s.Approvals {
		c.Approvals[b] = maps.Clone(m)
	}
	return &c
}

// Opened reports whether some person let some block be seen.
func (s *State) Opened() bool {
	for _, r := range s.Rules {
		if r.Mode != Withheld {
			return true
		}
	}
	return false
}

// Why says why a block is not shown.
type Why string

// Reasons; "" for what is shown.
const (
	Shown      Why = ""
	Held       Why = "held"       // the live pages are held
	NotOpen    Why = "withheld"   // the block is withheld
	Unapproved Why = "unapproved" // nobody has approved this period
	Embargoed  Why = "embargoed"  // approved, from a moment on
)

// Verdict is the answer for a block and a period.
type Verdict struct {
	Why  Why
	From time.Time // with Embargoed
}

// Open reports whether everybody may see it.
func (v Verdict) Open() bool { return v.Why == Shown }

// Rule gives what holds for a block, and the block that it was set on ("" where
// nobody set any).
func (s *State) Rule(b Block) Rule {
	for _, at := range b.within() {
		if r, ok := s.Rules[at]; ok {
			return r
		}
	}
	return Rule{Mode: s.Unless}
}

// Of decides on a period of a block; live blocks have the period "".
func (s *State) Of(b Block, period string, now time.Time) Verdict {
	if s.Hold.On && (b == Live || len(b) > len(Live) && b[:len(Live)+1] == Live+"/") {
		return Verdict{Why: Held}
	}
	switch s.Rule(b).Mode {
	case Automatic:
		return Verdict{}
	case Approval:
		return s.approval(b, period, now)
	}
	return Verdict{Why: NotOpen}
}

// approval looks for the nearest block whose period was approved.
func (s *State) approval(b Block, period string, now time.Time) Verdict {
	for _, at := range b.within() {
		a, ok := s.Approvals[at][period]
		switch {
		case !ok:
			continue
		case now.Before(a.From):
			return Verdict{Embargoed, a.From}
		}
		return Verdict{}
	}
	return Verdict{Why: Unapproved}
}

// Before reports whether a person sees a block before everybody does.
func (s *State) Before(b Block, person string) bool {
	if person == "" {
		return false
	}
	for _, at := range b.within() {
		if slices.Contains(s.Early[at].Persons, person) {
			return true
		}
	}
	return false
}

// Planned gives the calendar, the next first.
func (s *State) Planned() []Planned {
	return slices.SortedFunc(maps.Values(s.Calendar), func(a, b Planned) int { return cmp.Or(a.On.Compare(b.On), cmp.Compare(a.ID, b.ID)) })
}

// Notices gives the corrections, the newest first.
func (s *State) Notices() []Correction {
	return slices.SortedFunc(maps.Values(s.Corrections), func(a, b Correction) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.ID, b.ID)) })
}
