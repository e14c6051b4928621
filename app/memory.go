// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"os"
	"runtime/debug"
)

// boundMemory sets how often the heap is collected. Most of it are columns and
// buffers that are used again and hold no pointers: to look through them costs
// little, and what they may be outgrown by is memory that nothing else can use.
func (a *App) boundMemory(context.Context) error {
	if os.Getenv("GOGC") != "" || a.cfg.Memory.Growth <= 0 {
		return nil
	}
	before := debug.SetGCPercent(a.cfg.Memory.Growth)
	a.life.add("memory", func(context.Context) error { debug.SetGCPercent(before); return nil })
	return nil
}
