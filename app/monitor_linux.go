// SPDX-License-Identifier: Apache-2.0

package app

import (
	"fmt"
	"os"
	"strconv"
	"time"
)

// monitorSlack is by how much later than asked for the runtime's own thread may be
// woken. It looks after goroutines in system calls and after those that run for long;
// while many calls last, as writing to disk does, it sleeps 20 microseconds at a time.
// Setting a timer and the interrupt cost a virtual machine as much again each time,
// and take the processor from who works. The kernel's usual slack is 50 microseconds;
// by itself the runtime sleeps up to ten milliseconds.
const monitorSlack = time.Millisecond

// relaxMonitor has the runtime's own thread woken less often. That needs CAP_SYS_NICE,
// without which nothing changes.
func relaxMonitor() error {
	thread, err := monitorThread()
	if err != nil {
		return err
	}
	return os.WriteFile("/proc/"+thread+"/timerslack_ns", strconv.AppendInt(nil, monitorSlack.Nanoseconds(), 10), 0)
}

// monitorThread is the first thread that the runtime starts, before any package's
// init; threads are listed as they were started.
func monitorThread() (string, error) {
	f, err := os.Open("/proc/self/task")
	if err != nil {
		return "", err
	}
	defer f.Close()
	threads, err := f.Readdirnames(2)
	if err != nil {
		return "", err
	}
	if len(threads) < 2 || threads[0] != strconv.Itoa(os.Getpid()) {
		return "", fmt.Errorf("app: no thread after the first in %v", threads)
	}
	return threads[1], nil
}
