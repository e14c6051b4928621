// SPDX-License-Identifier: Apache-2.0

package shadowserver

import (
	"strings"
	"testing"

	"haidang/event"
)

// Every entry of the table is whole and can be found by its own name.
func TestCatalogue(t *testing.T) {
	c := newCatalogue()
	if n := len(exposures) + len(events); n != len(c.byName) || n < 115 {
		t.Errorf("%d entries, %d names", n, len(c.byName))
	}
	for _, r := range c.list {
		if c.named(r.name) != r {
			t.Errorf("%s is not found by its name", r.name)
		}
		if r.rsit == event.RSITUnset || r.stage == event.StageUnset || r.side == event.SideUnset ||
			r.severity == 0 || r.category == 0 {
			t.Errorf("%s: not whole: %+v", r.name, r)
		}
		if r.stage != event.StageContext && r.way == event.WayUnset && r.name != "compromised_account" && r.name != "blocklist" {
			t.Errorf("%s: no way", r.name)
		}
		attack := r.stage == event.StageAttempt || r.stage == event.StageIncident && r.side != event.SideSource
		if attack && r.confirmed == unconfirmed {
			t.Errorf("%s: has a hosting side and does not say whether it is confirmed", r.name)
		}
	}
	for name, want := range map[string]string{
		"scan6_rdp": "scan_rdp", "event6_sinkhole_http": "event_sinkhole_http", "event4_honeypot_ddos": "event_honeypot_ddos",
		"compromised_website6": "compromised_website", "device_id6": "device_id", "population6_bgp": "population_bgp",
		"BLACKLIST": "blocklist", "dns_openresolver": "scan_dns", "scan_nothing": "", "": "",
	} {
		got := ""
		if r := c.named(name); r != nil {
			got = r.name
		}
		if got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
	for from, to := range formerNames {
		if c.byName[to] == nil {
			t.Errorf("former name %s leads to %s, which does not exist", from, to)
		}
	}
	for word, to := range tagged {
		if c.byName[to] == nil {
			t.Errorf("tag %s leads to %s, which does not exist", word, to)
		}
	}
}

func TestSectorsExist(t *testing.T) {
	for _, m := range []map[string]string{naicsSectors, textSectors} {
		for k, name := range m {
			if _, err := event.Sectors.Parse(name); err != nil {
				t.Errorf("%s: %v", k, err)
			}
		}
	}
	for _, c := range []struct{ text, naics, want string }{
		{"", "517311", "digital-infrastructure"}, {"", "622110", "health"}, {"Healthcare and Public Health", "0", "health"},
		{"Communications, Service Provider, and Hosting Service", "", "digital-infrastructure"}, {"", "", ""},
		{"unheard of", "7", ""}, {"", "221122", "energy/electricity"}, {"", "611310", "education"},
	} {
		if got := sectorOf([]byte(c.text), []byte(c.naics)).String(); got != c.want {
			t.Errorf("%q %q: %q, want %q", c.text, c.naics, got, c.want)
		}
	}
}

// The columns of present reports, shortened, and what they must be taken for.
func TestDetection(t *testing.T) {
	const scan = "timestamp,severity,ip,protocol,port,hostname,tag,asn,geo,region,city,naics,hostname_source,sector,"
	const ends = "timestamp,protocol,src_ip,src_port,src_asn,src_geo,device_vendor,device_type,device_model,severity,dst_ip,dst_port,public_source,infection,family,tag,application,version,event_id,"
	const attack = "vulnerability_enum,vulnerability_id,threat_framework,threat_tactic_id,threat_technique_id"
	c := newCatalogue()
	for _, k := range []struct{ header, tag, want string }{
		{scan + "rdp_protocol,cert_length", "", "scan_rdp"},
		{scan + "smb_version_string", "", "scan_smb"},
		{scan + "banner", "telnet", "scan_telnet"},
		{scan + "product,banner", "vnc", "scan_vnc"},
		{scan + "response_size,amplification", "chargen", "scan_chargen"},
		{scan + "response", "iot;netis", "scan_netis_router"},
		{scan + "version,servername,url", "exchange;cve-2021-26855", "scan_exchange"},
		{scan + "response_size", "msmq", "population_msmq"},
		{scan + "dns_version,min_amplification", "openresolver", "scan_dns"},
		{scan + "auth_tls_response,auth_ssl_response,freak_vulnerable", "smtp", "scan_smtp"},
		{scan + "auth_tls_response,auth_ssl_response,freak_vulnerable", "smtp;cve-2020-28017", "scan_smtp_vulnerable"},
		{scan + "never_seen", "brand-new", "unknown"},
		{"#report=scan6_bgp\n" + scan + "whatever", "", "scan_bgp"},
		{scan + "whatever,#report=population6_bgp", "", "population_bgp"},
		{"#report=scan_tomorrow\n" + scan + "rdp_protocol", "rdp", "unknown"},
		{"timestamp,severity,ip,protocol,port,hostname,tag,asn,geo,device_vendor,device_type,device_model", "", "device_id"},
		{ends + "http_url,http_host,http_agent,forwarded_by,ssl_cipher", "", "event_sinkhole_http"},
		{ends + "ssl_cipher,ssl_servername", "", "event_sinkhole"},
		{ends + "service,start_time,end_time,client_version,username,password,payload_url", "", "event_honeypot_brute_force"},
		{ends + "pattern,http_url,http_agent,http_request_method,url_scheme," + attack + ",body_raw", "", "event_honeypot_http_scan"},
		{ends + attack + ",cookie", "", "event_honeypot_rdp_scan"},
		{ends + attack, "ikev2", "event_honeypot_ikev2_scan"},
		{ends + attack + ",command,flags,supported_protocols", "", "event_honeypot_smb_scan"},
		{ends + "count", "mirai", "event_honeypot_darknet"},
		{ends + "request,count,bytes,end_time,duration,avg_pps,max_pps", "", "event_honeypot_ddos_amp"},
		{ends + "attack,duration,packet_randomized,http_agent", "", "event_honeypot_ddos"},
		{ends + "attack,duration,packet_randomized", "", "event_honeypot_ddos_target"},
		{ends + "state,sensor_id,slave_id,function_code", "", "event_honeypot_ics_scan"},
		{"timestamp,entity_name,website,geo,region,sector,date_published,ransomware,leak_site_url,severity", "", "ransomware_victim"},
		{"timestamp,url,hostname,ip,asn,geo,naics,sector,severity,port,tag,source,sha256,application", "", "malware_url"},
		{"timestamp,email,infection,source_url,public_source,status,tag,severity,service,username", "", "compromised_account"},
	} {
		h, reject := c.bind([]byte(k.header))
		if reject != nil {
			t.Fatalf("%s: %v", k.header, reject)
		}
		m := &mapper{format: &Format{reports: c}, head: h, byTag: map[string]*report{}, v: values{tag: []byte(k.tag)}}
		if got := m.reportOf().name; got != k.want {
			t.Errorf("%s with tag %q is taken for %s, want %s", k.header[strings.LastIndex(k.header, ",")+1:], k.tag, got, k.want)
		}
	}
}
