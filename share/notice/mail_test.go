// SPDX-License-Identifier: Apache-2.0

package notice

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// certificate is for 127.0.0.1, by an authority that only the test trusts.
func certificate(t testing.TB) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "relay"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// ask has a bench tell the hospital of one bot by one relay.
func ask(t testing.TB, c MailConfig) *bench {
	t.Helper()
	b := newBench(t, &memory{}, Config{Mail: c})
	b.turn(0)
	b.source.set(AtOnce, Due{Contact: hospital, Incidents: ready(t, bot(1)), Why: map[string]string{"vi": "Vì dải 203.0.113.0/24.", "en": "Because of 203.0.113.0/24."}})
	b.turn(time.Minute)
	return b
}

func TestALetterArrivesWhole(t *testing.T) {
	r := (&relay{}).serve(t, nil)
	ask(t, r.config())
	got := r.received()
	if len(got) != 1 || got[0].from != "notices@haidang.example" || got[0].to != "soc@hospital.vn" {
		t.Fatalf("%+v", got)
	}
	o := got[0].open(t)
	for header, want := range map[string]string{
		"Auto-Submitted": "auto-generated", "Mime-Version": "1.0", "Date": "Mon, 02 Mar 2026 05:01:00 +0000", "To": "<soc@hospital.vn>",
		"List-Unsubscribe": "<https://haidang.example/vi/toi/thong-bao>, <https://haidang.example/en/my/notices>",
	} {
		if got := o.header.Get(header); got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
	if id := o.header.Get("Message-Id"); !strings.HasPrefix(id, "<notice.") || !strings.HasSuffix(id, "@haidang.example>") {
		t.Errorf("Message-ID %q", id)
	}
	if o.subject != "[TLP:AMBER] Hải Đăng: một thông báo về mạng của đơn vị" {
		t.Errorf("subject %q", o.subject)
	}
	for _, want := range []string{
		"Kính gửi Bệnh viện Đa khoa Trung ương Huế", "Máy bị nhiễm mã độc", "203.0.113.5, gw.hospital.vn", "avalanche", "1.234", "1,234",
		"02/03/2026 12:00:00 (+07:00), 2026-03-02 05:00:00 UTC", "2 March 2026 12:00:00 (+07:00)", "cổng công cộng 40001, tới 198.51.100.1:443",
		"Infected machine", "https://haidang.example/vi/toi?su-co=01000000-0000-0000-0000-000000000001", "https://haidang.example/en/my?incident=01000000",
		"TLP:AMBER", "báo cáo của đối tác", "the address lies in your registered prefix", "Vì dải 203.0.113.0/24.", "Because of 203.0.113.0/24.",
	} {
		if !strings.Contains(o.text, want) {
			t.Errorf("the text does not hold %q:\n%s", want, o.text)
		}
		if !strings.Contains(o.html, strings.ReplaceAll(want, "+", "&#43;")) {
			t.Errorf("the HTML does not hold %q:\n%s", want, o.html)
		}
	}
	if vi, en := strings.Index(o.text, "Kính gửi"), strings.Index(o.text, "To Bệnh"); vi < 0 || en < vi {
		t.Error("the contact's language does not come first")
	}
	if strings.Contains(o.html, "src=") || strings.Contains(o.html, "<script") || strings.Contains(o.html, "url(") {
		t.Error("the HTML asks another host for something")
	}
	for line := range bytes.Lines(got[0].raw) {
		if len(line) > 998+2 {
			t.Errorf("a line of %d bytes (RFC 5322 section 2.1.1)", len(line))
		}
	}
}

func TestTheRelaysConnectionIsProtected(t *testing.T) {
	cert, pool := certificate(t)
	encrypt := func(s *smtp.Server) { s.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}} }
	with := func(r *relay, security, password string) MailConfig {
		c := r.config()
		c.Security, c.Username, c.Password, c.TLS = security, "haidang", password, &tls.Config{RootCAs: pool}
		return c
	}
	t.Run("STARTTLS and a password", func(t *testing.T) {
		r := (&relay{auth: true}).serve(t, encrypt)
		ask(t, with(r, StartTLS, "right"))
		if len(r.received()) != 1 || r.logins[0] != "encrypted" {
			t.Errorf("%d letters, sign-in %v", len(r.received()), r.logins)
		}
	})
	t.Run("TLS from the first byte", func(t *testing.T) {
		l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}})
		if err != nil {
			t.Fatal(err)
		}
		r := (&relay{auth: true}).serveOn(t, l, nil)
		ask(t, with(r, TLS, "right"))
		if len(r.received()) != 1 {
			t.Errorf("%d letters", len(r.received()))
		}
	})
	for name, c := range map[string]func(r *relay) MailConfig{
		"a wrong password is tried again": func(r *relay) MailConfig { return with(r, StartTLS, "wrong") },
		"an unknown authority":            func(r *relay) MailConfig { c := with(r, StartTLS, "right"); c.TLS = nil; return c },
		"another name in the certificate": func(r *relay) MailConfig {
			c := with(r, StartTLS, "right")
			c.TLS.ServerName = "other.example"
			return c
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := (&relay{auth: true}).serve(t, encrypt)
			b := ask(t, c(r))
			if n := b.Outbox(); len(r.received()) != 0 || len(n) != 1 || n[0].State != Queued || n[0].Error == "" || !n[0].Next.Equal(b.clock.Add(time.Minute)) {
				t.Errorf("%d letters, %+v", len(r.received()), n)
			}
			if strings.Contains(b.log.String(), "wrong\"") || strings.Contains(b.log.String(), "hospital") {
				t.Errorf("the log tells a password or an address: %s", b.log)
			}
		})
	}
	t.Run("no encryption offered", func(t *testing.T) {
		for _, user := range []string{"haidang", ""} {
			r := (&relay{}).serve(t, func(s *smtp.Server) { s.AllowInsecureAuth = true })
			c := with(r, StartTLS, "right")
			c.Username = user
			b := ask(t, c)
			if len(r.received()) != 0 || len(r.logins) != 0 || b.Outbox()[0].State != Queued {
				t.Errorf("%d letters, sign-in %v", len(r.received()), r.logins)
			}
		}
	})
}

