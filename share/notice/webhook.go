// SPDX-License-Identifier: Apache-2.0

package notice

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// WebhookConfig of signed webhooks.
type WebhookConfig struct {
	Inside  []netip.Prefix // networks inside that webhooks may be sent to, this machine's by http too; none by default
	Ports   []int          // that https may lead to; any when nil
	Timeout time.Duration  // of one request; 10 s when zero
	TLS     *tls.Config    // RootCAs; nil: the system's
}

// Headers of a webhook.
const (
	SignatureHeader = "Haidang-Signature" // t=<Unix seconds>,v1=<hexadecimal HMAC-SHA-256>
	NoticeHeader    = "Haidang-Notice"    // the notice's id, the same when it is sent again
)

// Sign gives the signature header of a body sent at a time: HMAC-SHA-256 (RFC
// 2104) under the shared secret over the Unix seconds, a dot and the body.
func Sign(secret []byte, at time.Time, body []byte) string {
	return fmt.Sprintf("t=%d,v1=%s", at.Unix(), hex.EncodeToString(mac(secret, strconv.FormatInt(at.Unix(), 10), body)))
}

func mac(secret []byte, at string, body []byte) []byte {
	m := hmac.New(sha256.New, secret)
	m.Write([]byte(at + "."))
	m.Write(body)
	return m.Sum(nil)
}

// ErrSignature is why Verify refuses.
var ErrSignature = errors.New("the signature is missing, wrong or too old")

// Verify is for receivers: it accepts a body whose signature was made with the
// secret at most tolerance before or after now.
func Verify(secret []byte, header string, body []byte, now time.Time, tolerance time.Duration) error {
	var at, v1 string
	for part := range strings.SplitSeq(header, ",") {
		if k, v, ok := strings.Cut(part, "="); ok && k == "t" {
			at = v
		} else if ok && k == "v1" {
			v1 = v
		}
	}
	seconds, err := strconv.ParseInt(at, 10, 64)
	given, err2 := hex.DecodeString(v1)
	if err != nil || err2 != nil || now.Sub(time.Unix(seconds, 0)).Abs() > tolerance || !hmac.Equal(given, mac(secret, at, body)) {
		return ErrSignature
	}
	return nil
}

// ErrNoLonger says that a contact has the webhook no more that a message was made
// for: the message is not sent.
var ErrNoLonger = errors.New("the contact has this webhook no more")

// ErrNotAllowed says that nothing may be sent where the webhook leads.
var ErrNotAllowed = errors.New("the webhook leads to a host that is neither the organisation's own nor one that the operator allows")

// hooker sends webhooks.
type hooker struct {
	config WebhookConfig
	secret func(contact, target string) ([]byte, error)
	now    func() time.Time
	https  *http.Client
	http   *http.Client // reaches this machine where that is allowed, and no other
}

func newHooker(c WebhookConfig, secret func(string, string) ([]byte, error), now func() time.Time) *hooker {
	h := &hooker{config: c, secret: secret, now: now}
	h.https = h.client(func(to netip.AddrPort) bool {
		return (c.Ports == nil || slices.Contains(c.Ports, int(to.Port()))) && (public(to.Addr()) || h.inside(to.Addr()))
	})
	h.http = h.client(func(to netip.AddrPort) bool { return to.Addr().Unmap().IsLoopback() && h.inside(to.Addr()) })
	return h
}

// client connects only to addresses that may be reached. They are looked at
// after names were resolved: a name that changes its address between check and
// use gains nothing. A proxy or a redirect would lead around the check.
func (h *hooker) client(may func(netip.AddrPort) bool) *http.Client {
	d := &net.Dialer{Timeout: 5 * time.Second, ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
		a, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		if !may(a) {
			return errInside
		}
		return nil
	}}
	return &http.Client{
		Timeout: cmp.Or(h.config.Timeout, 10*time.Second),
		Transport: &http.Transport{
			Proxy: nil, DialContext: d.DialContext, TLSClientConfig: h.config.TLS, TLSHandshakeTimeout: 5 * time.Second,
			MaxIdleConnsPerHost: 1, IdleConnTimeout: time.Minute, MaxResponseHeaderBytes: 16 << 10, ForceAttemptHTTP2: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

var errInside = &permanentError{errors.New("the webhook leads to a port that is not allowed, or to an address inside or of a special purpose")}

func (h *hooker) inside(a netip.Addr) bool {
	for _, p := range h.config.Inside {
		if p.Contains(a.Unmap()) {
			return true
		}
	}
	return false
}

// special are the address blocks that are not globally reachable, and those
// that lead to IPv4 addresses in disguise (IANA special-purpose registries).
var special = parsePrefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
	"192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
	"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16",
	"fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
)

func parsePrefixes(list ...string) (out []netip.Prefix) {
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

func public(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	return a.IsValid()
}

// send posts the body. 2xx is success; 410 Gone, a redirect and an address
// inside are final; everything else is tried again.
func (h *hooker) send(ctx context.Context, r *record) error {
	u, err := url.Parse(r.Target)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return &permanentError{errors.New("the webhook is not an https address")}
	}
	client := h.https
	if u.Scheme == "http" {
		client = h.http
	}
	secret, err := h.secret(r.Contact, r.Target)
	if errors.Is(err, ErrNoLonger) || errors.Is(err, ErrNotAllowed) {
		return &permanentError{err}
	}
	if err != nil {
		return fmt.Errorf("the webhook's secret: %w", err)
	}
	if len(secret) < 16 {
		return errors.New("the webhook's secret has fewer than 16 bytes; make a new one")
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(r.Message.Body))
	if err != nil {
		return &permanentError{err}
	}
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("User-Agent", "haidang")
	q.Header.Set(NoticeHeader, r.ID)
	q.Header.Set(SignatureHeader, Sign(secret, h.now(), r.Message.Body))
	a, err := client.Do(q)
	if err != nil {
		var final *permanentError
		if errors.As(err, &final) {
			return final
		}
		return withoutURL(err)
	}
	defer func() { _ = a.Body.Close() }()
	_, _ = io.CopyN(io.Discard, a.Body, 64<<10)
	switch {
	case a.StatusCode/100 == 2:
		return nil
	case a.StatusCode/100 == 3, a.StatusCode == http.StatusGone:
		return &permanentError{fmt.Errorf("the webhook answered %d", a.StatusCode)}
	}
	return fmt.Errorf("the webhook answered %d", a.StatusCode)
}

// withoutURL keeps the webhook's address, which may hold a secret, out of logs.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
