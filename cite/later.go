// SPDX-License-Identifier: Apache-2.0

package cite

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"haidang/event"
)

// later holds documents on their way to the disk, while the page that names them is
// still being made.
type later struct {
	mu      sync.Mutex
	waiting []filed
	busy    chan struct{} // closed when the writer at work is done; nil where there is none
	fails   error         // why the last ones could not be written; for failsFor, or until one could be, they are written before Later returns
	since   time.Time
}

// filed is a document and its place.
type filed struct {
	id string
	place
	document []byte
}

// writeFor bounds how long a document may take to be on disk.
const (
	writeFor = 10 * time.Second
	failsFor = 10 * time.Second
)

// Later is Cite for who waits for many: it gives the id, and the document is on disk
// once Flush returned. Where Flush fails, what was not written is not known any more.
func (b *Book) Later(ctx context.Context, c *event.CitedFigure, from netip.Addr) (id string, err error) {
	return b.keep(ctx, c, from, b.file)
}

// file takes a document to be written, or writes it where the last ones could not be.
func (b *Book) file(ctx context.Context, f filed) error {
	q := &b.later
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.failing(b.now()) != nil {
		if err := b.write(ctx, f); err != nil {
			return err
		}
		q.fails = nil
		return nil
	}
	q.waiting = append(q.waiting, f)
	if q.busy == nil {
		q.busy = make(chan struct{})
		go b.drain()
	}
	return nil
}

func (b *Book) write(ctx context.Context, f filed) error {
	if err := b.bucket.Put(ctx, f.key(f.id), f.document); err != nil {
		return fmt.Errorf("cite: %w", err)
	}
	return nil
}

// drain writes what waits, one after another.
func (b *Book) drain() {
	q := &b.later
	for {
		q.mu.Lock()
		if len(q.waiting) == 0 {
			close(q.busy)
			q.busy = nil
			q.mu.Unlock()
			return
		}
		f := q.waiting[0]
		q.mu.Unlock()
		ctx, cancel := context.WithTimeout(context.Background(), writeFor)
		err := b.write(ctx, f)
		cancel()
		if err != nil {
			b.lose(err)
			continue
		}
		q.mu.Lock()
		q.waiting = q.waiting[1:]
		q.mu.Unlock()
	}
}

// lose forgets all that waits. It is in the index by then: who adds there holds writing.
func (b *Book) lose(why error) {
	b.writing.Lock()
	defer b.writing.Unlock()
	q := &b.later
	q.mu.Lock()
	defer q.mu.Unlock()
	b.remove(q.waiting)
	q.waiting, q.fails, q.since = nil, why, b.now()
}

// Flush waits for documents that Later took.
func (b *Book) Flush() error {
	q := &b.later
	q.mu.Lock()
	busy := q.busy
	q.mu.Unlock()
	if busy != nil {
		<-busy
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.failing(b.now())
}

// failing says why documents do not wait, to those who have the lock.
func (q *later) failing(now time.Time) error {
	if q.fails != nil && now.Sub(q.since) >= failsFor {
		q.fails = nil
	}
	return q.fails
}

// filed gives a document that is on its way to the disk.
func (b *Book) filed(id string) (document []byte, ok bool) {
	q := &b.later
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.IndexFunc(q.waiting, func(f filed) bool { return f.id == id })
	if i < 0 {
		return nil, false
	}
	return q.waiting[i].document, true
}

// remove takes documents out of the index.
func (b *Book) remove(list []filed) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range list {
		delete(b.at, f.id)
		b.under[f.subject] = slices.DeleteFunc(slices.Clone(b.under[f.subject]), func(id string) bool { return id == f.id })
	}
}
