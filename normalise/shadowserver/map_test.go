// SPDX-License-Identifier: Apache-2.0

package shadowserver

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"haidang/event"
	"haidang/mutant"
	"haidang/normalise"
)

func mapOne(t testing.TB, header, row string) event.Event {
	t.Helper()
	var e event.Event
	e.Reset()
	if err := New().NewMapper().Map([]byte(row), context(t, []byte(header)), &e); err != nil {
		t.Fatalf("%s: %v", row, err)
	}
	return e
}

func TestBruteForce(t *testing.T) {
	e := mapOne(t, "timestamp,protocol,src_ip,src_port,src_geo,src_naics,severity,dst_ip,dst_port,infection,tag,service,start_time,end_time,client_version,username,password,payload_url",
		`2026-05-01 02:03:04,tcp,2001:db8::9,4242,VN,622110,high,192.0.2.1,22,,"ssh;cve-2018-15473",ssh,2026-05-01 02:03:04Z,2026-05-01 02:03:09,"SSH-2.0-""Go""",root,"a,b",`)
	if e.RSIT != event.RSITBruteForce || e.Stage != event.StageAttempt || e.Affected != event.SideDestination ||
		e.Confirmed != event.ConfirmedYes || e.Severity != event.SeverityHigh || e.Way != event.WayNetwork {
		t.Errorf("%+v", e)
	}
	if e.Source.IP.String() != "2001:db8::9" || e.Source.Port != 4242 || e.Protocol != "ssh" || e.User != "root" ||
		len(e.Vulnerabilities) != 1 || e.Vulnerabilities[0] != "CVE-2018-15473" || e.RuleID != "ssh;cve-2018-15473" {
		t.Errorf("%+v", e)
	}
	if e.Sector != event.SectorUnset { // the attacker's sector is not the affected one's
		t.Errorf("sector %s", e.Sector)
	}
	if e.End-e.Start != 5e9 {
		t.Errorf("from %s to %s", e.Start, e.End)
	}
	var rest map[string]string
	if err := json.Unmarshal(e.Residual, &rest); err != nil {
		t.Fatal(err)
	}
	if rest["client_version"] != `SSH-2.0-"Go"` || rest["password"] != "a,b" || rest["src_geo"] != "VN" || rest["username"] != "" {
		t.Errorf("%v", rest)
	}
}

func TestVictimOfAmplificationHasNoHost(t *testing.T) {
	e := mapOne(t, "timestamp,protocol,src_ip,src_port,dst_ip,dst_port,dst_asn,dst_geo,avg_pps,max_pps",
		"2026-05-01 02:03:04,udp,192.0.2.7,80,198.51.100.1,123,64500,US,1.5,3")
	if e.Affected != event.SideSource || e.Source.IP.String() != "192.0.2.7" || e.Confirmed != event.ConfirmedNo || e.Transport != udp {
		t.Errorf("%+v", e)
	}
	if e.Destination.IP.IsSet() || e.Destination.Country != 0 || e.Destination.AS != 0 || e.Destination.Port != 123 {
		t.Errorf("the honeypot became a party: %+v", e.Destination)
	}
	if !strings.Contains(string(e.Residual), `"dst_ip":"198.51.100.1"`) {
		t.Errorf("residual %s", e.Residual)
	}
}

func TestAnImplantIsAnIncident(t *testing.T) {
	const header = "timestamp,ip,port,tag,geo,smb_implant,smb_version_string"
	e := mapOne(t, header, `2026-05-01 02:03:04,192.0.2.7,445,smb,VN,Y,"SMB 2.1"`)
	if e.Stage != event.StageIncident || e.RSIT != event.RSITInfectedSystem || e.Severity != event.SeverityCritical {
		t.Errorf("%+v", e)
	}
	e = mapOne(t, header, `2026-05-01 02:03:04,192.0.2.7,445,smb,VN,N,"SMB 2.1"`)
	if e.Stage != event.StageState || e.RSIT != event.RSITVulnerableSystem || e.Severity != event.SeverityHigh || e.Affected != event.SideSource {
		t.Errorf("%+v", e)
	}
}

func TestDetailFields(t *testing.T) {
	e := mapOne(t, "#report=malware_url\ntimestamp,url,hostname,ip,port,tag,source,sha256,application,device_vendor,device_model",
		"2026-05-01 02:03:04,http://x.example/a.sh,x.example,192.0.2.7,80,mirai,urlhaus,"+strings.Repeat("aB", 32)+",http,Acme Inc.,R/1")
	if e.URL != "http://x.example/a.sh" || e.FileSHA256.String() != strings.Repeat("ab", 32) || e.Affected != event.SideBoth ||
		e.Source.Domain != "x.example" || e.Protocol != "http" || e.RSIT != event.RSITMalwareDistribution {
		t.Errorf("%+v", e)
	}
	if e.Product != `cpe:2.3:h:acme_inc.:r\/1:*:*:*:*:*:*:*:*` {
		t.Errorf("product %s", e.Product)
	}
	e = mapOne(t, "timestamp,src_ip,dst_ip,infection,http_url,http_host,http_agent,forwarded_by",
		"2026-05-01 02:03:04,192.0.2.7,192.0.2.9,b,/gate.php,c2.example,Mozilla,")
	if e.URL != "http://c2.example/gate.php" || e.Destination.Domain != "c2.example" || e.UserAgent != "Mozilla" ||
		e.Software != "b" || e.RuleID != "b" || e.Confirmed != event.ConfirmedYes {
		t.Errorf("%+v", e)
	}
}