func TestWhatTheRelaySaysDecides(t *testing.T) {
	for name, c := range map[string]struct {
		refuse error
		garble error
		want   State
	}{
		"accepted":             {want: Sent},
		"no such mailbox":      {refuse: &smtp.SMTPError{Code: 550, Message: "no such user"}, want: Failed},
		"the mailbox is busy":  {refuse: &smtp.SMTPError{Code: 450, Message: "busy"}, want: Queued},
		"the content is spam":  {garble: &smtp.SMTPError{Code: 554, Message: "spam"}, want: Failed},
		"later please (grey)":  {garble: &smtp.SMTPError{Code: 451, Message: "later"}, want: Queued},
		"relay is out of room": {refuse: &smtp.SMTPError{Code: 452, Message: "full"}, want: Queued},
	} {
		t.Run(name, func(t *testing.T) {
			r := &relay{}
			if c.refuse != nil {
				r.refuse = func(string) error { return c.refuse }
			}
			if c.garble != nil {
				r.garble = func() error { return c.garble }
			}
			b := ask(t, r.serve(t, nil).config())
			if n := b.Outbox(); len(n) != 1 || n[0].State != c.want {
				t.Fatalf("%+v", n)
			}
			if warned := len(b.board.Warnings()) == 1; warned != (c.want == Failed) {
				t.Errorf("warnings %+v", b.board.Warnings())
			}
		})
	}
}

