// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"
)

// drawer is a bucket in memory.
type drawer struct {
	data map[string][]byte
	full bool
	puts int
}

func (d *drawer) Put(_ context.Context, key string, value []byte) error {
	if d.full {
		return errors.New("no space left on device")
	}
	d.data[key] = value
	d.puts++
	return nil
}

func (d *drawer) List(context.Context) (map[string][]byte, error) { return maps.Clone(d.data), nil }

func bookOf(t *testing.T, d *drawer) *notebook {
	t.Helper()
	n := &notebook{bucket: d, now: testNow}
	if err := n.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestNotebookHoldsWhatIsOnDisk(t *testing.T) {
	d := &drawer{data: map[string][]byte{}}
	n := bookOf(t, d)
	if err := n.Put("mask/1-2", []byte("a")); err != nil || string(d.data["mask/1-2"]) != "a" {
		t.Fatalf("%v %q", err, d.data)
	}
	d.full = true
	if err := n.Put("mask/1-2", []byte("b")); err == nil {
		t.Error("what is not on disk was kept")
	}
	if v, ok := n.Get("mask/1-2"); !ok || string(v) != "a" {
		t.Errorf("%q %v", v, ok)
	}
	if err := (readNotes{n}).Put("mask/1-2", []byte("c")); err != nil {
		t.Error(err)
	}
	if v, _ := (readNotes{n}).Get("mask/1-2"); string(v) != "a" {
		t.Errorf("%q", v)
	}
}

// Strangers cannot fill the disk by asking for every hour there was; what is
// known is written anew, and masks always are.
func TestNotebookIsBounded(t *testing.T) {
	n := bookOf(t, &drawer{data: map[string][]byte{}})
	for i := range maxBrief {
		if err := n.Put(fmt.Sprint("brief/", i), nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := n.Put("brief/more", nil); !errors.Is(err, errManyNotes) {
		t.Errorf("one more: %v", err)
	}
	for _, key := range []string{"brief/7", "final/1", "mask/1", "passed"} {
		if err := n.Put(key, []byte("x")); err != nil {
			t.Errorf("%s: %v", key, err)
		}
	}
}

// Notes that were taken together are written at once, and read again beside those that
// were written anew since.
func TestNotesAreWrittenTogether(t *testing.T) {
	d := &drawer{data: map[string][]byte{}}
	n := bookOf(t, d)
	for i := range 100 {
		if err := n.Later(fmt.Sprint("final/", i), fmt.Appendf(nil, "%d", i)); err != nil {
			t.Fatal(err)
		}
	}
	if d.puts != 0 {
		t.Errorf("%d were written before anybody asked for it", d.puts)
	}
	if err := errors.Join(n.Flush(), n.Flush()); err != nil || d.puts != 1 {
		t.Errorf("%d were written, %v", d.puts, err)
	}
	if err := errors.Join(n.Later("final/100", []byte("100")), n.Put("final/7", []byte(`"anew"`)), n.Flush()); err != nil || d.puts != 3 {
		t.Errorf("%d were written, %v", d.puts, err)
	}
	again := bookOf(t, d)
	for i := range 101 {
		want := fmt.Sprint(i)
		if i == 7 {
			want = `"anew"`
		}
		if got, _ := again.Get(fmt.Sprint("final/", i)); string(got) != want {
			t.Errorf("note %d is %s after a start, want %s", i, got, want)
		}
	}
	if again.many["final"] != 101 || len(again.notes) != 101 {
		t.Errorf("%d notes, counted as %v", len(again.notes), again.many)
	}
}

// What could not be written together is not known, and who waited is told. Then notes
// are written one by one until one is on disk again.
func TestNotesThatCannotBeWrittenAreForgotten(t *testing.T) {
	d := &drawer{data: map[string][]byte{}, full: true}
	n := bookOf(t, d)
	if err := n.Later("final/1", []byte("1")); err != nil {
		t.Fatal(err)
	}
	for range 2 { // who waits, and who comes later
		if n.Flush() == nil {
			t.Error("a full disk was not told of")
		}
	}
	if _, ok := n.Get("final/1"); ok || n.many["final"] != 0 {
		t.Error("a note that is not on disk is known")
	}
	if n.Later("final/1", []byte("1")) == nil {
		t.Error("a note was taken while the disk is full")
	}
	n.now = func() time.Time { return testNow().Add(failsFor) }
	if err := errors.Join(n.Flush(), n.Later("final/4", []byte("4"))); err != nil || n.Flush() == nil {
		t.Errorf("after a while it is not tried again: %v", err)
	}
	d.full = false
	if err := errors.Join(n.Later("final/1", []byte("1")), n.Flush()); err != nil || string(d.data["final/1"]) != "1" {
		t.Errorf("%v, %q", err, d.data)
	}
	if err := errors.Join(n.Later("final/2", []byte("2")), n.Later("final/3", []byte("3")), n.Flush()); err != nil || d.puts != 2 {
		t.Errorf("%d were written, %v", d.puts, err)
	}
}

// Pages that are made at the same time wait for the disk together.
func TestNotesOfManyAtOnce(t *testing.T) {
	d := &drawer{data: map[string][]byte{}}
	n := bookOf(t, d)
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			for j := range 50 {
				key := fmt.Sprint("final/", 50*i+j)
				if err := n.Later(key, []byte("1")); err != nil {
					t.Error(err)
				}
				if j%10 == 9 {
					if err := n.Flush(); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wait.Wait()
	if again := bookOf(t, d); len(again.notes) != 400 || d.puts > 40 {
		t.Errorf("%d notes in %d writes", len(again.notes), d.puts)
	}
}

// diskOf lets a note be written between the taking of others and the failing disk.
type diskOf struct {
	*drawer
	first func()
}

func (d *diskOf) Put(ctx context.Context, key string, value []byte) error {
	if strings.HasPrefix(key, togetherKey) {
		d.first()
		return errors.New("no space left on device")
	}
	return d.drawer.Put(ctx, key, value)
}

// A note that was written alone while others waited stays known, whatever becomes of
// these; of two that were written with others the newer one counts.
func TestNotesWrittenMeanwhileStay(t *testing.T) {
	d := &drawer{data: map[string][]byte{}}
	n := bookOf(t, d)
	n.bucket = &diskOf{d, func() {
		if err := n.Put("final/1", []byte("2")); err != nil {
			t.Error(err)
		}
	}}
	if err := errors.Join(n.Later("final/1", []byte("1")), n.Later("final/2", []byte("1"))); err != nil || n.Flush() == nil {
		t.Fatalf("%v, or a full disk was not told of", err)
	}
	if v, _ := n.Get("final/1"); string(v) != "2" || n.many["final"] != 1 {
		t.Errorf("%q is known, of %d", v, n.many["final"])
	}
	for at := range 9 {
		d.data[fmt.Sprint(togetherKey, 10+at)] = fmt.Appendf(nil, `{"final/3":%d}`, at)
	}
	if v, _ := bookOf(t, d).Get("final/3"); string(v) != "8" {
		t.Errorf("the newest note is %q", v)
	}
}
