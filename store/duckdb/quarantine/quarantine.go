// SPDX-License-Identifier: Apache-2.0

package quarantine

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"

	"haidang/event"
)

// line is a reject on disk; its names are part of the format.
type line struct {
	Sensor string         `json:"sensor"`
	Format string         `json:"format"`
	Door   string         `json:"door,omitempty"`
	Batch  string         `json:"batch"`
	Line   int64          `json:"line"`
	Seq    event.Position `json:"sequence"`
	Offset uint32         `json:"offset"`
	Reason event.Reason   `json:"reason"`
	Detail string         `json:"detail,omitempty"`
	Bytes  []byte         `json:"bytes,omitempty"` // base64
	At     event.Time     `json:"at"`
	Parser uint16         `json:"parser"`
}

// maxLine bounds a line: 4 KiB of bytes in base64 and the words around them.
const maxLine = 1 << 20

// window is how far back repetitions are looked for. A commit brings some kilobytes
// of rejects; to look as far as the level would costs ten megabytes for each.
const window = 128 << 10

// Write writes rejects as one zstd frame.
func Write(w io.Writer, rejects []event.Reject) error {
	z, err := zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
		zstd.WithWindowSize(window), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return err
	}
	enc := json.NewEncoder(z)
	for i := range rejects {
		l := line(rejects[i])
		if err := enc.Encode(&l); err != nil {
			return errors.Join(err, z.Close())
		}
	}
	return z.Close()
}

// Read calls fn for each reject, in order, until it answers false.
func Read(src io.Reader, fn func(r *event.Reject) bool) error {
	z, err := zstd.NewReader(src, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(64<<20))
	if err != nil {
		return err
	}
	defer z.Close()
	lines := bufio.NewScanner(z)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	for n := 1; lines.Scan(); n++ {
		var l line
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		r := event.Reject(l)
		if !fn(&r) {
			return nil
		}
	}
	return lines.Err()
}
