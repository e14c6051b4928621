// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"fmt"
	"time"

	"haidang/event"
	desk "haidang/release"
)

// Releases is what named persons decided to show to everybody (CLASSES, "The
// release desk"). State is a snapshot; Now is by what embargoes end.
type Releases interface {
	State() *desk.State
	Now() time.Time
}

// WithReleases puts the release desk before all open answers. Without one
// everything that is open is shown. It is called before the first question.
func (g *Gate) WithReleases(r Releases) *Gate {
	g.releases = r
	return g
}

// WithheldError says that something open is not shown to everybody, or not yet.
// That it exists is no secret: the tables are declared.
type WithheldError struct {
	Block  desk.Block
	Period string
	desk.Verdict
}

func (e *WithheldError) Error() string {
	what := fmt.Sprintf("%s of %s", e.Block, e.Period)
	if e.Period == "" {
		what = string(e.Block)
	}
	switch e.Why {
	case desk.Held:
		return what + " is held back for the moment"
	case desk.Unapproved:
		return what + " has not been released yet"
	case desk.Embargoed:
		return what + " is released on " + e.From.UTC().Format(time.RFC3339)
	}
	return what + " is withheld"
}

// shown gives a WithheldError where the viewer does not see a block of a period.
// Those who see every count, and those who are named for it, see it before.
func (g *Gate) shown(v Viewer, b desk.Block, periods ...string) error {
	if g.releases == nil || v.seesCounts() {
		return nil
	}
	s, now := g.releases.State(), g.releases.Now()
	if s.Before(b, v.Person()) {
		return nil
	}
	for _, p := range periods {
		if verdict := s.Of(b, p, now); !verdict.Open() {
			return &WithheldError{b, p, verdict}
		}
	}
	return nil
}

// shownFigure is shown for a table and all periods that its numbers tell of.
func (g *Gate) shownFigure(v Viewer, a *asked) error {
	periods := []string{a.period.String()}
	if a.on != "" {
		periods = append(periods, a.base.String()) // a change tells the base's number
	}
	return g.shown(v, desk.Figure(a.def.ID, a.by), periods...)
}

// shownAgain is shownFigure for a figure that was worked out before: what was
// cited can be withheld later.
func (g *Gate) shownAgain(v Viewer, f *event.Figure) error {
	periods := []string{f.Period.Name}
	if f.Base != nil {
		periods = append(periods, f.Base.Name)
	}
	return g.shown(v, desk.Figure(f.Definition, f.By), periods...)
}

// sections empties the sections of the live pages that the viewer does not see,
// and names them, so that nothing withheld looks like calm.
func (g *Gate) sections(v Viewer, p event.Picture) event.Picture {
	if g.releases == nil {
		return p
	}
	for _, name := range desk.Sections {
		if g.shown(v, desk.Section(name), "") != nil {
			p.Withheld = append(p.Withheld, name)
			empty(&p, name)
		}
	}
	p.Held = g.releases.State().Hold.On && len(p.Withheld) == len(desk.Sections)
	return p
}

func empty(p *event.Picture, section string) {
	switch section {
	case "now":
		p.Rate, p.WorldRate, p.Average, p.LastEvent = 0, 0, 0, event.TimeUnset
		p.Today, p.World, p.HostedIn = event.Totals{}, event.Totals{}, event.Totals{}
	case "minutes":
		p.Minutes = nil
	case "map":
		p.Flows, p.FlowsRest = nil, 0
	case "hosting":
		p.Hosting, p.Unconfirmed = nil, 0
	case "systems":
		p.HostingAS = nil
	case "kinds":
		p.Kinds = nil
	case "ways":
		p.Ways = nil
	case "sectors":
		p.Sectors = nil
	case "affected":
		p.Affected = nil
	case "coverage":
		p.Sensors, p.Watermark = nil, event.TimeUnset
	}
}

// Calendar gives the public calendar of releases, the next first. Who planned
// and why is not shown.
func (g *Gate) Calendar(v Viewer) Released[[]desk.Planned] {
	if g.releases == nil {
		return release(v, []desk.Planned(nil))
	}
	out := g.releases.State().Planned()
	for i := range out {
		out[i].Signed = desk.Signed{At: out[i].At}
	}
	return release(v, out)
}

// Corrections gives the public notices of what was wrong, the newest first.
func (g *Gate) Corrections(v Viewer) Released[[]desk.Correction] {
	if g.releases == nil {
		return release(v, []desk.Correction(nil))
	}
	out := g.releases.State().Notices()
	for i := range out {
		out[i].Signed = desk.Signed{At: out[i].At}
	}
	return release(v, out)
}
