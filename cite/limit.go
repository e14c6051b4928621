// SPDX-License-Identifier: Apache-2.0

package cite

import (
	"fmt"
	"net/netip"
	"time"
)

// LimitError says that no more can be cited for now. Its text may be shown.
type LimitError struct {
	Detail string
	Retry  time.Duration // after which it is worth trying again; 0 where it is not
}

func (e *LimitError) Error() string { return e.Detail }

// limits count new documents of the running day and hour. They begin anew with the
// process: what they protect, the number kept, is bounded all the same.
type limits struct {
	day, hour time.Time
	today     int
	by        map[netip.Prefix]int // in the running hour
}

// network is what visitors are told apart by: an address, of IPv6 the /64.
func network(a netip.Addr) netip.Prefix {
	a = a.Unmap()
	bits := 32
	if a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits) // an address that is not known is one visitor
	return p
}

// allow looks whether a visitor may add one more document.
func (l *limits) allow(c *Config, from netip.Addr, now time.Time) error {
	if day := now.UTC().Truncate(24 * time.Hour); day != l.day {
		l.day, l.today = day, 0
	}
	if hour := now.UTC().Truncate(time.Hour); hour != l.hour {
		l.hour, l.by = hour, map[netip.Prefix]int{}
	}
	switch {
	case l.today >= c.Daily:
		return &LimitError{fmt.Sprintf("no more than %d new citations are made a day; those that are kept can be read", c.Daily), l.day.Add(24 * time.Hour).Sub(now)}
	case l.by[network(from)] >= c.PerAddress:
		return &LimitError{fmt.Sprintf("no more than %d new citations an hour are made for one visitor", c.PerAddress), l.hour.Add(time.Hour).Sub(now)}
	}
	return nil
}

func (l *limits) count(from netip.Addr) {
	l.today++
	l.by[network(from)]++
}
