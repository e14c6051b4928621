// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
)

// point is longitude and latitude in degrees, or x and y on the sheet.
type point struct{ x, y float64 }

// shape is one country: its number in ISO 3166-1, its name in the data, and
// its outer rings.
type shape struct {
	number string
	name   string
	rings  [][]point
}

// topology is the part of a TopoJSON file (version 1, quantised) that is used.
type topology struct {
	Transform struct {
		Scale, Translate [2]float64
	}
	Arcs    [][][2]float64
	Objects struct {
		Countries struct {
			Geometries []geometry
		}
	}
}

type geometry struct {
	Type       string
	ID         string
	Properties struct{ Name string }
	Arcs       json.RawMessage
}

// readShapes reads the countries, each arc thinned so that what covers less
// than minArea square degrees goes. Arcs are shared by neighbours, so borders
// stay whole.
func readShapes(path string, minArea float64) ([]shape, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var t topology
	if err := json.Unmarshal(raw, &t); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	arcs := make([][]point, len(t.Arcs))
	for i, a := range t.Arcs {
		arcs[i] = thin(t.decode(a), minArea)
	}
	var out []shape
	for _, g := range t.Objects.Countries.Geometries {
		rings, err := g.rings(arcs)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", path, g.Properties.Name, err)
		}
		out = append(out, shape{g.ID, g.Properties.Name, rings})
	}
	return out, nil
}

// decode undoes the delta coding and quantisation of an arc.
func (t *topology) decode(a [][2]float64) []point {
	out := make([]point, len(a))
	var x, y float64
	for i, d := range a {
		x, y = x+d[0], y+d[1]
		out[i] = point{x*t.Transform.Scale[0] + t.Transform.Translate[0], y*t.Transform.Scale[1] + t.Transform.Translate[1]}
	}
	return out
}

// rings gives the outer rings; holes are the shapes of other countries, which
// are drawn over them.
func (g *geometry) rings(arcs [][]point) ([][]point, error) {
	var polygons [][][]int
	switch g.Type {
	case "Polygon":
		var p [][]int
		if err := json.Unmarshal(g.Arcs, &p); err != nil {
			return nil, err
		}
		polygons = [][][]int{p}
	case "MultiPolygon":
		if err := json.Unmarshal(g.Arcs, &polygons); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("geometry type %q is not handled", g.Type)
	}
	var out [][]point
	for _, p := range polygons {
		if len(p) > 0 {
			out = append(out, unwrap(stitch(p[0], arcs)))
		}
	}
	return out, nil
}

// stitch joins arcs into a closed ring without its last, repeated point. A
// negative index is the arc ~i backwards.
func stitch(ring []int, arcs [][]point) []point {
	var out []point
	for _, i := range ring {
		if i >= 0 {
			a := arcs[i]
			out = append(out, a[:len(a)-1]...)
			continue
		}
		a := arcs[^i]
		for j := len(a) - 1; j > 0; j-- {
			out = append(out, a[j])
		}
	}
	return out
}

// unwrap makes longitudes run on across the 180th meridian.
func unwrap(r []point) []point {
	for i := 1; i < len(r); i++ {
		for r[i].x-r[i-1].x > 180 {
			r[i].x -= 360
		}
		for r[i].x-r[i-1].x < -180 {
			r[i].x += 360
		}
	}
	return r
}

// thin drops the points of a line whose triangle with both neighbours is
// smallest, until none is smaller than minArea (Visvalingam and Whyatt 1993).
// Ends stay, so that lines still meet.
func thin(line []point, minArea float64) []point {
	line = append([]point(nil), line...)
	for len(line) > 4 {
		least, at := math.Inf(1), 0
		for i := 1; i < len(line)-1; i++ {
			// A degree of longitude is shorter towards the poles.
			a := triangle(line[i-1], line[i], line[i+1]) * math.Cos(line[i].y*math.Pi/180)
			if a < least {
				least, at = a, i
			}
		}
		if least >= minArea {
			break
		}
		line = append(line[:at], line[at+1:]...)
	}
	return line
}

func triangle(a, b, c point) float64 {
	return math.Abs((b.x-a.x)*(c.y-a.y)-(c.x-a.x)*(b.y-a.y)) / 2
}

// area and centre of a ring, by the shoelace formula.
func measureRing(r []point) (area float64, centre point) {
	for i := range r {
		a, b := r[i], r[(i+1)%len(r)]
		cross := a.x*b.y - b.x*a.y
		area += cross
		centre.x += (a.x + b.x) * cross
		centre.y += (a.y + b.y) * cross
	}
	if area == 0 {
		return 0, r[0]
	}
	return math.Abs(area / 2), point{centre.x / (3 * area), centre.y / (3 * area)}
}
