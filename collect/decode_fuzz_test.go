// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"

	"haidang/mutant"
)

// Whatever comes with an encoding: no more memory than was asked for is claimed
// for a decoder, and every failure has words for the sender.
func FuzzDecode(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	const text = "{\"a\":1}\n{\"b\":2}\n"
	var z, s bytes.Buffer
	gz := gzip.NewWriter(&z)
	_, _ = gz.Write([]byte(text))
	gz.Close()
	sw := s2.NewWriter(&s)
	_, _ = sw.Write([]byte(text))
	sw.Close()
	zs, err := zstd.NewWriter(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(z.Bytes(), uint8(0))
	f.Add(zs.EncodeAll([]byte(text), nil), uint8(1))
	f.Add(s.Bytes(), uint8(2))
	f.Fuzz(func(t *testing.T, body []byte, which uint8) {
		encoding := []string{"gzip", "zstd", "s2", "identity"}[which%4]
		asked := 0
		d, err := decode(bytes.NewReader(body), encoding, func(n int) error { asked += n; return nil })
		if err == nil {
			defer d.close()
			_, err = io.Copy(io.Discard, io.LimitReader(d, 16<<20))
		}
		if asked > maxWindow+wireBuffer+decoderSlack && asked > 2*maxBlock+wireBuffer+decoderSlack {
			t.Errorf("asked for %d bytes", asked)
		}
		var p Problem
		if err != nil && (!errors.As(decodeProblem(err, encoding), &p) || p.Status != 400 && p.Status != 413 || p.Detail == "") {
			t.Errorf("%v becomes %v", err, p)
		}
	})
}
