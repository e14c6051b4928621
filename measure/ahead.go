// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"fmt"
	"time"
)

// At a start one reads and checks what is stored while another counts it.

// slotsAhead is how many slots are read before it is their turn.
const slotsAhead = 16

// readSlot is a slot of which has been read what opening it needs.
type readSlot struct {
	Slot
	form  *form // where addresses stay in the store
	block *block
	parts []checkedPart
	err   error
}

// openRest opens what is no day's counts, in the order given.
func (m *Measure) openRest(slots []Slot) error {
	ready, done := make(chan readSlot, slotsAhead), make(chan struct{})
	go func() {
		defer close(ready)
		for _, s := range slots {
			select {
			case ready <- m.readAhead(s):
			case <-done:
				return
			}
		}
	}()
	var failed error
	for r := range ready {
		if failed = m.openSlot(r); failed != nil {
			break
		}
	}
	close(done)
	for range ready { // until it reads no more
	}
	return failed
}

// readAhead reads a slot's parts; of addresses long past the first one's directory.
// It needs nothing of what is in memory.
func (m *Measure) readAhead(s Slot) (r readSlot) {
	r.Slot = s
	if _, ok := m.blockSpan(s.Key); ok {
		r.block = m.openBlock(&s)
		return r
	}
	parts := s.Parts
	hour, ofHour := keyTime(s.Key, keyHour, hourLayout, time.UTC)
	old := m.oldSets(s.Key)
	if ofHour && m.resting(hour) || old {
		r.form, r.err = m.formOf(&s)
	}
	if old && r.form != nil {
		parts = parts[1:]
	}
	for _, p := range parts {
		if r.err != nil {
			return r
		}
		var c checkedPart
		if c, r.err = readKept(s.Key, p); r.err == nil {
			r.parts = append(r.parts, c)
		}
	}
	return r
}

// readKept reads a part and checks it.
func readKept(key string, p Kept) (c checkedPart, err error) {
	data, err := p.Read()
	if err == nil {
		c, err = checkPart(data)
	}
	if err != nil {
		return c, fmt.Errorf("%s: %w", key, err)
	}
	return c, nil
}

// oldSets reports whether a key is that of a local day's addresses that are left in
// the store.
func (m *Measure) oldSets(key string) bool {
	day, ok := keyTime(key, keyDistinct, dayLayout, m.cfg.Zone)
	return ok && m.deps.Now().Sub(time.Unix(day*60, 0)) >= (retireAfter+2*1440)*time.Minute
}

// openSlot opens a slot that was read.
func (m *Measure) openSlot(r readSlot) error {
	if r.err != nil {
		return r.err
	}
	if err := m.knownKey(r.Key); err != nil {
		return err
	}
	if at, ok := m.blockSpan(r.Key); ok {
		m.loadBlock(at, r.block)
		return nil
	}
	day, ofDay := keyTime(r.Key, keyDistinct, dayLayout, m.cfg.Zone)
	switch {
	case r.form == nil:
		if m.oldSets(r.Key) {
			m.remakeLater(r.Key)
		}
	case ofDay:
		m.mu.Lock()
		m.openSets(day, r.form)
		m.loaded(r.Key, true, int(r.Parts[0].Size()))
		m.mu.Unlock()
	default:
		hour, _ := keyTime(r.Key, keyHour, hourLayout, time.UTC)
		if err := m.openHour(hour, r.Key, r.parts[0], r.form); err != nil {
			return err
		}
		r.parts = r.parts[1:]
	}
	for _, c := range r.parts {
		if err := m.loadOne(r.Key, c); err != nil {
			return err
		}
	}
	return nil
}

func (m *Measure) loadOne(key string, c checkedPart) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.loadPart(key, c, func(*section) bool { return false })
}
