// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
)

// tile is a finished tile.
type tile struct {
	level int
	n     int64
	data  []byte // tileWidth hashes
}

func (t tile) path() string {
	return tlog.Tile{H: tileHeight, L: t.level, N: t.n, W: tileWidth}.Path()
}

// tree is the right edge of the log's Merkle tree: the unfinished tile of every
// level. Everything left of it is in finished tiles.
type tree struct {
	size int64
	edge [][]tlog.Hash
}

// clone gives a tree that grows apart from this one.
func (t *tree) clone() *tree {
	c := &tree{size: t.size, edge: make([][]tlog.Hash, len(t.edge))}
	for i, e := range t.edge {
		c.edge[i] = append(make([]tlog.Hash, 0, tileWidth), e...)
	}
	return c
}

// add takes the hash of the next entry and gives the tiles that it finished.
func (t *tree) add(h tlog.Hash) (finished []tile) {
	t.size++
	for level := 0; ; level++ {
		if level == len(t.edge) {
			t.edge = append(t.edge, make([]tlog.Hash, 0, tileWidth))
		}
		t.edge[level] = append(t.edge[level], h)
		if len(t.edge[level]) < tileWidth {
			return finished
		}
		f := tile{level, t.size>>(tileHeight*(level+1)) - 1, pack(t.edge[level])}
		finished = append(finished, f)
		h = fold(t.edge[level])
		t.edge[level] = t.edge[level][:0]
	}
}

// root is the tree's root hash, which needs the edge only.
func (t *tree) root() (tlog.Hash, error) { return t.rootAt(nil) }

func (t *tree) rootAt(read func(tile) ([]byte, error)) (tlog.Hash, error) {
	return tlog.TreeHash(t.size, t.reader(read))
}

// reader answers for every stored hash of the tree; finished tiles come from
// read.
func (t *tree) reader(read func(tile) ([]byte, error)) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			level, n := tlog.SplitStoredHashIndex(x)
			h, err := t.hash(level, n, read)
			if err != nil {
				return nil, err
			}
			out[i] = h
		}
		return out, nil
	})
}

// hash gives the hash of the complete subtree n of a height.
func (t *tree) hash(height int, n int64, read func(tile) ([]byte, error)) (tlog.Hash, error) {
	level, inside := height/tileHeight, height%tileHeight
	first := n << inside // in hashes of the tile level
	width := 1 << inside
	number, offset := first/tileWidth, int(first%tileWidth)
	finished := t.size >> (tileHeight * (level + 1))
	if number < finished {
		data, err := read(tile{level: level, n: number})
		if err != nil {
			return tlog.Hash{}, err
		}
		return fold(unpack(data)[offset : offset+width]), nil
	}
	if number > finished || level >= len(t.edge) || offset+width > len(t.edge[level]) {
		return tlog.Hash{}, fmt.Errorf("audit: no hash of height %d, number %d in a tree of %d entries", height, n, t.size)
	}
	return fold(t.edge[level][offset : offset+width]), nil
}

// fold hashes a power of two of neighbours into one.
func fold(hashes []tlog.Hash) tlog.Hash {
	if len(hashes) == 1 {
		return hashes[0]
	}
	half := len(hashes) / 2
	return tlog.NodeHash(fold(hashes[:half]), fold(hashes[half:]))
}

func pack(hashes []tlog.Hash) []byte {
	out := make([]byte, 0, len(hashes)*tlog.HashSize)
	for _, h := range hashes {
		out = append(out, h[:]...)
	}
	return out
}

func unpack(data []byte) []tlog.Hash {
	out := make([]tlog.Hash, len(data)/tlog.HashSize)
	for i := range out {
		copy(out[i][:], data[i*tlog.HashSize:])
	}
	return out
}
