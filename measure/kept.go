// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"errors"
	"fmt"
	"io"
)

// Kept is a part where the store has it. It stays readable as long as it is known
// here, wherever the store moves it.
type Kept interface {
	Size() int64
	Read() ([]byte, error) // all of it, checked
	io.ReaderAt
}

// Slot is what the store keeps under one key, in the order cut.
type Slot struct {
	Key   string
	Parts []Kept
}

// Open puts back all that the store keeps, at start, before the first Add, so that
// what is read grows with what is recent: of past days and of addresses long past
// the directory is read and the rest stays in the store until a question needs it.
// Hours that have no directory are read as long as there is room for them, the
// newest first. Damage that is found changes nothing.
func (m *Measure) Open(slots []Slot) error {
	var rest []Slot
	var days []Slot
	for _, s := range slots {
		if _, ok := dayOf(s.Key); ok {
			days = append(days, s)
		} else {
			rest = append(rest, s)
		}
	}
	room := m.cfg.HourBudget
	for i := len(days) - 1; i >= 0; i-- { // the newest first: hours are theirs
		took, err := m.openDays(days[i], room)
		if err != nil {
			return err
		}
		room -= took
	}
	if err := m.openRest(rest); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.upkeep(m.deps.Now()) // what was opened is packed, and held to its budgets
	return nil
}

// openDays opens a day and gives the bytes of the hours that are in memory then.
func (m *Measure) openDays(s Slot, room int64) (took int64, err error) {
	day, _ := dayOf(s.Key)
	f, err := m.formOf(&s)
	if err != nil {
		return 0, err
	}
	var o told
	ok := false
	if f != nil {
		o, ok = m.openedDay(day, f)
	}
	if o.hours == nil {
		m.remakeLater(s.Key)
	}
	switch {
	case !ok:
		for _, p := range s.Parts {
			took += p.Size()
		}
		return took, m.read(s.Key, s.Parts)
	case o.hours != nil:
		m.leftHours(day, &o)
	case f.rest > room:
		m.leftHours(day, &o)
		took = room // nor have hours of days before it
	default:
		if err := m.readHours(s.Key, f); err != nil {
			return 0, err
		}
		took = f.rest
	}
	m.mu.Lock()
	m.loaded(s.Key, true, int(s.Parts[0].Size()))
	m.mu.Unlock()
	return took, m.read(s.Key, s.Parts[1:])
}

func (m *Measure) openedDay(day int64, f *form) (told, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.openDay(day, f)
}

func (m *Measure) leftHours(day int64, o *told) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.leave(day, m.days[day], o)
}

// readHours takes the hours of an opened day, whose sums are known.
func (m *Measure) readHours(key string, f *form) error {
	data, err := f.part.Read()
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	err = readPart(data, func(s *section) {
		b := m.buckets[ByHour][s.start]
		if b == nil {
			b = &bucket{start: s.start}
			m.buckets[ByHour][s.start] = b
			m.order[ByHour] = nil
		}
		if s.tag == tagReplay {
			b.replay = true
			return
		}
		b.load(s, true, place(m.cfg.Home), &m.runs[ByHour])
	})
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	return nil
}

// formOf opens the first part of a slot; nil where it is no longer or never was
// one that stands for all.
func (m *Measure) formOf(s *Slot) (*form, error) {
	if len(s.Parts) == 0 {
		return nil, nil
	}
	f, err := openForm(s.Parts[0])
	if errors.Is(err, errNoDirectory) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Key, err)
	}
	return f, nil
}

// remakeLater has a past day's part get a directory.
func (m *Measure) remakeLater(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.remakes[key] = true
}

// read loads parts one by one.
func (m *Measure) read(key string, parts []Kept) error {
	for _, p := range parts {
		data, err := p.Read()
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		if err := m.Load(key, data); err != nil {
			return err
		}
	}
	return nil
}
