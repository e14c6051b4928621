// SPDX-License-Identifier: Apache-2.0

package recording

import (
	"bytes"
	_ "embed" // the recording is part of the program
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

//go:embed data/eve.ndjson.zst
var eve []byte

//go:embed data/cowrie.ndjson.zst
var cowrie []byte

// Stream is one sensor's part of the recording.
type Stream struct {
	// Name names the stream in the manifest.
	Name string
	// Format is the ingest format of its lines: eve or cowrie.
	Format string
	// Open gives its lines from the first, decompressed. The reader is to be closed.
	Open func() (io.ReadCloser, error)
}

// Streams lists the streams of the recording.
func Streams() []Stream {
	return []Stream{
		{Name: "eve", Format: "eve", Open: opener("eve", eve)},
		{Name: "cowrie", Format: "cowrie", Open: opener("cowrie", cowrie)},
	}
}

func opener(name string, compressed []byte) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) {
		decoder, err := zstd.NewReader(bytes.NewReader(compressed), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(64<<20))
		if err != nil {
			return nil, fmt.Errorf("recording: stream %s: %w", name, err)
		}
		return decoder.IOReadCloser(), nil
	}
}
