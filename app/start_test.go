// SPDX-License-Identifier: Apache-2.0

package app

import (
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"testing"

	"haidang/config"
)

// What is read beside the start of other rooms still decides whether the
// observatory starts; where it does not, everything is given back.
func TestStartWaitsForTables(t *testing.T) {
	data := t.TempDir()
	cfg := config.Default()
	cfg.Data, cfg.Listen = data, "127.0.0.1:0"
	cfg.Disk = config.Disk{MinFree: 16 * config.MiB}
	cfg.Enrich.Members = filepath.Join(data, "missing.yaml")
	a := made(cfg, slog.New(slog.DiscardHandler))
	if err := a.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "missing.yaml") {
		t.Fatalf("started with a members file that is not there: %v", err)
	}
	stop(t, observatory(t, data))
}

// A new observatory that finds no room says how much there is, how much has to stay
// free, and what helps.
func TestStartWithoutRoom(t *testing.T) {
	cfg := config.Default()
	cfg.Data, cfg.Listen = t.TempDir(), "127.0.0.1:0"
	cfg.Disk = config.Disk{MinFree: 1 << 60}
	err := made(cfg, slog.New(slog.DiscardHandler)).Start(t.Context())
	if err == nil {
		t.Fatal("started")
	}
	for _, want := range []string{cfg.Data, "1099511627776 MiB have to stay free", "lower disk.min_free"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q says nothing of %q", err, want)
		}
	}
}

// How far the heap may grow is the setting's while the observatory runs, and what
// it was before afterwards.
func TestHeapGrowth(t *testing.T) {
	if os.Getenv("GOGC") != "" {
		t.Skip("the environment's GOGC wins")
	}
	before := debug.SetGCPercent(90)
	defer debug.SetGCPercent(before)
	a := observatory(t, t.TempDir())
	if got, want := heapGrowth(), quietGrowth*config.Default().Memory.Growth; got != want {
		t.Errorf("the heap may grow by %d per cent, want %d", got, want)
	}
	stop(t, a)
	if got := heapGrowth(); got != 90 {
		t.Errorf("after the stop the heap may grow by %d per cent, want 90", got)
	}
}

func heapGrowth() int {
	s := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(s)
	return int(s[0].Value.Uint64())
}
