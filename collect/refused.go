// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"
)

// keepRefused is how long refused requests are remembered by the hour.
const keepRefused = 8 * 24 * time.Hour

// Refused is what was refused of one sensor within one hour: requests and, of
// bulk requests that were accepted, single items, by HTTP status. Refused
// records were not received; they stand beside the accounting. The sensor is
// empty for requests without a valid token.
type Refused struct {
	Sensor   string
	Start    time.Time
	Requests map[int]int64
	Items    map[int]int64
}

type refusedKey struct {
	sensor string
	hour   int64 // since 1970
}

// refusals counts by sensor and hour. It forgets after keepRefused; sensors are
// enrolled ones, so it is bounded.
type refusals struct {
	mu     sync.Mutex
	hours  map[refusedKey]*Refused
	pruned int64
}

func (c *refusals) add(sensor string, at time.Time, status int, requests, items int64) {
	hour := at.Unix() / 3600
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.hours == nil {
		c.hours = map[refusedKey]*Refused{}
	}
	if c.pruned != hour {
		c.pruned = hour
		oldest := at.Add(-keepRefused)
		maps.DeleteFunc(c.hours, func(_ refusedKey, r *Refused) bool { return r.Start.Before(oldest) })
	}
	k := refusedKey{sensor, hour}
	r := c.hours[k]
	if r == nil {
		r = &Refused{sensor, time.Unix(hour*3600, 0).UTC(), map[int]int64{}, map[int]int64{}}
		c.hours[k] = r
	}
	if requests > 0 {
		r.Requests[status] += requests
	}
	if items > 0 {
		r.Items[status] += items
	}
}

// list gives the hours that begin in [from, to), of one sensor or of all when
// the name is "*", ordered by hour and sensor.
func (c *refusals) list(sensor string, from, to time.Time) []Refused {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []Refused
	for k, r := range c.hours {
		if (sensor == "*" || sensor == k.sensor) && !r.Start.Before(from) && r.Start.Before(to) {
			out = append(out, Refused{r.Sensor, r.Start, maps.Clone(r.Requests), maps.Clone(r.Items)})
		}
	}
	slices.SortFunc(out, func(a, b Refused) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.Sensor, b.Sensor))
	})
	return out
}
