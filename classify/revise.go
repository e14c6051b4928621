// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"haidang/event"
	"haidang/figure"
)

// finalFigure is what is kept of a figure once it was told as final: its newest
// version, and what differed in the one before.
type finalFigure struct {
	Revision int              `json:"revision"`
	Sum      string           `json:"sum"`              // of all lines
	Lines    map[string]int64 `json:"lines,omitempty"`  // values by group; none where there are very many
	Before   map[string]int64 `json:"before,omitempty"` // values of the version before, of lines that differ
}

// maxKeptLines is of how many lines the values are kept, so that a later version
// can name the ones it takes the place of.
const maxKeptLines = 1000

// settle gives a figure its status and the number of its version. What was told
// as final never is provisional again; where it is counted otherwise later, by
// late records or by what was taken out, the next version says what it was. Final
// figures are those that the notebook keeps: where it refuses, the figure is told
// as provisional.
func (g *Gate) settle(a *asked, f *event.Figure, passed event.Time) error {
	f.Status, f.Revision = figure.StatusOf(a.period, a.now, passed, 1), 1
	lines := linesOf(f.Rows)
	key := finalKey(a)
	g.settling.Lock()
	defer g.settling.Unlock()
	var kept finalFigure
	ok, err := g.noted(key, &kept)
	switch {
	case err != nil:
		return err
	case !ok && f.Status == event.FigureProvisional:
		return nil
	case ok && kept.Sum == lines.sum:
	default:
		next := finalFigure{Revision: kept.Revision + 1, Sum: lines.sum, Lines: lines.values}
		if ok {
			next.Before = differing(kept.Lines, lines.values)
		}
		if err := g.note(key, &next); err != nil {
			if !ok {
				f.Status = event.FigureProvisional
				return nil //nolint:nilerr // a figure that cannot be kept is not yet final
			}
			return fmt.Errorf("a new version of %s cannot be kept: %w", key, err)
		}
		kept = next
	}
	f.Status, f.Revision = event.FigureFinal, kept.Revision
	if kept.Revision > 1 {
		f.Status = event.FigureRevised
		kept.recall(f)
	}
	return nil
}

// finalKey names a figure among the notes. What can be asked as a dimension and a
// period has no sign that keys do not allow, but for the year to date's.
func finalKey(a *asked) string {
	prefix := finalNote
	if a.period.Kind < figure.Day {
		prefix = briefNote
	}
	zone := "local"
	if a.period.Zone() == "UTC" {
		zone = "UTC"
	}
	by := cmp.Or(strings.Join(a.by, "_"), "total")
	return prefix + strings.Join([]string{a.def.ID, a.of, by, zone, strings.NewReplacer(":", "=", "@", "=").Replace(a.period.String()), a.period.From.Format("-0700")[1:]}, "/")
}

// keptLines are a figure's lines as they are kept.
type keptLines struct {
	sum    string
	values map[string]int64
}

// linesOf takes what is published of the lines, not what follows from it: neither
// the noughts of lines that only the base has, which come and go with it.
func linesOf(rows []event.FigureRow) keptLines {
	type published struct {
		Group       []string
		Value, Over int64
		Hidden, Few bool
	}
	list, values := make([]published, 0, len(rows)), make(map[string]int64, len(rows))
	for _, r := range rows {
		l := published{Group: r.Group, Value: r.Value, Hidden: r.Hidden, Few: r.Few}
		if r.Ratio != nil {
			l.Over = r.Ratio.Denominator
		} else if r.Value == 0 && !r.Hidden && len(r.Group) > 0 {
			continue
		}
		list = append(list, l)
		if !r.Hidden && !r.Few {
			values[strings.Join(r.Group, "\x1f")] = r.Value
		}
	}
	slices.SortFunc(list, func(a, b published) int { return slices.Compare(a.Group, b.Group) })
	raw, err := json.Marshal(list)
	if err != nil {
		panic(err) // numbers and strings
	}
	sum := sha256.Sum256(raw)
	if len(values) > maxKeptLines {
		values = nil
	}
	return keptLines{hex.EncodeToString(sum[:16]), values}
}

// differing gives the old values of lines that have another now, and 0 of those
// that are new.
func differing(old, now map[string]int64) map[string]int64 {
	out := map[string]int64{}
	if old == nil || now == nil {
		return nil
	}
	for group, n := range old {
		if v, ok := now[group]; !ok || v != n {
			out[group] = n
		}
	}
	for group := range now {
		if _, ok := old[group]; !ok {
			out[group] = 0
		}
	}
	return out
}

// recall names beside each line what it was in the version before.
func (k *finalFigure) recall(f *event.Figure) {
	for i := range f.Rows {
		r := &f.Rows[i]
		if was, ok := k.Before[strings.Join(r.Group, "\x1f")]; ok && !r.Hidden && !r.Few {
			r.Was = &was
		}
	}
}
