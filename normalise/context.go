// SPDX-License-Identifier: Apache-2.0

package normalise

import (
	"fmt"
	"net/netip"
	"time"

	"haidang/event"
)

// Context is what a mapper may know besides the record. It belongs to one
// goroutine and is the same for all records of a chunk.
type Context struct {
	Sensor   event.Sensor
	Ingested event.Time
	Preamble []byte         // CSV header row without its line break
	Zone     *time.Location // for times without a zone; never nil
	// Internal says whether an address lies in a member's network; may be nil.
	Internal func(event.Addr) bool
	// Drops takes what a sensor says of its own losses: records or packets lost
	// since it started, and for how many seconds it has run. May be nil.
	Drops func(total, uptime uint64)

	home []netip.Prefix
}

// NewContext prepares the context of a sensor: its home networks and zone are
// parsed once. The error names the setting that cannot be read; the context is
// usable nevertheless, without that setting.
func NewContext(s event.Sensor) (*Context, error) {
	c := &Context{Sensor: s, Zone: time.UTC, Ingested: event.TimeUnset}
	var first error
	for _, h := range s.Home {
		p, err := parsePrefix(h)
		if err != nil {
			if first == nil {
				first = fmt.Errorf("sensor %s: home network %q is neither a CIDR prefix nor an address", s.Name, h)
			}
			continue
		}
		c.home = append(c.home, p)
	}
	if s.Zone != "" {
		z, err := time.LoadLocation(s.Zone)
		if err != nil {
			return c, fmt.Errorf("sensor %s: zone %q is not an IANA time zone", s.Name, s.Zone)
		}
		c.Zone = z
	}
	return c, first
}

func parsePrefix(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil {
		a = a.Unmap().WithZone("")
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return p, err
	}
	if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
	}
	return p.Masked(), nil
}

// Home reports whether the address lies in the sensor's own networks.
func (c *Context) Home(a event.Addr) bool {
	if len(c.home) == 0 || !a.IsSet() {
		return false
	}
	n := a.Netip()
	for _, p := range c.home {
		if p.Contains(n) {
			return true
		}
	}
	return false
}

// Inside reports whether the address lies in the sensor's home networks or in
// a member's network.
func (c *Context) Inside(a event.Addr) bool {
	return a.IsSet() && (c.Home(a) || c.Internal != nil && c.Internal(a))
}
