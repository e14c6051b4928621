// SPDX-License-Identifier: Apache-2.0

//go:build unix

package strictjson

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/bytedance/sonic"
	"github.com/go-json-experiment/json/jsontext"
)

// eveRecord is what the other decoders decode into: the fields of the bench
// table, as anybody would write it.
type eveRecord struct {
	Timestamp   string `json:"timestamp"`
	EventType   string `json:"event_type"`
	FlowID      uint64 `json:"flow_id"`
	SrcIP       string `json:"src_ip"`
	SrcPort     uint16 `json:"src_port"`
	DestIP      string `json:"dest_ip"`
	DestPort    uint16 `json:"dest_port"`
	Proto       string `json:"proto"`
	AppProto    string `json:"app_proto"`
	CommunityID string `json:"community_id"`
	Direction   string `json:"direction"`
	Alert       struct {
		Action      string `json:"action"`
		SignatureID uint64 `json:"signature_id"`
		Signature   string `json:"signature"`
		Category    string `json:"category"`
		Severity    int    `json:"severity"`
		Metadata    struct {
			AttackTarget []string `json:"attack_target"`
			CVE          []string `json:"cve"`
		} `json:"metadata"`
	} `json:"alert"`
	Flow struct {
		PktsToServer  uint64 `json:"pkts_toserver"`
		PktsToClient  uint64 `json:"pkts_toclient"`
		BytesToServer uint64 `json:"bytes_toserver"`
		BytesToClient uint64 `json:"bytes_toclient"`
		Start         string `json:"start"`
		End           string `json:"end"`
	} `json:"flow"`
	HTTP struct {
		Hostname  string `json:"hostname"`
		URL       string `json:"url"`
		UserAgent string `json:"http_user_agent"`
		Method    string `json:"http_method"`
		Status    int    `json:"status"`
	} `json:"http"`
	DNS struct {
		RRName string `json:"rrname"`
		RRType string `json:"rrtype"`
	} `json:"dns"`
	TLS struct {
		SNI string `json:"sni"`
	} `json:"tls"`
	FileInfo struct {
		SHA256 string `json:"sha256"`
	} `json:"fileinfo"`
}

func benchTable() *Table {
	var paths []Path
	for i, name := range []string{
		"timestamp", "event_type", "flow_id", "src_ip", "src_port", "dest_ip", "dest_port", "proto", "app_proto",
		"community_id", "direction", "alert.action", "alert.signature_id", "alert.signature", "alert.category",
		"alert.severity", "alert.metadata.attack_target[]", "alert.metadata.cve[]", "flow.pkts_toserver",
		"flow.pkts_toclient", "flow.bytes_toserver", "flow.bytes_toclient", "flow.start", "flow.end", "http.hostname",
		"http.url", "http.http_user_agent", "http.http_method", "http.status", "dns.rrname", "dns.rrtype", "tls.sni",
		"fileinfo.sha256",
	} {
		paths = append(paths, Path{Name: name, Field: i})
	}
	for _, name := range []string{ // often there, not wanted
		"pcap_cnt", "pcap_filename", "pkt_src", "tx_id", "in_iface", "alert.gid", "alert.rev", "flow.age", "flow.state",
		"flow.reason", "flow.alerted", "tcp", "smb", "http.http_content_type", "http.protocol", "http.length",
	} {
		paths = append(paths, Path{Name: name, Want: None})
	}
	return MustTable(paths)
}

// benchMix is how many real lines of each type are decoded: the shares in
// which the limits of the hardware were measured.
var benchMix = map[string]int{"alert": 450, "flow": 250, "dns": 120, "http": 100, "tls": 30, "fileinfo": 30, "anomaly": 20}

func benchLines(b *testing.B) (lines [][]byte, size int64) {
	b.Helper()
	left := maps.Clone(benchMix)
	r := NewReader(benchTable(), 0)
	for _, l := range corpus(b, "suricata/zeek-traces.eve.json", 7150) {
		if err := r.Read(l); err != nil {
			b.Fatal(err)
		}
		if t := r.Text(1); left[t] > 0 {
			left[t]--
			lines, size = append(lines, l), size+int64(len(l))
		}
	}
	if lines == nil {
		b.Skip("no corpus: set HAIDANG_CORPUS")
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	return lines, size
}

func bench(b *testing.B, decode func(line []byte) error) {
	lines, size := benchLines(b)
	b.SetBytes(size)
	b.ReportAllocs()
	before := processorTime(b)
	for b.Loop() {
		for _, l := range lines {
			if err := decode(l); err != nil {
				b.Fatal(err)
			}
		}
	}
	used := processorTime(b) - before
	b.ReportMetric(float64(size)*float64(b.N)/1e6/used.Seconds(), "MB/cpu-s")
}

// processorTime is what a busy machine cannot distort, and it holds the cost of
// collecting what the others allocate.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkDecode(b *testing.B) {
	b.Run("strictjson", func(b *testing.B) {
		r := NewReader(benchTable(), 0)
		var sum uint64
		bench(b, func(line []byte) error {
			err := r.Read(line)
			n, _ := r.Uint(4)
			sum += n + uint64(len(r.Residual()))
			return err
		})
	})
	b.Run("sonic", func(b *testing.B) {
		bench(b, func(line []byte) error { var e eveRecord; return sonic.ConfigFastest.Unmarshal(line, &e) })
	})
	b.Run("sonic-default", func(b *testing.B) {
		bench(b, func(line []byte) error { var e eveRecord; return sonic.Unmarshal(line, &e) })
	})
	b.Run("encoding-json", func(b *testing.B) {
		bench(b, func(line []byte) error { var e eveRecord; return json.Unmarshal(line, &e) })
	})
	b.Run("jsontext", func(b *testing.B) { // tokens only, no values
		var d jsontext.Decoder
		var in bytes.Reader
		bench(b, func(line []byte) error {
			in.Reset(line)
			d.Reset(&in)
			for {
				switch _, err := d.ReadToken(); err {
				case nil:
				case io.EOF:
					return nil
				default:
					return err
				}
			}
		})
	})
}
