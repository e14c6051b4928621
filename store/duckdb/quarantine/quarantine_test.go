// SPDX-License-Identifier: Apache-2.0

package quarantine

import (
	"bytes"
	"io"
	"reflect"
	"strings"
	"testing"

	"haidang/event"
	"haidang/mutant"
)

func sample() []event.Reject {
	return []event.Reject{
		{Sensor: "a", Format: "eve", Door: "http", Batch: "b", Line: 3, Seq: 9, Offset: 2, Reason: event.ReasonUTF8, Detail: "no", Bytes: []byte{0xff, 0, '\n'}, At: -1, Parser: 2},
		{Sensor: "b", Reason: event.ReasonTooLong, Bytes: bytes.Repeat([]byte{'x'}, 4096), Detail: strings.Repeat("d", 500)},
		{},
	}
}

func read(t testing.TB, file []byte) (out []event.Reject) {
	t.Helper()
	if err := Read(bytes.NewReader(file), func(r *event.Reject) bool { out = append(out, *r); return true }); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestReadBackAndJoin(t *testing.T) {
	var one, two bytes.Buffer
	if err := Write(&one, sample()); err != nil {
		t.Fatal(err)
	}
	if err := Write(&two, sample()[:1]); err != nil {
		t.Fatal(err)
	}
	joined := append(bytes.Clone(one.Bytes()), two.Bytes()...)
	want := append(sample(), sample()[0])
	if got := read(t, joined); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	n := 0
	if err := Read(bytes.NewReader(joined), func(*event.Reject) bool { n++; return n < 2 }); err != nil || n != 2 {
		t.Errorf("%d read after being told to stop at 2, %v", n, err)
	}
}

// Each commit writes its few rejects: what that takes beside them is gone through
// by the collector every second.
func TestWritingTakesLittleMemory(t *testing.T) {
	cost := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := Write(io.Discard, sample()); err != nil {
				b.Fatal(err)
			}
		}
	})
	if n := cost.AllocedBytesPerOp(); n > 2<<20 {
		t.Errorf("%d bytes are allocated for three rejects", n)
	}
}

func FuzzRead(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	var buf bytes.Buffer
	if err := Write(&buf, sample()); err != nil {
		f.Fatal(err)
	}
	f.Add(buf.Bytes())
	f.Fuzz(func(t *testing.T, in []byte) {
		n := 0
		_ = Read(bytes.NewReader(in), func(*event.Reject) bool { n++; return n < 1000 })
		if n > 1000 {
			t.Fatal("it goes on after being told to stop")
		}
	})
}
