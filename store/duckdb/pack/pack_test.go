// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"runtime"
	"testing"

	"haidang/mutant"
)

func writePack(t testing.TB, parts []Part, data [][]byte) ([]byte, []Part) {
	t.Helper()
	var buf bytes.Buffer
	w := NewWriter(&buf)
	for i, p := range parts {
		if err := w.Add(p.Kind, p.Key, p.Replace, data[i]); err != nil {
			t.Fatal(err)
		}
	}
	out, err := w.Close()
	if err != nil {
		t.Fatal(err)
	}
	return buf.Bytes(), out
}

func TestReadBack(t *testing.T) {
	parts := []Part{{Kind: "a", Key: "x"}, {Kind: "b", Key: "", Replace: true}, {Kind: "a", Key: "đ", Replace: true}}
	data := [][]byte{[]byte("one"), nil, bytes.Repeat([]byte{7}, 100_000)}
	file, want := writePack(t, parts, data)
	src := bytes.NewReader(file)
	got, err := ReadIndex(src, int64(len(file)))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("%v, %v, want %v", got, err, want)
	}
	for i := range got {
		b, err := got[i].Read(src)
		if err != nil || !bytes.Equal(b, data[i]) {
			t.Errorf("part %d: %d bytes, %v", i, len(b), err)
		}
	}
	file[1] ^= 1
	if _, err := got[0].Read(bytes.NewReader(file)); err == nil {
		t.Error("a damaged part was read")
	}
}

// What is copied from pack to pack reads back as it was, takes no memory for
// itself, and does not spread damage.
func TestCopy(t *testing.T) {
	parts := []Part{{Kind: "a", Key: "x"}, {Kind: "b", Key: "", Replace: true}, {Kind: "a", Key: "đ", Replace: true}, {Kind: "c", Key: "z"}}
	data := [][]byte{[]byte("one"), nil, bytes.Repeat([]byte("0123456789"), 300_000), []byte("last")}
	file, from := writePack(t, parts, data)
	order := []int{3, 2, 0, 1}
	var to bytes.Buffer
	to.Grow(len(file))
	w := NewWriter(&to)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, i := range order {
		if err := w.Copy(&from[i], bytes.NewReader(file)); err != nil {
			t.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("%d bytes are allocated to copy %d", n, len(file))
	}
	want, err := w.Close()
	if err != nil {
		t.Fatal(err)
	}
	src := bytes.NewReader(to.Bytes())
	got, err := ReadIndex(src, int64(to.Len()))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("%v, %v, want %v", got, err, want)
	}
	for at, i := range order {
		b, err := got[at].Read(src)
		if p := got[at]; err != nil || !bytes.Equal(b, data[i]) || p.Kind != parts[i].Kind || p.Key != parts[i].Key || p.Replace != parts[i].Replace {
			t.Errorf("part %d: %+v, %d bytes, %v", i, p, len(b), err)
		}
	}
	file[from[2].Offset+1_000_000] ^= 1
	if err := NewWriter(io.Discard).Copy(&from[2], bytes.NewReader(file)); err == nil {
		t.Error("a damaged part was copied")
	}
	if err := NewWriter(io.Discard).Copy(&from[2], bytes.NewReader(file[:1000])); err == nil {
		t.Error("a part was copied that is not all there")
	}
}

func FuzzReadIndex(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	file, _ := writePack(f, []Part{{Kind: "a", Key: "x"}, {Kind: "b", Key: "y", Replace: true}}, [][]byte{{1, 2}, {3}})
	f.Add(file)
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, in []byte) {
		parts, err := ReadIndex(bytes.NewReader(in), int64(len(in)))
		if err != nil {
			return
		}
		for i := range parts {
			if p := &parts[i]; p.Offset < 0 || p.Offset+p.Size > int64(len(in)) {
				t.Fatalf("part %+v lies outside of %d bytes", p, len(in))
			}
		}
	})
}

// TestIndexAgainstItsFiles: whatever is added, replaced and merged, an index
// built anew from the files knows the same live parts.
func TestIndexAgainstItsFiles(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	x := NewIndex()
	var order []string // files in the order of commit
	files := map[string][]Part{}
	for step := range 400 {
		name := fmt.Sprint("f", step)
		var parts []Part
		for range 1 + r.IntN(3) {
			p := Part{Kind: "k", Key: fmt.Sprint(r.IntN(6)), Replace: r.IntN(3) == 0, Size: int64(r.IntN(3)), Sum: r.Uint32()}
			if p.Size > 0 || p.Replace {
				parts = append(parts, p)
			}
		}
		x.Add(name, parts)
		order, files[name] = append(order, name), parts
		if n := len(order); n > 3 && r.IntN(4) == 0 {
			order = mergeSome(r, x, order, files, fmt.Sprint("m", step))
		}
		for _, f := range order {
			if !x.IsLive(f) {
				delete(files, f)
			}
		}
		order = alive(order, files)
		again := NewIndex()
		for _, f := range order {
			again.Add(f, files[f])
		}
		k1, p1 := x.Slots("k")
		k2, p2 := again.Slots("k")
		if !reflect.DeepEqual(k1, k2) || !reflect.DeepEqual(p1, p2) || x.Bytes() != again.Bytes() {
			t.Fatalf("step %d: %v %v, from the files %v %v", step, k1, p1, k2, p2)
		}
	}
}

func mergeSome(r *rand.Rand, x *Index, order []string, files map[string][]Part, name string) []string {
	from := r.IntN(len(order) - 1)
	to := from + 2 + r.IntN(len(order)-from-1)
	some := map[string]bool{}
	for _, f := range order[from:to] {
		some[f] = true
	}
	live := x.Within(some, from == 0)
	var parts []Part
	for _, p := range live {
		parts = append(parts, p.Part)
	}
	x.Moved(some, live, name, parts)
	files[name] = parts
	return append(append(append([]string{}, order[:from]...), name), order[to:]...)
}

func alive(order []string, files map[string][]Part) (out []string) {
	for _, f := range order {
		if _, ok := files[f]; ok {
			out = append(out, f)
		}
	}
	return out
}
