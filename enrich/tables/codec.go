// SPDX-License-Identifier: Apache-2.0

package tables

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// A data file is a line of JSON (header) and one zstd frame with checksum,
// which holds unsigned varints in streams one after the other: of the IPv4
// ranges the gaps, the lengths and the values, of the IPv6 ranges the same with
// two words an address, then numbers (as differences), lengths and text of the
// names. A value is an index into the list of distinct values, which comes
// first.
const (
	magic      = "haidang-table/1"
	maxRanges  = 1 << 23
	maxDecoded = 256 << 20
)

type header struct {
	Magic  string `json:"format"`
	Info   Info   `json:"info"`
	V4     int    `json:"ipv4"`
	V6     int    `json:"ipv6"`
	Values int    `json:"values"`
	Names  int    `json:"names"`
}

// Encode gives the data file of a table.
func Encode(t *Table) ([]byte, error) {
	t.tidy()
	if err := t.check(); err != nil {
		return nil, err
	}
	var index = map[uint32]uint64{}
	var distinct []uint32
	code := func(v uint32) uint64 {
		i, ok := index[v]
		if !ok {
			i = uint64(len(distinct))
			index[v] = i
			distinct = append(distinct, v)
		}
		return i
	}
	body := encodeRanges(t, code)
	var first []byte
	for _, v := range distinct {
		first = binary.AppendUvarint(first, uint64(v))
	}
	body = append(first, body...)
	body = encodeNames(body, &t.Names)
	h, err := json.Marshal(header{magic, t.Info, len(t.V4), len(t.V6), len(distinct), t.Names.Len()})
	if err != nil {
		return nil, err
	}
	z, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression),
		zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(true), zstd.WithWindowSize(8<<20))
	if err != nil {
		return nil, err
	}
	return z.EncodeAll(body, append(h, '\n')), z.Close()
}

func encodeRanges(t *Table, code func(uint32) uint64) []byte {
	var gaps, lengths, values []byte
	var next uint32
	for _, r := range t.V4 {
		gaps = binary.AppendUvarint(gaps, uint64(r.From-next))
		lengths = binary.AppendUvarint(lengths, uint64(r.To-r.From))
		values = binary.AppendUvarint(values, code(r.Value))
		next = r.To + 1
	}
	var gaps6, lengths6 []byte
	var last U128
	for _, r := range t.V6 {
		gaps6 = binary.AppendUvarint(gaps6, r.From.Hi-last.Hi)
		gaps6 = binary.AppendUvarint(gaps6, r.From.Lo)
		lengths6 = binary.AppendUvarint(lengths6, r.To.Hi-r.From.Hi)
		lengths6 = binary.AppendUvarint(lengths6, ^r.To.Lo)
		values = binary.AppendUvarint(values, code(r.Value))
		last = r.To
	}
	return bytes.Join([][]byte{gaps, lengths, gaps6, lengths6, values}, nil)
}

func encodeNames(b []byte, n *Names) []byte {
	var last uint32
	for _, k := range n.numbers {
		b = binary.AppendUvarint(b, uint64(k-last))
		last = k
	}
	var from uint32
	for _, end := range n.ends {
		b = binary.AppendUvarint(b, uint64(end-from))
		from = end
	}
	return append(b, n.text...)
}

// Decode reads a data file. It refuses anything that is not whole.
func Decode(data []byte) (*Table, error) {
	line, frame, ok := bytes.Cut(data, []byte("\n"))
	var h header
	if !ok || json.Unmarshal(line, &h) != nil || h.Magic != magic {
		return nil, fmt.Errorf("not a %s file", magic)
	}
	for _, n := range []int{h.V4, h.V6, h.Values, h.Names} {
		if n < 0 || n > maxRanges {
			return nil, errors.New("the header's counts are out of bounds")
		}
	}
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxDecoded))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	body, err := z.DecodeAll(frame, nil)
	if err != nil {
		return nil, fmt.Errorf("damaged: %w", err)
	}
	if len(body) < h.V4*3+h.V6*5+h.Values+h.Names*2 {
		return nil, fmt.Errorf("damaged: %w", io.ErrUnexpectedEOF)
	}
	r := &reader{b: body}
	t := r.table(&h)
	if r.err != nil {
		return nil, fmt.Errorf("damaged: %w", r.err)
	}
	return t, t.check()
}

// reader takes varints off its bytes; after the first error it yields zeros.
type reader struct {
	b   []byte
	err error
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.fail(io.ErrUnexpectedEOF)
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) uint32() uint32 {
	v := r.uvarint()
	if v > 1<<32-1 {
		r.fail(errors.New("a number is too large"))
	}
	return uint32(v)
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
	r.b = nil
}

func (r *reader) table(h *header) *Table {
	t := &Table{Info: h.Info, V4: make([]Range4, h.V4), V6: make([]Range6, h.V6)}
	values := make([]uint32, h.Values)
	for i := range values {
		values[i] = r.uint32()
	}
	for i := range t.V4 {
		t.V4[i].From = r.uint32()
	}
	var next uint32
	for i := range t.V4 {
		t.V4[i].From += next
		t.V4[i].To = t.V4[i].From + r.uint32()
		next = t.V4[i].To + 1
	}
	for i := range t.V6 {
		t.V6[i].From = U128{r.uvarint(), r.uvarint()}
	}
	var last U128
	for i := range t.V6 {
		from := &t.V6[i].From
		from.Hi += last.Hi
		last = U128{from.Hi + r.uvarint(), ^r.uvarint()}
		t.V6[i].To = last
	}
	value := func() uint32 {
		v := r.uvarint()
		if v >= uint64(len(values)) {
			r.fail(errors.New("a value is missing"))
			return 0
		}
		return values[v]
	}
	for i := range t.V4 {
		t.V4[i].Value = value()
	}
	for i := range t.V6 {
		t.V6[i].Value = value()
	}
	t.Names = r.names(h.Names)
	return t
}

func (r *reader) names(count int) Names {
	n := Names{numbers: make([]uint32, count), ends: make([]uint32, count)}
	var number uint32
	for i := range n.numbers {
		step := r.uint32()
		if i > 0 && (step == 0 || number+step < number) {
			r.fail(errors.New("the names are out of order"))
		}
		number += step
		n.numbers[i] = number
	}
	var end uint64
	for i := range n.ends {
		end += uint64(r.uint32())
		n.ends[i] = uint32(end)
	}
	if r.err == nil && end != uint64(len(r.b)) {
		r.fail(io.ErrUnexpectedEOF)
		return Names{}
	}
	n.text = string(r.b)
	return n
}
