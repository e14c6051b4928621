// SPDX-License-Identifier: Apache-2.0

package participant

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// Stored is what was stored under a key, in the order cut.
type Stored struct {
	Key  string
	Data [][]byte
}

// Rebuilding counts stored records anew.
type Rebuilding struct {
	room *Room
	old  []Stored
	keep func(key string) bool
}

// Rebuild begins to count anew. Of what was stored, days that keep holds for stay as
// they are, because their records are gone; all others are to be added again.
func Rebuild(c Config, d Dependencies, old []Stored, keep func(key string) bool) (*Rebuilding, error) {
	r := &Rebuilding{room: New(c, d), old: old, keep: keep}
	kept := slices.DeleteFunc(slices.Clone(old), func(s Stored) bool { return s.Key != keyBook && !keep(s.Key) })
	slices.SortFunc(kept, func(a, b Stored) int { return cmp.Compare(a.Key, b.Key) })
	if len(kept) == 0 || len(kept) == 1 && kept[0].Key == keyBook {
		return r, nil // numbers of the book are nobody's
	}
	for _, s := range kept {
		for _, data := range s.Data {
			if err := r.room.Load(s.Key, data); err != nil {
				return nil, fmt.Errorf("participants %s: %w", s.Key, err)
			}
		}
	}
	return r, nil
}

// Room is what counts; records are handed to its Add, in any order.
func (r *Rebuilding) Room() *Room { return r.room }

// Parts gives the parts that take the place of the stored ones, all of them whole;
// one without data drops what was stored.
func (r *Rebuilding) Parts() (parts []Part) {
	x := r.room
	x.mu.Lock()
	defer x.mu.Unlock()
	made := map[string]bool{keyBook: true}
	parts = append(parts, x.emit(keyBook, true, x.appendBook(nil, 0)))
	for _, number := range slices.Sorted(maps.Keys(x.days)) {
		key, d := dayKey(number), x.days[number]
		if made[key] = true; x.changed[number] != nil {
			parts = append(parts, x.emit(key, true, x.packed(d)))
		}
	}
	for _, s := range r.old {
		if !made[s.Key] && !r.keep(s.Key) {
			parts = append(parts, Part{Key: s.Key, Replace: true})
		}
	}
	clear(x.changed)
	x.stored = len(x.book.slots)
	return parts
}
