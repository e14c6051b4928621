// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"time"
)

// burst tells whether records come in bulk. Then the flow is served first, at other
// times those who ask.
type burst struct {
	counted uint64 // records when last looked
	quiet   int    // looks since they came in bulk
	on      bool
}

const (
	looked     = time.Second
	bulkRate   = 10_000 // records a look
	quietLooks = 10     // after so many it is over: what follows a burst stops all for a moment
)

// look takes the number of records so far and says whether they come in bulk.
func (b *burst) look(records uint64) (on bool) {
	if b.quiet++; records-b.counted >= bulkRate {
		b.on, b.quiet = true, 0
	}
	b.on = b.on && b.quiet < quietLooks
	b.counted = records
	return b.on
}

// follow tells each change until ctx ends, and the end of a burst then, too.
func (b *burst) follow(ctx context.Context, records func() uint64, turn func(bulk bool)) {
	every(ctx, looked, func() {
		if before := b.on; b.look(records()) != before {
			turn(b.on)
		}
	})
	if b.on {
		turn(false)
	}
}

// followBursts has the processors' places, the growth of the heap and what is counted
// ahead follow how many records come in.
func (a *App) followBursts(context.Context) error {
	a.background("following bursts", func(ctx context.Context) {
		(&burst{}).follow(ctx, a.pipeline.Records, func(bulk bool) {
			a.bulk.Store(bulk)
			sharePlaces(bulk)
			a.heap.turn(bulk)
		})
	})
	return nil
}
