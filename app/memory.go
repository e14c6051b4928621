// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"os"
	"runtime/debug"
	"time"
)

// settled is how long after a start what it leaves to be done beside is done;
// seldom is how long pages of the program stay that were used once.
const (
	settled = 10 * time.Second
	seldom  = time.Minute
)

// boundMemory sets how often the heap is collected. Most of it are columns and
// buffers that are used again and hold no pointers: to look through them costs
// little, and what they may be outgrown by is memory that nothing else can use.
// A start, which makes what stays, is collected as seldom as when nothing comes in bulk
// (see boundHeap). The environment's GOGC wins.
func (a *App) boundMemory(context.Context) error {
	if os.Getenv("GOGC") != "" || a.cfg.Memory.Growth <= 0 {
		return nil
	}
	before := debug.SetGCPercent(quietGrowth * a.cfg.Memory.Growth)
	a.life.add("growth of the heap", func(context.Context) error { debug.SetGCPercent(before); return nil })
	return nil
}

// spareProgram gives back the program's pages that only the start needed, now and
// when all that it left to be done is done, and from then on those that were used
// once: a question to the engine brings tens of megabytes of code.
func (a *App) spareProgram(context.Context) error {
	a.background("pages of the program", func(ctx context.Context) {
		var program programPages
		drop := func() {
			if err := program.drop(); err != nil {
				a.log.Debug("pages of the program stay in memory", "error", err)
			}
		}
		drop()
		if wait(ctx, settled) {
			drop()
			every(ctx, seldom, drop)
		}
	})
	return nil
}

// wait reports whether so much time passed before ctx ended.
func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
