// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"errors"
	"fmt"
	"time"

	"haidang/disclosure"
	"haidang/event"
	"haidang/figure"
)

// Attacks by the size of the organisations that were attacked (definition size/1). The
// same attacks are divided by sector, and who puts both together must not learn what
// is hidden there. So the tables are of whole quarters, and of what is made of them;
// all lines of a quarter are shown or none, hence nothing of them has to be protected
// from the rest; and they are shown only where they cannot say anything about sectors
// that the tables by sector do not say (mixture).

// sizedPeriod says which periods tables by size are open for.
func sizedPeriod(p figure.Period, zone *time.Location) bool {
	return p.Zone() == zone.String() && (p.Kind == figure.Quarter || p.Kind == figure.Half || p.Kind == figure.Year)
}

// Lines of tables by size; bands have their own names.
const (
	sizeSME   = "sme"   // fewer than 250 persons
	sizeLarge = "large" // more
	sizeOther = ""      // no enterprise, or nobody knows its size
)

// sizeTables are the tables by size that there are.
var sizeTables = []string{"size", "band"}

// sizeLine gives the line that a cell belongs to in a table by size or by band. What
// is public administration is no enterprise, whatever its size.
func (c *Contribution) sizeLine(by string) string {
	band, err := event.Bands.Parse(c.Band)
	switch {
	case err != nil || event.Band(band) == event.BandUnset || c.Sector == event.SectorPublicAdministration.String():
		return sizeOther
	case by == "band":
		return c.Band
	case event.Band(band).Small():
		return sizeSME
	}
	return sizeLarge
}

// sizeTable is one table of a quarter at a moment.
type sizeTable struct {
	at    time.Time
	lines lines
}

// sizeNoted is what was decided of one table of a quarter.
type sizeNoted struct {
	Shown bool `json:"shown"`
}

// sized gives a table by size or band of a period of whole quarters. It is shown where
// all of its quarters in which something happened are: it says nothing more than they do.
func (g *Gate) sized(p figure.Period, by string) (lines, error) {
	g.deciding.Lock()
	defer g.deciding.Unlock()
	var out lines
	hidden := false
	for q := figure.Containing(figure.Quarter, p.From); q.From.Before(p.To); q = figure.Containing(figure.Quarter, q.To) {
		table, err := g.sizesOf(q, by)
		if err != nil {
			return nil, err
		}
		for _, l := range table {
			hidden = hidden || l.hidden
			out = append(out, line{group: l.group, value: l.value})
		}
	}
	out = out.summed()
	for i := range out {
		if hidden {
			out[i] = line{group: out[i].group, hidden: true}
		}
	}
	return out, nil
}

// sizesOf is sized of a quarter, remembered for a while.
func (g *Gate) sizesOf(q figure.Period, by string) (lines, error) {
	key, now := by+" "+q.String(), g.lattice.Now()
	if s, ok := g.sizes[key]; ok && now.Sub(s.at) < longFor && !now.Before(s.at) {
		return s.lines, nil
	}
	m, err := g.mixture(q, by)
	if err != nil {
		return nil, err
	}
	shown, err := g.showsSizes(q, by, m)
	if err != nil {
		return nil, err
	}
	if g.sizes == nil || len(g.sizes) > maxMasked {
		g.sizes = map[string]sizeTable{}
	}
	s := sizeTable{now, m.table(shown)}
	g.sizes[key] = s
	return s.lines, nil
}

// showsSizes decides once, when a quarter is final, whether a table of it is shown.
// What is not shown then never is; what is shown is not where late records break the
// rules.
func (g *Gate) showsSizes(q figure.Period, by string, m *mixture) (bool, error) {
	if len(m.values) == 0 {
		return false, nil
	}
	key := sizeKey(q, by)
	g.settling.Lock()
	defer g.settling.Unlock()
	var kept sizeNoted
	ok, err := g.noted(key, &kept)
	if err != nil {
		return false, err
	}
	shown := m.passes() && m.mixed() && (kept.Shown || !ok)
	if !ok {
		err = g.note(key, sizeNoted{shown})
	}
	return shown, err
}

func sizeKey(q figure.Period, by string) string {
	return fmt.Sprintf("%s%s-%d-%d", maskNote, by, q.From.Unix(), q.To.Unix())
}

// mixture is what a table of a quarter consists of, beside what is shown by sector on
// its days. Days' cells by sector and kind are known to everybody or not. Whoever
// knows the table and wants more of the unknown ones finds that, whatever they are,
// the known ones make up for it: their numbers are fixed, but not of which sizes they
// are. A change of the unknown cells that everything by sector allows moves no more
// than their sum from one size to another, for kinds' totals of a day are known. Where
// known cells that have both sizes hold more of each than that, the change is possible
// with the same table, so that the table excludes none. That holds for whatever else is
// published by sector later, which only makes unknown cells known.
type mixture struct {
	by      string
	values  map[string]int64
	units   map[string]map[uint32]int64
	unknown int64           // sum of the unknown cells
	among   map[string]bool // sizes that come in them
	rooms   map[[2]string]*room
}

