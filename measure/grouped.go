// SPDX-License-Identifier: Apache-2.0

package measure

import "sync"

// Of a period at rest, what a question made of its cells is kept: the next
// question of that kind reads one cell a group and not one a kind and way, over
// whatever days. An image never changes, so neither does what was made of it.

// groupedCubes are the groups kept, within a budget: once half of it is used,
// what nobody asked for since the last time goes.
type groupedCubes struct {
	mu         sync.Mutex
	young, old map[groupedKey][]byte
	size       int // of young
	limit      int
	least      int // bytes of cells that are worth it
}

type groupedKey struct {
	of    *bucketView
	shape string
}

const (
	groupedBudget   = 16 << 20
	groupedOverhead = 96 // bytes that an entry takes beside its cells, about
	groupedLeast    = 512
)

func newGroupedCubes() groupedCubes {
	return groupedCubes{young: map[groupedKey][]byte{}, limit: groupedBudget, least: groupedLeast}
}

func (g *groupedCubes) get(key groupedKey) (cells []byte, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if cells, ok = g.young[key]; ok {
		return cells, true
	}
	if cells, ok = g.old[key]; ok {
		g.put(key, cells)
	}
	return cells, ok
}

// put keeps an entry; the caller has the lock.
func (g *groupedCubes) put(key groupedKey, cells []byte) {
	if g.size > g.limit/2 {
		g.old, g.young, g.size = g.young, map[groupedKey][]byte{}, 0
	}
	g.young[key] = cells
	g.size += len(cells) + groupedOverhead
}

// each calls fn for every group of an image's cube.
func (s *summing) each(b *bucketView, fn func(group uint64, c *Cell)) error {
	image, g := b.cube(s.cube), s.groups
	plain := func(fn func(uint64, *Cell)) error {
		return image.each(func(key uint64, c *Cell) {
			if s.match.match(key) {
				fn(s.match.group(key), c)
			}
		})
	}
	if image.length() < g.least {
		return plain(fn)
	}
	key := groupedKey{b, s.shape}
	cells, ok := g.get(key)
	if !ok {
		t := s.another()
		if err := plain(func(group uint64, c *Cell) { t.cell(group).add(c) }); err != nil {
			return err
		}
		if cells = appendCells(nil, t.keys, t.cells, &s.order); 2*len(cells) > image.length() {
			cells = nil // hardly fewer than there were: not worth the memory
		}
		g.mu.Lock()
		g.put(key, cells)
		g.mu.Unlock()
	}
	if cells == nil {
		return plain(fn)
	}
	walkCells(cells, fn)
	return nil
}
