// SPDX-License-Identifier: Apache-2.0

package mutant

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
)

// maxGrowth bounds how much longer than the longest seed an input becomes.
const maxGrowth = 4 << 10

// odd are bytes that readers of text and of frames stumble over.
var odd = []string{
	"\x00", "\xff", "\x80", "\xc0\xaf", "\xed\xa0\x80", "\ufeff", "\u202e", "\u0302", "\u00a0", "\u2028", "\r", "\n", "\r\n", "\t", " ",
	`"`, `""`, `\`, `\u0000`, `\ud800`, `\u`, "'", "`", "{", "}", "[", "]", "{}", "[]", "[[", ",", ":", ";", "=", "/", "//", "..", "-", "+", "@", "%", "#", "<", ">", "&",
	"0", "-1", "1e309", "-0", "0.1", "9223372036854775807", "9223372036854775808", "18446744073709551616", "null", "true", "NaN", "0x10", "::", "::ffff:0.0.0.0", "0.0.0.0.", "/0",
	"2026-02-29T23:59:60Z", "9999-12-31T23:59:59Z", "\xff\xff\xff\xff", "\x00\x00\x00\x80", "\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
}

var word = regexp.MustCompile(`[0-9A-Za-z_.]+|[^0-9A-Za-z_.\s]`)

// wordsOf gives the words of the seeds, each once, in their order.
func wordsOf(seeds [][]any) [][]byte {
	var out [][]byte
	seen := map[string]bool{}
	for _, args := range seeds {
		for _, a := range args {
			for _, w := range word.FindAll(text(a), 2000) {
				if !seen[string(w)] {
					seen[string(w)] = true
					out = append(out, w)
				}
			}
		}
	}
	return out
}

// text is the bytes of an argument, none for a number.
func text(a any) []byte {
	switch v := a.(type) {
	case []byte:
		return v
	case string:
		return []byte(v)
	}
	return nil
}

type generator struct {
	*rand.Rand
	seeds [][]any
	words [][]byte
	limit int // bytes of a text
}

func newGenerator(r *rand.Rand, seeds [][]any) *generator {
	longest := 0
	for _, args := range seeds {
		for _, a := range args {
			longest = max(longest, len(text(a)))
		}
	}
	return &generator{Rand: r, seeds: seeds, words: wordsOf(seeds), limit: longest + maxGrowth}
}

// input is a seed changed in some places, fewer more often; nothing of it is
// shared with another.
func (g *generator) input() []any {
	args := slices.Clone(g.seeds[g.IntN(len(g.seeds))])
	for i, a := range args {
		if b, ok := a.([]byte); ok {
			args[i] = slices.Clone(b)
		}
	}
	for again := true; again; again = g.IntN(3) > 0 {
		i := g.IntN(len(args))
		args[i] = g.change(args[i], i)
	}
	return args
}

// change gives another value of the same type for the argument in place i.
func (g *generator) change(a any, i int) any {
	switch v := a.(type) {
	case []byte:
		return g.bytes(v, i)
	case string:
		return string(g.bytes([]byte(v), i))
	case bool:
		return !v
	case float32:
		return float32(g.float(float64(v)))
	case float64:
		return g.float(v)
	case int:
		return int(g.integer(int64(v)))
	case int8:
		return int8(g.integer(int64(v)))
	case int16:
		return int16(g.integer(int64(v)))
	case int32:
		return int32(g.integer(int64(v)))
	case int64:
		return g.integer(v)
	case uint:
		return uint(g.integer(int64(v)))
	case uint8:
		return uint8(g.integer(int64(v)))
	case uint16:
		return uint16(g.integer(int64(v)))
	case uint32:
		return uint32(g.integer(int64(v)))
	case uint64:
		return uint64(g.integer(int64(v)))
	}
	panic(fmt.Sprintf("testing.F.Add takes no %T", a))
}

func (g *generator) integer(n int64) int64 {
	switch g.IntN(5) {
	case 0:
		return n + int64(g.IntN(33)) - 16
	case 1:
		return n ^ 1<<g.IntN(64)
	case 2:
		return -n
	case 3:
		return []int64{0, 1, -1, math.MaxInt8, math.MaxUint8, math.MaxInt16, math.MaxInt32, math.MaxUint32, math.MaxInt64, math.MinInt64}[g.IntN(10)]
	}
	return int64(g.Uint64() >> g.IntN(64))
}

func (g *generator) float(x float64) float64 {
	switch g.IntN(4) {
	case 0:
		return x + g.NormFloat64()
	case 1:
		return math.Float64frombits(math.Float64bits(x) ^ 1<<g.IntN(64))
	case 2:
		return []float64{0, math.Copysign(0, -1), 1, math.Inf(1), math.Inf(-1), math.NaN(), math.MaxFloat64, math.SmallestNonzeroFloat64}[g.IntN(8)]
	}
	return float64(g.integer(int64(len(g.words))))
}

// bytes changes one place of a text, or joins it with another seed's.
func (g *generator) bytes(in []byte, i int) []byte {
	from, to := g.span(len(in))
	switch g.IntN(10) {
	case 0:
		if len(in) > 0 {
			in = slices.Clone(in)
			in[g.IntN(len(in))] ^= 1 << g.IntN(8)
		}
		return in
	case 1:
		return g.bounded(in[:from], g.token(), in[from:])
	case 2:
		return g.bounded(in[:from], g.token(), in[to:])
	case 3:
		return g.bounded(in[:from], in[to:])
	case 4:
		return g.bounded(in[:to], in[from:])
	case 5:
		return g.bounded(in[:from], bytes.Repeat(g.token(), 1+g.IntN(80)), in[from:])
	case 6:
		return slices.Clone(in[:from])
	case 7:
		other := text(g.seeds[g.IntN(len(g.seeds))][i])
		return g.bounded(in[:from], other[g.IntN(len(other)+1):])
	case 8:
		return g.word(in)
	}
	return g.field(in)
}

// span is a place in a text of n bytes; short ones come more often.
func (g *generator) span(n int) (from, to int) {
	from = g.IntN(n + 1)
	return from, min(n, from+g.IntN(1+g.IntN(1+g.IntN(n+1))))
}

// token is a word of the seeds, something odd, or chance.
func (g *generator) token() []byte {
	switch n := g.IntN(8); {
	case n < 3 && len(g.words) > 0:
		return slices.Clone(g.words[g.IntN(len(g.words))])
	case n < 7:
		return []byte(odd[g.IntN(len(odd))])
	}
	out := make([]byte, 1+g.IntN(9))
	for i := range out {
		out[i] = byte(g.Uint32())
	}
	return out
}

// word puts another word, or another number, in a word's place.
func (g *generator) word(in []byte) []byte {
	at := word.FindAllIndex(in, 4000)
	if len(at) == 0 {
		return g.token()
	}
	w := at[g.IntN(len(at))]
	with := g.token()
	if n, err := strconv.ParseInt(string(in[w[0]:w[1]]), 10, 64); err == nil && g.IntN(2) == 0 {
		with = strconv.AppendInt(nil, g.integer(n), 10)
	}
	return g.bounded(in[:w[0]], with, in[w[1]:])
}

// field changes what may be a binary number.
func (g *generator) field(in []byte) []byte {
	width := 1 << g.IntN(4)
	if len(in) < width {
		return g.token()
	}
	in = slices.Clone(in)
	var order binary.ByteOrder = binary.LittleEndian
	if g.IntN(2) == 0 {
		order = binary.BigEndian
	}
	switch b := in[g.IntN(len(in)-width+1):]; width {
	case 1:
		b[0] = byte(g.integer(int64(b[0])))
	case 2:
		order.PutUint16(b, uint16(g.integer(int64(order.Uint16(b)))))
	case 4:
		order.PutUint32(b, uint32(g.integer(int64(order.Uint32(b)))))
	case 8:
		order.PutUint64(b, uint64(g.integer(int64(order.Uint64(b)))))
	}
	return in
}

// bounded joins parts to a text of its own that is not too long.
func (g *generator) bounded(parts ...[]byte) []byte {
	out := slices.Concat(parts...)
	return out[:min(len(out), g.limit)]
}
