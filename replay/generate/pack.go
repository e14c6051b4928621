// SPDX-License-Identifier: Apache-2.0

package generate

import (
	"bytes"
	"compress/gzip"
	"fmt"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
)

// packer packs bodies in a content coding, for one goroutine.
type packer struct {
	zstd *zstd.Encoder
	pack func(p *packer, out, data []byte) ([]byte, error)
}

// Encodings are the content codings a load can be sent in.
var Encodings = []string{"identity", "zstd", "s2", "gzip"}

func newPacker(encoding string) (*packer, error) {
	p := &packer{}
	switch encoding {
	case "identity":
		p.pack = func(_ *packer, out, data []byte) ([]byte, error) { return append(out, data...), nil }
	case "zstd": // as haidang sensor does
		e, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
		if err != nil {
			return nil, err
		}
		p.zstd = e
		p.pack = func(p *packer, out, data []byte) ([]byte, error) { return p.zstd.EncodeAll(data, out), nil }
	case "s2":
		p.pack = func(_ *packer, out, data []byte) ([]byte, error) {
			b := bytes.NewBuffer(out)
			w := s2.NewWriter(b, s2.WriterConcurrency(1))
			if _, err := w.Write(data); err != nil {
				return nil, err
			}
			err := w.Close()
			return b.Bytes(), err
		}
	case "gzip":
		p.pack = func(_ *packer, out, data []byte) ([]byte, error) {
			b := bytes.NewBuffer(out)
			w, err := gzip.NewWriterLevel(b, gzip.BestSpeed)
			if err != nil {
				return nil, err
			}
			if _, err := w.Write(data); err != nil {
				return nil, err
			}
			err = w.Close()
			return b.Bytes(), err
		}
	default:
		return nil, fmt.Errorf("generate: encoding %q is not one of %v", encoding, Encodings)
	}
	return p, nil
}