func TestReportNamedInTheHeaderRow(t *testing.T) {
	e := mapOne(t, `"timestamp","ip","tag","#report=population_bgp"`, "2026-05-01 02:03:04,192.0.2.7,bgp")
	if e.Action != "population_bgp" || e.RuleID != "accessible-bgp" || e.Severity != event.SeverityMedium {
		t.Errorf("%+v", e)
	}
}

func TestUnknownReportIsKeptAndCounted(t *testing.T) {
	f := New()
	var e event.Event
	e.Reset()
	c := context(t, []byte("timestamp,ip,tag,novelty"))
	if err := f.NewMapper().Map([]byte("2026-05-01 02:03:04,192.0.2.7,quantum,yes"), c, &e); err != nil {
		t.Fatal(err)
	}
	if e.RSIT != event.RSITOther || e.Stage != event.StageContext || e.Affected != event.SideNone || e.Dataset != "shadowserver.unknown" {
		t.Errorf("%+v", e)
	}
	if f.Unknown() != 1 || f.Known("quantum") || !f.Known("scan_rdp") {
		t.Errorf("%d unknown rows counted", f.Unknown())
	}
}

func TestRejects(t *testing.T) {
	const header = "timestamp,ip,port,tag,asn,rdp_protocol,jarm"
	for _, c := range []struct {
		header, row string
		reason      event.Reason
	}{
		{header, `2026-05-01 02:03:04,192.0.2.7,1,rdp`, event.ReasonColumns},
		{header, `2026-05-01 02:03:04,192.0.2.7,1,rdp,1,RDP,,8`, event.ReasonColumns},
		{header, `2026-05-01 02:03:04,192.0.2.7,1,rdp,1,"RDP,`, event.ReasonColumns},
		{header, `2026-05-01 02:03:04,192.0.2.7,1,rdp,1,"RDP"x,`, event.ReasonColumns},
		{header, `2026-05-01 02:03:04,192.0.2,1,rdp,1,RDP,`, event.ReasonField},
		{header, `2026-05-01 02:03:04,192.0.2.7,65536,rdp,1,RDP,`, event.ReasonField},
		{header, `2026-05-01 02:03:04,192.0.2.7,1,rdp,AS1,RDP,`, event.ReasonField},
		{header, `yesterday,192.0.2.7,1,rdp,1,RDP,`, event.ReasonTime},
		{header, `9999-05-01 02:03:04,192.0.2.7,1,rdp,1,RDP,`, event.ReasonTime},
		{header, `,192.0.2.7,1,rdp,1,RDP,`, event.ReasonTime},
		{header, "2026-05-01 02:03:04,192.0.2.7,1,rdp\xff,1,RDP,", event.ReasonUTF8},
		{"a,b", `1,2`, event.ReasonWrongFormat},
		{"timestamp,timestamp", `1,2`, event.ReasonColumns},
		{`timestamp,"x`, `1,2`, event.ReasonColumns},
		{"", `1,2`, event.ReasonColumns},
	} {
		var e event.Event
		e.Reset()
		err := New().NewMapper().Map([]byte(c.row), context(t, []byte(c.header)), &e)
		var reject *normalise.RejectError
		if !errors.As(err, &reject) || reject.Reason != c.reason {
			t.Errorf("%s\n%s\n%v, want %s", c.header, c.row, err, c.reason)
		}
	}
}

func FuzzMap(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	f.Add("timestamp,ip,port,tag,rdp_protocol", `2026-05-01 02:03:04,192.0.2.7,1,"r""dp",RDP`)
	f.Add("timestamp,src_ip,dst_ip,http_url,http_host,forwarded_by,sha256,device_vendor", "2026-05-01 02:03:04,::1,1.1.1.1,/,h,,00,v")
	f.Add("#report=scan_rdp\ntimestamp,ip", "2026-05-01 02:03:04,10.0.0.0/8")
	format := New()
	f.Fuzz(func(t *testing.T, header, row string) {
		var e event.Event
		e.Reset()
		if err := format.NewMapper().Map([]byte(row), context(t, []byte(header)), &e); err != nil {
			return
		}
		if !e.Time.IsSet() || e.Dataset == "" || e.RSIT == event.RSITUnset {
			t.Fatalf("accepted without the least: %+v", e)
		}
		if len(e.Residual) > 0 && !json.Valid(e.Residual) {
			t.Fatalf("residual is no JSON: %s", e.Residual)
		}
		var b event.Batch
		b.Append(&e)
	})
}

func TestMapDoesNotAllocate(t *testing.T) {
	header, row, m, e := benchmark()
	c := context(t, header)
	if n := testing.AllocsPerRun(100, func() {
		e.Reset()
		if err := m.Map(row, c, e); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations a row", n)
	}
}

func benchmark() (header, row []byte, m normalise.Mapper, e *event.Event) {
	return []byte(`"timestamp","ip","protocol","port","hostname","tag","asn","geo","region","city","naics","sector","severity","rdp_protocol","cert_length","subject_common_name","issuer_common_name","jarm","device_vendor","device_model"`),
		[]byte(`"2026-05-01 02:03:04","192.0.2.7","tcp",3389,"host.example","rdp",64500,"VN","HANOI","HANOI",622110,"Healthcare","high","RDP",2048,"a ""b"" c","issuer","xyz","Acme","R1"`),
		New().NewMapper(), new(event.Event)
}

func BenchmarkMap(b *testing.B) {
	header, row, m, e := benchmark()
	c := context(b, header)
	b.SetBytes(int64(len(row)))
	for b.Loop() {
		e.Reset()
		if err := m.Map(row, c, e); err != nil {
			b.Fatal(err)
		}
	}
}
