// SPDX-License-Identifier: Apache-2.0

package normalise

import (
	"crypto/sha256"
	"encoding/binary"
	"sort"
	"sync"
	"time"

	"haidang/event"
)

// Config holds what the normaliser is made with.
type Config struct {
	IDKey     []byte           // secret from which event.id is derived; the same for ever
	Stream    string           // name of the journal's stream, part of event.id
	Now       func() time.Time // used only for chunks that do not say when they were journalled
	MaxRecord int              // bytes; 1 MiB when zero
	// Internal says whether an address lies in a member's network; may be nil.
	// It is asked by many goroutines.
	Internal func(event.Addr) bool
	// Secret says whether the value of a field is a marking of a state secret; may
	// be nil. It is asked by many goroutines, and only where a value may be one.
	Secret func(field, value string) bool
}

// Normaliser knows the formats and hands out workers. It may be shared.
type Normaliser struct {
	cfg     Config
	id      idMaker
	formats map[string]Format
	names   []string
	workers sync.Pool

	mu    sync.Mutex
	drops map[string]loss
}

// loss is the newest that a sensor said of its own losses.
type loss struct {
	at    event.Time
	total uint64
}

// New makes a normaliser of formats. It panics when two formats share a name,
// which is a fault of the program.
func New(cfg Config, formats ...Format) *Normaliser {
	if cfg.MaxRecord <= 0 {
		cfg.MaxRecord = 1 << 20
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	n := &Normaliser{cfg: cfg, id: newIDMaker(cfg.IDKey, cfg.Stream), formats: map[string]Format{}, drops: map[string]loss{}}
	for _, f := range formats {
		if n.formats[f.Name()] != nil {
			panic("normalise: two formats are called " + f.Name())
		}
		n.formats[f.Name()] = f
		n.names = append(n.names, f.Name())
	}
	sort.Strings(n.names)
	n.workers.New = func() any { return n.Worker() }
	return n
}

// Names gives the names of the formats in order.
func (n *Normaliser) Names() []string { return append([]string(nil), n.names...) }

// Framing says how bodies of a format are cut; ok is false for a format that
// is not known.
func (n *Normaliser) Framing(name string) (f event.Framing, ok bool) {
	format := n.formats[name]
	if format == nil {
		return 0, false
	}
	return format.Framing(), true
}

// Worker makes the memory and mappers of one goroutine.
func (n *Normaliser) Worker() *Worker {
	return &Worker{n: n, mappers: map[string]*formatMapper{}, contexts: map[string]*Context{}, unwrap: newUnwrapper()}
}

// Chunk is Worker.Chunk with a worker of the normaliser's own; any goroutine
// may call it.
func (n *Normaliser) Chunk(c *event.Chunk, s event.Sensor, b *event.Batch, rejects []event.Reject) []event.Reject {
	w := n.workers.Get().(*Worker)
	defer n.workers.Put(w)
	return w.Chunk(c, s, b, rejects)
}

// TakeDrops gives, for each sensor that said so since the last call, how many
// records or packets it has lost in all since it started (Suricata's kernel
// drops), by its newest word.
func (n *Normaliser) TakeDrops() map[string]uint64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := make(map[string]uint64, len(n.drops))
	for name, l := range n.drops {
		out[name] = l.total
	}
	clear(n.drops)
	return out
}

func (n *Normaliser) noteDrops(sensor string, at event.Time, total uint64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if old, ok := n.drops[sensor]; !ok || at >= old.at {
		n.drops[sensor] = loss{at, total}
	}
}

// idMaker derives event.id from the place in the journal.
type idMaker struct {
	k0, k1 uint64
	stream uint64
}

func newIDMaker(key []byte, stream string) idMaker {
	k := sha256.Sum256(append([]byte("haidang event.id\x00"), key...))
	m := idMaker{k0: le64(k[0:]), k1: le64(k[8:])}
	m.stream, _ = sipHash128(le64(k[16:]), le64(k[24:]), []byte(stream))
	return m
}

// messageIDs makes the ids of one journal message's records.
type messageIDs struct {
	first event.Bytes16 // of offset 0
	low   uint32        // its last four bytes
}

func (m idMaker) of(ingested event.Time, seq event.Position) (ids messageIDs) {
	var in [16]byte
	putLE64(in[0:], m.stream)
	putLE64(in[8:], uint64(seq))
	h0, h1 := sipHash128(m.k0, m.k1, in[:])
	id := &ids.first
	ms := uint64(ingested) / uint64(time.Millisecond)
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	id[6] = 0x70 | byte(h0)&0x0F
	id[7] = byte(h0 >> 8)
	putLE64(id[8:], h1)
	id[8] = 0x80 | id[8]&0x3F
	ids.low = binary.BigEndian.Uint32(id[12:])
	return ids
}

// id has the form of a UUIDv7 (RFC 9562): the time of journalling in
// milliseconds, then a keyed hash of (stream, sequence), whose last 32 bits are
// combined with the offset of the record in the message. A replay of the
// journal gives the same ids, nobody can tell the journal's position from one,
// and those of a message share their beginning, so that a column of them takes
// a byte a record.
func (m *messageIDs) id(offset uint32) (id event.Bytes16) {
	id = m.first
	binary.BigEndian.PutUint32(id[12:], m.low^offset)
	return id
}
