// SPDX-License-Identifier: Apache-2.0

package notice

import (
	"context"
	"time"

	"haidang/classify"
	"haidang/event"
)

// Cadence says when a contact is told.
type Cadence uint8

// Cadences.
const (
	AtOnce Cadence = iota
	Daily
	Weekly
)

var cadenceNames = []string{"at-once", "daily", "weekly"}

func (c Cadence) String() string {
	if int(c) < len(cadenceNames) {
		return cadenceNames[c]
	}
	return ""
}

// Contact is whom to tell, and by which way; it may have an address, a webhook
// or both.
type Contact struct {
	ID       string
	Org      uint32 // whose incidents; event.OrgNational: nobody's; 0: everybody's
	OrgName  string // in the contact's language
	Email    string
	Webhook  string
	Language string // "vi" or "en": comes first in a message
}

// Due is what one contact could be told of.
type Due struct {
	Contact   Contact
	Incidents classify.Released[[]event.Incident] // with their status, as of now
	Why       map[string]string                   // by language: why this contact
}

// Source finds what is due.
type Source interface {
	// New gives, for every contact of a cadence, the incidents that records were
	// stored of since then. Giving one again does no harm.
	New(ctx context.Context, c Cadence, since time.Time) ([]Due, error)
}

// channel is a way to tell.
type channel string

const (
	byMail    channel = "email"
	byWebhook channel = "webhook"
)

func (c *Contact) channels() (out []channel) {
	if c.Email != "" {
		out = append(out, byMail)
	}
	if c.Webhook != "" {
		out = append(out, byWebhook)
	}
	return out
}

func (c *Contact) target(by channel) string {
	if by == byWebhook {
		return c.Webhook
	}
	return c.Email
}