func TestAFailedNoticeCanBeSentAgain(t *testing.T) {
	gone := true
	r := &relay{refuse: func(string) error {
		if gone {
			return &smtp.SMTPError{Code: 550, Message: "no such user"}
		}
		return nil
	}}
	b := ask(t, r.serve(t, nil).config())
	id := b.Outbox()[0].ID
	b.turn(time.Hour)
	if len(r.received()) != 0 || b.Outbox()[0].Attempts != 1 {
		t.Errorf("what failed was tried again: %+v", b.Outbox())
	}
	gone = false
	if err := b.Retry(t.Context(), "0"); err != ErrNotFailed {
		t.Errorf("an unknown id: %v", err)
	}
	if err := b.Retry(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	b.turn(0)
	if len(r.received()) != 1 || b.Outbox()[0].State != Sent || len(b.board.Warnings()) != 0 {
		t.Errorf("%+v, warnings %+v", b.Outbox(), b.board.Warnings())
	}
	if err := b.Retry(t.Context(), id); err != ErrNotFailed {
		t.Errorf("what was sent is sent again: %v", err)
	}
}

func TestAttemptsBecomeRarerAndEnd(t *testing.T) {
	r := &relay{refuse: func(string) error { return &smtp.SMTPError{Code: 450, Message: "busy"} }}
	b := ask(t, r.serve(t, nil).config())
	var waits []time.Duration
	for b.Outbox()[0].State == Queued {
		waits = append(waits, b.Outbox()[0].Next.Sub(b.clock))
		b.turn(waits[len(waits)-1])
	}
	if waits[0] != time.Minute || waits[3] != time.Hour || waits[len(waits)-1] != 4*time.Hour || len(waits) > 30 {
		t.Errorf("waits %v", waits)
	}
	if n := b.Outbox()[0]; n.State != Failed || n.Done.Sub(n.Created) < 72*time.Hour || n.Done.Sub(n.Created) > 80*time.Hour {
		t.Errorf("%+v", n)
	}
}

// Text from the wire and from members reaches no header.
func TestNothingIsInjectedIntoHeaders(t *testing.T) {
	r := (&relay{}).serve(t, nil)
	b := newBench(t, &memory{}, Config{Mail: r.config()})
	b.turn(0)
	evil := "x\r\nBcc: thief@example.net\r\n\r\n<script>alert(1)</script>\u202egpj"
	i := bot(1)
	i.Problem.Name, i.Machine.Hosts = evil, []string{evil}
	c := hospital
	c.OrgName = evil
	b.source.set(AtOnce, Due{Contact: c, Incidents: ready(t, i), Why: map[string]string{"vi": evil, "en": evil}})
	b.turn(time.Minute)
	got := r.received()
	if len(got) != 1 || got[0].to != "soc@hospital.vn" {
		t.Fatalf("%+v", got)
	}
	o := got[0].open(t)
	if o.header.Get("Bcc") != "" || strings.Contains(o.subject, "thief") || strings.Contains(o.text, "\nBcc") ||
		strings.Contains(o.html, "<script") || strings.Contains(o.text+o.html, "\u202e") {
		t.Errorf("%v\n%s", o.header, o.text)
	}
	c.ID, c.Email = "evil", "a@b.vn>\r\nRCPT TO:<thief@example.net"
	b.source.set(AtOnce, Due{Contact: c, Incidents: ready(t, i)})
	b.turn(time.Minute)
	if len(r.received()) != 1 || b.Outbox()[0].State != Failed {
		t.Errorf("an address with a line break: %+v", b.Outbox())
	}
}

func TestMailSettingsThatCannotBe(t *testing.T) {
	whole := MailConfig{Host: "relay.example", From: "notices@haidang.example"}
	for want, change := range map[string]func(c *MailConfig){
		"from":              func(c *MailConfig) { c.From = "Hải Đăng <a@b.vn>" },
		"reply_to":          func(c *MailConfig) { c.ReplyTo = "a@b.vn\r\nBcc: x@y.z" },
		"on this machine":   func(c *MailConfig) { c.Security = Plain },
		"not sent in clear": func(c *MailConfig) { c.Host, c.Security, c.Username = "localhost", Plain, "u" },
		"is not one of":     func(c *MailConfig) { c.Security = "ssl" },
	} {
		c := whole
		change(&c)
		if _, err := newMailer(c, links{}, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if m, err := newMailer(whole, links{}, nil); err != nil || m.config.Port != 587 || m.config.Security != StartTLS {
		t.Errorf("%+v, %v", m, err)
	}
	for _, u := range []string{"", "haidang.example", "ftp://x", "https://x/?a", "https://a:b@x"} {
		if _, err := newLinks(u); err == nil {
			t.Errorf("%q is taken for the portal's address", u)
		}
	}
	b := ask(t, MailConfig{})
	if n := b.Outbox()[0]; n.State != Queued || !strings.Contains(n.Error, "no mail relay") {
		t.Errorf("without a relay: %+v", n)
	}
}

// Without a relay mails wait: nothing claims that somebody was told, operators see
// why, webhooks go on, and a relay that comes in time sends what waits.
func TestMailsWaitForARelay(t *testing.T) {
	bucket := &memory{}
	b := newBench(t, bucket, Config{})
	noted := 0
	b.record = func(context.Context, Telling) error { noted++; return nil }
	b.turn(0)
	b.source.set(AtOnce, Due{Contact: Contact{ID: "soc", Org: 7, Email: "soc@hospital.vn", Language: "en"}, Incidents: ready(t, bot(1))})
	b.turn(time.Minute)
	n := b.Outbox()
	if len(n) != 1 || n[0].State != Queued || n[0].Attempts != 0 || !strings.Contains(n[0].Error, "notices.host") || noted != 0 {
		t.Fatalf("%+v, noted %d times", n, noted)
	}
	if w := b.board.Warnings(); len(w) != 1 || w[0].Code != noRelay || w[0].Text.VI == "" {
		t.Errorf("%+v", w)
	}
	relay := (&relay{}).serve(t, nil)
	with := newBench(t, bucket, Config{Mail: relay.config()})
	with.clock = b.clock
	with.turn(2 * time.Hour)
	if n := with.Outbox(); len(n) != 1 || n[0].State != Sent || len(relay.received()) != 1 {
		t.Errorf("%+v, %d letters", n, len(relay.received()))
	}
	b.turn(73 * time.Hour) // the one without a relay gives up as it would with one
	if n := b.Outbox(); n[0].State != Failed {
		t.Errorf("%+v", n)
	}
}
