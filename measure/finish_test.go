// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"bytes"
	"slices"
	"testing"
)

// A part of many megabytes gets its directory where it lies, if there is room, and
// is the same where there is none.
func TestADirectoryIsPutBeforeAPartWithoutACopy(t *testing.T) {
	part := func(room int) *partWriter {
		w := newPart(true)
		w.index(true)
		w.buf = append(w.buf, bytes.Repeat([]byte("cells"), 1<<18)...)
		w.note(7)
		w.buf = append(w.buf, "sections"...)
		w.buf = slices.Grow(slices.Clip(w.buf), room)
		return w
	}
	roomy, tight := part(1<<10), part(0)
	at := &roomy.buf[0]
	got, want := roomy.finish(), tight.finish()
	if &got[0] != at {
		t.Error("the part was copied")
	}
	if !bytes.Equal(got, want) {
		t.Error("with room the part is another than without")
	}
	d, size, err := readDirectory(got)
	if err != nil || len(d.entries) != 1 || d.entries[0].name != 7 || !d.derived || !bytes.HasPrefix(got[size:], []byte("cellscells")) {
		t.Errorf("%+v, %d bytes, %v", d, size, err)
	}
}
