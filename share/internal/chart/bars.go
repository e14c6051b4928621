// SPDX-License-Identifier: Apache-2.0

package chart

// Bars compares numbers with names: a line of text for each, and below it a bar
// for each series.
type Bars struct {
	Frame
	Items []Item
}

// Item is one name and a value for each series.
type Item struct {
	Name   string
	Values []Value
}

const (
	barMost   = 350.0 // of the widest; its number stands behind it
	barHigh   = 12.0
	barPitch  = 20.0
	nameHigh  = 25.0
	itemSpace = 8.0
)

// SVG draws the bars on one scale from zero.
func (b *Bars) SVG() string {
	var most float64
	for _, it := range b.Items {
		for _, v := range it.Values {
			if v.drawn() {
				most = max(most, v.N)
			}
		}
	}
	var c canvas
	y := 0.0
	for _, it := range b.Items {
		c.text(0, y+18, "name", ink, "start", it.Name)
		y += nameHigh
		for i, v := range it.Values {
			b.bar(&c, i, y, v, most)
			y += barPitch
		}
		y += itemSpace
	}
	c.high = y
	return b.svg(&c)
}

func (b *Bars) bar(c *canvas, series int, y float64, v Value, most float64) {
	if !v.drawn() {
		c.text(0, y+14, "none", soft, "start", v.Text) // below its name, clear of it where letters are large
		return
	}
	wide := 0.0
	if most > 0 {
		wide = barMost * v.N / most
	}
	if v.N > 0 {
		wide = max(wide, 1) // what is little is not nothing
	}
	c.add(`<rect class="c%d" x="0" y="%s" width="%s" height="%s" rx="2" fill="%s"/>`, series+1, num(y), num(wide), num(barHigh), colours[series%len(colours)])
	c.text(wide+6, y+11, "val", ink, "start", v.Text)
}
