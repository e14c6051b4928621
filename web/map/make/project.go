// SPDX-License-Identifier: Apache-2.0

package main

import "math"

// The sheet: Equal Earth (Šavrič, Patterson, Jenny 2018), so that areas can be
// compared, around the meridian 150° E. The cut then runs down the Atlantic,
// Vietnam and its neighbours stand left of the middle and nothing that matters
// to a Vietnamese reader is torn.
const (
	meridian  = 150.0
	sheetWide = 2000.0
	north     = 80.0
	south     = -56.0
)

const (
	a1 = 1.340264
	a2 = -0.081106
	a3 = 0.000893
	a4 = 0.003796
)

// equalEarth projects degrees relative to the middle meridian to the plane.
func equalEarth(lon, lat float64) (x, y float64) {
	l, p := lon*math.Pi/180, lat*math.Pi/180
	t := math.Asin(math.Sqrt(3) / 2 * math.Sin(p))
	t2 := t * t
	t6 := t2 * t2 * t2
	x = 2 * math.Sqrt(3) * l * math.Cos(t) / (3 * (9*a4*t6*t2 + 7*a3*t6 + 3*a2*t2 + a1))
	y = a4*t6*t2*t + a3*t6*t + a2*t2*t + a1*t
	return x, y
}

// sheet turns degrees into whole-unit coordinates of the drawing.
type sheet struct {
	scale, left, top float64
	width, height    float64
}

func newSheet() sheet {
	half, _ := equalEarth(180, 0)
	_, top := equalEarth(0, north)
	_, bottom := equalEarth(0, south)
	// The outer edges at the equator are open sea; a little is cut off them.
	const crop = 0.972
	s := sheet{scale: sheetWide / (2 * half * crop), left: half * crop, top: top, width: sheetWide}
	s.height = math.Ceil((top - bottom) * s.scale)
	return s
}

// at projects a point whose longitude is already on the right side of the cut.
func (s sheet) at(p point) point {
	x, y := equalEarth(p.x-meridian, p.y)
	return point{math.Round((x + s.left) * s.scale), math.Round((s.top - y) * s.scale)}
}

// side moves a ring by whole turns so that its middle lies on the sheet; the
// ring itself is never torn.
func side(r []point) []point {
	_, c := measureRing(r)
	shift := 0.0
	for c.x+shift < meridian-180 {
		shift += 360
	}
	for c.x+shift > meridian+180 {
		shift -= 360
	}
	// Greenland and what belongs to America stay together, west of the cut.
	if c.y > 59 && c.x+shift < -30+15 && c.x+shift > -60 && math.Abs(c.x+shift-(-19)) > 5 {
		shift += 360
	}
	out := make([]point, len(r))
	for i, p := range r {
		out[i] = point{p.x + shift, p.y}
	}
	return out
}
