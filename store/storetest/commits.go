// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"haidang/event"
	"haidang/store"
)

func testEmpty(t *testing.T, open Open) {
	s := opened(t, open, t.TempDir())
	if p, w := s.Position(), s.Watermark(); p != 0 || w.IsSet() {
		t.Errorf("position %d, watermark %s of an empty store", p, w)
	}
	if got := pages(t, s, always); len(got) != 0 {
		t.Errorf("%d records in an empty store", len(got))
	}
	n, err := s.Count(t.Context(), always, event.Metrics)
	if err != nil || len(n) != len(event.Metrics) || n[0] != 0 {
		t.Errorf("Count: %v, %v", n, err)
	}
	cells, err := s.Aggregate(t.Context(), event.Aggregate{Query: always, By: []string{"day"}, Metrics: event.Metrics}, 10)
	if err != nil || len(cells) != 0 {
		t.Errorf("Aggregate: %v, %v", cells, err)
	}
	hours, err := s.Accounting(t.Context(), "", event.TimeUnset, event.TimeUnset)
	if err != nil || len(hours) != 0 {
		t.Errorf("Accounting: %v, %v", hours, err)
	}
	if slots, err := s.Sidecars("rollup"); err != nil || len(slots) != 0 {
		t.Errorf("Sidecars: %v, %v", slots, err)
	}
	if n, err := s.Expire(t.Context(), Epoch); err != nil || n != 0 {
		t.Errorf("Expire: %d, %v", n, err)
	}
}

func testCommitAndRestart(t *testing.T, open Open) {
	dir, r := t.TempDir(), random(1)
	s := opened(t, open, dir)
	c := committer{t: t, s: s}
	a, b := RandomBatch(r, 700), RandomBatch(r, 1)
	want := records(a, b)
	c.commit(a, b)
	c.commit() // nothing but a position
	check := func(s store.Store) {
		t.Helper()
		if s.Position() != 20 || s.Watermark() != Epoch+20 {
			t.Errorf("position %d, watermark %s", s.Position(), s.Watermark())
		}
		if n := s.Stats().Rows; n != int64(len(want)) {
			t.Errorf("%d rows, want %d", n, len(want))
		}
		q := always
		q.Limit = 300
		sameEvents(t, pages(t, s, q), oracleEvents(want, q))
	}
	check(s)
	stop(t, s)
	if _, err := s.Events(t.Context(), always); !errors.Is(err, store.ErrStopped) {
		t.Errorf("a stopped store answers %v", err)
	}
	check(opened(t, open, dir))
	if err := opened(t, open, t.TempDir()).Commit(t.Context(), store.Commit{Position: 5}); err != nil {
		t.Fatal(err)
	}
}

func testPages(t *testing.T, open Open) {
	s, r := opened(t, open, t.TempDir()), random(2)
	c := committer{t: t, s: s}
	var all []record
	for range 6 {
		b := RandomBatch(r, 150)
		for row := range b.Time { // many records of one moment
			b.Time[row] -= b.Time[row] % (600 * 1e9)
		}
		all = append(all, records(b)...)
		c.commit(b)
	}
	for _, limit := range []int{1000, 149, 40} {
		q := always
		q.Limit = limit
		sameEvents(t, pages(t, s, q), oracleEvents(all, q))
	}
	q := always
	q.Limit, q.From, q.To = 50, Epoch+event.Time(600e9), Epoch+event.Time(4000e9)
	sameEvents(t, pages(t, s, q), oracleEvents(all, q))
}

// testPagesWhileCommitting: a reader who pages sees every record that was there
// when it began once, whatever is committed meanwhile.
func testPagesWhileCommitting(t *testing.T, open Open) {
	s, r := opened(t, open, t.TempDir()), random(3)
	c := committer{t: t, s: s}
	there := RandomBatch(r, 500)
	ids := make(map[event.Bytes16]int)
	for _, id := range there.ID {
		ids[id] = 0
	}
	c.commit(there)
	done := make(chan struct{})
	var writing sync.WaitGroup
	writing.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				c.commit(RandomBatch(r, 20))
			}
		}
	})
	q := always
	q.Limit = 60
	for _, e := range pages(t, s, q) {
		if n, ok := ids[e.ID]; ok {
			ids[e.ID] = n + 1
		}
	}
	close(done)
	writing.Wait()
	for id, n := range ids {
		if n != 1 {
			t.Fatalf("record %s was seen %d times", id, n)
		}
	}
}

func testFields(t *testing.T, open Open) {
	s, r := opened(t, open, t.TempDir()), random(4)
	c := committer{t: t, s: s}
	b := RandomBatch(r, 100)
	c.commit(b)
	want := oracleEvents(records(b), always)
	q := always
	q.Fields = []string{"source.ip", "affected.country", "cert.orgs", "url.full"}
	got := pages(t, s, q)
	for i, e := range got {
		w := want[i].Event
		if e.ID != w.ID || e.Source.IP != w.Source.IP || e.Affected != w.Affected || e.URL != w.URL ||
			e.Destination.Country != w.Destination.Country || len(e.Orgs) != len(w.Orgs) {
			t.Fatalf("record %d: %+v, want %+v", i, e, w)
		}
		if e.Observer != "" || e.Created.IsSet() || e.Destination.IP.IsSet() || e.Residual != nil {
			t.Fatalf("record %d holds fields that nobody asked for: %+v", i, e)
		}
	}
}

func testCancelled(t *testing.T, open Open) {
	s, r := opened(t, open, t.TempDir()), random(5)
	c := committer{t: t, s: s}
	c.commit(RandomBatch(r, 100))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Events(ctx, always); !errors.Is(err, context.Canceled) {
		t.Errorf("Events: %v", err)
	}
	if _, err := s.Count(ctx, always, event.Metrics); !errors.Is(err, context.Canceled) {
		t.Errorf("Count: %v", err)
	}
	if err := s.Commit(ctx, store.Commit{Position: 50}); !errors.Is(err, context.Canceled) {
		t.Errorf("Commit: %v", err)
	}
	if s.Position() != 10 {
		t.Errorf("a cancelled commit moved the position to %d", s.Position())
	}
}

// testAwkwardText: text that is not UTF-8 is refused before it comes here; if it
// comes all the same it costs nobody else anything.
func testAwkwardText(t *testing.T, open Open) {
	s, r := opened(t, open, t.TempDir()), random(6)
	c := committer{t: t, s: s}
	b := new(event.Batch)
	var e event.Event
	for i, text := range []string{"ok", "\xff\xfe", "half \xe1\xba", "\x00", "'; DROP TABLE x; --", "␀"} {
		RandomEvent(r, &e)
		e.User, e.URL, e.CommandLine = text, text, text+"\xc3"
		e.Software = fmt.Sprint(i)
		e.Techniques = []string{text}
		b.Append(&e)
	}
	c.commit(b)
	if got := pages(t, s, always); len(got) != 6 {
		t.Fatalf("%d records", len(got))
	}
	q := always
	q.Filters = []event.Filter{{Field: "user.name", Op: event.OpEqual, Values: []string{"'; DROP TABLE x; --"}}}
	if got := pages(t, s, q); len(got) != 1 || got[0].Software != "4" {
		t.Errorf("%d records with an odd name", len(got))
	}
}
