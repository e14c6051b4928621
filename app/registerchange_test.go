// SPDX-License-Identifier: Apache-2.0

package app

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
	"haidang/identity"
	"haidang/measure"
)

// byBand counts a day's attacks by band.
func byBand(t *testing.T, a *App, from, to event.Time) map[string]int64 {
	t.Helper()
	cells, _, err := a.measure.Contributions([]measure.Dim{measure.DimBand}, from, to, event.StageAttempt, nil)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int64{}
	for _, c := range cells {
		out[c.Group[0]] = c.Events
		for org, n := range c.Units {
			out[fmt.Sprint(c.Group[0], " ", org)] = n
		}
	}
	return out
}

// Between two records that say the same, but for a greater number, the register changes:
// each is an event where it belongs, nothing is taken back where it was never counted, a
// third that comes after is a repeat of the second, and counting anew finds the same.
func TestARegisterThatChangesBetweenRepeats(t *testing.T) {
	data := t.TempDir()
	a := observatory(t, data)
	defer func() { stop(t, a) }()
	org := sizedOrgs(t, a, event.BandSmall)[0]
	at := a.now().Add(-3 * time.Hour).Truncate(time.Minute)
	token := enrol(t, a, event.Sensor{Name: "fleet", Country: "VN"})
	sent := 0
	found := func(count int) {
		t.Helper()
		sent++
		line := fmt.Sprintf(`{"participant":"pc-1","time":%q,"country":"VN","sector":"health","organisation":%d,"name":"Trojan","class":"malware","way":"mail","resident":false,"count":%d}`+"\n",
			at.Format(time.RFC3339), org, count)
		status, batch := sendAs(t, a, "detection", token, fmt.Sprint("batch-", sent), line)
		if status != 200 {
			t.Fatal(status)
		}
		storedBatch(t, a, "fleet", batch, 1)
	}
	found(2)
	found(2)
	o, _ := a.identity.Organisation(org)
	o.Band = event.BandLarge
	if err := a.identity.UpdateOrganisation(identity.As(t.Context(), "an-analyst"), o); err != nil {
		t.Fatal(err)
	}
	for deadline := testNow().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if e, ok := a.enricher.Org(org); ok && e.Band == event.BandLarge {
			break
		}
		if testNow().After(deadline) {
			t.Fatal("the new size is not known to enrichment")
		}
	}
	found(5)
	found(4)
	from, to := event.TimeOf(at.Add(-time.Hour).Truncate(time.Hour)), event.TimeOf(at.Add(2*time.Hour).Truncate(time.Hour))
	want := map[string]int64{"small": 2, fmt.Sprint("small ", org): 2, "large": 5, fmt.Sprint("large ", org): 5}
	if d := cmp.Diff(want, byBand(t, a, from, to)); d != "" {
		t.Errorf("(-want +got): %s", d)
	}
	stop(t, a)
	if n, err := RebuildRollups(t.Context(), settingsOf(data), slog.New(slog.DiscardHandler)); err != nil || n.Records != 4 {
		t.Fatalf("%+v %v", n, err)
	}
	a = observatory(t, data)
	if d := cmp.Diff(want, byBand(t, a, from, to)); d != "" {
		t.Errorf("counted anew (-want +got): %s", strings.TrimSpace(d))
	}
}
