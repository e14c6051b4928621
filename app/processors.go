// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"os"
	"runtime"
	"time"
)

// processors says how many goroutines may run at once. One a processor serves readers
// best: with more, the collector's own would run beside those who answer. While records
// come in bulk the workers (one a processor) and the doors have work all the time, and
// who asks would wait until one of them gives its place up, which is every ten
// milliseconds: then there are some places more, and the kernel shares the processors
// out.
type processors struct {
	counted uint64 // records when last looked
	quiet   int    // looks since they came in bulk
	bulk    bool
}

const (
	looked     = time.Second
	bulkRate   = 10_000 // records a look
	quietLooks = 10     // after so many it is over: changing the number stops all for a moment
	morePlaces = 2
)

// look takes the number of records so far and says whether more places are to be.
func (p *processors) look(records uint64) (bulk bool) {
	if p.quiet++; records-p.counted >= bulkRate {
		p.bulk, p.quiet = true, 0
	}
	p.bulk = p.bulk && p.quiet < quietLooks
	p.counted = records
	return p.bulk
}

// sharePlaces follows how many records come in. The environment's GOMAXPROCS wins.
func (a *App) sharePlaces(context.Context) error {
	if os.Getenv("GOMAXPROCS") != "" {
		return nil
	}
	a.background("sharing the processors", func(ctx context.Context) { (&processors{}).follow(ctx, a.pipeline.Records) })
	return nil
}

// follow adjusts the number of places until ctx ends.
func (p *processors) follow(ctx context.Context, records func() uint64) {
	defer runtime.SetDefaultGOMAXPROCS()
	every(ctx, looked, func() {
		before := p.bulk
		switch bulk := p.look(records()); {
		case bulk && !before:
			runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + morePlaces)
		case before && !bulk:
			runtime.SetDefaultGOMAXPROCS()
		}
	})
}
