// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"haidang/classify"
)

// Of how many figures it is kept that they were final. Anybody may ask for a
// figure that nobody asked for before: beyond these it stays provisional.
const (
	maxFinal  = 100_000
	maxBrief  = 10_000 // of minutes and hours
	noteWrite = 10 * time.Second
)

var errManyNotes = errors.New("the book of final figures is full; figures that nobody asked for yet stay provisional")

// notebook keeps classify's notes: in a bucket beside the journal, and all of them
// in memory.
type notebook struct {
	bucket policyBucket

	mu    sync.RWMutex
	notes map[string][]byte
	many  map[string]int // by the part before the first stroke
}

func (a *App) startNotes(ctx context.Context) error {
	b, err := a.journal.Bucket(ctx, "figures")
	if err != nil {
		return err
	}
	n := &notebook{bucket: b, many: map[string]int{}}
	if n.notes, err = b.List(ctx); err != nil {
		return fmt.Errorf("figures: reading what was published: %w", err)
	}
	for key := range n.notes {
		n.many[sortOf(key)]++
	}
	a.notes = n
	return nil
}

func sortOf(key string) string {
	sort, _, _ := strings.Cut(key, "/")
	return sort
}

// Get implements classify.Notebook.
func (n *notebook) Get(key string) ([]byte, bool) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	v, ok := n.notes[key]
	return v, ok
}

// Put implements classify.Notebook.
func (n *notebook) Put(key string, value []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), noteWrite)
	defer cancel()
	n.mu.Lock()
	defer n.mu.Unlock()
	_, known := n.notes[key]
	sort := sortOf(key)
	if most := map[string]int{"final": maxFinal, "brief": maxBrief}[sort]; !known && most > 0 && n.many[sort] >= most {
		return errManyNotes
	}
	if err := n.bucket.Put(ctx, key, value); err != nil {
		return fmt.Errorf("figures: keeping %s: %w", key, err)
	}
	if n.notes[key] = value; !known {
		n.many[sort]++
	}
	return nil
}

// readNotes is a notebook that keeps nothing: for figures that are only worked out
// again.
type readNotes struct{ classify.Notebook }

func (readNotes) Put(string, []byte) error { return nil }
