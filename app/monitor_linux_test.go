// SPDX-License-Identifier: Apache-2.0

package app

import (
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The thread that is found is the one that sleeps for a time and looks again while
// a goroutine works: all others wait to be woken, or for the network.
func TestTheThreadFoundIsTheRuntimesOwn(t *testing.T) {
	thread, err := monitorThread()
	if err != nil {
		t.Fatal(err)
	}
	asleep := "/proc/self/task/" + thread + "/syscall"
	if _, err := os.ReadFile(asleep); err != nil {
		t.Skip("what a thread waits for is not told here: ", err)
	}
	const looks = 200
	sleeping := strconv.Itoa(syscall.SYS_NANOSLEEP)
	found := 0
	for range looks {
		until := time.Now().Add(200 * time.Microsecond)
		for time.Now().Before(until) {
		}
		what, err := os.ReadFile(asleep)
		if err != nil {
			t.Fatal(err)
		}
		if number, _, _ := strings.Cut(string(what), " "); number == sleeping {
			found++
		}
	}
	if found < looks/4 {
		t.Errorf("thread %s slept for a time in %d of %d looks", thread, found, looks)
	}
}

func TestTheRuntimesOwnThreadIsWokenLessOften(t *testing.T) {
	if err := relaxMonitor(); errors.Is(err, fs.ErrPermission) {
		t.Skip("this user may not change how often threads are woken: ", err)
	} else if err != nil {
		t.Fatal(err)
	}
	thread, err := monitorThread()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("/proc/" + thread + "/timerslack_ns")
	if err != nil {
		t.Fatal(err)
	}
	if strings.TrimSpace(string(got)) != "1000000" {
		t.Errorf("the thread's slack is %q ns", got)
	}
}
