// SPDX-License-Identifier: Apache-2.0

package notice

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"haidang/docs"
	"haidang/event"
	"haidang/mutant"
)

func decodeRecord(value []byte) (r record, err error) { return r, json.Unmarshal(value, &r) }

var loopback = parsePrefixes("127.0.0.0/8", "::1/128")

// hooked tells a contact of one bot by a webhook at target.
func hooked(t testing.TB, c WebhookConfig, target string) *bench {
	t.Helper()
	b := newBench(t, &memory{}, Config{Webhook: c})
	b.turn(0)
	b.source.set(AtOnce, Due{Contact: Contact{ID: "soc", Org: 7, Webhook: target, Language: "en"}, Incidents: ready(t, bot(1))})
	b.turn(time.Minute)
	return b
}

func TestAWebhookIsSigned(t *testing.T) {
	var header http.Header
	var body []byte
	s := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
		header, body = q.Header, must(io.ReadAll(q.Body))(t)
	}))
	defer s.Close()
	b := hooked(t, WebhookConfig{Inside: loopback, TLS: &tls.Config{RootCAs: s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}}, s.URL)
	if n := b.Outbox(); n[0].State != Sent || header.Get(NoticeHeader) != n[0].ID || header.Get("Content-Type") != "application/json" {
		t.Fatalf("%+v %v", n, header)
	}
	key := []byte(b.secrets["soc"])
	if err := Verify(key, header.Get(SignatureHeader), body, b.clock.Add(4*time.Minute), 5*time.Minute); err != nil {
		t.Error(err)
	}
	var h hook
	if err := json.Unmarshal(body, &h); err != nil {
		t.Fatal(err)
	}
	if h.ID != b.Outbox()[0].ID || h.Org != 7 || h.TLP != "TLP:AMBER" || h.Cadence != "at-once" || len(h.Incidents) != 1 {
		t.Errorf("%+v", h)
	}
	i := h.Incidents[0]
	if i.Kind != "malicious-code/infected-system" || i.Addr != "203.0.113.5" || i.Problem != "avalanche" || i.Severity != 4 || i.Reason != "new" ||
		i.First != "2026-03-02T04:00:00Z" || i.Match != "prefix" || len(i.Sightings) != 1 || i.Sightings[0].RemotePort != 443 ||
		!strings.HasSuffix(i.URL, "/en/my?incident="+i.Key) {
		t.Errorf("%+v", i)
	}
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
		return v
	}
}

func TestVerify(t *testing.T) {
	key, body := []byte("0123456789abcdef"), []byte(`{"a":1}`)
	good := Sign(key, noon, body)
	// printf '1772427600.{"a":1}' | openssl dgst -sha256 -hmac 0123456789abcdef
	if good != "t=1772427600,v1=553894b76e341681c1078258e94ba7df0464fa4426da3fb35f8c7bdf27e91afb" {
		t.Errorf("signature %s", good)
	}
	for _, page := range []string{"65-notices.md", "vi/65-notices.md"} {
		if text, err := fs.ReadFile(docs.Pages, page); err != nil || !strings.Contains(string(text), good) {
			t.Errorf("%s does not show this signature: %v", page, err)
		}
	}
	for name, c := range map[string]struct {
		key, header, body string
		at                time.Time
		ok                bool
	}{
		"as signed":            {string(key), good, string(body), noon, true},
		"with something added": {string(key), good + ",v2=x", string(body), noon, true},
		"at the limit":         {string(key), good, string(body), noon.Add(5 * time.Minute), true},
		"too old":              {string(key), good, string(body), noon.Add(5*time.Minute + time.Second), false},
		"from the future":      {string(key), good, string(body), noon.Add(-6 * time.Minute), false},
		"another body":         {string(key), good, `{"a":2}`, noon, false},
		"another key":          {"0123456789abcdeF", good, string(body), noon, false},
		"another time":         {string(key), strings.Replace(good, "t=", "t=1", 1), string(body), noon, false},
		"no signature":         {string(key), "t=1772427600", string(body), noon, false},
		"an empty signature":   {string(key), "t=1772427600,v1=", string(body), noon, false},
		"another version":      {string(key), strings.Replace(good, "v1=", "v2=", 1), string(body), noon, false},
		"a version more":       {string(key), good + ",v2=00", string(body), noon, true},
		"nothing":              {string(key), "", string(body), noon, false},
	} {
		if err := Verify([]byte(c.key), c.header, []byte(c.body), c.at, 5*time.Minute); (err == nil) != c.ok || err != nil && !errors.Is(err, ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatTheReceiverSaysDecides(t *testing.T) {
	elsewhere := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere++ }))
	defer other.Close()
	for code, want := range map[int]State{
		200: Sent, 204: Sent, 302: Failed, 307: Failed, 410: Failed, 404: Queued, 429: Queued, 500: Queued, 503: Queued,
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", other.URL)
			w.WriteHeader(code)
		}))
		b := hooked(t, WebhookConfig{Inside: loopback}, s.URL+"/token-in-path")
		s.Close()
		if n := b.Outbox()[0]; n.State != want || n.Attempts != 1 {
			t.Errorf("%d: %+v", code, n)
		}
		b.turn(time.Hour) // the receiver is gone now
		if n := b.Outbox()[0]; n.State != want || strings.Contains(n.Error+b.log.String(), "token-in-path") {
			t.Errorf("%d: %+v, or the log tells the address: %s", code, n, b.log)
		}
	}
	if elsewhere != 0 {
		t.Errorf("%d redirects were followed", elsewhere)
	}
}

