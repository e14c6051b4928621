// SPDX-License-Identifier: Apache-2.0

package app

import (
	"log/slog"
	"time"

	"haidang/config"
)

// ahead is by how much the clock of tests goes before the real one: nothing, or,
// in the last third of an hour, what is left of it. So no test meets the end of an
// hour half-way, nor of a day in any zone, a quarter or a year.
var ahead = untilNextHour(time.Now())

func untilNextHour(now time.Time) time.Duration {
	next := now.Truncate(time.Hour).Add(time.Hour + time.Second)
	if left := next.Sub(now); left < 20*time.Minute {
		return left
	}
	return 0
}

// testNow is the clock of tests, and of every observatory that they make.
func testNow() time.Time { return time.Now().Add(ahead) }

// made is an observatory that goes by the clock of tests.
func made(cfg config.Config, log *slog.Logger) *App {
	a := New(cfg, log)
	a.now = testNow
	return a
}
