// SPDX-License-Identifier: Apache-2.0

package measure

import "haidang/event"

// Contribution is a sector cell and who it is made of, for disclosure control:
// how many organisations contribute events, and the two largest of them.
// Events of a sector known without an organisation are one contributor that is
// not counted among Orgs.
type Contribution struct {
	Group           []string // in the order of by
	Events, Records int64
	Orgs            int
	Largest, Second int64
	Units           map[uint32]int64 // by unit, 0 where there is no organisation
}

// Contributions counts a stage's events by sector, band and kind, or some of
// them. unit says which organisations are one (a ministry's units); nil where
// each stands for itself.
func (m *Measure) Contributions(by []Dim, from, to event.Time, stage event.Stage, unit func(org uint32) uint32, where ...Where) ([]Contribution, bool, error) {
	return m.contributions(m.look(), by, from, to, stage, unit, where)
}

func (m *Measure) contributions(v *view, by []Dim, from, to event.Time, stage event.Stage, unit func(org uint32) uint32, where []Where) ([]Contribution, bool, error) {
	a, err := m.query(v, Query{Cube: CubeSector, By: by, Where: where, From: from, To: to})
	if err != nil {
		return nil, false, err
	}
	match, err := m.compile(CubeOrgs, append([]Dim{DimOrg}, by...), where, &v.texts)
	if err != nil {
		return nil, false, err
	}
	shares, whole, err := v.shares(match, from, to, stage, unit)
	if err != nil {
		return nil, false, err
	}
	byText := map[string]map[uint32]int64{}
	groups := texter{match: &matcher{by: match.by[1:]}, texts: &v.texts}
	for g, share := range shares {
		byText[joined(groups.of(g))] = share
	}
	out := make([]Contribution, 0, len(a.Rows))
	for i := range a.Rows {
		r := &a.Rows[i]
		c := Contribution{Group: r.Group, Events: r.Cell.Events(stage), Records: r.Cell.Records(stage)}
		if c.Events == 0 && c.Records == 0 {
			continue
		}
		c.take(byText[joined(r.Group)])
		out = append(out, c)
	}
	return out, whole && a.Whole, nil
}

// shares sums a stage's events by group and organisation; the matcher's first
// dimension is the organisation.
func (v *view) shares(match *matcher, from, to event.Time, stage event.Stage, unit func(org uint32) uint32) (map[uint64]map[uint32]int64, bool, error) {
	org, groups := match.by[0], &matcher{by: match.by[1:]}
	shares := map[uint64]map[uint32]int64{}
	start, end := span(from, to)
	images, whole := v.planOf(CubeOrgs, start, end)
	for _, b := range images {
		err := b.cube(CubeOrgs).each(func(key uint64, c *Cell) {
			n := c.Events(stage)
			if n == 0 || !match.match(key) {
				return
			}
			id := uint32(org.of(key))
			if unit != nil && id != 0 {
				id = unit(id)
			}
			g := groups.group(key)
			if shares[g] == nil {
				shares[g] = map[uint32]int64{}
			}
			shares[g][id] += n
		})
		if err != nil {
			return nil, false, err
		}
	}
	return shares, whole, nil
}

func (c *Contribution) take(shares map[uint32]int64) {
	c.Units = shares
	for org, n := range shares {
		if n <= 0 {
			continue
		}
		if org != 0 {
			c.Orgs++
		}
		if n > c.Largest {
			c.Largest, c.Second = n, c.Largest
		} else if n > c.Second {
			c.Second = n
		}
	}
}

// joined makes a map key of a group.
func joined(group []string) (s string) {
	for _, g := range group {
		s += g + "\x00"
	}
	return s
}
