// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// machine tells the class of machine and the day, and no name of it.
func machine() string {
	model := "unknown processor"
	if v := lineOf("/proc/cpuinfo", "model name"); v != "" {
		model = v
	}
	memory, _ := strconv.ParseInt(strings.TrimSuffix(lineOf("/proc/meminfo", "MemTotal"), " kB"), 10, 64)
	return fmt.Sprintf("%d cores (%s), %d GB of memory, %s/%s, %s; %s. Load of the machine when it ended: %s.",
		runtime.NumCPU(), model, (memory+512<<10)>>20, runtime.GOOS, runtime.GOARCH, runtime.Version(),
		time.Now().UTC().Format("2006-01-02"), load())
}

func load() string {
	raw, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(raw))[:2], ", ") + " (1, 5 minutes)"
}

// lineOf finds "name : value" in a file.
func lineOf(path, name string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if key, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// usage is the processor time that somebody took.
func usage(who int) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(who, &u); err != nil {
		panic(err) // no Linux answers so
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// own is this process's processor time, thread that of this thread alone.
func own() time.Duration    { return usage(syscall.RUSAGE_SELF) }
func thread() time.Duration { return usage(syscall.RUSAGE_THREAD) }

// clockTick is how /proc counts processor time on every Linux that runs Go.
const clockTick = 10 * time.Millisecond

// processorOf gives the processor time of a process.
func processorOf(pid int) (time.Duration, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(raw[strings.LastIndexByte(string(raw), ')')+1:]))
	if len(fields) < 13 {
		return 0, fmt.Errorf("/proc/%d/stat has %d fields", pid, len(fields))
	}
	user, err1 := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	if err1 != nil || err2 != nil {
		return 0, fmt.Errorf("/proc/%d/stat is not readable", pid)
	}
	return time.Duration(user+system) * clockTick, nil
}

// memoryOf gives one of the figures of /proc/PID/status in bytes: VmHWM is the
// highest there was, VmRSS what it is.
func memoryOf(pid int, name string) int64 {
	kB, _ := strconv.ParseInt(strings.TrimSuffix(lineOf(fmt.Sprintf("/proc/%d/status", pid), name), " kB"), 10, 64)
	return kB << 10
}
