// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

const (
	magic    = "HDPACK1\n"
	trailer  = 4 + 4 + len(magic) // index length, its checksum, magic
	maxIndex = 256 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Part is one part of a slot within a file.
type Part struct {
	Kind, Key string
	Replace   bool // all earlier parts of the slot are dead
	Offset    int64
	Size      int64
	Sum       uint32 // CRC-32C of its bytes
}

// taking is about what a part takes in a file, and not less.
func (p *Part) taking() int64 { return p.Size + int64(len(p.Kind)+len(p.Key)) + 24 }

// Writer writes a pack.
type Writer struct {
	w     io.Writer
	at    int64
	parts []Part
	room  []byte // for what is copied
}

// NewWriter begins a pack.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Add writes a part.
func (w *Writer) Add(kind, key string, replace bool, data []byte) error {
	w.parts = append(w.parts, Part{
		Kind: kind, Key: key, Replace: replace, Offset: w.at, Size: int64(len(data)),
		Sum: crc32.Checksum(data, castagnoli),
	})
	n, err := w.w.Write(data)
	w.at += int64(n)
	return err
}

// Copy writes a part of another pack, piece by piece: some parts are many megabytes.
// After an error, which may come when all is written, the pack is of no use.
func (w *Writer) Copy(p *Part, src io.ReaderAt) error {
	if w.room == nil {
		w.room = make([]byte, 64<<10)
	}
	copied := *p
	copied.Offset = w.at
	w.parts = append(w.parts, copied)
	sum := crc32.New(castagnoli)
	n, err := io.CopyBuffer(io.MultiWriter(sum, w.w), io.NewSectionReader(src, p.Offset, p.Size), w.room)
	w.at += n
	if err == nil && (n != p.Size || sum.Sum32() != p.Sum) {
		err = p.damaged()
	}
	return err
}

// Close writes the index and gives the parts.
func (w *Writer) Close() ([]Part, error) {
	var index []byte
	for _, p := range w.parts {
		index = appendString(index, p.Kind)
		index = appendString(index, p.Key)
		flag := byte(0)
		if p.Replace {
			flag = 1
		}
		index = append(index, flag)
		index = binary.AppendUvarint(index, uint64(p.Size))
		index = binary.LittleEndian.AppendUint32(index, p.Sum)
	}
	n, sum := len(index), crc32.Checksum(index, castagnoli)
	index = binary.LittleEndian.AppendUint32(index, uint32(n))
	index = binary.LittleEndian.AppendUint32(index, sum)
	index = append(index, magic...)
	_, err := w.w.Write(index)
	return w.parts, err
}

func appendString(dst []byte, s string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(s)))
	return append(dst, s...)
}

var errDamaged = errors.New("the index is damaged")

// ReadIndex reads the parts of a pack of the given size.
func ReadIndex(src io.ReaderAt, size int64) ([]Part, error) {
	tail := make([]byte, trailer)
	if size < int64(trailer) {
		return nil, errDamaged
	}
	if _, err := src.ReadAt(tail, size-int64(trailer)); err != nil {
		return nil, err
	}
	n := int64(binary.LittleEndian.Uint32(tail))
	if string(tail[8:]) != magic || n > maxIndex || n > size-int64(trailer) {
		return nil, errDamaged
	}
	index := make([]byte, n)
	if _, err := src.ReadAt(index, size-int64(trailer)-n); err != nil {
		return nil, err
	}
	if crc32.Checksum(index, castagnoli) != binary.LittleEndian.Uint32(tail[4:]) {
		return nil, errDamaged
	}
	return parseIndex(string(index), size-int64(trailer)-n)
}

// parseIndex reads the parts. Their names stay where they stand: thousands of strings
// by themselves would each be looked through by the collector.
func parseIndex(index string, data int64) ([]Part, error) {
	var parts []Part
	var at int64
	for len(index) > 0 {
		var p Part
		var ok bool
		if p.Kind, index, ok = cutString(index); !ok {
			return nil, errDamaged
		}
		if p.Key, index, ok = cutString(index); !ok || len(index) < 1 {
			return nil, errDamaged
		}
		p.Replace = index[0] != 0
		size, k := uvarint(index[1:])
		if k <= 0 || size > uint64(data-at) || len(index) < 1+k+4 {
			return nil, errDamaged
		}
		p.Offset, p.Size = at, int64(size)
		p.Sum = binary.LittleEndian.Uint32([]byte(index[1+k : 1+k+4]))
		index = index[1+k+4:]
		at += p.Size
		parts = append(parts, p)
	}
	if at != data {
		return nil, errDamaged
	}
	return parts, nil
}

func cutString(s string) (cut, rest string, ok bool) {
	n, k := uvarint(s)
	if k <= 0 || n > uint64(len(s)-k) {
		return "", "", false
	}
	return s[k : k+int(n)], s[k+int(n):], true
}

func uvarint(s string) (v uint64, n int) {
	return binary.Uvarint([]byte(s[:min(len(s), binary.MaxVarintLen64)]))
}

// Read reads a part's bytes and checks them.
func (p *Part) Read(src io.ReaderAt) ([]byte, error) {
	data := make([]byte, p.Size)
	if _, err := src.ReadAt(data, p.Offset); err != nil {
		return nil, err
	}
	if crc32.Checksum(data, castagnoli) != p.Sum {
		return nil, p.damaged()
	}
	return data, nil
}

func (p *Part) damaged() error {
	return fmt.Errorf("part %s/%s is damaged (checksum)", p.Kind, p.Key)
}
