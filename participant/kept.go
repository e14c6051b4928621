// SPDX-License-Identifier: Apache-2.0

package participant

import (
	"fmt"
	"slices"
	"strings"
)

// Days long past are left where the store has them whole. Of each month the sums
// stay in memory, which most questions are answered from; a day is read when a
// question cuts through its month, or when something comes late for it.

// Kept is a part where the store has it. It stays readable as long as it is known
// here, wherever the store moves it.
type Kept interface {
	Size() int64
	Read() ([]byte, error) // all of it, checked
}

// Slot is what the store keeps under one key, in the order cut.
type Slot struct {
	Key   string
	Parts []Kept
}

const (
	// recentDays are those that stay in memory: pages ask for the last 30 days.
	recentDays = 33
	// lookAfter is how many seconds after a part was cut it is taken to be committed,
	// and lookAgain how many more pass before it is looked for again.
	lookAfter = 60
	lookAgain = 600
)

// Open puts back all that the store keeps, at start, before the first Add. Days
// long past stay in the store once they were read.
func (r *Room) Open(slots []Slot) error {
	slots = slices.Clone(slots)
	slices.SortFunc(slots, func(a, b Slot) int { return strings.Compare(a.Key, b.Key) })
	for _, s := range slots {
		for _, p := range s.Parts { // a year's parts are read one by one
			data, err := p.Read()
			if err == nil {
				err = r.Load(s.Key, data)
			}
			if err != nil {
				return fmt.Errorf("%s: %w", s.Key, err)
			}
		}
		r.opened(&s)
	}
	return nil
}

// opened has a day that was read stay where it is.
func (r *Room) opened(s *Slot) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p, d := r.parts[s.Key], (*day)(nil)
	number, ok := dayOfKey(s.Key)
	if ok && number < r.today()-recentDays {
		d = r.days[number]
	}
	if d != nil && p != nil && p.differences == 0 && p.whole > 0 && len(s.Parts) == 1 {
		d.leave(s.Parts[0])
	}
}

// today gives the number of the present day.
func (r *Room) today() int32 {
	y, m, d := r.deps.Now().In(r.cfg.Zone).Date()
	return numberOf(y, m, d)
}

// look finds a day in memory that the store has whole and alone under its key.
func (r *Room) look() (number int32, part Kept) {
	if r.deps.Kept == nil {
		return 0, nil
	}
	number, p := r.lookFor()
	if p == nil {
		return 0, nil
	}
	p.looked = r.deps.Now().Unix() + lookAgain
	parts, err := r.deps.Kept(dayKey(number))
	if err != nil || len(parts) != 1 || parts[0].Size() != int64(p.whole) {
		return 0, nil
	}
	return number, parts[0]
}

// lookFor finds a day to look for, if there is one.
func (r *Room) lookFor() (number int32, p *partState) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	before, now := r.today()-recentDays, r.deps.Now().Unix()
	for number, d := range r.days {
		if number >= before || d.away != nil || d.hits != nil || d.lost || r.changed[number] != nil {
			continue
		}
		if p := r.parts[dayKey(number)]; p != nil && p.whole > 0 && p.differences == 0 && now-max(p.changed, p.looked) >= lookAfter {
			return number, p
		}
	}
	return 0, nil
}

// leave has a day be read from a part.
func (d *day) leave(part Kept) {
	d.away = part
	d.masks, d.hits, d.packed, d.keys, d.events = nil, nil, packedMasks{}, nil, nil
}

// here gives a day as it is in memory, or a copy read from the store, which is
// nobody else's. It changes nothing.
func (r *Room) here(number int32) (*day, error) {
	d := r.days[number]
	if d.away == nil {
		return d, nil
	}
	data, err := d.away.Read()
	if err == nil && (len(data) == 0 || data[0] != packedVersion) {
		err = errPart
	}
	if err == nil {
		d, err = r.readPacked(data[1:], r.cells.known)
	}
	if err != nil {
		return nil, fmt.Errorf("participants of %s cannot be read back: %w; look after the disk of the data folder and start again", dayKey(number), err)
	}
	return d, nil
}

// fetch takes a day back that something came for. Where it cannot be read, what
// came counts alone until the next start makes it of what is stored.
func (r *Room) fetch(number int32, d *day) {
	from, err := r.here(number)
	d.away = nil
	if err != nil {
		d.lost = true
		r.deps.Log.Error("a past day counts what comes for it alone until the next start", "error", err)
		return
	}
	d.packed, d.keys, d.events = from.packed, from.keys, from.events
}
