// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"fmt"
	"net/mail"
	"net/netip"
	"net/url"
	"slices"
)

func (c Config) checkSignIn() error {
	if c.SignIn.OneFactor && (!c.Loopback() || c.Portal.Origin != "") {
		return errors.New("sign_in.one_factor is for an observatory that this machine alone reaches; leave it out")
	}
	var errs []error
	seen := map[string]bool{}
	for i, p := range c.SignIn.Providers {
		at := fmt.Sprintf("sign_in.providers[%d]", i)
		u, err := url.Parse(p.Issuer)
		switch {
		case p.ID == "" || p.Name == "" || p.ClientID == "":
			errs = append(errs, fmt.Errorf("%s: id, name and client_id are needed", at))
		case err != nil || u.Host == "":
			errs = append(errs, fmt.Errorf("%s.issuer: %q is not an address, as in https://accounts.example.vn", at, p.Issuer))
		case seen[p.ID]:
			errs = append(errs, fmt.Errorf("%s.id: %q is given twice", at, p.ID))
		}
		seen[p.ID] = true
	}
	return errors.Join(errs...)
}

func (c Config) checkNotices() error {
	n := c.Notices
	var errs []error
	if !slices.Contains([]string{"starttls", "tls", "plain"}, n.Security) {
		errs = append(errs, fmt.Errorf("notices.security: %q is not starttls, tls or plain", n.Security))
	}
	if n.Host != "" && n.From == "" {
		errs = append(errs, errors.New("notices.from: name the address that notices are sent from"))
	}
	for field, address := range map[string]string{"from": n.From, "reply_to": n.ReplyTo, "fallback": n.Fallback} {
		if _, err := mail.ParseAddress(address); address != "" && err != nil {
			errs = append(errs, fmt.Errorf("notices.%s: %q is not an e-mail address", field, address))
		}
	}
	for _, p := range n.Inside {
		if _, err := netip.ParsePrefix(p); err != nil {
			errs = append(errs, fmt.Errorf("notices.inside: %q is not a network such as 10.20.0.0/16", p))
		}
	}
	for _, p := range n.WebhookPorts {
		if p < 1 || p > 65535 {
			errs = append(errs, fmt.Errorf("notices.webhook_ports: %d is not a port number from 1 to 65535", p))
		}
	}
	if len(n.WebhookPorts) == 0 {
		errs = append(errs, errors.New("notices.webhook_ports: name at least one, such as 443"))
	}
	if n.Hour < 0 || n.Hour > 23 {
		errs = append(errs, errors.New("notices.hour: must lie between 0 and 23"))
	}
	if n.Every <= 0 || n.Relapse < 0 {
		errs = append(errs, errors.New("notices: every must be above 0, relapse not below"))
	}
	return errors.Join(errs...)
}