// room is how much of a size known cells hold that have another one too, and how much
// of that is whose.
type room struct {
	sum int64
	own map[uint32]int64
}

// mixture counts a quarter by size, day by day.
func (g *Gate) mixture(q figure.Period, by string) (*mixture, error) {
	m := &mixture{by: by, values: map[string]int64{}, units: map[string]map[uint32]int64{}, among: map[string]bool{}, rooms: map[[2]string]*room{}}
	for day := figure.Containing(figure.Day, q.From); day.From.Before(q.To); day = figure.Containing(figure.Day, day.To) {
		parts, err := g.parts(day)
		if err != nil {
			return nil, err
		}
		t, err := g.dayTablesOf(day, bySector(parts))
		if err != nil {
			return nil, err
		}
		m.add(parts, t.told())
	}
	return m, nil
}

// told says of which cells by sector and kind everybody knows the number: they are
// shown, or alone in what is.
func (t *tables) told() map[string]bool {
	alone := make([]bool, len(t.system.Atoms))
	for i, c := range t.system.Cells {
		if len(c.Atoms) == 1 && !t.hidden[i] {
			alone[c.Atoms[0]] = true
		}
	}
	out, atom := map[string]bool{}, 0
	for _, r := range t.rows {
		if r.Value > 0 {
			out[disclosure.Join(r.Group)] = alone[atom]
			atom++
		}
	}
	return out
}

// add takes in a day. Attacks on nobody's sector are in no table.
func (m *mixture) add(parts []Contribution, told map[string]bool) {
	cells := map[string]map[string]*room{} // by sector and kind, by size
	for i := range parts {
		c := &parts[i]
		if c.Sector == "" || c.Events <= 0 {
			continue
		}
		group, size := disclosure.Join(c.group()), c.sizeLine(m.by)
		if cells[group] == nil {
			cells[group] = map[string]*room{}
		}
		if cells[group][size] == nil {
			cells[group][size] = &room{own: map[uint32]int64{}}
		}
		cells[group][size].add(c.Events, c.Units)
		m.values[size] += c.Events
		if m.units[size] == nil {
			m.units[size] = map[uint32]int64{}
		}
		addUnits(m.units[size], c.Units)
	}
	for group, sizes := range cells {
		for size, r := range sizes {
			if !told[group] {
				m.unknown += r.sum
				m.among[size] = true
				continue
			}
			for other := range sizes {
				if other != size {
					m.room(size, other).add(r.sum, r.own)
				}
			}
		}
	}
}

func (m *mixture) room(size, other string) *room {
	key := [2]string{size, other}
	if m.rooms[key] == nil {
		m.rooms[key] = &room{own: map[uint32]int64{}}
	}
	return m.rooms[key]
}

func (r *room) add(n int64, units map[uint32]int64) {
	r.sum += n
	addUnits(r.own, units)
}

func addUnits(to, from map[uint32]int64) {
	for unit, n := range from {
		to[unit] += n
	}
}

// passes reports whether each line may be published by itself.
func (m *mixture) passes() bool {
	for size, n := range m.values {
		if !disclosure.PassesOf(n, m.units[size]) {
			return false
		}
	}
	return true
}

// mixed reports whether known cells make up for whatever the unknown ones are, also
// before a contributor, who knows which part of them is his.
func (m *mixture) mixed() bool {
	for size := range m.among {
		for other := range m.among {
			if size == other {
				continue
			}
			r := m.room(size, other)
			var most int64
			for unit, n := range r.own {
				if unit != 0 {
					most = max(most, n)
				}
			}
			if r.sum-most < m.unknown {
				return false
			}
		}
	}
	return true
}

// table gives the lines.
func (m *mixture) table(shown bool) lines {
	out := make(lines, 0, len(m.values))
	for size, n := range m.values {
		l := line{group: []string{size}, hidden: !shown}
		if shown {
			l.value = n
		}
		out = append(out, l)
	}
	out.sort()
	return out
}

// decideSizes decides about one final quarter of a year that was decided by sector and
// not by size; it reports whether there was one. Of a quarter without attacks by sector
// nothing is decided.
func (g *Gate) decideSizes(year int, passed event.Time) (bool, error) {
	for _, q := range longPeriods(year, g.lattice.Zone) {
		_, some := g.lattice.Notes.Get(maskKey(event.TimeOf(q.From), event.TimeOf(q.To)))
		if q.Kind != figure.Quarter || !some || figure.StatusOf(q, g.lattice.Now(), passed, 1) == event.FigureProvisional {
			continue
		}
		for _, by := range sizeTables {
			if _, made := g.lattice.Notes.Get(sizeKey(q, by)); made {
				continue
			}
			table, err := g.sized(q, by)
			if unclear := new(QuestionError); errors.As(err, &unclear) {
				continue // not all of its days are kept any more
			}
			if err != nil || len(table) > 0 {
				return err == nil, err
			}
		}
	}
	return false, nil
}
