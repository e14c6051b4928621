// SPDX-License-Identifier: Apache-2.0

package cite

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"haidang/event"
)

// Differ says what a newer citation of the same table and period says otherwise:
// first of the whole, then row by row in the order of the older one.
func Differ(older, newer *event.CitedFigure) (out []event.FigureDifference) {
	a, b := &older.Figure, &newer.Figure
	for _, w := range [][3]string{
		{"status", string(a.Status), string(b.Status)},
		{"revision", strconv.Itoa(a.Revision), strconv.Itoa(b.Revision)},
		{"sensors", strconv.Itoa(older.Coverage.Sensors), strconv.Itoa(newer.Coverage.Sensors)},
		{"replay", strconv.FormatBool(a.Replay), strconv.FormatBool(b.Replay)},
		{"panel", panelText(older), panelText(newer)},
	} {
		if w[1] != w[2] && (w[0] != "panel" || older.Form == newer.Form) {
			out = append(out, event.FigureDifference{What: w[0], From: w[1], To: w[2]})
		}
	}
	later := map[string]*event.FigureRow{}
	for i := range b.Rows {
		later[groupKey(b.Rows[i].Group)] = &b.Rows[i]
	}
	for i := range a.Rows {
		key := groupKey(a.Rows[i].Group)
		out = appendRow(out, a.Rows[i].Group, &a.Rows[i], later[key])
		if o := later[key]; o != nil && older.Form == newer.Form {
			if x, y := restsText(a.Rows[i].Rests), restsText(o.Rests); x != y {
				out = append(out, event.FigureDifference{What: "rests", Group: slices.Clone(a.Rows[i].Group), From: x, To: y})
			}
		}
		delete(later, key)
	}
	for i := range b.Rows {
		if later[groupKey(b.Rows[i].Group)] != nil {
			out = appendRow(out, b.Rows[i].Group, nil, &b.Rows[i])
		}
	}
	return out
}

// panelText says on what changes rest, in numbers alone; forms before the second do
// not say.
func panelText(c *event.CitedFigure) string {
	p := c.Figure.Panel
	if p == nil || c.Form == 1 {
		return ""
	}
	text := fmt.Sprintf("%s, %d/%d, %.0f %%", p.Rests, p.Sensors, p.Organisations, p.Share)
	if p.Percent != nil {
		text += fmt.Sprintf(", %+.1f %%", *p.Percent)
	}
	return text
}

// restsText is the same of a line.
func restsText(r *event.FigureRests) string {
	switch {
	case r == nil:
		return ""
	case r.Percent == nil:
		return r.Rests
	}
	return fmt.Sprintf("%s, %+.1f %%", r.Rests, *r.Percent)
}

func groupKey(group []string) string { return strings.Join(group, "\x00") }

// appendRow tells what became of a row: its value, what it is compared with, or
// both.
func appendRow(out []event.FigureDifference, group []string, a, b *event.FigureRow) []event.FigureDifference {
	if x, y := shown(a), shown(b); !same(x, y) || (a == nil) != (b == nil) {
		out = append(out, event.FigureDifference{What: "value", Group: slices.Clone(group), Old: x, New: y})
	}
	if x, y := hostsShown(a), hostsShown(b); x != nil && !same(x, y) {
		out = append(out, event.FigureDifference{What: "hosts", Group: slices.Clone(group), Old: x, New: y})
	}
	if x, y := base(a), base(b); !same(x, y) {
		out = append(out, event.FigureDifference{What: "base", Group: slices.Clone(group), Old: x, New: y})
	}
	return out
}

func shown(r *event.FigureRow) *int64 {
	if r == nil || r.Hidden {
		return nil
	}
	return &r.Value
}

func hostsShown(r *event.FigureRow) *int64 {
	if r == nil || r.Hosts == nil {
		return nil
	}
	return &r.Hosts.Count
}

func base(r *event.FigureRow) *int64 {
	if r == nil || r.Change == nil {
		return nil
	}
	return &r.Change.Value
}

func same(x, y *int64) bool {
	return (x == nil) == (y == nil) && (x == nil || *x == *y)
}
