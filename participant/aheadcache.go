// SPDX-License-Identifier: Apache-2.0

package participant

import "time"

const (
	aheadKeep     = 24 << 20 // bytes of censuses counted ahead; the oldest have no room
	aheadOverhead = 128      // of one, beside what is packed
)

// ahead are the censuses counted ahead, by period, without version. They never change.
type ahead struct {
	known map[period]packedCensus
	bytes int64
	after time.Time // before then there is nothing to do
}

// packedCensus is the census of a period at a version.
type packedCensus struct {
	version int64
	data    []byte
}

func (p *packedCensus) bytes() int64 { return aheadOverhead + int64(cap(p.data)) }

func (c *cache) aheadAfter() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ahead.after
}

func (c *cache) aheadRests(until time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead.after = until
}

// countedAhead gives the memory that a period's census takes, if there is one of its
// version.
func (c *cache) countedAhead(p period) (bytes int64, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, ok := c.ahead.known[period{from: p.from, to: p.to}]
	return k.bytes(), ok && k.version == p.version
}

// counted gives a census that was counted ahead; nil where there is none.
func (c *cache) counted(p period) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	if k := c.ahead.known[period{from: p.from, to: p.to}]; k.version == p.version {
		return k.data
	}
	return nil
}

// keepAhead takes a census in and lets go of those that are wanted least until there is
// room; false where it is one of them.
func (c *cache) keepAhead(p period, data []byte) (kept bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := period{from: p.from, to: p.to}
	c.ahead.forget(key)
	k := packedCensus{p.version, data}
	if c.ahead.known == nil {
		c.ahead.known = map[period]packedCensus{}
	}
	c.ahead.known[key] = k
	c.ahead.bytes += k.bytes()
	for c.ahead.bytes > aheadKeep {
		least := key
		for other := range c.ahead.known {
			if least.compare(other) < 0 {
				least = other
			}
		}
		c.ahead.forget(least)
	}
	_, kept = c.ahead.known[key]
	return kept
}

func (a *ahead) forget(key period) {
	if k, ok := a.known[key]; ok {
		a.bytes -= k.bytes()
		delete(a.known, key)
	}
}

// aheadBytes gives the memory taken by what was counted ahead.
func (c *cache) aheadBytes() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ahead.bytes
}
