// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"encoding/binary"
	"os"
	"sync"
)

// place is where the embedded log put a message: just before the checksum that
// ends its record, which was the last of a block file. It is noted from the file's
// length, so it may be wrong when something else was written meanwhile, and it is
// over when the block is written anew; whoever reads there makes sure by the nonce
// and the parts' checksums, and asks the log when they differ.
type place struct {
	seq, nonce uint64
	block      uint64
	end        int64 // of the record
	size       int   // of the payload
}

// recordSum is the length of the checksum that ends a record.
const recordSum = 8

// maxPlaces bounds the list; messages beyond it are asked for.
const maxPlaces = 1 << 14

// places are those of messages that the consumer which follows has yet to come
// to. Reading them from their files spares the log a copy of them in memory, and
// three on their way here.
type places struct {
	mu   sync.Mutex
	list []place // in order
}

func (p *places) add(at place) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.list) < maxPlaces {
		p.list = append(p.list, at)
	}
}

// take gives the place of a message, once, and forgets those before it.
func (p *places) take(seq uint64) (place, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drop(seq)
	if len(p.list) == 0 || p.list[0].seq != seq {
		return place{}, false
	}
	at := p.list[0]
	p.list = p.list[1:]
	return at, true
}

// forget gives up the places before a position: what the log no longer gives may
// still lie in its files.
func (p *places) forget(before uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drop(before)
}

func (p *places) drop(before uint64) {
	n := 0
	for n < len(p.list) && p.list[n].seq < before {
		n++
	}
	p.list = p.list[n:]
}

// blockReader reads messages from block files; one is kept open.
type blockReader struct {
	usual int // payload of a full message
	file  *os.File
	name  string
	spare [][]byte // buffers of full messages of which nothing is used any more
}

// spares bounds them.
const spares = 2

// message reads a message; false where it does not lie there as it was written.
func (b *blockReader) message(f *folder, at place) (decoded, bool) {
	if name := f.name(at.block); b.name != name {
		b.close()
		file, err := os.Open(name)
		if err != nil {
			return decoded{}, false
		}
		b.file, b.name = file, name
	}
	payload := b.room(at.size)
	_, err := b.file.ReadAt(payload, at.end-recordSum-int64(at.size))
	if err != nil || len(payload) < 9 || binary.LittleEndian.Uint64(payload[1:]) != at.nonce {
		b.close() // the block may have been written anew
		return decoded{}, false
	}
	m, err := decode(payload)
	m.payload = payload
	return m, err == nil
}

func (b *blockReader) room(n int) []byte {
	if n < b.usual/2 {
		return make([]byte, n) // rather than keep much room for a little
	}
	if last := len(b.spare) - 1; last >= 0 && cap(b.spare[last]) >= n {
		s := b.spare[last]
		b.spare = b.spare[:last]
		return s[:n]
	}
	return make([]byte, n, max(n, b.usual))
}

// reuse takes the buffer of a message of which nothing is used any more.
func (b *blockReader) reuse(payload []byte) {
	if cap(payload) >= b.usual && len(b.spare) < spares {
		b.spare = append(b.spare, payload)
	}
}

func (b *blockReader) close() {
	if b.file != nil {
		_ = b.file.Close() // nothing was written
	}
	b.file, b.name = nil, ""
}

// near gives a message that was handed over in memory, or lies where it was
// written, to the consumer that follows.
func (c *consumer) near(seq uint64) (decoded, bool) {
	if !c.follows {
		return decoded{}, false
	}
	at, placed := c.j.places.take(seq)
	if folder := c.j.link.Load().folder; placed && folder != nil {
		c.leave(folder, at.block)
	}
	if m, ok := c.j.handover.next(seq); ok {
		c.j.m.handed.Inc()
		return m, true
	}
	folder := c.j.link.Load().folder
	if !placed || folder == nil {
		return decoded{}, false
	}
	m, ok := c.blocks.message(folder, at)
	if ok {
		c.j.m.readBack.Inc()
	}
	return m, ok
}

// cachedBlocks behind the one that is read stay in the kernel's cache: what is
// not yet committed is read again after a kill.
const cachedBlocks = 2

// leave has the kernel forget the blocks that lie behind the one that is read.
// Nobody reads them but a start after a kill, and who looks for a record.
func (c *consumer) leave(f *folder, block uint64) {
	if c.left == 0 {
		c.left = block // those before may have been read by somebody else
	}
	for ; c.left+cachedBlocks < block; c.left++ {
		f.forget(c.left)
	}
}

// reuse gives up the payloads of which all was delivered.
func (c *consumer) reuse() {
	for _, payload := range c.spent {
		c.blocks.reuse(payload)
	}
	clear(c.spent)
	c.spent = c.spent[:0]
}
