// SPDX-License-Identifier: Apache-2.0

package app

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
)

// reaching makes a client that asks the hosts that a setting leads to
// (config.Outgoing), and no others, whatever an answer of theirs names.
func (a *App) reaching(setting string) *http.Client {
	to := onlyTo{hosts: map[string]bool{}, next: http.DefaultTransport}
	for _, d := range a.cfg.Outgoing() {
		if strings.HasPrefix(d.For, setting) {
			to.hosts[d.Host] = d.TLS
		}
	}
	return &http.Client{
		Timeout: 10 * time.Second, Transport: to,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// onlyTo refuses all requests but those to hosts that are known, by TLS where
// they are known by it.
type onlyTo struct {
	hosts map[string]bool // host:port; whether by TLS
	next  http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (o onlyTo) RoundTrip(r *http.Request) (*http.Response, error) {
	port := r.URL.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[r.URL.Scheme]
	}
	host := net.JoinHostPort(strings.ToLower(r.URL.Hostname()), port)
	if tls, ok := o.hosts[host]; !ok || tls != (r.URL.Scheme == "https") {
		return nil, fmt.Errorf("%s is none of the addresses that the settings lead to; if it is the provider's, name it in sign_in.providers, hosts", host)
	}
	return o.next.RoundTrip(r)
}
