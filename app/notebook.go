// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
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
	failsFor  = 10 * time.Second
)

var errManyNotes = errors.New("the book of final figures is full; figures that nobody asked for yet stay provisional")

// togetherKey begins the keys of notes that were written together: pages tell of a
// hundred figures for the first time, and a wait for the disk for each would be long.
const togetherKey = "together/"

// notebook keeps classify's notes: in a bucket beside the journal, and all of them
// in memory.
type notebook struct {
	bucket policyBucket
	now    func() time.Time

	flushing sync.Mutex // held while notes are written together; taken before mu
	last     int64      // nanosecond that the last ones are named by

	mu    sync.RWMutex
	notes map[string][]byte
	many  map[string]int // by the part before the first stroke
	queue []string       // keys of notes that are not on disk yet
	fails error          // why the last ones could not be written together; for failsFor, or until one could be, they are written one by one
	since time.Time
}

func (a *App) startNotes(ctx context.Context) error {
	b, err := a.journal.Bucket(ctx, "figures")
	if err != nil {
		return err
	}
	n := &notebook{bucket: b, now: a.now}
	if err := n.start(ctx); err != nil {
		return fmt.Errorf("figures: reading what was published: %w", err)
	}
	a.notes = n
	return nil
}

// start reads the notes. One that stands alone was written after the one of its key
// among others: these are the first of their keys.
func (n *notebook) start(ctx context.Context) (err error) {
	if n.notes, err = n.bucket.List(ctx); err != nil {
		return err
	}
	for _, key := range slices.Backward(slices.Sorted(maps.Keys(n.notes))) { // the newest first
		if !strings.HasPrefix(key, togetherKey) {
			continue
		}
		raw := n.notes[key]
		var lot map[string]json.RawMessage
		if err := json.Unmarshal(raw, &lot); err != nil {
			return fmt.Errorf("%s: %w; restore it from a backup", key, err)
		}
		delete(n.notes, key)
		for one, value := range lot {
			if _, ok := n.notes[one]; !ok {
				n.notes[one] = value
			}
		}
	}
	n.many = map[string]int{}
	for key := range n.notes {
		n.many[sortOf(key)]++
	}
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
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.put(key, value)
}

// put is Put for those who have the lock.
func (n *notebook) put(key string, value []byte) error {
	if err := n.room(key); err != nil {
		return err
	}
	if err := n.write(key, value); err != nil {
		return fmt.Errorf("figures: keeping %s: %w", key, err)
	}
	n.fails = nil
	n.know(key, value)
	return nil
}

func (n *notebook) write(key string, value []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), noteWrite)
	defer cancel()
	return n.bucket.Put(ctx, key, value)
}

func (n *notebook) room(key string) error {
	_, known := n.notes[key]
	sort := sortOf(key)
	if most := map[string]int{"final": maxFinal, "brief": maxBrief}[sort]; !known && most > 0 && n.many[sort] >= most {
		return errManyNotes
	}
	return nil
}

func (n *notebook) know(key string, value []byte) {
	if _, known := n.notes[key]; !known {
		n.many[sortOf(key)]++
	}
	n.notes[key] = value
}

// Later implements classify.Notebook.
func (n *notebook) Later(key string, value []byte) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.failing() != nil {
		return n.put(key, value)
	}
	if err := n.room(key); err != nil {
		return err
	}
	n.know(key, value)
	n.queue = append(n.queue, key)
	return nil
}

// Flush implements classify.Notebook. Who calls it while others write waits for what
// these write.
func (n *notebook) Flush() error {
	n.flushing.Lock()
	defer n.flushing.Unlock()
	n.mu.Lock()
	queue, fails := n.queue, n.failing()
	n.queue = nil
	lot := make(map[string]json.RawMessage, len(queue))
	for _, key := range queue {
		lot[key] = n.notes[key]
	}
	n.mu.Unlock()
	if len(lot) == 0 {
		return fails
	}
	raw, err := json.Marshal(lot)
	if err == nil {
		n.last = max(n.last+1, n.now().UnixNano())
		err = n.write(fmt.Sprintf("%s%d", togetherKey, n.last), raw)
	}
	if err != nil {
		n.forget(lot, err)
	}
	return err
}

// failing says why notes are not written together, to those who have the lock.
func (n *notebook) failing() error {
	if n.fails != nil && n.now().Sub(n.since) >= failsFor {
		n.fails = nil
	}
	return n.fails
}

// forget takes back what could not be written, but for what was written anew alone.
func (n *notebook) forget(lot map[string]json.RawMessage, why error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.fails, n.since = fmt.Errorf("figures: keeping %d notes: %w", len(lot), why), n.now()
	for key, value := range lot {
		if bytes.Equal(n.notes[key], value) {
			delete(n.notes, key)
			n.many[sortOf(key)]--
		}
	}
}

// readNotes is a notebook that keeps nothing: for figures that are only worked out
// again.
type readNotes struct{ classify.Notebook }

func (readNotes) Put(string, []byte) error { return nil }

func (readNotes) Later(string, []byte) error { return nil }

func (readNotes) Flush() error { return nil }
