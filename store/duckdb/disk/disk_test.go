// SPDX-License-Identifier: Apache-2.0

package disk

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"testing"
)

func put(s string) func(io.Writer) error {
	return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
}

func TestOrderOfSteps(t *testing.T) {
	var steps []string
	d := &Dir{Path: filepath.Join(t.TempDir(), "a", "b"), Hook: func(op Op, name string) error {
		steps = append(steps, fmt.Sprint(op, " ", name))
		return nil
	}}
	if err := d.Make(); err != nil {
		t.Fatal(err)
	}
	if size, err := d.Create("x", put("12345")); err != nil || size != 5 {
		t.Fatal(size, err)
	}
	if err := d.Replace("m", []byte("one")); err != nil {
		t.Fatal(err)
	}
	if err := d.Replace("m", []byte("two")); err != nil {
		t.Fatal(err)
	}
	if err := d.Remove("gone already"); err != nil {
		t.Fatal(err)
	}
	replace := []string{"create m.new", "write m.new", "sync m.new", "rename m", "syncdir "}
	want := slices.Concat([]string{"create x", "write x", "sync x"}, replace, replace, []string{"remove gone already"})
	if !slices.Equal(steps, want) {
		t.Errorf("%q, want %q", steps, want)
	}
	if b, err := d.Read("m"); err != nil || string(b) != "two" {
		t.Errorf("%q, %v", b, err)
	}
	sizes, err := d.Sizes()
	if err != nil || len(sizes) != 2 || sizes["x"] != 5 {
		t.Errorf("%v, %v", sizes, err)
	}
}

func TestFailuresLeaveNothing(t *testing.T) {
	errDisk := errors.New("disk")
	for _, bad := range []Op{OpCreate, OpWrite, OpSync} {
		d := &Dir{Path: t.TempDir(), Hook: func(op Op, _ string) error {
			if op == bad {
				return errDisk
			}
			return nil
		}}
		if _, err := d.Create("x", put("1")); !errors.Is(err, errDisk) {
			t.Errorf("%s: %v", bad, err)
		}
		if sizes, err := d.Sizes(); err != nil || len(sizes) != 0 {
			t.Errorf("%s left %v, %v", bad, sizes, err)
		}
	}
	d := &Dir{Path: t.TempDir()}
	if _, err := d.Create("x", put("1")); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Create("x", put("2")); err == nil {
		t.Error("a file was written over")
	}
}

func TestUncertain(t *testing.T) {
	for bad, uncertain := range map[Op]bool{OpSync: false, OpRename: false, OpSyncDir: true} {
		d := &Dir{Path: t.TempDir(), Hook: func(op Op, _ string) error {
			if op == bad {
				return errors.New("disk")
			}
			return nil
		}}
		if err := d.Replace("m", nil); err == nil || errors.Is(err, ErrUncertain) != uncertain {
			t.Errorf("%s: %v, uncertain should be %t", bad, err, uncertain)
		}
	}
}
