// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"bytes"
	"io"
	"net/http/httptest"
	"testing"

	"github.com/klauspost/compress/zstd"

	"haidang/mutant"
)

// bodyOf is a request's body as the doors open it.
func bodyOf(t *testing.T, sent []byte) *Body {
	r := httptest.NewRequest("POST", "/", bytes.NewReader(sent))
	r.Header.Set("Content-Encoding", "zstd")
	b, err := newBody(httptest.NewRecorder(), r, Config{MaxBody: 2 << 20}.withDefaults())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// What is unpacked at once is what the same bytes unpack to as they come; what
// is not, or is broken, can still be read as it comes, from its beginning.
func FuzzWhole(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	for _, options := range [][]zstd.EOption{nil, {zstd.WithEncoderCRC(false)}, {zstd.WithSingleSegment(true)}, {zstd.WithWindowSize(1 << 10)}} {
		e, err := zstd.NewWriter(nil, options...)
		if err != nil {
			f.Fatal(err)
		}
		one := e.EncodeAll(bytes.Repeat([]byte("{\"a\":1}\n"), 300), nil)
		f.Add(one)
		f.Add(append(one, e.EncodeAll(bytes.Repeat([]byte("{\"b\":2}\n"), 400), nil)...))
	}
	f.Fuzz(func(t *testing.T, sent []byte) {
		plain := bodyOf(t, sent)
		defer plain.Close()
		failed := plain.open(func(int) error { return nil })
		var want []byte
		if failed == nil {
			want, failed = io.ReadAll(plain)
		}
		b := bodyOf(t, sent)
		defer b.Close()
		asked := 0
		w, err := b.whole(int64(len(sent)), func(n int) error { asked += n; return nil })
		if err != nil || asked > 2*wholeBuffer {
			t.Fatalf("asked for %d bytes, %v", asked, err)
		}
		if w == nil {
			var got []byte
			if err = b.open(func(int) error { return nil }); err == nil {
				got, err = io.ReadAll(b)
			}
			if (err == nil) != (failed == nil) || err == nil && !bytes.Equal(got, want) {
				t.Fatalf("%d bytes and %v once looked at, %d and %v else", len(got), err, len(want), failed)
			}
			return
		}
		got := w.room[:w.size]
		// Read as it comes, a later frame may not need more memory than the first.
		if failed != nil && failed != error(errWindow) {
			t.Fatalf("refused as it comes: %v", failed)
		}
		if failed == nil && !bytes.Equal(got, want) || !bytes.Equal(w.packed, sent) || int64(len(got)) != b.Decoded() {
			t.Fatalf("%d bytes at once, %d as they come", len(got), len(want))
		}
	})
}
