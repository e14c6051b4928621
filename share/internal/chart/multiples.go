// SPDX-License-Identifier: Apache-2.0

package chart

// Multiples draws several series side by side on one scale, so that they can be
// compared.
type Multiples struct {
	Frame
	Panels []Panel
	Scale  func(float64) string
	Gap    string
}

// Panel is one of the series.
type Panel struct {
	Name   string
	Points []Point // of one value each
}

const (
	panelsWide  = 2
	panelGap    = 20.0
	panelHigh   = 70.0
	panelHead   = 26.0
	panelPitch  = panelHead + panelHigh + 30
	panelLetter = 26 // letters of a name that fit
)

// SVG draws the panels in two columns.
func (m *Multiples) SVG() string {
	var most float64
	for _, p := range m.Panels {
		s := Series{Points: p.Points}
		most = max(most, s.most())
	}
	top := Ceiling(most)
	var c canvas
	wide := (Wide - panelGap) / panelsWide
	for i, p := range m.Panels {
		x := float64(i%panelsWide) * (wide + panelGap)
		y := float64(i/panelsWide) * panelPitch
		c.text(x, y+14, "name", ink, "start", clip(p.Name, panelLetter))
		box := plot{x, y + panelHead, wide, panelHigh, top}
		c.add(`<path class="grid" d="M%s %sh%sM%s %sh%s" stroke="%s" fill="none"/>`, num(x), num(box.y), num(wide), num(x), num(box.y+panelHigh), num(wide), line)
		box.draw(&c, p.Points, false, m.Gap)
		c.text(x, box.y+panelHigh+16, "tick", soft, "start", "0–"+m.Scale(top))
	}
	c.high = float64((len(m.Panels)+panelsWide-1)/panelsWide) * panelPitch
	return m.svg(&c)
}

func clip(s string, most int) string {
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return string(r[:most-1]) + "…"
}
