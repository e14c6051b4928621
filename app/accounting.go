// SPDX-License-Identifier: Apache-2.0

package app

import (
	"encoding/json"
	"fmt"
	"maps"
	"sync"
	"time"

	"haidang/event"
	"haidang/store"
)

// accountingKind names the sidecars that keep the doors' side of accounting.
const accountingKind = "accounting"

// remembered is how long hours stay in memory; older ones are read back.
const remembered = 8 * 24 * time.Hour

// tally is the doors' side of one sensor's hour: what was taken in, counted
// from the journal's headers. What became of it is counted by the store.
type tally struct {
	Received  int64         `json:"received"`
	Duplicate int64         `json:"duplicate,omitempty"`
	Shed      int64         `json:"shed,omitempty"`
	Refused   map[int]int64 `json:"refused,omitempty"`
	Drops     int64         `json:"drops,omitempty"`
	// What the flow made of the hour's records, for everybody's coverage page. The
	// account of one sensor counts it again in the store.
	Late        int64 `json:"late,omitempty"`
	Quarantined int64 `json:"quarantined,omitempty"`
}

// accountant keeps tallies by hour of acceptance and sensor. They are committed
// with the records they speak of, so that a crash loses or repeats neither.
type accountant struct {
	mu    sync.Mutex
	hours map[int64]map[string]*tally // by start of the hour, Unix seconds
	dirty map[int64]bool
	// before holds what earlier runs counted as refused: the doors' own counters
	// begin anew with the process.
	before map[refusedKey]map[int]int64
}

type refusedKey struct {
	hour   int64
	sensor string
}

func newAccountant() *accountant {
	return &accountant{
		hours: map[int64]map[string]*tally{}, dirty: map[int64]bool{}, before: map[refusedKey]map[int]int64{},
	}
}

func hourOf(t event.Time) int64 { return t.Std().Truncate(time.Hour).Unix() }

func (a *accountant) at(hour int64, sensor string) *tally {
	if a.hours[hour] == nil {
		a.hours[hour] = map[string]*tally{}
	}
	t := a.hours[hour][sensor]
	if t == nil {
		t = &tally{}
		a.hours[hour][sensor] = t
	}
	a.dirty[hour] = true
	return t
}

// seen counts one chunk, in journal order.
func (a *accountant) seen(c *event.Chunk) {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.at(hourOf(c.Ingested), c.Sensor)
	t.Received += int64(c.Records) + c.Dup
	t.Duplicate += c.Dup
	if c.Last && c.Dup == 0 {
		t.Received += int64(c.Shed)
		t.Shed += int64(c.Shed)
	}
}

// refused takes the doors' counters of one sensor and hour of this run.
func (a *accountant) refused(sensor string, start time.Time, requests map[int]int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	hour := start.Unix()
	sum := maps.Clone(a.before[refusedKey{hour, sensor}])
	if sum == nil {
		sum = map[int]int64{}
	}
	for status, n := range requests {
		sum[status] += n
	}
	if t := a.hours[hour][sensor]; t != nil && maps.Equal(t.Refused, sum) {
		return
	}
	a.at(hour, sensor).Refused = sum
}

// dropped counts what a sensor says it lost before us.
func (a *accountant) dropped(sensor string, n int64, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.at(at.UTC().Truncate(time.Hour).Unix(), sensor).Drops += n
}

func hourKey(hour int64) string { return time.Unix(hour, 0).UTC().Format("2006-01-02T15") }

// cut gives the hours that changed since the last cut.
func (a *accountant) cut() ([]store.Sidecar, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []store.Sidecar
	for hour := range a.dirty {
		data, err := json.Marshal(a.hours[hour])
		if err != nil {
			return nil, fmt.Errorf("accounting of %s: %w", hourKey(hour), err)
		}
		out = append(out, store.Sidecar{Kind: accountingKind, Key: hourKey(hour), Replace: true, Data: data})
	}
	clear(a.dirty)
	return out, nil
}

// forget drops hours from memory that are no longer written to.
func (a *accountant) forget(now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for hour := range a.hours {
		if !a.dirty[hour] && now.Sub(time.Unix(hour, 0)) > remembered {
			delete(a.hours, hour)
		}
	}
}

// load puts back what was committed.
func (a *accountant) load(slots []store.Slot, now time.Time) error {
	for _, s := range slots {
		hour, sensors, err := readHour(s)
		if err != nil {
			return err
		}
		if now.Sub(hour) <= remembered {
			a.hours[hour.Unix()] = sensors
			for name, t := range sensors {
				a.before[refusedKey{hour.Unix(), name}] = maps.Clone(t.Refused)
			}
		}
	}
	return nil
}

func readHour(s store.Slot) (time.Time, map[string]*tally, error) {
	hour, err := time.Parse("2006-01-02T15", s.Key)
	if err != nil || len(s.Data) != 1 {
		return hour, nil, fmt.Errorf("accounting: slot %q is not readable; restore the store from a backup", s.Key)
	}
	var sensors map[string]*tally
	if err := json.Unmarshal(s.Data[0], &sensors); err != nil {
		return hour, nil, fmt.Errorf("accounting of %s: %w", s.Key, err)
	}
	return hour, sensors, nil
}

// of gives copies of a sensor's tallies between two times, from memory and, for
// hours already forgotten, from the slots.
func (a *accountant) of(sensor string, from, to time.Time, older func() ([]store.Slot, error), now time.Time) (map[int64]tally, error) {
	out := map[int64]tally{}
	if now.Sub(from) > remembered {
		slots, err := older()
		if err != nil {
			return nil, err
		}
		for _, s := range slots {
			hour, sensors, err := readHour(s)
			if err != nil {
				return nil, err
			}
			if t := sensors[sensor]; t != nil && !hour.Before(from) && hour.Before(to) {
				out[hour.Unix()] = *t
			}
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for hour, sensors := range a.hours {
		at := time.Unix(hour, 0)
		if t := sensors[sensor]; t != nil && !at.Before(from) && at.Before(to) {
			c := *t
			c.Refused = maps.Clone(t.Refused)
			out[hour] = c
		}
	}
	return out, nil
}
