// SPDX-License-Identifier: Apache-2.0

package shadowserver

import (
	"strings"

	"haidang/event"
)

// Severities as Shadowserver names them, in OCSF's numbers.
const (
	info     = event.SeverityInformational
	low      = event.SeverityLow
	medium   = event.SeverityMedium
	high     = event.SeverityHigh
	critical = event.SeverityCritical
)

const (
	tcp = 6
	udp = 17
)

// report says what the rows of one report mean. IPv6 editions (scan6_rdp,
// event6_sinkhole, device_id6) share the entry of the IPv4 one.
type report struct {
	name      string // as in the file name, with "event4_" and so on as "event_"
	id        string // rule.id; empty: the row's infection or tag
	app       string // network.protocol
	transport uint8  // where the report has no protocol column
	severity  uint8  // where the row gives none
	rsit      event.RSIT
	stage     event.Stage
	way       event.Way
	side      event.Side
	confirmed confirm
	category  event.Categories
	marks     string

	dataset string // built: "shadowserver." and name
}

// confirm says whether the hosting address can have been forged.
type confirm uint8

const (
	unconfirmed confirm = iota // there is no hosting side
	byTransport                // yes over TCP, no over UDP
	never                      // forged or seen one way only
)

func (c confirm) of(transport uint8) event.Confirmed {
	switch {
	case c == unconfirmed:
		return event.ConfirmedUnset
	case c == byTransport && transport == tcp:
		return event.ConfirmedYes
	default:
		return event.ConfirmedNo
	}
}

// catalogue holds all reports by name.
type catalogue struct {
	list    []*report
	byName  map[string]*report
	unknown *report
}

func newCatalogue() *catalogue {
	c := &catalogue{byName: map[string]*report{}}
	c.unknown = &report{name: "unknown", rsit: event.RSITOther, stage: event.StageContext,
		side: event.SideNone, dataset: "shadowserver.unknown"}
	for _, r := range exposures {
		if r.rsit == event.RSITUnset {
			r.rsit = event.RSITVulnerableSystem
		}
		r.stage, r.way, r.side = event.StageState, event.WayVulnerability, event.SideSource
		r.category = event.CategoryVulnerability
		c.add(r)
	}
	for _, r := range events {
		c.add(r)
	}
	return c
}

func (c *catalogue) add(r report) {
	r.dataset = "shadowserver." + r.name
	c.list = append(c.list, &r)
	c.byName[r.name] = &r
}

// named finds a report by the name that Shadowserver gives it, in any of its
// editions; nil when it is not in the table.
func (c *catalogue) named(name string) *report {
	name = strings.ToLower(strings.TrimSpace(name))
	if old, ok := formerNames[name]; ok {
		name = old
	}
	for _, p := range []string{"scan", "population", "event"} {
		for _, edition := range []string{"4_", "6_"} {
			if rest, ok := strings.CutPrefix(name, p+edition); ok {
				name = p + "_" + rest
			}
		}
	}
	if r := c.byName[name]; r != nil {
		return r
	}
	return c.byName[strings.TrimSuffix(name, "6")]
}

// formerNames are names that reports had before, as their documentation and
// older archives use them.
var formerNames = map[string]string{
	"blacklist": "blocklist", "dns_openresolver": "scan_dns", "netis_router": "scan_netis_router",
	"cisco_smart_install": "scan_cisco_smart_install", "drone_brute_force": "event_honeypot_brute_force",
	"hp_http_scan": "event_honeypot_http_scan", "hp_ics_scan": "event_honeypot_ics_scan",
	"ddos_amplification": "event_honeypot_ddos_amp", "sinkhole_http_drone": "event_sinkhole_http",
	"botnet_drone": "event_sinkhole", "darknet": "event_honeypot_darknet", "caida_ip_spoofer": "event_ip_spoofer",
	"cwsandbox_url": "sandbox_url", "microsoft_sinkhole": "event_microsoft_sinkhole",
}
