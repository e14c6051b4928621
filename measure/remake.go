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

// remakeShort has a day made anew whose hours are neither in memory nor, but as
// differences, in the store.
func (m *Measure) remakeShort(key string) {
	if p := m.parts[key]; p != nil && p.differences > 0 && m.deps.Kept != nil {
		m.remakes[key] = true
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
	if hour, ok := keyTime(key, keyHour, hourLayout, time.UTC); ok && of.known(hour).retired {
		return nil // its day is about to be put together
	}
	w := of.snapshot(key)
	if w == nil {
		return nil
	}
	return w.finish()
}

// lookAfter is how many seconds after a part was cut it is taken to be committed,
// and lookAgain how many more pass before it is looked for again.
const (
	lookAfter = 60
	lookAgain = 600
)

// look opens the stored part of one past day, or of one past day's addresses, that
// says all of it: what leaves memory then is read from there, and neither counted
// together again nor written to the attic.
func (c *cutter) look() (use func()) {
	m := c.m
	if m.deps.Kept == nil {
		return nil
	}
	for day, d := range m.days {
		if d.retired && d.form == nil {
			if f := c.formOf(dayKey(day)); f != nil {
				return func() { m.takeForm(day, d, f) }
			}
		}
	}
	for day, g := range m.daySets {
		if g.whole && g.form == nil && len(g.cells) > 0 && c.now.Unix()/60-day > retireAfter+2*1440 {
			if f := c.formOf(m.distinctKey(day)); f != nil {
				return func() { g.form, g.formed = f, g.version }
			}
		}
	}
	return c.lookHour()
}

// takeForm has a day be told by the stored part that now says all of it. If its
// hours had left memory, what came late for them is in that part, too.
func (m *Measure) takeForm(day int64, d *dayState, f *form) {
	if d.form = f; d.evicted && m.leaveHours(day, d) {
		m.dropHours(day)
	}
}

// formOf opens the part of a key if it is the only one and nothing came after it.
func (c *cutter) formOf(key string) *form {
	p := c.m.parts[key]
	if p == nil || p.differences > 0 || p.whole == 0 || c.diffs[key] != nil || c.now.Unix()-max(p.changed, p.looked) < lookAfter {
		return nil
	}
	p.looked = c.now.Unix() + lookAgain
	parts, err := c.m.deps.Kept(key)
	if err != nil || len(parts) != 1 || parts[0].Size() != int64(p.whole) {
		return nil
	}
	f, err := openForm(parts[0])
	if err != nil {
		return nil // without a directory, or damaged: the next start tells
	}
	return f
}
