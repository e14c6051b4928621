// SPDX-License-Identifier: Apache-2.0

package notice

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"strings"
	"time"

	"github.com/wneessen/go-mail"
)

// Ways to protect the connection to the relay.
const (
	StartTLS = "starttls" // refuse to go on without
	TLS      = "tls"      // from the first byte
	Plain    = "plain"    // only to a relay on the same machine, without a password
)

// MailConfig is the relay. Without a host no e-mail is sent and every attempt
// says so.
type MailConfig struct {
	Host     string
	Port     int // 587, 465 with tls and 25 with plain when zero
	Security string
	Username string // empty: no authentication
	Password string
	From     string        // address
	FromName string        // "Hải Đăng" when empty
	ReplyTo  string        // where answers go; From when empty
	Timeout  time.Duration // of one message; 30 s when zero
	TLS      *tls.Config   // RootCAs and ServerName are taken from it; nil: the system's
}

// mailer sends by SMTP (RFC 5321).
type mailer struct {
	config MailConfig
	links  links
	dial   func(ctx context.Context, network, address string) (net.Conn, error)
	domain string // of Message-IDs
}

func newMailer(c MailConfig, l links, dial func(context.Context, string, string) (net.Conn, error)) (*mailer, error) {
	m := &mailer{config: c, links: l, dial: dial}
	if c.Host == "" {
		return m, nil
	}
	from, err := netmail.ParseAddress(c.From)
	if err != nil || from.Address != c.From {
		return nil, fmt.Errorf("notice: mail: from: %.80q is not one plain address", c.From)
	}
	if c.ReplyTo != "" {
		if a, err := netmail.ParseAddress(c.ReplyTo); err != nil || a.Address != c.ReplyTo {
			return nil, fmt.Errorf("notice: mail: reply_to: %.80q is not one plain address", c.ReplyTo)
		}
	}
	m.domain = c.From[strings.LastIndexByte(c.From, '@')+1:]
	switch {
	case c.Security == "":
		m.config.Security = StartTLS
	case c.Security == Plain && !local(c.Host):
		return nil, errors.New("notice: mail: security: plain is for a relay on this machine only; use starttls or tls")
	case c.Security == Plain && c.Username != "":
		return nil, errors.New("notice: mail: username: a password is not sent in clear; use starttls or tls")
	case c.Security != Plain && c.Security != TLS && c.Security != StartTLS:
		return nil, fmt.Errorf("notice: mail: security: %.20q is not one of starttls, tls, plain", c.Security)
	}
	if m.config.FromName == "" {
		m.config.FromName = "Hải Đăng"
	}
	if m.config.Timeout == 0 {
		m.config.Timeout = 30 * time.Second
	}
	if m.config.Port == 0 {
		m.config.Port = map[string]int{StartTLS: 587, TLS: 465, Plain: 25}[m.config.Security]
	}
	return m, nil
}

func local(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

var errNoRelay = errors.New("no mail relay is configured; set notices.host")

// send hands a message to the relay. What the relay refuses for good (5xx of
// the recipient or the content) is final; a wrong password or certificate is
// the observatory's own trouble and tried again.
func (m *mailer) send(ctx context.Context, r *record) error {
	if m.config.Host == "" {
		return errNoRelay
	}
	msg, err := m.compose(r)
	if err != nil {
		return &permanentError{err}
	}
	client, err := mail.NewClient(m.config.Host, m.options()...)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, m.config.Timeout)
	defer cancel()
	err = client.DialAndSendWithContext(ctx, msg)
	if msg.IsDelivered() {
		return nil // accepted; that the good-bye failed changes nothing
	}
	var refused *mail.SendError
	if errors.As(err, &refused) && refused.ErrorCode() >= 500 && (refused.Reason == mail.ErrSMTPRcptTo || refused.Reason == mail.ErrSMTPDataClose) {
		return &permanentError{err}
	}
	return err
}

func (m *mailer) options() []mail.Option {
	c := &m.config
	security := &tls.Config{ServerName: c.Host, MinVersion: tls.VersionTLS12}
	if c.TLS != nil {
		security.RootCAs = c.TLS.RootCAs
		if c.TLS.ServerName != "" {
			security.ServerName = c.TLS.ServerName
		}
	}
	out := []mail.Option{
		mail.WithPort(c.Port), mail.WithTimeout(c.Timeout), mail.WithHELO(m.domain), mail.WithTLSConfig(security), mail.WithoutNoop(),
	}
	switch c.Security {
	case TLS:
		out = append(out, mail.WithSSL())
	case Plain:
		out = append(out, mail.WithTLSPolicy(mail.NoTLS))
	default:
		out = append(out, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if c.Username != "" {
		out = append(out, mail.WithUsername(c.Username), mail.WithPassword(c.Password), mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover))
	}
	if m.dial != nil {
		out = append(out, mail.WithDialContextFunc(m.dial))
	}
	return out
}

// compose makes the same bytes of the same record every time.
func (m *mailer) compose(r *record) (*mail.Msg, error) {
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent(), mail.WithBoundary("haidang_"+r.ID))
	if err := errors.Join(msg.FromFormat(m.config.FromName, m.config.From), msg.To(r.Target)); err != nil {
		return nil, err
	}
	if m.config.ReplyTo != "" {
		if err := msg.ReplyTo(m.config.ReplyTo); err != nil {
			return nil, err
		}
	}
	msg.Subject(clean(r.Message.Subject, 200))
	msg.SetMessageIDWithValue("notice." + r.ID + "@" + m.domain)
	msg.SetDateWithValue(r.Created)
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834
	msg.SetGenHeader("X-Auto-Response-Suppress", "All")
	msg.SetGenHeader("List-Unsubscribe", "<"+m.links.preferences("vi")+">, <"+m.links.preferences("en")+">") // RFC 2369
	msg.SetGenHeader("Haidang-Notice", r.ID)
	msg.SetBodyString(mail.TypeTextPlain, r.Message.Text)
	msg.AddAlternativeString(mail.TypeTextHTML, r.Message.HTML)
	return msg, nil
}
