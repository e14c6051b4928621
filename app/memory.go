// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"os"
	"runtime/debug"
	"time"
)

// settled is how long after its beginning a start is over, with what it leaves
// to be done beside.
const settled = 10 * time.Second

// boundMemory sets how often the heap is collected. Most of it are columns and
// buffers that are used again and hold no pointers: to look through them costs
// little, and what they may be outgrown by is memory that nothing else can use.
// A start, which makes what stays, is collected half as often (until boundHeap); once
// it is over, what only it needed is given back. The environment's GOGC wins.
func (a *App) boundMemory(context.Context) error {
	timer := time.AfterFunc(settled, func() {
		if err := dropProgram(); err != nil {
			a.log.Debug("pages of the program stay in memory", "error", err)
		}
	})
	a.life.add("memory of the start", func(context.Context) error { timer.Stop(); return nil })
	if os.Getenv("GOGC") != "" || a.cfg.Memory.Growth <= 0 {
		return nil
	}
	before := debug.SetGCPercent(2 * a.cfg.Memory.Growth)
	a.life.add("growth of the heap", func(context.Context) error { debug.SetGCPercent(before); return nil })
	return nil
}
