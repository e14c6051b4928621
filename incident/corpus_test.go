// SPDX-License-Identifier: Apache-2.0

package incident_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
	"haidang/incident"
	"haidang/normalise"
	"haidang/normalise/eve"
	"haidang/normalise/shadowserver"
)

// corpus reads telemetry that nobody here wrote: Shadowserver reports and
// Suricata alerts, as the product reads them.
func corpus(t testing.TB) []*event.Batch {
	t.Helper()
	dir := os.Getenv("HAIDANG_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared", "data")
	} else if !filepath.IsAbs(dir) { // from the root of the repository
		dir = filepath.Join("..", dir)
	}
	reports, _ := filepath.Glob(filepath.Join(dir, "shadowserver", "*.csv"))
	alerts, _ := filepath.Glob(filepath.Join(dir, "suricata", "*.eve.json"))
	if len(reports) == 0 || len(alerts) == 0 {
		t.Skipf("no corpus at %s: set HAIDANG_CORPUS", dir)
	}
	n := normalise.New(normalise.Config{IDKey: []byte("test")}, eve.New(), shadowserver.New())
	var out []*event.Batch
	for seq, name := range append(reports, alerts...) {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		c := &event.Chunk{
			Delivery: event.Delivery{Sensor: "s", Format: "eve"}, Seq: event.Position(seq + 1), Data: data,
			Ingested: event.TimeOf(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)),
		}
		if filepath.Ext(name) == ".csv" {
			c.Format = "shadowserver"
			c.Preamble, c.Data, _ = bytes.Cut(data, []byte("\n"))
		}
		b := &event.Batch{}
		n.Chunk(c, event.Sensor{Name: "s"}, b, nil)
		out = append(out, b)
	}
	return out
}

// Real records, all of one organisation: every attempt, incident and state is
// in an incident, each incident can be told, and cutting and mixing the records
// changes nothing.
func TestRealRecordsMakeIncidentsThatCanBeTold(t *testing.T) {
	batches := corpus(t)
	all := func(event.Addr, uint32, string) (uint32, event.MatchReason) { return 7, event.MatchPrefix }
	var want, records uint64
	for _, b := range batches {
		for row := range b.Rows() {
			records++
			if s := b.Stage[row]; s == event.StageUnset || s == event.StageContext || b.Excluded.At(row) != "" {
				continue
			}
			_, ends := b.AffectedParties(row)
			want += uint64(ends) * uint64(b.Count[row])
		}
	}
	list := group(t, incident.Config{Samples: 20}, all, batches...)
	var got uint64
	for _, i := range list {
		got += i.Count
		a := incident.Advise("vi", i.Problem.RSIT)
		if !i.Key.IsSet() || i.Severity == 0 || i.Last < i.First || len(i.Samples) == 0 || a.Title == "" {
			t.Errorf("%+v", i)
		}
		// Rows of the block list may name a whole network, which is no machine.
		if !i.Machine.Addr.IsSet() && len(i.Machine.Hosts) == 0 && i.Problem.Name != "blocklist" {
			t.Errorf("no machine: %+v", i)
		}
	}
	if got != want || len(list) < 50 {
		t.Errorf("%d incidents hold %d records, want %d", len(list), got, want)
	}
	t.Logf("%d records of %d files made %d incidents", records, len(batches), len(list))
	rand.New(rand.NewPCG(4, 4)).Shuffle(len(batches), func(i, j int) { batches[i], batches[j] = batches[j], batches[i] })
	if diff := cmp.Diff(list, group(t, incident.Config{Samples: 20}, all, batches...)); diff != "" {
		t.Error(diff)
	}
	if rows := lines(t, "vi", list); len(rows) < len(list) {
		t.Errorf("%d lines for %d incidents", len(rows), len(list))
	}
}
