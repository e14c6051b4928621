// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"slices"
	"sync"

	"haidang/event"
)

// free keeps batches whose records were committed, with their memory. A
// sync.Pool would lose that at every garbage collection, and growing columns
// anew costs more than filling them. As many are kept as were ever on their way
// at once, but while nothing comes they are given to the collector.
type free struct {
	limit int64 // bytes kept at most

	mu    sync.Mutex
	bytes int64
	kept  [2][]*event.Batch // small ones, others
}

// smallRows bounds the batches of small requests: they are kept apart, so that a
// few records do not hold the memory of thousands.
const smallRows = 128

func kind(rows int) int {
	if rows <= smallRows {
		return 0
	}
	return 1
}

// get gives an empty batch with room for so many rows.
func (f *free) get(rows int) *event.Batch {
	b := f.take(kind(rows))
	if b == nil {
		b = &event.Batch{}
	}
	b.Reserve(max(rows, 16))
	return b
}

func (f *free) take(kind int) *event.Batch {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := len(f.kept[kind])
	if n == 0 {
		return nil
	}
	b := f.kept[kind][n-1]
	f.kept[kind][n-1] = nil
	f.kept[kind] = f.kept[kind][:n-1]
	f.bytes -= b.Size()
	return b
}

// put takes a batch back; beyond the limit it is left to the collector.
func (f *free) put(b *event.Batch) {
	b.Reset()
	size, k := b.Size(), kind(cap(b.Time))
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.bytes+size <= f.limit {
		f.kept[k] = append(f.kept[k], b)
		f.bytes += size
	}
}

// shrink gives up half of what is kept, what was used longest ago first.
func (f *free) shrink() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for k, kept := range f.kept {
		n := (len(kept) + 1) / 2
		for _, b := range kept[:n] {
			f.bytes -= b.Size()
		}
		f.kept[k] = slices.Delete(kept, 0, n)
	}
}

func (f *free) size() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.bytes
}
