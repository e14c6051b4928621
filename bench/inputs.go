// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	jsonv2 "github.com/go-json-experiment/json"

	"haidang/replay/generate"
)

// inputs are the same events in the forms that peers take: as they are, as
// ready columns, as flat JSON.
type inputs struct {
	dir               string
	lines, tabs, flat string // files
	records, bytes    int64
}

// flatEvent is an event as one who prepared it for a column store would write it.
type flatEvent struct {
	Time       string `json:"time"`
	Type       string `json:"type"`
	Flow       uint64 `json:"flow"`
	SrcIP      string `json:"src_ip"`
	SrcPort    uint16 `json:"src_port"`
	DestIP     string `json:"dest_ip"`
	DestPort   uint16 `json:"dest_port"`
	Proto      string `json:"proto"`
	App        string `json:"app"`
	Community  string `json:"community"`
	Signature  uint64 `json:"signature_id"`
	Name       string `json:"signature"`
	Category   string `json:"category"`
	Severity   int    `json:"severity"`
	ToServer   uint64 `json:"bytes_toserver"`
	ToClient   uint64 `json:"bytes_toclient"`
	Hostname   string `json:"hostname"`
	URL        string `json:"url"`
	Agent      string `json:"agent"`
	Method     string `json:"method"`
	Query      string `json:"rrname"`
	ServerName string `json:"sni"`
	SHA256     string `json:"sha256"`
}

// columnsSQL declares the same for databases that speak common types.
const columnsSQL = `"time" timestamp, "type" text, flow bigint, src_ip text, src_port int, dest_ip text, dest_port int, proto text, ` +
	`app text, community text, signature_id bigint, signature text, category text, severity int, bytes_toserver bigint, ` +
	`bytes_toclient bigint, hostname text, url text, agent text, method text, rrname text, sni text, sha256 text`

func flatten(line []byte) (flatEvent, error) {
	var r eveRecord
	if err := jsonv2.Unmarshal(line, &r); err != nil {
		return flatEvent{}, err
	}
	return flatEvent{
		Time: strings.Replace(r.Timestamp[:26], "T", " ", 1), Type: r.EventType, Flow: r.FlowID,
		SrcIP: r.SrcIP, SrcPort: r.SrcPort, DestIP: r.DestIP, DestPort: r.DestPort, Proto: r.Proto, App: r.AppProto,
		Community: r.CommunityID, Signature: r.Alert.SignatureID, Name: r.Alert.Signature, Category: r.Alert.Category,
		Severity: r.Alert.Severity, ToServer: r.Flow.BytesToServer, ToClient: r.Flow.BytesToClient, Hostname: r.HTTP.Hostname,
		URL: r.HTTP.URL, Agent: r.HTTP.UserAgent, Method: r.HTTP.Method, Query: r.DNS.RRName, ServerName: r.TLS.SNI, SHA256: r.FileInfo.SHA256,
	}, nil
}

// tabbed is one row for COPY.
func (e flatEvent) tabbed(b []byte) []byte {
	for i, v := range []any{
		e.Time, e.Type, e.Flow, e.SrcIP, e.SrcPort, e.DestIP, e.DestPort, e.Proto, e.App, e.Community, e.Signature, e.Name,
		e.Category, e.Severity, e.ToServer, e.ToClient, e.Hostname, e.URL, e.Agent, e.Method, e.Query, e.ServerName, e.SHA256,
	} {
		if i > 0 {
			b = append(b, '\t')
		}
		switch v := v.(type) {
		case string:
			b = append(b, escaped.Replace(v)...)
		case uint64:
			b = strconv.AppendUint(b, v, 10)
		default:
			b = fmt.Append(b, v)
		}
	}
	return append(b, '\n')
}

var escaped = strings.NewReplacer("\\", "\\\\", "\t", "\\t", "\n", "\\n", "\r", "\\r", "\x00", "")

// write makes the files; no line of them is broken.
func write(dir string, records int64) (in *inputs, err error) {
	in = &inputs{
		dir: dir, lines: filepath.Join(dir, "events.ndjson"), tabs: filepath.Join(dir, "events.tsv"), flat: filepath.Join(dir, "flat.ndjson"),
	}
	var files [3]*os.File
	var outs [3]*bufio.Writer
	for i, path := range []string{in.lines, in.tabs, in.flat} {
		if files[i], err = os.Create(path); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, files[i].Close()) }()
		outs[i] = bufio.NewWriterSize(files[i], 1<<20)
		defer func() { err = errors.Join(err, outs[i].Flush()) }()
	}
	g, err := generate.New(generate.Config{Seed: 1, Broken: -1})
	if err != nil {
		return nil, err
	}
	var body, row []byte
	for in.records < records {
		body = g.Next(body[:0]).Data
		_, _ = outs[0].Write(body) // Flush tells
		for line := range bytes.Lines(body) {
			e, err := flatten(line)
			if err != nil {
				return nil, err
			}
			flat, err := jsonv2.Marshal(e)
			if err != nil {
				return nil, err
			}
			row = e.tabbed(row[:0])
			_, _ = outs[1].Write(row)
			_, _ = outs[2].Write(append(flat, '\n'))
			in.records++
			in.bytes += int64(len(line))
		}
	}
	return in, nil
}
