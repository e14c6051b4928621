// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"haidang/event"
	"haidang/store"
)

// testMerging: many small commits become few files; no record is lost, doubled
// or changed, and a restart finds the same.
func testMerging(t *testing.T, open Open) {
	dir, r := t.TempDir(), random(12)
	s := opened(t, open, dir)
	c := committer{t: t, s: s}
	var all []record
	for range 70 {
		b := RandomBatch(r, 1+r.IntN(30))
		all = append(all, records(b)...)
		c.commit(b)
	}
	eventually(t, "merging 70 segments into less than 25", func() bool { return s.Stats().Segments < 25 })
	q := event.Aggregate{Query: always, By: []string{"affected.country", "hour"}, Metrics: event.Metrics}
	check := func(s store.Store) {
		t.Helper()
		if n := s.Stats().Rows; n != int64(len(all)) {
			t.Errorf("%d rows, want %d", n, len(all))
		}
		sameEvents(t, pages(t, s, always), oracleEvents(all, always))
		sameCells(t, s, all, q)
	}
	check(s)
	stop(t, s)
	check(opened(t, open, dir))
}

func testReadersDuringMerging(t *testing.T, open Open) {
	s, r := opened(t, open, t.TempDir()), random(13)
	c := committer{t: t, s: s}
	var committed sync.Map // how many records at least must be seen
	committed.Store("n", 0)
	done := make(chan struct{})
	var reading sync.WaitGroup
	for range 3 {
		reading.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				least, _ := committed.Load("n")
				q := always
				q.Filters = []event.Filter{{Field: "cert.excluded", Op: event.OpMissing}, {Field: "cert.count", Op: event.OpExists}}
				p, err := s.Events(context.Background(), q)
				if err != nil {
					t.Errorf("Events: %v", err)
					return
				}
				if n := p.Batch.Rows(); n < min(least.(int), q.Limit) {
					t.Errorf("%d records seen after %d were committed", n, least)
				}
			}
		})
	}
	n := 0
	for range 60 {
		b := RandomBatch(r, 10)
		c.commit(b)
		for row := range b.Rows() {
			if b.Excluded.At(row) == "" {
				n++
			}
		}
		committed.Store("n", n)
	}
	eventually(t, "merging 60 segments into less than 25", func() bool { return s.Stats().Segments < 25 })
	close(done)
	reading.Wait()
}

