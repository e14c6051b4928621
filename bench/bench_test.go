// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestTheTableTellsMetAndMissed(t *testing.T) {
	var tab table
	p := tab.section("Part")
	p.add("plain", "%d", 7)
	p.goal("good", "≤ 3", true, "%.1f", 2.5)
	p.goal("bad", "≤ 3", false, "%.1f", 3.5)
	var out bytes.Buffer
	if err := tab.print(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"PART", "good   2.5  ≤ 3  met", "bad    3.5  ≤ 3  missed"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
}

func TestResultsAreWrittenBetweenTheMarks(t *testing.T) {
	page := filepath.Join(t.TempDir(), "page.md")
	text := "before\n" + beginMark + "\nold\n" + endMark + "\nafter\n"
	if err := os.WriteFile(page, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	tab := table{begin: beginMark}
	tab.section("Part").add("figure", "new")
	for range 2 { // twice gives the same
		if err := tab.write(page, "a machine"); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	want := "before\n" + beginMark + "\n\na machine\n\n### Part\n\n| what | measured | goal | |\n|---|---|---|---|\n| figure | new |  |  |\n\n" + endMark + "\nafter\n"
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if err := os.WriteFile(page, []byte("no marks"), 0o600); err != nil {
		t.Fatal(err)
	}
	if tab.write(page, "") == nil {
		t.Error("a page without marks was accepted")
	}
}

func TestFigures(t *testing.T) {
	if m := median([]float64{5, 1, 3}); m != 3 {
		t.Errorf("median of three is %v", m)
	}
	if m := median([]float64{4, 1, 3, 2}); m != 2.5 {
		t.Errorf("median of four is %v", m)
	}
	if q := quantile([]float64{1, 2, 3, 4}, 0.99); q != 4 {
		t.Errorf("p99 is %v", q)
	}
	if s := slope([]sample{{0, 10}, {1, 12}, {2, 14}}); s != 2 {
		t.Errorf("slope is %v", s)
	}
}

func TestProcFilesAreRead(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for deadline := time.Now().Add(time.Minute); ; { // /proc counts by ticks of 10 ms
		_ = strings.Repeat("x", 1<<16)
		cpu, err := processorOf(os.Getpid())
		if err == nil && cpu > 0 && own() > 0 && thread() > 0 {
			break
		}
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("processor time %v %v %v %v", cpu, own(), thread(), err)
		}
	}
	// The kernel counts pages by processor, so that the two differ by some.
	if now, peak := memoryOf(os.Getpid(), "VmRSS"), memoryOf(os.Getpid(), "VmHWM"); now <= 0 || peak < now/2 {
		t.Errorf("peak %d, now %d", peak, now)
	}
	if m := machine(); !strings.Contains(m, "cores") || slices.Contains(strings.Fields(m), hostname(t)) {
		t.Errorf("machine: %s", m)
	}
}

func hostname(t *testing.T) string {
	t.Helper()
	name, err := os.Hostname()
	if err != nil {
		t.Skip(err)
	}
	return name
}

// Every decoder must understand every line, and see the same in it.
func TestDecodersAgree(t *testing.T) {
	all, _, err := lines(1)
	if err != nil {
		t.Fatal(err)
	}
	list, err := contenders()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range all {
		for _, c := range list {
			if err := c.decode(line); err != nil {
				t.Fatalf("%s: %v in %s", c.name, err, line)
			}
		}
		e, err := flatten(line)
		if err != nil || e.Type == "" || strings.Count(string(e.tabbed(nil)), "\t") != strings.Count(columnsSQL, ",") {
			t.Fatalf("%v: %+v", err, e)
		}
	}
}

func TestInputsHoldTheSameEvents(t *testing.T) {
	in, err := write(t.TempDir(), 2_000)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{in.lines, in.tabs, in.flat} {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(raw, []byte{'\n'}); int64(n) != in.records {
			t.Errorf("%s has %d lines of %d", filepath.Base(path), n, in.records)
		}
	}
}

func TestEveryCountryOfAProbeHasAnAddress(t *testing.T) {
	found, err := places(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 100 || found["VN"] != "" || found["US"] == "" {
		t.Errorf("%d countries, US at %s", len(found), found["US"])
	}
}

// A decoder's or stage's figure must not depend on a server; the parts that do
// are run by make bench-short.
func TestStagesRun(t *testing.T) {
	b := &bench{settings: settings{rounds: 1, dir: t.TempDir()}, table: &table{}}
	if err := b.stages(t.Context()); err != nil {
		t.Fatal(err)
	}
	if rows := b.table.parts[0].rows; len(rows) < 6 {
		t.Errorf("%d rows", len(rows))
	}
}
