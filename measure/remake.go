// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"maps"
	"slices"
	"time"
)

// What no longer is in memory as a whole is stored as differences. After some of
// them, or where a part has no directory yet, the whole is put together from what
// the store has, in memory of its own, and takes the place of all that.

// remakeEvery is how often that is done at most: a day takes some tenths of a
// second, for which counting waits.
const remakeEvery = 20 * time.Second

// remake stores a key whole whose parts are all committed, if one is due.
func (c *cutter) remake() {
	m := c.m
	if m.deps.Kept == nil || c.now.Sub(m.remade) < remakeEvery {
		return
	}
	for _, key := range slices.Sorted(maps.Keys(m.remakes)) {
		p := m.parts[key]
		if c.diffs[key] != nil || c.whole[key] || p == nil || c.now.Unix()-p.changed < compactAfter {
			continue
		}
		m.remade = c.now
		delete(m.remakes, key)
		if data := m.fromStore(key, p); data != nil {
			c.add(key, true, data)
		}
		return
	}
}

// fromStore puts a key's whole together from its stored parts; nil where these are
// not all that was cut, or cannot be read. Then differences stay what is stored.
func (m *Measure) fromStore(key string, p *partState) []byte {
	parts, err := m.deps.Kept(key)
	var size int64
	for _, part := range parts {
		size += part.Size()
	}
	if err == nil && size != int64(p.whole+p.bytes) {
		return nil
	}
	const all = 1 << 40
	cfg := m.cfg
	cfg.Attic, cfg.HourBudget, cfg.MinuteBudget, cfg.DistinctBudget = "", all, all, all
	of := New(cfg, Dependencies{Now: m.deps.Now, Log: m.deps.Log})
	if err == nil {
		err = of.read(key, parts)
	}
	if err != nil {
		m.deps.Log.Error("a past day cannot be stored whole", "part", key, "error", err)
		return nil
	}
	w := of.snapshot(key)
	if w == nil {
		return nil
	}
	return w.finish()
}
