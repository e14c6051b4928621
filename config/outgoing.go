// SPDX-License-Identifier: Apache-2.0

package config

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// acmeHost is the authority that certificates of tls.acme come from.
const acmeHost = "acme-v02.api.letsencrypt.org"

// Destination is somewhere that the observatory connects to by itself.
type Destination struct {
	For  string // the setting that leads there
	Host string // host:port; *:port is any host that may be reached from outside, .example.vn:port any below
	TLS  bool   // by TLS alone; else on this machine
}

// Outgoing lists everything that the observatory connects to: what the settings
// name and, for webhooks, the confirmed networks of the organisation that set one.
// Names are asked of the system's resolver.
func (c Config) Outgoing() []Destination {
	var out []Destination
	add := func(setting, host, port string, tls bool) {
		if !strings.Contains(host, ":") || strings.HasPrefix(host, "[") || net.ParseIP(host) != nil {
			host = net.JoinHostPort(strings.Trim(host, "[]"), port)
		}
		out = append(out, Destination{setting, host, tls})
	}
	if len(c.TLS.ACME) > 0 {
		add("tls.acme", acmeHost, "443", true)
	}
	for s := range c.Journal.servers() {
		add("journal.url", s.Host, "4222", s.Scheme == "tls")
	}
	for i, p := range c.SignIn.Providers {
		setting := fmt.Sprintf("sign_in.providers[%d]", i)
		if u, err := url.Parse(p.Issuer); err == nil {
			port := "443"
			if u.Scheme == "http" {
				port = "80"
			}
			add(setting+".issuer", u.Host, port, u.Scheme == "https")
		}
		for _, h := range p.Hosts {
			add(setting+".hosts", h, "443", true)
		}
	}
	if n := c.Notices; n.Host != "" {
		port := cmp.Or(n.Port, map[string]int{"starttls": 587, "tls": 465, "plain": 25}[n.Security])
		add("notices.host", n.Host, strconv.Itoa(port), n.Security != "plain")
	}
	for _, h := range c.Notices.WebhookHosts {
		for _, port := range c.Notices.WebhookPorts {
			add("notices.webhook_hosts", h, strconv.Itoa(port), true)
		}
	}
	if c.Log.Collector != "" {
		add("log.collector", c.Log.Collector, CollectorPort, true)
	}
	return out
}

// CollectorPort is syslog's over TLS (RFC 5425).
const CollectorPort = "6514"

// servers gives the external log's servers.
func (j Journal) servers() iter.Seq[*url.URL] {
	return func(yield func(*url.URL) bool) {
		for s := range strings.SplitSeq(j.URL, ",") {
			if s = strings.TrimSpace(s); s == "" {
				continue
			}
			if !strings.Contains(s, "://") {
				s = "nats://" + s
			}
			u, err := url.Parse(s)
			if err != nil {
				u = &url.URL{Scheme: "nats"}
			}
			if !yield(u) {
				return
			}
		}
	}
}

// checkOutgoing wants TLS of everything beyond this machine.
func (c Config) checkOutgoing() error {
	var errs []error
	for s := range c.Journal.servers() {
		switch {
		case s.Host == "":
			errs = append(errs, errors.New("journal.url: name servers as in tls://a.example:4222,tls://b.example:4222"))
		case s.Scheme != "tls" && !(s.Scheme == "nats" && loopback(s.Hostname())):
			errs = append(errs, fmt.Errorf("journal.url: %s is beyond this machine; write tls://%s", s.Host, s.Host))
		}
	}
	if (c.Journal.Cert == "") != (c.Journal.Key == "") {
		errs = append(errs, errors.New("journal: cert and key go together; name both files or neither"))
	}
	if l := c.Log.Collector; l != "" && strings.ContainsAny(l, "/ ") {
		errs = append(errs, fmt.Errorf("log.collector: %q is not host:port of a collector that speaks syslog over TLS", l))
	}
	return errors.Join(errs...)
}
