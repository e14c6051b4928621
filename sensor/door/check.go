// SPDX-License-Identifier: Apache-2.0

package door

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

// Check is one thing that was looked at, and what to do where it is wrong.
type Check struct {
	Name   string `json:"name"`
	Good   bool   `json:"good"`
	Detail string `json:"detail"`
	Remedy string `json:"remedy,omitempty"`
}

// mostSkew is how far two clocks may be apart before figures by the minute suffer.
const mostSkew = 5 * time.Second

// Checks looks whether batches of the format could be sent: name, connection,
// certificate, token, format and clock, as far as it gets. It sends no record.
func (c *Client) Checks(ctx context.Context, format string, now func() time.Time) []Check {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	var out []Check
	add := func(ck Check) bool {
		out = append(out, ck)
		return ck.Good
	}
	host, port := c.base.Hostname(), c.base.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[c.base.Scheme]
	}
	if !add(checkName(ctx, host)) || !add(checkConnection(ctx, net.JoinHostPort(host, port))) {
		return out
	}
	if c.base.Scheme == "https" {
		if !add(c.checkTLS(ctx, net.JoinHostPort(host, port), host)) {
			return out
		}
	} else if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		add(Check{"encryption", false, "the address is plain http: token and records can be read on the way", "use https, unless the network between is your own"})
	}
	return c.checkDoor(ctx, format, now, out)
}

func checkName(ctx context.Context, host string) Check {
	addrs, err := net.DefaultResolver.LookupHost(ctx, host)
	if err != nil {
		return Check{"name", false, err.Error(), "check the address in --to, and this machine's resolver"}
	}
	return Check{Name: "name", Good: true, Detail: host + " is " + strings.Join(addrs, ", ")}
}

func checkConnection(ctx context.Context, addr string) Check {
	began := time.Now()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return Check{"connection", false, err.Error(), "check that the observatory runs, its port, and the firewalls between"}
	}
	_ = conn.Close() // nothing was written
	return Check{Name: "connection", Good: true, Detail: fmt.Sprintf("%s answers within %s", addr, time.Since(began).Round(time.Millisecond))}
}

func (c *Client) checkTLS(ctx context.Context, addr, host string) Check {
	config := c.http.Transport.(*http.Transport).TLSClientConfig.Clone()
	config.ServerName = host
	conn, err := (&tls.Dialer{Config: config}).DialContext(ctx, "tcp", addr)
	if err != nil {
		remedy := "check that the port speaks TLS"
		switch {
		case errors.As(err, new(x509.UnknownAuthorityError)):
			remedy = "give the certificate of the observatory's authority with --ca"
		case errors.As(err, new(x509.HostnameError)):
			remedy = "use the name that the certificate is for"
		case errors.As(err, new(x509.CertificateInvalidError)):
			remedy = "look at the certificate's dates and at this machine's clock"
		}
		return Check{"certificate", false, err.Error(), remedy}
	}
	defer conn.Close()
	state := conn.(*tls.Conn).ConnectionState()
	until := state.PeerCertificates[0].NotAfter
	return Check{Name: "certificate", Good: true, Detail: fmt.Sprintf("%s, valid until %s", tls.VersionName(state.Version), until.UTC().Format(time.DateOnly))}
}

// checkDoor asks the door to take an empty body: it looks at the token and the
// format before it finds that there is nothing in it.
func (c *Client) checkDoor(ctx context.Context, format string, now func() time.Time, out []Check) []Check {
	req, err := c.request(ctx, http.MethodPost, "/api/v1/ingest/"+format, http.NoBody)
	if err != nil {
		return append(out, Check{"token", false, err.Error(), "give the token with --token-file or in HAIDANG_TOKEN"})
	}
	header, err := c.do(req, new(Receipt))
	var e *Error
	if !errors.As(err, &e) {
		if err == nil {
			err = errors.New("an empty batch was accepted")
		}
		return append(out, Check{"door", false, err.Error(), "check that the address is an observatory's"})
	}
	switch {
	case e.Code == "body-empty":
		out = append(out, Check{Name: "token", Good: true, Detail: "the token is valid"},
			Check{Name: "format", Good: true, Detail: format + " is known there"})
	case e.Verdict() == Denied:
		out = append(out, Check{"token", false, e.Error(), "enrol the sensor with `haidang sensor enrol NAME` on the observatory, or rotate its token"})
	case e.Code == "format-unknown":
		out = append(out, Check{Name: "token", Good: true, Detail: "the token is valid"},
			Check{"format", false, e.Error(), "use one of the formats named"})
	case e.Code == "":
		out = append(out, Check{"door", false, e.Error(), "check that the address is an observatory's, not a page or a proxy"})
	default:
		out = append(out, Check{"door", false, e.Error(), "the observatory cannot take batches now; the sensor would keep them and go on trying"})
	}
	if at, err := http.ParseTime(header.Get("Date")); err == nil {
		skew := now().Sub(at).Truncate(time.Second)
		ck := Check{Name: "clock", Good: skew.Abs() <= mostSkew, Detail: fmt.Sprintf("this machine's clock differs by %s", skew)}
		if !ck.Good {
			ck.Remedy = "set both clocks by NTP"
		}
		out = append(out, ck)
	}
	return out
}

// TokenFrom gives a source of the token: a file that is read each time, so that
// a rotated token is taken up, or else the value given.
func TokenFrom(file, value string) func() (string, error) {
	return func() (string, error) {
		if file == "" {
			if value == "" {
				return "", errors.New("no token: name a file with --token-file, or set HAIDANG_TOKEN")
			}
			return strings.TrimSpace(value), nil
		}
		b, err := os.ReadFile(file)
		if err != nil {
			return "", fmt.Errorf("token: %w", err)
		}
		return strings.TrimSpace(string(b)), nil
	}
}
