// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"testing"
)

// drawer is a bucket in memory.
type drawer struct {
	data map[string][]byte
	full bool
}

func (d *drawer) Put(_ context.Context, key string, value []byte) error {
	if d.full {
		return errors.New("no space left on device")
	}
	d.data[key] = value
	return nil
}

func (d *drawer) List(context.Context) (map[string][]byte, error) { return maps.Clone(d.data), nil }

func TestNotebookHoldsWhatIsOnDisk(t *testing.T) {
	d := &drawer{data: map[string][]byte{}}
	n := &notebook{bucket: d, notes: map[string][]byte{}, many: map[string]int{}}
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
	n := &notebook{bucket: &drawer{data: map[string][]byte{}}, notes: map[string][]byte{}, many: map[string]int{}}
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
