// SPDX-License-Identifier: Apache-2.0

package incident_test

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"testing"
	"time"

	"haidang/event"
	"haidang/incident"
	"haidang/mutant"
)

var hanoi = time.FixedZone("+07", 7*3600)

func lines(t testing.TB, lang string, list []event.Incident) [][]string {
	t.Helper()
	var out bytes.Buffer
	if err := incident.WriteCSV(&out, lang, hanoi, list); err != nil {
		t.Fatal(err)
	}
	text, ok := strings.CutPrefix(out.String(), "\uFEFF")
	if !ok || !strings.HasSuffix(text, "\r\n") {
		t.Fatalf("%q", text)
	}
	all, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestTheListFindsTheMachine(t *testing.T) {
	list := []event.Incident{seen(t, 0, 90*time.Minute)}
	got := lines(t, "vi", list)
	want := []string{
		"2026-03-01 06:30:00Z", "2026-03-01 13:30:00 +07:00", "203.0.113.5", "40001", "198.51.100.1", "443", "tcp/tls",
		"máy của đơn vị", "avalanche", "malicious-code/infected-system", "high", list[0].Key.String(), "01000000-0000-0000-0000-000000000001",
	}
	if len(got) != 3 || !slices.Equal(got[1], want) || got[0][0] != "Thời gian (UTC)" {
		t.Errorf("%q", got)
	}
	if en := lines(t, "en", list); en[0][3] != "Public port (yours)" || len(en[0]) != len(got[0]) || en[1][7] != "your machine" {
		t.Errorf("%q", en)
	}
	if err := incident.WriteCSV(&bytes.Buffer{}, "fr", hanoi, nil); err == nil {
		t.Error("French was written")
	}
}

func TestSpreadsheetsRunNothing(t *testing.T) {
	for _, evil := range []string{`=HYPERLINK("http://x")`, "+1", "-1", "@SUM(A1)", "\t=1", "\r\n=1", " =1", "\u00a0=1", "＝1", "|calc", "%0A=1"} {
		list := []event.Incident{seen(t, 0)}
		list[0].Problem = event.Problem{RSIT: event.RSITExploit, By: event.ProblemRule, Name: evil}
		list[0].Samples[0].Rule, list[0].Samples[0].Protocol, list[0].Samples[0].Transport = evil, evil, 0
		all := lines(t, "en", list)
		if len(all) != 2 {
			t.Fatalf("%q made %d lines", evil, len(all))
		}
		for _, cell := range all[1] {
			if c := strings.TrimLeft(cell, " \u00a0"); strings.HasPrefix(cell, "'") {
				continue
			} else if c != "" && strings.ContainsAny(c[:1], "=+-@|%\t\r") || strings.HasPrefix(c, "＝") || strings.ContainsAny(cell, "\r\n\t") {
				t.Errorf("%q became the cell %q", evil, cell)
			}
		}
	}
}

func TestDirectionsPortsAndProtocols(t *testing.T) {
	list := []event.Incident{seen(t, 0)}
	for want, s := range map[string]event.Sighting{
		"remote end|icmp":       {Inbound: true, Transport: 1},
		"your machine|udp/dns":  {Transport: 17, Protocol: "dns"},
		"your machine|tcp":      {Transport: 6, Protocol: "tcp"},
		"your machine|sctp":     {Transport: 132},
		"your machine|47/gre-x": {Transport: 47, Protocol: "gre-x"},
		"your machine|http":     {Protocol: "http"},
		"remote end|ipv6-icmp":  {Inbound: true, Transport: 58},
	} {
		list[0].Samples = []event.Sighting{s}
		row := lines(t, "en", list)[1]
		if got := row[7] + "|" + row[6]; got != want || row[2] != "" || row[3] != "" {
			t.Errorf("%q, want %q: %q", got, want, row)
		}
	}
}

func FuzzCSV(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	f.Add("=1+1", "a,b\"c\n")
	f.Add("\xff\x00", "'")
	f.Fuzz(func(t *testing.T, rule, protocol string) {
		list := []event.Incident{{Problem: event.Problem{Name: rule}, Samples: []event.Sighting{{Rule: rule, Protocol: protocol}, {Rule: protocol}}}}
		if all := lines(t, "vi", list); len(all) != 3 || len(all[1]) != len(all[0]) || len(all[2]) != len(all[0]) {
			t.Errorf("%q", all)
		}
	})
}
