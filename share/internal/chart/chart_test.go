// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"haidang/mutant"
)

func known(n float64) Value { return Value{N: n, Text: fmt.Sprint(n)} }

func plain(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// element is one element of a chart with its attributes and text.
type element struct {
	name string
	at   map[string]string
	text string
}

// read parses a chart as XML and fails where it is none.
func read(t testing.TB, svg string) (out []element) {
	t.Helper()
	var open []int
	for d := xml.NewDecoder(strings.NewReader(svg)); ; {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatalf("%v in %s", err, svg)
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			e := element{name: tok.Name.Local, at: map[string]string{}}
			for _, a := range tok.Attr {
				e.at[a.Name.Local] = a.Value
			}
			open, out = append(open, len(out)), append(out, e)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			out[open[len(open)-1]].text += string(tok)
		}
	}
}

func find(all []element, name, class string) (out []element) {
	for _, e := range all {
		if e.name == name && (class == "" || e.at["class"] == class) {
			out = append(out, e)
		}
	}
	return out
}

func number(t testing.TB, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func sampleBars() *Bars {
	return &Bars{Frame: Frame{ID: "k", Title: "Kinds", Text: "Password guessing 200, scanning 50."}, Items: []Item{
		{"password guessing", []Value{known(200)}}, {"scanning", []Value{known(50)}}, {"phishing", []Value{{Text: "withheld", State: Withheld}}},
	}}
}

func TestBarsAreInProportion(t *testing.T) {
	all := read(t, sampleBars().SVG())
	bars := find(all, "rect", "c1")
	if len(bars) != 2 {
		t.Fatalf("%d bars, want 2: what is withheld has none", len(bars))
	}
	if a, b := number(t, bars[0].at["width"]), number(t, bars[1].at["width"]); math.Abs(a/b-4) > .01 {
		t.Errorf("200 is %v wide, 50 is %v", a, b)
	}
	if none := find(all, "text", "none"); len(none) != 1 || none[0].text != "withheld" {
		t.Errorf("withheld is shown as %+v", none)
	}
	var texts []string
	for _, e := range find(all, "text", "") {
		texts = append(texts, e.text)
	}
	if got := strings.Join(texts, "|"); got != "password guessing|200|scanning|50|phishing|withheld" {
		t.Error(got)
	}
}

func TestTwoSeriesHaveALegend(t *testing.T) {
	b := sampleBars()
	b.Series = []string{"2026-Q3", "2026-Q2"}
	for i := range b.Items {
		b.Items[i].Values = append(b.Items[i].Values, known(7))
	}
	all := read(t, b.SVG())
	keys := find(all, "text", "key")
	if len(keys) != 2 || keys[0].text != "2026-Q3" || keys[1].text != "2026-Q2" {
		t.Errorf("legend %+v", keys)
	}
	if n := len(find(all, "rect", "c2")); n != 4 { // three bars and the legend's
		t.Errorf("%d of the second colour", n)
	}
}

func TestEveryChartHasANameAndAText(t *testing.T) {
	for _, alone := range []bool{false, true} {
		for name, svg := range everyChart(alone) {
			all := read(t, svg)
			ids := map[string]string{}
			for _, e := range all {
				if e.at["id"] != "" {
					ids[e.at["id"]] = e.text
				}
			}
			if all[0].at["role"] != "img" {
				t.Errorf("%s: role %q", name, all[0].at["role"])
			}
			for ref := range strings.FieldsSeq(all[0].at["aria-labelledby"]) {
				if ids[ref] == "" {
					t.Errorf("%s: nothing is called %s", name, ref)
				}
			}
			if strings.Contains(svg, "style=") || strings.Contains(svg, "<style") || strings.Contains(svg, "NaN") {
				t.Errorf("%s: %s", name, svg)
			}
			if alone != strings.Contains(svg, "Source line") {
				t.Errorf("%s alone=%v: source", name, alone)
			}
		}
	}
}

func everyChart(alone bool) map[string]string {
	f := Frame{ID: "x1", Title: "Attacks", Text: "as a text", Alone: alone, Source: []string{"Source line"}}
	bars, series := sampleBars(), sampleSeries()
	bars.Frame, series.Frame = f, f
	m := Multiples{Frame: f, Panels: []Panel{{"a", series.Points}, {"b", series.Points}, {"c", nil}}, Scale: plain}
	empty := Bars{Frame: f}
	none := Series{Frame: f, Scale: plain}
	return map[string]string{"bars": bars.SVG(), "series": series.SVG(), "multiples": m.SVG(), "no bars": empty.SVG(), "no points": none.SVG()}
}

func sampleSeries() *Series {
	s := &Series{Frame: Frame{ID: "s", Title: "By day", Text: "…"}, Scale: plain, Gap: "no figures"}
	for i, v := range []Value{known(10), known(30), {State: Missing}, known(20), {State: Withheld, Text: "withheld"}, {N: 5, Text: "5", State: Open}} {
		s.Points = append(s.Points, Point{Name: fmt.Sprintf("day %d", i), Tick: fmt.Sprint(i), Values: []Value{v}})
	}
	return s
}

func TestALineIsBrokenAtAGap(t *testing.T) {
	all := read(t, sampleSeries().SVG())
	path := find(all, "path", "l1")[0].at["d"]
	if n := strings.Count(path, "M"); n != 3 {
		t.Errorf("%d parts in %s, want 3", n, path)
	}
	if gaps := find(all, "rect", "gap"); len(gaps) != 2 {
		t.Errorf("%d gaps, want 2", len(gaps))
	}
	if n := len(find(all, "circle", "o1")); n != 1 {
		t.Errorf("%d hollow dots, want that of the open period", n)
	}
	var titles []string
	for _, e := range find(all, "title", "") {
		titles = append(titles, e.text)
	}
	for _, want := range []string{"day 2: no figures", "day 4: withheld", "day 1: 30"} {
		if !strings.Contains(strings.Join(titles, "|"), want) {
			t.Errorf("%q is not told in %q", want, titles)
		}
	}
}

// A point without neighbours is seen even where there are too many for dots.
func TestALonePointIsSeen(t *testing.T) {
	s := sampleSeries()
	s.Points = nil
	for i := range dotsMost * 2 {
		v := Value{State: Missing}
		if i == 7 {
			v = known(3)
		}
		s.Points = append(s.Points, Point{Values: []Value{v}})
	}
	if n := len(find(read(t, s.SVG()), "circle", "c1")); n != 1 {
		t.Errorf("%d dots", n)
	}
}

func TestMultiplesShareAScale(t *testing.T) {
	point := func(v float64) []Point { return []Point{{Values: []Value{known(v)}}, {Values: []Value{known(v)}}} }
	m := Multiples{Frame: Frame{ID: "m"}, Scale: plain, Panels: []Panel{{"large", point(100)}, {"small", point(50)}}}
	y := regexp.MustCompile(`^M[\d.]+ ([\d.]+)`)
	lines := find(read(t, m.SVG()), "path", "l1")
	a, b := number(t, y.FindStringSubmatch(lines[0].at["d"])[1]), number(t, y.FindStringSubmatch(lines[1].at["d"])[1])
	if base := panelHead + panelHigh; math.Abs((base-a)/(base-b)-2) > .01 {
		t.Errorf("100 stands at %v, 50 at %v", a, b)
	}
}

func TestCeiling(t *testing.T) {
	for in, want := range map[float64]float64{0: 10, 10: 10, 11: 20, 81: 100, 430: 600, 1_000_001: 2_000_000} {
		if got := Ceiling(in); got != want {
			t.Errorf("%v: %v, want %v", in, got, want)
		}
	}
}

func TestWrap(t *testing.T) {
	if got := wrap("một hai ba bốn", 7); strings.Join(got, "|") != "một hai|ba bốn" {
		t.Errorf("%q", got)
	}
}

// FuzzTexts: whatever a text holds, the chart is XML and the text stays text.
func FuzzTexts(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	f.Add(`</text><script>alert(1)</script>`, "a\x00b", 1.5)
	f.Add(`"onload="x`, "\xff\xfe", math.Inf(1))
	f.Fuzz(func(t *testing.T, a, b string, n float64) {
		bars := Bars{Frame: Frame{ID: "f", Title: a, Text: b, Alone: true, Source: []string{b}, Series: []string{a, b}},
			Items: []Item{{a, []Value{{N: n, Text: b}, {Text: a, State: Withheld}}}}}
		s := Series{Frame: bars.Frame, Scale: func(float64) string { return a }, Gap: b,
			Points: []Point{{a, b, []Value{{N: n, Text: a}, {State: Missing}}}, {b, a, []Value{{State: Missing}, {N: n, Text: b}}}}}
		for _, svg := range []string{bars.SVG(), s.SVG()} {
			for _, e := range read(t, svg) {
				if e.name == "script" || e.at["onload"] != "" {
					t.Fatalf("%q became markup: %s", a, svg)
				}
			}
		}
	})
}

// Texts that need no escaping are written as they are, which is how XML escapes them.
func TestEscapeIsXMLs(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	signs := []string{"a", "ệ", " ", "&", "<", ">", "'", `"`, "\t", "\n", "\x00", "\x1f", "\x7f", "\u0085", "\ufffd", "\ufffe", "\U0001f600", "\xff", "\u00a0", "–"}
	for range 5000 {
		var s string
		for range r.IntN(4) {
			s += signs[r.IntN(len(signs))]
		}
		var want strings.Builder
		if err := xml.EscapeText(&want, []byte(s)); err != nil || escape(s) != want.String() {
			t.Fatalf("%q: %q, want %q", s, escape(s), &want)
		}
	}
}
