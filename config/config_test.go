// SPDX-License-Identifier: Apache-2.0

package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestDefaultsPass(t *testing.T) {
	c, err := Load("", nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != "localhost:8080" || c.Data != "./haidang-data" {
		t.Errorf("defaults are %+v", c)
	}
}

// Files that earlier releases accepted must stay acceptable.
func TestOldFilesStillLoad(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.yaml")
	if len(files) == 0 {
		t.Fatal("no file in testdata")
	}
	for _, f := range files {
		if _, err := Load(f, nil); err != nil {
			t.Errorf("%s: %v", f, err)
		}
	}
}

func TestShowIsReadable(t *testing.T) {
	want := Default()
	out, err := want.Show()
	if err != nil {
		t.Fatal(err)
	}
	var got Config
	if err := Parse(out, &got); err != nil {
		t.Fatalf("%v in\n%s", err, out)
	}
	if got.Journal != want.Journal || got.Store != want.Store || got.Ingest != want.Ingest {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestEnvironment(t *testing.T) {
	c, err := Load("", []string{
		"PATH=/bin", "HAIDANG_LISTEN=127.0.0.1:0", "HAIDANG_JOURNAL_KEEP_FOR=24h",
		"HAIDANG_INGEST_MAX_BODY=8 MiB", "HAIDANG_TLS_ACME=a.example, b.example", "HAIDANG_WORKERS=3",
		"HAIDANG_PORTAL_REPLAY=true", "HAIDANG_DISK_MIN_FREE_PERCENT=2.5", "HAIDANG_CORPUS=/x",
		"HAIDANG_NOTICES_WEBHOOK_PORTS=443, 9443",
	})
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != "127.0.0.1:0" || c.Journal.KeepFor != 24*time.Hour || c.Ingest.MaxBody != 8*MiB ||
		len(c.TLS.ACME) != 2 || c.Workers != 3 || !c.Portal.Replay || c.Disk.MinFreePercent != 2.5 ||
		!slices.Equal(c.Notices.WebhookPorts, []int{443, 9443}) {
		t.Errorf("%+v", c)
	}
}

func TestErrorsNameFieldAndRemedy(t *testing.T) {
	for name, c := range map[string]struct {
		yaml string
		env  string
		want []string
	}{
		"unknown field":   {"journal:\n  max_byte: 3", "", []string{"line 2", "max_byte", "config show"}},
		"bad size":        {"ingest:\n  max_body: lots", "", []string{"lots", "64 MiB"}},
		"plain and open":  {"listen: 0.0.0.0:80", "", []string{"tls.cert", "0.0.0.0:80"}},
		"half of TLS":     {"tls:\n  cert: a.pem", "", []string{"key"}},
		"country":         {"portal:\n  country: Vietnam", "", []string{"portal.country", "VN"}},
		"zone":            {"portal:\n  zone: Hanoi", "", []string{"portal.zone", "Asia/Ho_Chi_Minh"}},
		"origin":          {"portal:\n  origin: observatory", "", []string{"portal.origin", "https://"}},
		"provider":        {"sign_in:\n  providers:\n    - {id: a, name: A, client_id: x, issuer: nowhere}", "", []string{"sign_in.providers[0].issuer", "https://"}},
		"plain log":       {"journal:\n  url: nats://10.0.0.1:4222", "", []string{"journal.url", "tls://10.0.0.1"}},
		"plain log, bare": {"journal:\n  url: a.example:4222", "", []string{"journal.url", "tls://a.example"}},
		"half of a pair":  {"journal:\n  cert: a.pem", "", []string{"journal", "key"}},
		"a proxy":         {"tls:\n  proxies: [proxy.example]", "", []string{"tls.proxies", "10.20.0.5/32"}},
		"no ports":        {"notices:\n  webhook_ports: []", "", []string{"notices.webhook_ports", "443"}},
		"a port":          {"notices:\n  webhook_ports: [70000]", "", []string{"notices.webhook_ports", "65535"}},
		"ports by name":   {"", "HAIDANG_NOTICES_WEBHOOK_PORTS=443 https", []string{"https", "whole number"}},
		"quota":           {"quota:\n  person: 0", "", []string{"quota.person", "at least 1"}},
		"collector":       {"log:\n  collector: tls://logs.example", "", []string{"log.collector", "host:port"}},
		"one factor":      {"listen: 0.0.0.0:443\ntls: {plain: true}\nsign_in:\n  one_factor: true", "", []string{"sign_in.one_factor", "this machine"}},
		"provider twice":  {"sign_in:\n  providers:\n    - {id: a, name: A, client_id: x, issuer: 'https://a.example'}\n    - {id: a, name: B, client_id: x, issuer: 'https://b.example'}", "", []string{"providers[1].id", "twice"}},
		"relay":           {"notices:\n  host: mail.example", "", []string{"notices.from"}},
		"relay security":  {"notices:\n  security: none", "", []string{"notices.security", "starttls"}},
		"inbox":           {"notices:\n  fallback: everybody", "", []string{"notices.fallback", "e-mail"}},
		"port":            {"listen: localhost", "", []string{"host:port"}},
		"level":           {"log:\n  level: loud", "", []string{"log.level", "debug"}},
		"workers":         {"workers: 0", "", []string{"workers"}},
		"env unknown":     {"", "HAIDANG_LISTNE=x", []string{"HAIDANG_LISTNE", "config show"}},
		"env bad":         {"", "HAIDANG_STORE_COMMIT=soon", []string{"HAIDANG_STORE_COMMIT", "90s"}},
		"twice the field": {"data: a\ndata: b", "", []string{"data"}},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "c.yaml")
			if err := os.WriteFile(file, []byte(c.yaml), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Load(file, []string{c.env})
			if err == nil {
				t.Fatal("accepted")
			}
			for _, w := range c.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%q does not mention %q", err, w)
				}
			}
		})
	}
}

func TestLoopback(t *testing.T) {
	for in, want := range map[string]bool{
		"localhost:1": true, "127.0.0.9:1": true, "[::1]:1": true, ":8080": false, "0.0.0.0:1": false,
		"10.0.0.1:1": false,
	} {
		if got := (Config{Listen: in}).Loopback(); got != want {
			t.Errorf("%s: %v", in, got)
		}
	}
}

func TestMemoryBounds(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"store.hold":    func(c *Config) { c.Store.Hold = 3 * MiB },
		"memory.growth": func(c *Config) { c.Memory.Growth = 9 },
	} {
		c := Default()
		if err := c.Check(); err != nil {
			t.Fatal(err)
		}
		change(&c)
		if err := c.Check(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s too small: %v", name, err)
		}
	}
}
