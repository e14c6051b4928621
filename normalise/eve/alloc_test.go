// SPDX-License-Identifier: Apache-2.0

package eve

import (
	"testing"

	"haidang/event"
	"haidang/normalise"
)

// Mapping allocates nothing for a record once memory has grown: what is left is
// a few allocations for a chunk.
func TestMappingAllocatesNothingForARecord(t *testing.T) {
	var data []byte
	records := 0
	for len(data) < 256<<10 {
		for _, l := range lines() {
			data = append(append(data, l...), '\n')
			records++
		}
	}
	w := normalise.New(normalise.Config{IDKey: []byte("x")}, New()).Worker()
	c := &event.Chunk{Delivery: event.Delivery{Sensor: "s", Format: "eve"}, Data: data, Ingested: event.TimeOf(corpusNow)}
	var b event.Batch
	chunk := func() {
		b.Reset()
		if r := w.Chunk(c, event.Sensor{Name: "s"}, &b, nil); len(r) > 0 {
			t.Fatal(r[0])
		}
	}
	chunk()
	if n := testing.AllocsPerRun(20, chunk); n > float64(records)/100 {
		t.Errorf("%v allocations for %d records", n, records)
	}
	if b.Rows() != records {
		t.Errorf("%d of %d records were mapped", b.Rows(), records)
	}
}
