// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"time"

	"github.com/bytedance/sonic"
	jsonv2 "github.com/go-json-experiment/json"

	"haidang/event"
	"haidang/normalise"
	"haidang/normalise/eve"
	"haidang/replay/generate"
	"haidang/strictjson"
)

// eveRecord is what the other decoders decode into: the fields of the table
// below, as anybody would write it.
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
			Technique    []string `json:"mitre_technique_id"`
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

// fields are the same for our reader; the others are named because they are
// often there and not wanted.
func fields() *strictjson.Table {
	var paths []strictjson.Path
	for i, name := range []string{
		"timestamp", "event_type", "flow_id", "src_ip", "src_port", "dest_ip", "dest_port", "proto", "app_proto",
		"community_id", "direction", "alert.action", "alert.signature_id", "alert.signature", "alert.category",
		"alert.severity", "alert.metadata.attack_target[]", "alert.metadata.mitre_technique_id[]", "flow.pkts_toserver",
		"flow.pkts_toclient", "flow.bytes_toserver", "flow.bytes_toclient", "flow.start", "flow.end", "http.hostname",
		"http.url", "http.http_user_agent", "http.http_method", "http.status", "dns.rrname", "dns.rrtype", "tls.sni",
		"fileinfo.sha256",
	} {
		paths = append(paths, strictjson.Path{Name: name, Field: i})
	}
	for _, name := range []string{
		"pkt_src", "tx_id", "in_iface", "host", "alert.gid", "alert.rev", "flow.age", "flow.state", "flow.reason",
		"flow.alerted", "tcp", "http.http_content_type", "http.protocol", "http.length",
	} {
		paths = append(paths, strictjson.Path{Name: name, Want: strictjson.None})
	}
	return strictjson.MustTable(paths)
}

// lines makes some bodies and cuts them into lines.
func lines(bodies int) (out [][]byte, size int, err error) {
	g, err := generate.New(generate.Config{Seed: 1, Broken: -1})
	if err != nil {
		return nil, 0, err
	}
	for range bodies {
		b := g.Next(nil)
		size += len(b.Data)
		for line := range bytes.Lines(b.Data) {
			out = append(out, bytes.TrimSuffix(line, []byte{'\n'}))
		}
	}
	return out, size, nil
}

// contender is one way to decode a line.
type contender struct {
	name   string
	decode func(line []byte) error
	speeds []float64 // MB a CPU-second
}

func contenders() ([]*contender, error) {
	reader := strictjson.NewReader(fields(), 0)
	mapper := eve.New().NewMapper()
	sensor, err := normalise.NewContext(event.Sensor{Name: "bench", Country: "VN"})
	if err != nil {
		return nil, err
	}
	sensor.Ingested = event.TimeOf(time.Now())
	var e event.Event
	return []*contender{
		{name: "ours, strict, 33 nested fields and what is left over", decode: reader.Read},
		{name: "ours, strict, mapped into a whole record (normalise/eve)", decode: func(line []byte) error {
			e.Reset()
			return mapper.Map(line, sensor, &e)
		}},
		{name: "bytedance/sonic", decode: func(line []byte) error { var r eveRecord; return sonic.Unmarshal(line, &r) }},
		{name: "go-json-experiment/json (strict)", decode: func(line []byte) error { var r eveRecord; return jsonv2.Unmarshal(line, &r) }},
		{name: "encoding/json", decode: func(line []byte) error { var r eveRecord; return json.Unmarshal(line, &r) }},
	}, nil
}

func (b *bench) decode(context.Context) error {
	all, size, err := lines(20)
	if err != nil {
		return err
	}
	list, err := contenders()
	if err != nil {
		return err
	}
	for range b.rounds {
		for _, c := range list {
			runtime.GC()
			began := own()
			for _, line := range all {
				if err := c.decode(line); err != nil {
					return fmt.Errorf("%s: %w in %s", c.name, err, line)
				}
			}
			c.speeds = append(c.speeds, float64(size)/1e6/(own()-began).Seconds())
		}
	}
	p := b.table.section("Decoding alone, MB a CPU-second")
	p.add("load", "%d lines of %d bytes", len(all), size/len(all))
	for _, c := range list {
		p.add(c.name, "%.0f", median(c.speeds))
	}
	ratio := func(to *contender) float64 {
		var r []float64
		for i, s := range list[0].speeds {
			r = append(r, s/to.speeds[i])
		}
		return median(r)
	}
	p.goal("ours against sonic", "≥ 3 ×", ratio(list[2]) >= 3, "%.1f ×", ratio(list[2]))
	p.goal("ours against encoding/json", "≥ 12 ×", ratio(list[4]) >= 12, "%.1f ×", ratio(list[4]))
	return nil
}
