// SPDX-License-Identifier: Apache-2.0

package shadowserver

import (
	"strconv"
	"strings"
)

// byColumns finds the report whose marks the header has all, the one with the
// most marks; nil when there is none.
func (c *catalogue) byColumns(columns map[string]bool) *report {
	var best *report
	most := 0
	for _, r := range c.list {
		if n := marksMet(r.marks, columns); n > most {
			best, most = r, n
		}
	}
	return best
}

// marksMet counts the columns that are marks; zero when one mark is not met.
func marksMet(marks string, columns map[string]bool) int {
	n := 0
	for mark := range strings.FieldsSeq(marks) {
		switch mark[0] {
		case '!':
			if columns[mark[1:]] {
				return 0
			}
		case '<':
			if most, _ := strconv.Atoi(mark[1:]); len(columns) >= most {
				return 0
			}
		default:
			if !columns[mark] {
				return 0
			}
			n++
		}
	}
	return n
}

// vulnerable gives the report on vulnerable servers that has the same columns
// as the one on reachable ones; nil when there is none.
func (c *catalogue) vulnerable(r *report) *report { return c.byName[r.name+"_vulnerable"] }

// tagged are words in a row's tag that mean a report whose name they do not
// spell; scan_<word> and event_honeypot_<word> need no entry.
var tagged = map[string]string{
	"openresolver": "scan_dns", "dns-open-resolver": "scan_dns", "cisco-smart-install": "scan_cisco_smart_install",
	"smart-install": "scan_cisco_smart_install", "ntpversion": "scan_ntp", "natpmp": "scan_nat_pmp",
	"netis": "scan_netis_router", "synful": "scan_synfulknock", "synfulknock": "scan_synfulknock",
	"ldap": "scan_ldap_udp", "rpcbind": "scan_portmapper", "ike": "scan_isakmp", "ipsec": "scan_isakmp",
	"socks4": "scan_socks", "socks5": "scan_socks", "openproxy": "scan_http_proxy", "postgresql": "scan_postgres",
	"ssl-poodle": "scan_ssl_poodle", "ssl-freak": "scan_ssl_freak", "wsdiscovery": "scan_ws_discovery",
	"modbus": "scan_ics", "s7": "scan_ics", "bacnet": "scan_ics", "dvr-dhcpdiscover": "scan_dvr_dhcpdiscover",
	"ubnt": "scan_ubiquiti", "middlebox": "scan_ddos_middlebox", "mqtt-anon": "scan_mqtt_anon",
	"ddos-participant": "event_ddos_participant",
}

// byTag finds the report from the words of a row's tag; nil when none is known.
func (c *catalogue) byTag(tag string, events bool) *report {
	for _, word := range tagWords(strings.ToLower(tag)) {
		if name, ok := tagged[word]; ok {
			return c.byName[name]
		}
		word = strings.ReplaceAll(word, "-", "_")
		if events {
			if r := c.byName["event_honeypot_"+word+"_scan"]; r != nil {
				return r
			}
			continue
		}
		if r := c.byName["scan_"+word]; r != nil {
			return r
		}
		if r := c.byName["population_"+word]; r != nil {
			return r
		}
	}
	return nil
}

func tagWords(tag string) []string {
	return strings.FieldsFunc(tag, func(r rune) bool { return r == ';' || r == ',' || r == ' ' || r == '|' })
}
