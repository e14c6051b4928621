// SPDX-License-Identifier: Apache-2.0

package vitals

import (
	"testing"
	"time"
)

func TestBoard(t *testing.T) {
	var b Board
	start := time.Date(2026, 11, 21, 5, 0, 0, 0, time.UTC)
	if !b.Ready() || len(b.Warnings()) != 0 {
		t.Fatal("an empty board must be ready")
	}
	b.Raise(Warning{Code: "sensor.silent", About: "hue-1", Severity: Notice}, start)
	b.Raise(Warning{Code: "disk.low", Severity: Critical}, start)
	b.Raise(Warning{Code: "sensor.silent", About: "hue-1", Severity: Degraded}, start.Add(time.Minute))
	w := b.Warnings()
	if len(w) != 2 || w[0].Code != "disk.low" || w[1].Severity != Degraded {
		t.Fatalf("%+v", w)
	}
	if !w[1].Since.Equal(start) {
		t.Errorf("since %v, want the first moment", w[1].Since)
	}
	if b.Ready() {
		t.Error("ready with a critical warning")
	}
	b.Clear("disk.low", "")
	if !b.Ready() {
		t.Error("not ready after it was cleared")
	}
}
