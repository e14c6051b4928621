// SPDX-License-Identifier: Apache-2.0

package app

import (
	"log/slog"
	"path/filepath"
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
	a := New(cfg, slog.New(slog.DiscardHandler))
	if err := a.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "missing.yaml") {
		t.Fatalf("started with a members file that is not there: %v", err)
	}
	stop(t, observatory(t, data))
}
