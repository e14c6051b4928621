// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

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
	defer lines.done()
	key := finalKey(a)
	g.settling.Lock()
	defer g.settling.Unlock()
	var kept finalFigure
	ok, err := g.keptFigure(key, lines.sum, &kept)
	switch {
	case err != nil:
		return err
	case !ok && f.Status == event.FigureProvisional:
		return nil
	case ok && kept.Sum == lines.sum:
	default:
		next := finalFigure{Revision: kept.Revision + 1, Sum: lines.sum}
		if !ok {
			note := lines.firstNote()
			if err := g.lattice.Notes.Later(key, note); err != nil {
				f.Status = event.FigureProvisional
				return nil //nolint:nilerr // a figure that cannot be kept is not yet final
			}
			g.remember(key, unrevised{note, lines.sum})
		} else {
			next.Lines = lines.values()
			next.Before = differing(kept.Lines, next.Lines)
			if err := g.note(key, &next); err != nil {
				return fmt.Errorf("a new version of %s cannot be kept: %w", key, err)
			}
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
	return prefix + strings.Join([]string{a.def.ID, a.of, by, zone, keySigns.Replace(a.period.String()), a.period.From.Format("-0700")[1:]}, "/")
}

// keySigns replaces the signs of periods that keys do not allow.
var keySigns = strings.NewReplacer(":", "=", "@", "=")

// unrevised remembers of a final figure that was never revised the note that was read
// and its sum: of most questions nothing else of the note is needed.
type unrevised struct {
	note []byte
	sum  string
}

// maxUnrevised bounds of how many figures that is remembered.
const maxUnrevised = 20_000

// keptFigure reads the note of a final figure. Of one that was never revised and has
// the sum that it had, it gives only these.
func (g *Gate) keptFigure(key, sum string, into *finalFigure) (bool, error) {
	raw, ok := g.lattice.Notes.Get(key)
	if !ok {
		return false, nil
	}
	if known := g.unrevised[key]; known.sum == sum && len(raw) > 0 && len(known.note) == len(raw) && &known.note[0] == &raw[0] {
		into.Revision, into.Sum = 1, sum
		return true, nil
	}
	if ok, err := g.noted(key, into); !ok || err != nil {
		return ok, err
	}
	if into.Revision == 1 {
		g.remember(key, unrevised{raw, into.Sum})
	}
	return true, nil
}

func (g *Gate) remember(key string, u unrevised) {
	if g.unrevised == nil || len(g.unrevised) >= maxUnrevised {
		g.unrevised = map[string]unrevised{}
	}
	g.unrevised[key] = u
}

// keptLines are a figure's lines as they are kept, until they are done.
type keptLines struct {
	sum string
	*draft
}

// draft is memory in which lines are sorted and written, to be used again.
type draft struct {
	rows []*event.FigureRow // those that are published
	text []byte
}

var drafts = sync.Pool{New: func() any { return new(draft) }}

func (d *draft) done() {
	clear(d.rows)
	drafts.Put(d)
}

// linesOf takes what is published of the lines, not what follows from it: neither
// the noughts of lines that only the base has, which come and go with it. The sum is
// that of JSON as encoding/json writes it; sums outlast versions of the program.
func linesOf(rows []event.FigureRow) keptLines {
	d := drafts.Get().(*draft)
	d.rows, d.text = slices.Grow(d.rows[:0], len(rows)), append(d.text[:0], '[')
	for i := range rows {
		r := &rows[i]
		if r.Ratio == nil && r.Value == 0 && !r.Hidden && len(r.Group) > 0 {
			continue
		}
		d.rows = append(d.rows, r)
	}
	slices.SortFunc(d.rows, func(a, b *event.FigureRow) int { return slices.Compare(a.Group, b.Group) })
	for i, r := range d.rows {
		if i > 0 {
			d.text = append(d.text, ',')
		}
		d.text = appendLine(d.text, r)
	}
	d.text = append(d.text, ']')
	sum := sha256.Sum256(d.text)
	return keptLines{hex.EncodeToString(sum[:16]), d}
}

// appendLine writes what is published of a line.
func appendLine(to []byte, r *event.FigureRow) []byte {
	to = append(to, `{"Group":`...)
	if r.Group == nil {
		to = append(to, "null"...)
	} else {
		to = append(to, '[')
		for i, g := range r.Group {
			if i > 0 {
				to = append(to, ',')
			}
			to = appendText(to, g)
		}
		to = append(to, ']')
	}
	var over int64
	if r.Ratio != nil {
		over = r.Ratio.Denominator
	}
	to = strconv.AppendInt(append(to, `,"Value":`...), r.Value, 10)
	to = strconv.AppendInt(append(to, `,"Over":`...), over, 10)
	to = strconv.AppendBool(append(to, `,"Hidden":`...), r.Hidden)
	to = strconv.AppendBool(append(to, `,"Few":`...), r.Few)
	return append(to, '}')
}

// appendText writes a text as JSON: names of kinds, ways and countries as they are,
// others as encoding/json escapes them.
func appendText(to []byte, s string) []byte {
	plain := func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-/._~ ", c)
	}
	if strings.IndexFunc(s, func(c rune) bool { return !plain(c) }) < 0 {
		return append(append(append(to, '"'), s...), '"')
	}
	raw, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string
	}
	return append(to, raw...)
}

// values gives the lines' values by group, so that a later version can name them;
// none where there are very many.
func (k *keptLines) values() map[string]int64 {
	out := make(map[string]int64, len(k.rows))
	for _, r := range k.rows {
		if !r.Hidden && !r.Few {
			out[strings.Join(r.Group, "\x1f")] = r.Value
		}
	}
	if len(out) > maxKeptLines {
		return nil
	}
	return out
}

// firstNote writes the first version's finalFigure as encoding/json does: there are many
// of them.
func (k *keptLines) firstNote() []byte {
	head := append(append(append(k.text[:0], `{"revision":1,"sum":"`...), k.sum...), '"')
	out, n, before := append(head, `,"lines":{`...), 0, ""
	for _, r := range k.rows {
		if r.Hidden || r.Few {
			continue
		}
		group := strings.Join(r.Group, "\x1f")
		if n > 0 && group <= before { // JSON has each name once, in order
			return k.anyNote()
		}
		if n > 0 {
			out = append(out, ',')
		}
		out = strconv.AppendInt(append(appendText(out, group), ':'), r.Value, 10)
		n, before = n+1, group
	}
	k.text = append(out, "}}"...)
	if n == 0 || n > maxKeptLines {
		k.text = append(k.text[:len(head)], '}')
	}
	return bytes.Clone(k.text) // it is kept for ever, without room to spare
}

// anyNote is firstNote of lines in any order.
func (k *keptLines) anyNote() []byte {
	raw, err := json.Marshal(finalFigure{Revision: 1, Sum: k.sum, Lines: k.values()})
	if err != nil {
		panic(err) // texts and numbers
	}
	return raw
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
