// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
)

// A journal that is being written to is rebuilt elsewhere: every message that
// was acknowledged before lies at its position, and the buckets are the same.
func TestSnapshotAndRebuild(t *testing.T) {
	j := start(t)
	b, err := j.Bucket(t.Context(), "people")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		if err := b.Put(t.Context(), fmt.Sprintf("p%d", i%40), fmt.Appendf(nil, "value %d", i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Delete(t.Context(), "p7"); err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		mustSend(t, j, delivery("hue", fmt.Sprint("before", i)), fmt.Sprintf("record %d\n", i))
	}
	if err := j.Purge(t.Context(), 11); err != nil {
		t.Fatal(err)
	}
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				sendUntilTaken(t, j, delivery("hue", fmt.Sprint("meanwhile", i)), "later\n")
			}
		}
	}()
	last := j.State().Last
	streams, err := j.Streams(t.Context())
	if err != nil || len(streams) != 2 {
		t.Fatalf("%v %v", streams, err)
	}
	var snapshots []io.Reader
	for _, s := range streams {
		var out bytes.Buffer
		if err := j.Snapshot(t.Context(), s, &out); err != nil {
			t.Fatal(err)
		}
		snapshots = append(snapshots, &out)
	}
	close(stop)
	<-done
	want, err := b.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}

	dir := filepath.Join(t.TempDir(), "journal")
	if err := Rebuild(t.Context(), Config{Dir: dir}, nil, snapshots); err != nil {
		t.Fatal(err)
	}
	copied := open(t, testConfig(dir), 0, Dependencies{})
	if s := copied.State(); s.First != 11 || s.Last < last {
		t.Errorf("it holds %d to %d, want 11 to at least %d", s.First, s.Last, last)
	}
	cb, err := copied.Bucket(t.Context(), "people")
	if err != nil {
		t.Fatal(err)
	}
	got, err := cb.List(t.Context())
	if err != nil || !maps.EqualFunc(want, got, bytes.Equal) || len(got) != 39 {
		t.Errorf("the bucket holds %d values, want %d; %v", len(got), len(want), err)
	}
	before := func(j *Journal) (out []event.Chunk) {
		for _, c := range collect(t, j, 0) {
			if c.Seq <= last {
				out = append(out, c)
			}
		}
		return out
	}
	if d := cmp.Diff(before(j), before(copied)); d != "" || len(before(copied)) < 30 {
		t.Errorf("%d chunks: %s", len(before(copied)), d)
	}
}

func TestSnapshotOfNothing(t *testing.T) {
	j := start(t)
	if err := j.Snapshot(t.Context(), "NONE", io.Discard); err == nil {
		t.Error("a stream that is not there")
	}
	full := errors.New("full")
	if err := j.Snapshot(t.Context(), "HAIDANG", writerFunc(func([]byte) (int, error) { return 0, full })); !errors.Is(err, full) {
		t.Errorf("a disk that is full: %v", err)
	}
	dir := filepath.Join(t.TempDir(), "journal")
	if err := Rebuild(t.Context(), Config{Dir: dir}, nil, []io.Reader{bytes.NewReader([]byte("hello"))}); err == nil {
		t.Error("rebuilt out of nothing")
	}
}

type writerFunc func([]byte) (int, error)

func (w writerFunc) Write(p []byte) (int, error) { return w(p) }
