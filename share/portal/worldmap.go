// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"encoding/json"
	"fmt"

	"haidang/event"
)

// world is the map as web/map/make writes it.
type world struct {
	Width     int
	Height    int
	Countries []struct {
		ID   string
		D    string
		X, Y int
	}
	Islands []struct {
		ID   string
		Of   string
		Dots [][2]int
		X, Y int
	}
}

func readWorld(raw []byte) (*world, error) {
	var w world
	if err := json.Unmarshal(raw, &w); err != nil {
		return nil, fmt.Errorf("portal: map: %w", err)
	}
	if w.Width == 0 || len(w.Countries) == 0 {
		return nil, fmt.Errorf("portal: the map is empty; run go run ./web/map/make")
	}
	return &w, nil
}

// land is a country on the sheet.
type land struct {
	ID, D, Class, Title string
	X, Y                int
}

// archipelago is dots and a name.
type archipelago struct {
	Dots []struct{ X, Y int }
	Name string
	X, Y int
}

// sheet is the map of one picture.
type sheet struct {
	Width, Height int
	Lands         []land
	Islands       []archipelago
	Legend        []legend
}

// legend is one step of shading.
type legend struct{ Class, Text string }

// step gives the shade of a count: one step a power of ten, so that colours
// mean the same all day. web/src/map.ts does the same.
func step(n int64) int {
	s := 0
	for ; n > 0 && s < 5; n /= 10 {
		s++
	}
	return s
}

func (p *Portal) sheet(l *language, pic *event.Picture) sheet {
	by := make(map[string]int64, len(pic.Hosting))
	for _, c := range pic.Hosting {
		by[c.Key] = c.Events
	}
	home := homeOf(pic)
	s := sheet{Width: p.world.Width, Height: p.world.Height}
	for _, c := range p.world.Countries {
		n := by[c.ID]
		class := fmt.Sprintf("q%d", step(n))
		if c.ID == home {
			class += " home"
		}
		title := l.T("map.country", "country", l.country(c.ID), "n", l.Number(n))
		s.Lands = append(s.Lands, land{c.ID, c.D, class, title, c.X, c.Y})
	}
	for _, i := range p.world.Islands {
		a := archipelago{Name: l.T("map." + i.ID), X: i.X, Y: i.Y}
		for _, d := range i.Dots {
			a.Dots = append(a.Dots, struct{ X, Y int }{d[0], d[1]})
		}
		s.Islands = append(s.Islands, a)
	}
	s.Legend = []legend{{"q0", l.T("map.legend.none")}, {"q1", "1–9"}, {"q2", "10–99"}, {"q3", "100–999"},
		{"q4", l.Number(1000) + "–" + l.Number(9999)}, {"q5", l.Number(10000) + "+"}}
	return s
}

// homeOf gives the country whose picture it is.
func homeOf(pic *event.Picture) string {
	if pic.Home == 0 {
		return "VN"
	}
	return pic.Home.String()
}