func testExpire(t *testing.T, open Open) {
	dir, r := t.TempDir(), random(14)
	s := opened(t, open, dir)
	c := committer{t: t, s: s}
	var kept []record
	for day := range 4 {
		b := RandomBatch(r, 50)
		for row := range b.Ingested {
			b.Ingested[row] = Epoch + event.Time(day)*event.Time(24*3600e9) + event.Time(row)
		}
		if day >= 2 {
			kept = append(kept, records(b)...)
		}
		c.at += 10
		err := s.Commit(t.Context(), store.Commit{
			Position: c.at, Batches: []*event.Batch{b}, Watermark: Epoch,
			Rejects: []event.Reject{{Sensor: "x", Reason: event.ReasonUTF8, At: b.Ingested[0], Seq: c.at}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	n, err := s.Expire(t.Context(), Epoch+2*event.Time(24*3600e9))
	if err != nil || n != 100 {
		t.Fatalf("%d records expired, %v, want 100", n, err)
	}
	check := func(s store.Store) {
		t.Helper()
		sameEvents(t, pages(t, s, always), oracleEvents(kept, always))
		p, err := s.Rejects(t.Context(), store.RejectQuery{})
		if err != nil || len(p.Rejects) != 2 {
			t.Errorf("%d rejects, %v, want 2", len(p.Rejects), err)
		}
		if s.Position() != 40 {
			t.Errorf("position %d", s.Position())
		}
	}
	check(s)
	stop(t, s)
	check(opened(t, open, dir))
}

func testRejects(t *testing.T, open Open) {
	dir := t.TempDir()
	s := opened(t, open, dir)
	var all []event.Reject
	for i := range 40 {
		var some []event.Reject
		for k := range 5 {
			some = append(some, event.Reject{
				Sensor: []string{"a", "b"}[k%2], Format: "eve", Door: "http", Batch: fmt.Sprint("batch-", i/10),
				Line: int64(k), Seq: event.Position(i), Offset: uint32(k), Parser: 3,
				Reason: []event.Reason{event.ReasonUTF8, event.ReasonTime, event.ReasonField}[k%3],
				Detail: "no readable time: use RFC 3339", Bytes: []byte{0xff, 0, byte(k)}, At: Epoch + event.Time(i*5+k),
			})
		}
		all = append(all, some...)
		if err := s.Commit(t.Context(), store.Commit{Position: event.Position(i), Rejects: some}); err != nil {
			t.Fatal(err)
		}
	}
	for _, q := range []store.RejectQuery{
		{Limit: 7}, {Sensor: "b", Limit: 3}, {Reason: event.ReasonTime, Limit: 100}, {Batch: "batch-2", Limit: 9},
		{Sensor: "a", Reason: event.ReasonField, Batch: "batch-0"}, {Sensor: "nobody"},
		{From: Epoch + 17, To: Epoch + 60, Limit: 10},
	} {
		var want, got []event.Reject
		for _, r := range all {
			if (q.Sensor == "" || q.Sensor == r.Sensor) && (q.Reason == "" || q.Reason == r.Reason) && (q.Batch == "" || q.Batch == r.Batch) &&
				(q.From == 0 || r.At >= q.From && r.At < q.To) {
				want = append(want, r)
			}
		}
		for {
			p, err := s.Rejects(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, p.Rejects...)
			if q.After = p.Next; p.Next == "" {
				break
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%+v (-want +got): %s", q, d[:min(len(d), 2000)])
		}
	}
	if n := s.Stats().Rejects; n != 200 {
		t.Errorf("%d rejects counted", n)
	}
	stop(t, s)
	p, err := opened(t, open, dir).Rejects(t.Context(), store.RejectQuery{Limit: 500})
	if d := cmp.Diff(all, p.Rejects); err != nil || d != "" {
		t.Errorf("after a restart: %v %s", err, d[:min(len(d), 2000)])
	}
}

func testAccounting(t *testing.T, open Open) {
	s, r := opened(t, open, t.TempDir()), random(15)
	const hour = event.Time(3600e9)
	type key struct {
		sensor string
		hour   event.Time
	}
	want := make(map[key]*store.Hour)
	cell := func(sensor string, at event.Time) *store.Hour {
		k := key{sensor, at - at%hour}
		if want[k] == nil {
			want[k] = &store.Hour{Sensor: sensor, Hour: k.hour, Quarantined: map[event.Reason]int64{}}
		}
		return want[k]
	}
	for i := range 12 {
		b := RandomBatch(r, 90)
		for row := range b.Rows() {
			cell(b.Observer.At(row), b.Ingested[row]).Stored++
		}
		rejects := []event.Reject{{Sensor: "hn-1", Reason: event.ReasonUTF8, At: Epoch + event.Time(i)*hour/2}}
		cell("hn-1", rejects[0].At).Quarantined[event.ReasonUTF8]++
		if err := s.Commit(t.Context(), store.Commit{Position: event.Position(i), Batches: []*event.Batch{b}, Rejects: rejects}); err != nil {
			t.Fatal(err)
		}
	}
	from, to := (Epoch-Epoch%hour)+hour, (Epoch-Epoch%hour)+3*hour
	for _, q := range []struct {
		sensor   string
		from, to event.Time
	}{{"", event.TimeUnset, event.TimeUnset}, {"hn-1", event.TimeUnset, event.TimeUnset}, {"", from, to}, {"x", from, event.TimeUnset}} {
		var expect []store.Hour
		for k, h := range want {
			if (q.sensor == "" || k.sensor == q.sensor) && (!q.from.IsSet() || k.hour >= q.from) && (!q.to.IsSet() || k.hour < q.to) {
				expect = append(expect, *h)
			}
		}
		got, err := s.Accounting(t.Context(), q.sensor, q.from, q.to)
		if err != nil {
			t.Fatal(err)
		}
		byHour := func(a, b store.Hour) bool { return a.Hour < b.Hour || a.Hour == b.Hour && a.Sensor < b.Sensor }
		if d := cmp.Diff(expect, got, cmpopts.SortSlices(byHour)); d != "" {
			t.Errorf("%+v (-want +got): %s", q, d)
		}
	}
}

func testOutcome(t *testing.T, open Open) {
	s, r := opened(t, open, t.TempDir()), random(16)
	var all []record
	spans := []store.Span{{Seq: 3, From: 0, To: 50}, {Seq: 3, From: 70, To: 71}, {Seq: 4, From: 10, To: 100}, {Seq: 7777, To: 9}}
	in := func(seq uint64, offset uint32) bool {
		return slices.ContainsFunc(spans, func(p store.Span) bool {
			return uint64(p.Seq) == seq && offset >= p.From && offset < p.To
		})
	}
	want := store.Outcome{Quarantined: map[event.Reason]int64{}}
	for i := range 10 {
		b := RandomBatch(r, 200)
		all = append(all, records(b)...)
		reject := event.Reject{Seq: event.Position(i), Offset: uint32(i * 10), Reason: event.ReasonTime}
		if in(uint64(i), reject.Offset) {
			want.Quarantined[reject.Reason]++
		}
		err := s.Commit(t.Context(), store.Commit{Position: event.Position(i), Batches: []*event.Batch{b}, Rejects: []event.Reject{reject}})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, rec := range all {
		if in(rec.RawSeq, rec.RawOffset) {
			want.Stored++
		}
	}
	got, err := s.Outcome(t.Context(), spans)
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Errorf("%v (-want +got): %s", err, d)
	}
	if want.Stored == 0 || len(want.Quarantined) == 0 {
		t.Fatal("the spans hold nothing: the test shows nothing")
	}
}

func testSidecars(t *testing.T, open Open) {
	dir := t.TempDir()
	s := opened(t, open, dir)
	step := func(position event.Position, parts ...store.Sidecar) {
		t.Helper()
		if err := s.Commit(t.Context(), store.Commit{Position: position, Sidecars: parts}); err != nil {
			t.Fatal(err)
		}
	}
	add := func(key, data string) store.Sidecar {
		return store.Sidecar{Kind: "rollup", Key: key, Data: []byte(data)}
	}
	replace := func(key, data string) store.Sidecar {
		return store.Sidecar{Kind: "rollup", Key: key, Replace: true, Data: []byte(data)}
	}
	step(1, add("b", "b1"), add("a", "a1"), store.Sidecar{Kind: "ledger", Key: "a", Data: []byte("L")})
	step(2, add("a", "a2"), add("a", "a3"), add("gone", "x"))
	step(3, replace("b", "b2"), replace("gone", ""))
	step(4, add("b", "b3"), add("a", ""))
	want := []store.Slot{{Key: "a", Data: [][]byte{[]byte("a1"), []byte("a2"), []byte("a3")}}, {Key: "b", Data: [][]byte{[]byte("b2"), []byte("b3")}}}
	check := func(s store.Store) {
		t.Helper()
		got, err := s.Sidecars("rollup")
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Errorf("%v (-want +got): %s", err, d)
		}
		if d := cmp.Diff(want, keptOf(t, s, "rollup", "")); d != "" {
			t.Errorf("kept (-want +got): %s", d)
		}
		if d := cmp.Diff(want[1:], keptOf(t, s, "rollup", "b")); d != "" {
			t.Errorf("kept of one prefix (-want +got): %s", d)
		}
		if l, err := s.Sidecars("ledger"); err != nil || len(l) != 1 || !bytes.Equal(l[0].Data[0], []byte("L")) {
			t.Errorf("ledger: %v, %v", l, err)
		}
	}
	check(s)
	stop(t, s)
	check(opened(t, open, dir))
}

// keptOf reads what Kept gives.
func keptOf(t *testing.T, s store.Store, kind, prefix string) (out []store.Slot) {
	t.Helper()
	slots, err := s.Kept(kind, prefix)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range slots {
		slot := store.Slot{Key: k.Key}
		for _, p := range k.Parts {
			data, err := p.Read()
			if err != nil {
				t.Fatal(err)
			}
			slot.Data = append(slot.Data, data)
		}
		out = append(out, slot)
	}
	return out
}

// testSidecarsInLongRun: what is replaced again and again does not pile up, and
// what is added is never lost, through merges and restarts.
func testSidecarsInLongRun(t *testing.T, open Open) {
	dir := t.TempDir()
	want := map[string][][]byte{}
	position := event.Position(0)
	for round := range 3 {
		s := opened(t, open, dir)
		for i := range 100 {
			position++
			added := store.Sidecar{Kind: "k", Key: fmt.Sprint("add-", i%3), Data: fmt.Appendf(nil, "%d-%d", round, i)}
			replaced := store.Sidecar{Kind: "k", Key: fmt.Sprint("set-", i%4), Replace: true, Data: bytes.Repeat([]byte{byte(i + 1)}, 10_000)}
			parts := []store.Sidecar{added, replaced}
			want[added.Key] = append(want[added.Key], added.Data)
			want[replaced.Key] = [][]byte{replaced.Data}
			if i%10 == 9 {
				parts = append(parts, store.Sidecar{Kind: "k", Key: "add-1", Replace: true})
				want["add-1"] = nil
			}
			if err := s.Commit(t.Context(), store.Commit{Position: position, Sidecars: parts}); err != nil {
				t.Fatal(err)
			}
		}
		eventually(t, "forgetting replaced parts", func() bool { return s.Stats().SidecarBytes < 400_000 })
		sameSlots(t, s, want)
		stop(t, s)
		again := opened(t, open, dir)
		sameSlots(t, again, want)
		stop(t, again) // two stores on one folder would merge each other's files away
	}
}

func sameSlots(t *testing.T, s store.Store, want map[string][][]byte) {
	t.Helper()
	slots, err := s.Sidecars("k")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][][]byte{}
	for _, x := range slots {
		got[x.Key] = x.Data
	}
	for key, data := range want {
		if !slices.EqualFunc(data, got[key], bytes.Equal) {
			t.Errorf("slot %s holds %d parts, want %d", key, len(got[key]), len(data))
		}
		delete(got, key)
	}
	if len(got) > 0 {
		t.Errorf("slots that nobody wrote: %v", got)
	}
}
