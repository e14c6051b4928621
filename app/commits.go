// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"sync"

	"haidang/event"
)

// commits lets requests wait until the store has a journal position.
type commits struct {
	mu      sync.Mutex
	at      event.Position
	changed chan struct{}
}

func newCommits(at event.Position) *commits {
	return &commits{at: at, changed: make(chan struct{})}
}

// reached tells everybody who waits.
func (c *commits) reached(p event.Position) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = max(c.at, p)
	close(c.changed)
	c.changed = make(chan struct{})
}

// wait returns true once the position is committed, false when ctx ends first.
func (c *commits) wait(ctx context.Context, p event.Position) bool {
	for {
		c.mu.Lock()
		at, changed := c.at, c.changed
		c.mu.Unlock()
		if at >= p {
			return true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}
