// SPDX-License-Identifier: Apache-2.0

package pipeline

import "haidang/event"

// groupBytes is how much raw data a batch is made of where more is waiting: many
// small requests then cost no more than one large.
const groupBytes = 512 << 10

// leastRecord is about the shortest record that any format keeps; no batch needs
// room for more rows than so many fit into its bytes.
const leastRecord = 32

// feed gathers chunks into groups and hands each to the workers and, in the same
// order, to the sequencer. A group waits only while all workers are busy. It
// ends with a journal message unless it is full.
func feed(in <-chan event.Chunk, jobs, order chan<- job) {
	defer close(order)
	defer close(jobs)
	var g group
	for {
		next, send := in, jobs
		if g.full() {
			next = nil
		} else if !g.whole() {
			send = nil
		}
		j := job{chunks: g.chunks, out: g.out}
		select {
		case c, ok := <-next:
			if ok {
				g.add(c)
				continue
			}
			if len(g.chunks) > 0 {
				jobs <- j
				order <- j
			}
			return
		case send <- j:
			order <- j
			g = group{}
		}
	}
}

// group is what has been gathered.
type group struct {
	chunks []event.Chunk
	out    chan result
	bytes  int
}

func (g *group) add(c event.Chunk) {
	if g.out == nil {
		g.out = make(chan result, 1)
	}
	g.chunks = append(g.chunks, c)
	g.bytes += len(c.Data)
}

func (g *group) full() bool { return g.bytes >= groupBytes }

// whole reports whether the last chunk ends a journal message.
func (g *group) whole() bool {
	return len(g.chunks) > 0 && g.chunks[len(g.chunks)-1].Through > 0
}

// rowsOf gives about how many records the chunks hold, zero for none.
func rowsOf(chunks []event.Chunk) (rows int) {
	for i := range chunks {
		c := &chunks[i]
		if c.Dup == 0 && len(c.Data) > 0 {
			rows += max(1, min(int(c.Records), len(c.Data)/leastRecord))
		}
	}
	return rows
}
