// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"time"
)

// maxWebhook bounds a webhook's address, in bytes.
const maxWebhook = 1000

// SetWebhook gives a contact, found by its address, a webhook, and gives the
// secret that its notices are signed with, the only time it can be seen. Setting
// the same address again makes another secret; an empty one takes the webhook
// away.
func (i *Identity) SetWebhook(ctx context.Context, organisation uint32, email, to string) (secret string, err error) {
	if to != "" {
		if i.seal == nil {
			return "", fmt.Errorf("%w: webhook: there is no key to seal its secret with", ErrInvalid)
		}
		if err := checkWebhook(to); err != nil {
			return "", err
		}
		secret, _ = newSecret(WebhookPrefix)
	}
	what := "organisation.webhook-set"
	if to == "" {
		what = "organisation.webhook-remove"
	}
	err = i.changeOrganisation(ctx, what, organisation, "", func(o *Organisation, _ *known, _ time.Time) error {
		at := slices.IndexFunc(o.Contacts, func(c Contact) bool { return c.Email == email })
		if at < 0 {
			return fmt.Errorf("contact of organisation %d: %w", organisation, ErrNotFound)
		}
		c := &o.Contacts[at]
		c.Webhook, c.Sealed = to, nil
		if to != "" {
			c.Sealed = i.sealed(sealedFor(organisation, c), secret)
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	return secret, nil
}

// sealed encrypts a secret under a random nonce, which comes first.
func (i *Identity) sealed(about []byte, secret string) []byte {
	nonce := make([]byte, i.seal.NonceSize())
	_, _ = rand.Read(nonce)
	return i.seal.Seal(nonce, nonce, []byte(secret), about)
}

// sealedFor binds a sealed secret to whose it is and where it is used: moved
// elsewhere, it does not open.
func sealedFor(organisation uint32, c *Contact) []byte {
	return fmt.Appendf(nil, "webhook/1\n%d\n%s\n%s", organisation, c.Email, c.Webhook)
}

// WebhookSecret gives what notices to a contact's webhook are signed with.
// ErrNotFound says that the contact has that webhook no more.
func (i *Identity) WebhookSecret(organisation uint32, email, to string) ([]byte, error) {
	o, _ := i.Organisation(organisation)
	at := slices.IndexFunc(o.Contacts, func(c Contact) bool { return c.Email == email })
	if at < 0 || to == "" || o.Contacts[at].Webhook != to || o.Disabled != nil {
		return nil, fmt.Errorf("webhook: %w", ErrNotFound)
	}
	c := &o.Contacts[at]
	if i.seal == nil || len(c.Sealed) < i.seal.NonceSize() {
		return nil, fmt.Errorf("webhook of organisation %d: its secret cannot be opened; set it again", organisation)
	}
	n := i.seal.NonceSize()
	secret, err := i.seal.Open(nil, c.Sealed[:n], c.Sealed[n:], sealedFor(organisation, c))
	if err != nil {
		return nil, fmt.Errorf("webhook of organisation %d: its secret was sealed with another key; set it again", organisation)
	}
	return secret, nil
}

// checkWebhook wants https, or http on this machine. Whether an address inside
// may be reached is decided when it is: a name can change what it stands for.
func checkWebhook(to string) error {
	u, err := url.Parse(to)
	switch {
	case err != nil || len(to) > maxWebhook || !line(to, maxWebhook) || u.Hostname() == "" || u.User != nil || u.Fragment != "":
		return fmt.Errorf("%w: webhook: use an address such as https://example.vn/notices of at most %d bytes, without a user name", ErrInvalid, maxWebhook)
	case u.Scheme != "https" && (u.Scheme != "http" || !onThisMachine(u.Hostname())):
		return fmt.Errorf("%w: webhook: use https; http is for this machine only", ErrInvalid)
	}
	return nil
}

func onThisMachine(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.Unmap().IsLoopback()
}

// keepWebhooks gives contacts the webhooks that those of the same addresses had,
// and no others.
func keepWebhooks(contacts, had []Contact) {
	for n := range contacts {
		c := &contacts[n]
		c.Webhook, c.Sealed = "", nil
		if at := slices.IndexFunc(had, func(h Contact) bool { return h.Email == c.Email }); at >= 0 {
			c.Webhook, c.Sealed = had[at].Webhook, bytes.Clone(had[at].Sealed)
		}
	}
}