func TestWebhooksDoNotReachInside(t *testing.T) {
	reached := 0
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached++ }))
	defer s.Close()
	port := s.URL[strings.LastIndexByte(s.URL, ':'):]
	for target, inside := range map[string][]netip.Prefix{
		"https://127.0.0.1" + port:          nil,
		"https://localhost" + port:          nil,
		"https://[::1]" + port:              nil,
		"https://[::ffff:127.0.0.1]" + port: nil,
		"https://0.0.0.0" + port:            nil,
		"http://127.0.0.1" + port:           parsePrefixes("10.0.0.0/8"),
		"https://169.254.169.254/latest":    nil,
		"https://10.0.0.1/":                 nil,
		"https://192.168.1.1/":              parsePrefixes("192.168.2.0/24"),
		"ftp://127.0.0.1/":                  loopback,
		"https://user:pass@127.0.0.1/":      loopback,
		"file:///etc/passwd":                loopback,
	} {
		if n := hooked(t, WebhookConfig{Inside: inside}, target).Outbox()[0]; n.State != Failed {
			t.Errorf("%s: %+v", target, n)
		}
	}
	if reached != 0 {
		t.Errorf("%d requests reached a server inside", reached)
	}
	if n := hooked(t, WebhookConfig{Inside: loopback}, "http://127.0.0.1"+port).Outbox()[0]; n.State != Sent || reached != 1 {
		t.Errorf("a network that is allowed is not reached: %+v", n)
	}
}

// Ports are looked at where the connection is made, and plain http stays on this
// machine even where a network inside is allowed.
func TestWebhooksKeepToTheirPorts(t *testing.T) {
	reached := 0
	s := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached++ }))
	defer s.Close()
	at, err := netip.ParseAddrPort(strings.TrimPrefix(s.URL, "https://"))
	if err != nil {
		t.Fatal(err)
	}
	trust := &tls.Config{RootCAs: s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
	if n := hooked(t, WebhookConfig{Inside: loopback, Ports: []int{443, 8443}, TLS: trust}, s.URL).Outbox()[0]; n.State != Failed || reached != 0 {
		t.Errorf("another port: %+v", n)
	}
	if n := hooked(t, WebhookConfig{Inside: loopback, Ports: []int{int(at.Port())}, TLS: trust}, s.URL).Outbox()[0]; n.State != Sent || reached != 1 {
		t.Errorf("its port: %+v", n)
	}
	if n := hooked(t, WebhookConfig{Inside: parsePrefixes("192.168.0.0/16")}, "http://192.168.1.1/").Outbox()[0]; n.State != Failed {
		t.Errorf("plain http beyond this machine: %+v", n)
	}
}

func TestPublicAddresses(t *testing.T) {
	for text, want := range map[string]bool{
		"8.8.8.8": true, "113.160.0.1": true, "2405:4800::1": true, "2001:4860:4860::8888": true,
		"100.64.0.1": false, "172.31.255.255": false, "172.32.0.1": true, "224.0.0.1": false, "255.255.255.255": false, "fd00::1": false,
		"fe80::1%eth0": false, "64:ff9b::7f00:1": false, "2002:7f00:1::": false, "::": false, "::127.0.0.1": false, "::ffff:10.0.0.1": false, "198.18.0.1": false,
	} {
		if got := public(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func TestAWebhookWithoutASecretWaits(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was sent") }))
	defer s.Close()
	b := newBench(t, &memory{}, Config{Webhook: WebhookConfig{Inside: loopback}})
	b.secrets = map[string]string{"soc": "short"}
	b.turn(0)
	i := bot(1)
	i.Tier = event.T1c
	b.source.set(AtOnce, Due{Contact: Contact{ID: "soc", Webhook: s.URL, Language: "en"}, Incidents: ready(t, i)})
	b.turn(time.Minute)
	if n := b.Outbox()[0]; n.State != Queued || !strings.Contains(n.Error, "fewer than 16 bytes") {
		t.Errorf("%+v", n)
	}
	n, err := New(Config{URL: "https://x.example"}, Dependencies{})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.senders[byWebhook].send(t.Context(), &record{Target: s.URL}); err == nil || !strings.Contains(err.Error(), "none is known") {
		t.Errorf("without any secrets: %v", err)
	}
}

func FuzzVerify(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	f.Add("t=1,v1=00", []byte("{}"))
	f.Add(Sign([]byte("0123456789abcdef"), noon, []byte("{}")), []byte("{}"))
	f.Fuzz(func(t *testing.T, header string, body []byte) {
		if err := Verify([]byte("another secret!!"), header, body, noon, time.Hour); err == nil {
			t.Errorf("%q was taken", header)
		}
	})
}

// A webhook that was taken away after a message was made for it gets nothing.
func TestAWebhookThatIsNoMore(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was sent") }))
	defer s.Close()
	b := newBench(t, &memory{}, Config{Webhook: WebhookConfig{Inside: loopback}})
	b.senders[byWebhook].(*hooker).secret = func(string, string) ([]byte, error) { return nil, ErrNoLonger }
	b.turn(0)
	b.source.set(AtOnce, Due{Contact: Contact{ID: "soc", Org: 7, Webhook: s.URL, Language: "en"}, Incidents: ready(t, bot(1))})
	b.turn(time.Minute)
	if n := b.Outbox(); len(n) != 1 || n[0].State != Failed || n[0].Attempts != 1 {
		t.Errorf("%+v", n)
	}
}
