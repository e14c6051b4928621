// SPDX-License-Identifier: Apache-2.0

package app

import (
	"testing"

	"haidang/config"
)

// A setting of 0 reaches the journal as none, not as its default.
func TestNoneOfTheJournalsBounds(t *testing.T) {
	a := &App{cfg: config.Default(), folder: &folder{}}
	if c := a.journalConfig(); c.BurstBytes != 1<<30 || c.MinFree <= 0 || c.MinFreePercent <= 0 {
		t.Errorf("defaults: burst %d, free %d, %d %%", c.BurstBytes, c.MinFree, c.MinFreePercent)
	}
	a.cfg.Journal.Burst, a.cfg.Disk.MinFree, a.cfg.Disk.MinFreePercent = 0, 0, 0
	if c := a.journalConfig(); c.BurstBytes >= 0 || c.MinFree >= 0 || c.MinFreePercent >= 0 {
		t.Errorf("none: burst %d, free %d, %d %%", c.BurstBytes, c.MinFree, c.MinFreePercent)
	}
}
