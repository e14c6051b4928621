// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/language"
)

// country is one entry of the written map.
type country struct {
	ID   string `json:"id"`          // ISO 3166-1 alpha-2
	D    string `json:"d,omitempty"` // SVG path, relative; absent where it is too small to draw
	X    int    `json:"x"`           // where arcs end
	Y    int    `json:"y"`
	area float64
}

// islands is an archipelago drawn as dots.
type islands struct {
	ID   string   `json:"id"`
	Of   string   `json:"of"`
	Dots [][2]int `json:"dots"`
	X    int      `json:"x"` // where the name begins
	Y    int      `json:"y"`
}

type world struct {
	Source    string    `json:"source"`
	Width     int       `json:"width"`
	Height    int       `json:"height"`
	Countries []country `json:"countries"`
	Islands   []islands `json:"islands"`
}

func main() {
	atlas := flag.String("atlas", "", "folder of npm world-atlas 2.0.2")
	out := flag.String("out", "web/map/world.json", "file to write")
	flag.Parse()
	if err := run(*atlas, *out); err != nil {
		fmt.Fprintln(os.Stderr, "map:", err)
		os.Exit(1)
	}
}

func run(atlas, out string) error {
	coarse, err := readShapes(filepath.Join(atlas, "countries-110m.json"), 0.09)
	if err != nil {
		return err
	}
	fine, err := readShapes(filepath.Join(atlas, "countries-50m.json"), 0)
	if err != nil {
		return err
	}
	w := draw(newSheet(), join(coarse), join(fine))
	raw, err := json.MarshalIndent(w, "", " ")
	if err != nil {
		return err
	}
	fmt.Printf("%d countries, %d drawn\n", len(w.Countries), slices.IndexFunc(w.Countries, func(c country) bool { return c.D == "" }))
	return os.WriteFile(out, append(raw, '\n'), 0o644)
}

// join files shapes under their alpha-2 code. Places without a number of their
// own are drawn as part of the member state of the United Nations.
func join(shapes []shape) map[string][][]point {
	within := map[string]string{"N. Cyprus": "CY", "Somaliland": "SO", "Kosovo": "XK", "Siachen Glacier": "", "Indian Ocean Ter.": ""}
	codes := alpha2()
	out := map[string][][]point{}
	for _, s := range shapes {
		code := codes[s.number]
		if s.number == "" {
			code = within[s.name]
		}
		if code == "" || code == "AQ" {
			continue
		}
		for _, r := range s.rings {
			out[code] = append(out[code], side(r))
		}
	}
	return out
}

// alpha2 maps ISO 3166-1 numbers to codes of two letters.
func alpha2() map[string]string {
	out := map[string]string{}
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			r, err := language.ParseRegion(string([]rune{a, b}))
			if err != nil || !r.IsCountry() || r.M49() == 0 || r.Canonicalize() != r || r.String() != string([]rune{a, b}) {
				continue
			}
			out[fmt.Sprintf("%03d", r.M49())] = r.String()
		}
	}
	return out
}

func draw(s sheet, coarse, fine map[string][][]point) world {
	w := world{
		Source: "Natural Earth (public domain), world-atlas 2.0.2; Quần đảo Hoàng Sa and Quần đảo Trường Sa from their coordinates",
		Width:  int(s.width), Height: int(s.height),
	}
	for code, rings := range fine {
		c := country{ID: code}
		big := rings
		if r, ok := coarse[code]; ok {
			c.D, c.area = s.path(r)
			big = r
		}
		p := middle(code, big)
		q := s.at(p)
		c.X, c.Y = int(q.x), int(q.y)
		if c.Y >= 0 && c.Y <= w.Height {
			w.Countries = append(w.Countries, c)
		}
	}
	slices.SortFunc(w.Countries, func(a, b country) int {
		if (a.D == "") != (b.D == "") {
			return strings.Compare(b.D, a.D)
		}
		// Large first: an enclave is drawn over what surrounds it.
		if a.area != b.area {
			return int(b.area - a.area)
		}
		return strings.Compare(a.ID, b.ID)
	})
	w.Islands = archipelagos(s)
	return w
}

// middle is where a country's arcs end: the centre of its largest ring, or a
// better-known place where that centre lies abroad or in the wilderness.
func middle(code string, rings [][]point) point {
	if p, ok := places[code]; ok {
		return p
	}
	var best float64
	var c point
	for _, r := range rings {
		if a, m := measureRing(r); a >= best {
			best, c = a, m
		}
	}
	return c
}

// path writes rings as a relative SVG path in whole units. Two rings of one
// country that share a border become one.
func (s sheet) path(rings [][]point) (string, float64) {
	var b strings.Builder
	var total float64
	for _, r := range union(s.snap(rings)) {
		a, _ := measureRing(r)
		total += a
		writeRing(&b, r)
	}
	return b.String(), total
}

// snap projects rings and drops repeated points.
func (s sheet) snap(rings [][]point) [][]point {
	var out [][]point
	for _, r := range rings {
		var q []point
		for _, p := range r {
			if p = s.at(p); len(q) == 0 || q[len(q)-1] != p {
				q = append(q, p)
			}
		}
		if len(q) > 1 && q[0] == q[len(q)-1] {
			q = q[:len(q)-1]
		}
		if len(q) > 2 {
			out = append(out, q)
		}
	}
	return out
}

func writeRing(b *strings.Builder, r []point) {
	at := point{}
	for i, p := range r {
		dx, dy := int(p.x-at.x), int(p.y-at.y)
		switch {
		case i == 0:
			fmt.Fprintf(b, "M%d %d", dx, dy)
		case i == 1:
			b.WriteByte('l')
			b.WriteString(pair(dx, dy, false))
		default:
			b.WriteString(pair(dx, dy, true))
		}
		at = p
	}
	b.WriteByte('z')
}

// pair writes two numbers; a minus sign separates as well as a space does.
func pair(x, y int, follows bool) string {
	s := strconv.Itoa(x)
	if follows && x >= 0 {
		s = " " + s
	}
	if y >= 0 {
		s += " "
	}
	return s + strconv.Itoa(y)
}
