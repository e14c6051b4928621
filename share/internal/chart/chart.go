// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"encoding/xml"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Wide is the width of every chart in its own units; the height follows from what
// is drawn. It is narrow enough to be read on a phone.
const Wide = 480

// State says whether a value is known.
type State uint8

// States of a value.
const (
	Known    State = iota
	Open           // known, of a period that is still running or provisional
	Missing        // there is none: nothing was reported or kept
	Withheld       // there is one, which is not published
)

// Value is one number and how it is written.
type Value struct {
	N     float64
	Text  string // "12.340"; for what is not known, the word for it
	State State
}

func (v Value) drawn() bool { return v.State == Known || v.State == Open }

// Frame is what charts have in common.
type Frame struct {
	ID     string   // unique on the page; of letters, digits and hyphens
	Title  string   // what the chart shows
	Text   string   // the same for those who do not see it
	Series []string // names of the series where there is more than one, else none
	// Alone makes a picture of its own, with title and source inside, on paper.
	Alone  bool
	Source []string // lines of citation under a picture of its own
}

// Colours of the light theme; the style sheet has both.
const (
	ink   = "#0d2a31"
	soft  = "#4a6167"
	line  = "#dcd9cd"
	paper = "#fffefb"
	gap   = "#efece1"
)

var colours = []string{"#2c7f88", "#b9610f", "#6b5ca5"}

// canvas collects what is drawn.
type canvas struct {
	b    strings.Builder
	high float64
}

func (c *canvas) add(format string, args ...any) { fmt.Fprintf(&c.b, format, args...) }

// put writes parts one after the other: of what there is by the hundred.
func (c *canvas) put(parts ...string) {
	for _, s := range parts {
		c.b.WriteString(s)
	}
}

// text writes a text; anchor is start, middle or end.
func (c *canvas) text(x, y float64, class, fill, anchor, s string) {
	c.add(`<text class="%s" x="%s" y="%s" fill="%s"`, class, num(x), num(y), fill)
	if anchor != "start" {
		c.add(` text-anchor="%s"`, anchor)
	}
	c.add(`>%s</text>`, escape(s))
}

// svg closes a chart: the frame around what was drawn.
func (f *Frame) svg(body *canvas) string {
	top, foot := 0.0, 0.0
	var head, tail canvas
	if f.Alone {
		y := 4.0
		for _, s := range wrap(f.Title, 52) {
			y += 20
			head.text(0, y, "name", ink, "start", s)
		}
		top = y + 12
		for i, s := range f.lines(80) {
			tail.add(`<text x="0" y="%s" font-size="9" fill="%s">%s</text>`, num(body.high+20+float64(i)*13), soft, escape(s))
			foot = 28 + float64(i)*13
		}
	}
	legend := f.legend(&head, top)
	top += legend
	high := top + body.high + foot
	var out canvas
	out.add(`<svg class="figure" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %s" role="img" aria-labelledby="%s-t %s-d" font-family="system-ui, 'Segoe UI', 'Noto Sans', sans-serif" font-size="14"`, Wide, num(high), f.ID, f.ID)
	if f.Alone {
		out.b.Reset()
		out.add(`<svg class="figure" xmlns="http://www.w3.org/2000/svg" width="%d" height="%s" viewBox="-16 -8 %d %s" role="img" aria-labelledby="%s-t %s-d" font-family="system-ui, 'Segoe UI', 'Noto Sans', sans-serif" font-size="14"`,
			2*(Wide+32), num(2*(high+16)), Wide+32, num(high+16), f.ID, f.ID)
	}
	out.add(`><title id="%s-t">%s</title><desc id="%s-d">%s</desc>`, f.ID, escape(f.Title), f.ID, escape(f.Text))
	if f.Alone {
		out.add(`<rect x="-16" y="-8" width="%d" height="%s" fill="%s"/>`, Wide+32, num(high+16), paper)
	}
	out.b.Grow(head.b.Len() + body.b.Len() + tail.b.Len() + 100)
	out.b.WriteString(head.b.String())
	out.add(`<g transform="translate(0 %s)">`, num(top))
	out.b.WriteString(body.b.String())
	out.b.WriteString(tail.b.String())
	out.b.WriteString(`</g></svg>`)
	return out.b.String()
}

func (f *Frame) lines(most int) (out []string) {
	for _, s := range f.Source {
		out = append(out, wrap(s, most)...)
	}
	return out
}

// legend names the series, each beside its colour; it gives its height.
func (f *Frame) legend(c *canvas, top float64) float64 {
	if len(f.Series) < 2 {
		return 0
	}
	for i, name := range f.Series {
		y := top + float64(i)*24
		c.add(`<rect class="c%d" x="0" y="%s" width="12" height="12" rx="2" fill="%s"/>`, i+1, num(y+4), colours[i%len(colours)])
		c.text(20, y+15, "key", soft, "start", name)
	}
	return float64(len(f.Series))*24 + 8
}

// wrap breaks a text between words into lines of at most so many letters.
func wrap(s string, most int) (out []string) {
	at := ""
	for word := range strings.FieldsSeq(s) {
		switch {
		case at == "":
			at = word
		case len([]rune(at))+1+len([]rune(word)) > most:
			out, at = append(out, at), word
		default:
			at += " " + word
		}
	}
	if at != "" {
		out = append(out, at)
	}
	return out
}

// escape makes a text safe within XML; what XML cannot hold is left out.
func escape(s string) string {
	if strings.IndexFunc(s, func(r rune) bool {
		return r < ' ' || strings.ContainsRune("&<>'\"", r) || r == utf8.RuneError || r > 0xd7ff
	}) < 0 {
		return s
	}
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // writing to memory cannot fail
	return b.String()
}

// num writes a coordinate: at most two decimals, none that is no number.
func num(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		v = 0
	}
	return strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64)
}

// Ceiling gives the round number at or above n that a scale ends with: 10, 20,
// 40, 60, 80, 100 and so on.
func Ceiling(n float64) float64 {
	for unit := 10.0; unit < 1e18; unit *= 10 {
		for _, f := range []float64{1, 2, 4, 6, 8} {
			if n <= f*unit {
				return f * unit
			}
		}
	}
	return n
}
