// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"os"
	"runtime"
)

// morePlaces is by how many goroutines more than there are processors may run at once
// while records come in bulk. Then the workers (one a processor) and the doors have
// work all the time, and who asks would wait until one of them gives its place up,
// which is every ten milliseconds: with some places more the kernel shares the
// processors out. At other times one a processor serves readers best: with more, the
// collector's own would run beside those who answer.
const morePlaces = 2

// sharePlaces says how many goroutines may run at once. The environment's GOMAXPROCS
// wins.
func sharePlaces(bulk bool) {
	switch {
	case os.Getenv("GOMAXPROCS") != "":
	case bulk:
		runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + morePlaces)
	default:
		runtime.SetDefaultGOMAXPROCS()
	}
}

// spareProcessors has the runtime itself take less of them.
func (a *App) spareProcessors(context.Context) error {
	if err := relaxMonitor(); err != nil {
		a.log.Debug("the runtime's own thread is woken as often as ever", "error", err)
	}
	return nil
}
