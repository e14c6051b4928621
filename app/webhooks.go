// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"haidang/identity"
	"haidang/routing"
	"haidang/share/notice"
)

// hooks is identity for those who set webhooks: one may lead to the organisation's
// own hosts or to those that the operator names, and to no others.
type hooks struct {
	*identity.Identity
	app *App
}

// SetWebhook refuses addresses that nothing would be sent to.
func (h hooks) SetWebhook(ctx context.Context, organisation uint32, email, to string) (string, error) {
	if o, ok := h.Organisation(organisation); ok && to != "" && !h.app.mayHook(&o, to) {
		return "", fmt.Errorf("%w: webhook: its host must lie in a network or domain of yours that is confirmed, or be one that the operator allows (notices.webhook_hosts), and its port one of %v",
			identity.ErrInvalid, h.app.cfg.Notices.WebhookPorts)
	}
	return h.Identity.SetWebhook(ctx, organisation, email, to)
}

// mayHook reports whether an organisation's notices may be sent to an address.
// What its name stands for is looked at when it is connected to.
func (a *App) mayHook(o *identity.Organisation, to string) bool {
	u, err := url.Parse(to)
	if err != nil || !a.mayHookPort(u) {
		return false
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	prefixes, _, domains := o.Own()
	if ip, err := netip.ParseAddr(host); err == nil {
		within := func(p netip.Prefix) bool { return p.Contains(ip.Unmap()) }
		return slices.ContainsFunc(append(prefixes, networks(a.cfg.Notices.Inside)...), within) || a.namedHook(host)
	}
	own := func(d string) bool { return host == d || strings.HasSuffix(host, "."+d) }
	return slices.ContainsFunc(domains, own) || a.namedHook(host)
}

// mayHookPort holds for the configured ports; on this machine, which only
// notices.inside can open, for all.
func (a *App) mayHookPort(u *url.URL) bool {
	port := u.Port()
	if u.Scheme == "http" {
		return true
	}
	if port == "" {
		port = "443"
	}
	n, err := strconv.Atoi(port)
	return err == nil && slices.Contains(a.cfg.Notices.WebhookPorts, n)
}

func (a *App) namedHook(host string) bool {
	return slices.ContainsFunc(a.cfg.Notices.WebhookHosts, func(rule string) bool {
		rule = strings.ToLower(rule)
		return rule == "*" || rule == host || strings.HasPrefix(rule, ".") && strings.HasSuffix(host, rule)
	})
}

// webhookSecret gives what a contact's webhook at an address is signed with.
func (a *App) webhookSecret(contact, target string) ([]byte, error) {
	r := a.routed.Load()
	if r == nil || r.contacts[routing.ContactID(contact)] == nil {
		return nil, notice.ErrNoLonger
	}
	org, err := strconv.ParseUint(strings.SplitN(contact, "-", 2)[0], 10, 32)
	if err != nil {
		return nil, notice.ErrNoLonger
	}
	o, ok := a.identity.Organisation(uint32(org))
	if !ok {
		return nil, notice.ErrNoLonger
	}
	if !a.mayHook(&o, target) {
		return nil, notice.ErrNotAllowed
	}
	secret, err := a.identity.WebhookSecret(uint32(org), r.contacts[routing.ContactID(contact)].Email, target)
	if errors.Is(err, identity.ErrNotFound) {
		return nil, notice.ErrNoLonger
	}
	return secret, err
}
