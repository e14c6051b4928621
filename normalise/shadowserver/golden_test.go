// SPDX-License-Identifier: Apache-2.0

package shadowserver

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
)

var update = flag.Bool("update", false, "write what the mapping gives into the golden cases")

// golden is one case: a header row and a row, and what must become of them. A
// new case is a new file in testdata.
type golden struct {
	Header   string            `json:"header"`
	Row      string            `json:"row"`
	Expected map[string]string `json:"expected"`
	Residual map[string]string `json:"residual,omitempty"`
}

func TestGolden(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.json")
	if len(files) < 10 {
		t.Fatalf("%d golden cases", len(files))
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var g golden
			if err := json.Unmarshal(raw, &g); err != nil {
				t.Fatal(err)
			}
			e := mapOne(t, g.Header, g.Row)
			got := golden{Header: g.Header, Row: g.Row, Expected: texts(&e)}
			if len(e.Residual) > 0 {
				if err := json.Unmarshal(e.Residual, &got.Residual); err != nil {
					t.Fatal(err)
				}
			}
			if *update {
				write(t, file, &got)
				return
			}
			if d := cmp.Diff(g, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func write(t *testing.T, file string, g *golden) {
	t.Helper()
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(g); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// texts gives the fields that are set.
func texts(e *event.Event) map[string]string {
	number := func(n uint64) string {
		if n == 0 {
			return ""
		}
		return strconv.FormatUint(n, 10)
	}
	out := map[string]string{}
	for name, v := range map[string]string{
		"@timestamp": e.Time.String(), "event.start": e.Start.String(), "event.end": e.End.String(),
		"event.kind": e.Kind.String(), "event.category": strings.Join(e.Category.Names(), " "), "event.action": e.Action,
		"event.dataset": e.Dataset, "event.severity": number(uint64(e.Severity)), "observer.type": e.ObserverType.String(),
		"source.ip": e.Source.IP.String(), "source.port": number(uint64(e.Source.Port)), "source.domain": e.Source.Domain,
		"source.as": number(uint64(e.Source.AS)), "source.geo": e.Source.Country.String(),
		"destination.ip": e.Destination.IP.String(), "destination.port": number(uint64(e.Destination.Port)),
		"destination.domain": e.Destination.Domain, "destination.as": number(uint64(e.Destination.AS)),
		"destination.geo": e.Destination.Country.String(), "network.transport": number(uint64(e.Transport)),
		"network.protocol": e.Protocol, "rule.id": e.RuleID, "rule.name": e.RuleName, "user.name": e.User,
		"threat.technique.id": strings.Join(e.Techniques, " "), "threat.software.name": e.Software,
		"vulnerability.id": strings.Join(e.Vulnerabilities, " "), "url.full": e.URL, "dns.question.name": e.DNSName,
		"dns.question.type": number(uint64(e.DNSType)), "file.hash.sha256": e.FileSHA256.String(),
		"http.request.method": e.HTTPMethod, "user_agent.original": e.UserAgent, "email.from.address": e.EmailFrom,
		"cert.rsit": e.RSIT.String(), "cert.stage": e.Stage.String(), "cert.way": e.Way.String(),
		"cert.affected": e.Affected.String(), "hosting.confirmed": e.Confirmed.String(), "cert.sector": e.Sector.String(),
		"cert.product": e.Product,
	} {
		if v != "" {
			out[name] = v
		}
	}
	return out
}
