// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"strconv"
	"strings"
)

// Series draws numbers of periods that follow each other. Where there is none the
// line is broken and the place is marked; it never falls to zero.
type Series struct {
	Frame
	Points []Point
	Scale  func(float64) string // writes a number of the scale
	Gap    string               // the word for a place without a number
}

// Point is one period and a value for each series.
type Point struct {
	Name   string // in full, for who points at it
	Tick   string // short, under the scale; shown where there is room
	Values []Value
}

const (
	plotHigh = 170.0
	plotTop  = 22.0 // room for the number of the topmost line
	tickHigh = 26.0
	dotsMost = 40 // beyond that many points there are no dots
)

// SVG draws the series from zero to the next round number.
func (s *Series) SVG() string {
	var c canvas
	c.b.Grow(400 * len(s.Points))
	top := Ceiling(s.most())
	for _, f := range []float64{1, .5, 0} {
		y := plotTop + plotHigh*(1-f)
		c.add(`<path class="grid" d="M0 %sH%d" stroke="%s" fill="none"/>`, num(y), Wide, line)
		c.text(0, y-4, "tick", soft, "start", s.Scale(top*f))
	}
	box := plot{0, plotTop, Wide, plotHigh, top}
	box.draw(&c, s.Points, len(s.Points) <= dotsMost, s.Gap)
	box.ticks(&c, s.Points)
	c.high = plotTop + plotHigh + tickHigh
	return s.svg(&c)
}

func (s *Series) most() (most float64) {
	for _, p := range s.Points {
		for _, v := range p.Values {
			if v.drawn() {
				most = max(most, v.N)
			}
		}
	}
	return most
}

// plot is where a series is drawn.
type plot struct{ x, y, wide, high, top float64 }

// at gives the middle of a point's place.
func (p *plot) at(i, n int) float64 { return p.x + p.wide*(float64(i)+.5)/float64(n) }

func (p *plot) up(v float64) float64 { return p.y + p.high*(1-v/p.top) }

func (p *plot) draw(c *canvas, points []Point, dots bool, gapWord string) {
	n := len(points)
	pitch := p.wide / float64(max(n, 1))
	for i, pt := range points {
		if len(pt.Values) > 0 && !pt.Values[0].drawn() {
			c.add(`<rect class="gap" x="%s" y="%s" width="%s" height="%s" fill="%s"><title>%s</title></rect>`,
				num(p.x+pitch*float64(i)), num(p.y), num(pitch), num(p.high), gap, escape(pt.Name+": "+word(pt.Values[0], gapWord)))
		}
	}
	for s := range seriesOf(points) {
		p.line(c, points, s)
		for i, pt := range points {
			if v := pt.Values[s]; v.drawn() {
				p.dot(c, p.at(i, n), v, s, pt.Name, dots || alone(points, s, i), pitch)
			}
		}
	}
}

func word(v Value, gapWord string) string {
	if v.Text != "" {
		return v.Text
	}
	return gapWord
}

func seriesOf(points []Point) int {
	if len(points) == 0 {
		return 0
	}
	return len(points[0].Values)
}

// alone holds for a point without neighbours, which no line would show.
func alone(points []Point, s, i int) bool {
	return (i == 0 || !points[i-1].Values[s].drawn()) && (i == len(points)-1 || !points[i+1].Values[s].drawn())
}

func (p *plot) line(c *canvas, points []Point, s int) {
	var d strings.Builder
	pen := "M"
	for i, pt := range points {
		v := pt.Values[s]
		if !v.drawn() {
			pen = "M"
			continue
		}
		d.WriteString(pen + num(p.at(i, len(points))) + " " + num(p.up(v.N)))
		pen = "L"
	}
	if d.Len() > 0 {
		c.add(`<path class="l%d" d="%s" fill="none" stroke="%s" stroke-width="2" stroke-linejoin="round" stroke-linecap="round"/>`, s+1, d.String(), colours[s%len(colours)])
	}
}

// dot marks a point, hollow where its number may still change, and tells it to
// who points there.
func (p *plot) dot(c *canvas, x float64, v Value, s int, name string, shown bool, pitch float64) {
	y, colour := num(p.up(v.N)), colours[s%len(colours)]
	switch {
	case !shown:
		c.put(`<rect class="spot" x="`, num(x-pitch/2), `" y="`, num(p.y), `" width="`, num(pitch), `" height="`, num(p.high), `" fill="none" pointer-events="all">`)
	case v.State == Open:
		c.put(`<circle class="o`, strconv.Itoa(s+1), `" cx="`, num(x), `" cy="`, y, `" r="3.5" fill="`, paper, `" stroke="`, colour, `" stroke-width="1.5">`)
	default:
		c.put(`<circle class="c`, strconv.Itoa(s+1), `" cx="`, num(x), `" cy="`, y, `" r="3" fill="`, colour, `">`)
	}
	c.put(`<title>`, escape(name), `: `, escape(v.Text), `</title>`)
	if shown {
		c.put(`</circle>`)
	} else {
		c.put(`</rect>`)
	}
}

// ticks names the first, the last and, where there is room, one in between.
func (p *plot) ticks(c *canvas, points []Point) {
	n := len(points)
	if n == 0 {
		return
	}
	y := p.y + p.high + 18
	if n == 1 {
		c.text(p.at(0, 1), y, "tick", soft, "middle", points[0].Tick)
		return
	}
	c.text(p.x, y, "tick", soft, "start", points[0].Tick)
	if n > 4 {
		c.text(p.at((n-1)/2, n), y, "tick", soft, "middle", points[(n-1)/2].Tick)
	}
	c.text(p.x+p.wide, y, "tick", soft, "end", points[n-1].Tick)
}
