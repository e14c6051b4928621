// SPDX-License-Identifier: Apache-2.0

package measure

import "haidang/event"

// cutRows is after how many records a rebuild hands out what it counted, so that
// its memory stays within the budgets.
const cutRows = 1 << 20

// Rebuild counts records anew and gives, to keep, the parts that take the place
// of all that is stored: to be committed together, in the order given. next
// gives the records, nil at the end, in any order and in batches of any size:
// the answers are those of counting them as they came. That order matters in one
// case only: where the folding window was too small for what it had to hold
// (haidang_measure_fold_pushed_out_total), repeats far apart count again.
//
// Names keep their numbers, and sensors what they said of their own losses,
// which no record tells.
func Rebuild(cfg Config, deps Dependencies, old []Slot, next func() (*event.Batch, error), keep func([]Part) error) error {
	r := rebuilding{m: New(cfg, deps), keep: keep, begun: map[string]bool{keyNames: true, keySensors: true}}
	for _, s := range old {
		if !r.begun[s.Key] {
			continue
		}
		if err := r.m.read(s.Key, s.Parts); err != nil {
			return err
		}
	}
	for rows := 0; ; {
		b, err := next()
		if err != nil {
			return err
		}
		if b == nil {
			break
		}
		r.m.Add(b)
		if rows += b.Rows(); rows >= cutRows {
			rows = 0
			if err := r.cut(); err != nil {
				return err
			}
		}
	}
	if err := r.cut(); err != nil {
		return err
	}
	return r.drop(old)
}

// rebuilding is a rebuild under way.
type rebuilding struct {
	m     *Measure
	keep  func([]Part) error
	begun map[string]bool // keys under which nothing of old is left
}

// cut hands out what was counted: the first part of a key takes the place of
// what was stored before.
func (r *rebuilding) cut() error {
	parts := r.m.Cut()
	for i := range parts {
		p := &parts[i]
		p.Replace = p.Replace || !r.begun[p.Key]
		r.begun[p.Key] = true
	}
	return r.keep(parts)
}

// drop gives up keys for which there are no records.
func (r *rebuilding) drop(old []Slot) error {
	var parts []Part
	for _, s := range old {
		if !r.begun[s.Key] {
			parts = append(parts, Part{Key: s.Key, Replace: true})
		}
	}
	return r.keep(parts)
}
