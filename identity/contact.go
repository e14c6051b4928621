// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"fmt"
	"slices"
	"strings"

	"haidang/event"
)

// maxContacts of one organisation.
const maxContacts = 50

// Contact is whom an organisation wants to be told, and of what.
type Contact struct {
	Name     string   `json:"name,omitempty"`
	Email    string   `json:"email"`
	Language string   `json:"language"`         // vi, en
	Digest   bool     `json:"digest"`           // once a day and not at once
	Weekly   bool     `json:"weekly,omitempty"` // the digest comes once a week; Digest is set too
	Kinds    []string `json:"kinds,omitempty"`  // RSIT classes ("fraud") or types ("fraud/phishing"); all when empty
	Stages   []string `json:"stages,omitempty"` // some of Stages; all when empty
	Severity uint8    `json:"severity"`         // at least this, by event.Severity…
	Tiers    []string `json:"tiers,omitempty"`  // of CLASSES.md: T0 … T4; all that the organisation may see when empty

	// Where signed notices are posted to, and the secret that they are signed with,
	// sealed. Only SetWebhook changes the two.
	Webhook     string `json:"webhook,omitempty"`
	Sealed      []byte `json:"sealed,omitempty"`
	WebhookOnly bool   `json:"webhook_only,omitempty"` // no mail while there is a webhook

	// A public key that earlier versions kept. Nothing was ever encrypted to it, so
	// that it is read over.
	Former forgotten `json:"pgp,omitzero"`
}

// forgotten is a value in stored files that is not kept any more.
type forgotten struct{}

// UnmarshalJSON reads over whatever stands there.
func (forgotten) UnmarshalJSON([]byte) error { return nil }

// Stages that a contact can ask for: what event.Stage says of an incident.
var Stages = []string{event.StageAttempt.String(), event.StageIncident.String(), event.StageState.String()}

// Wants reports whether the contact is to be told of an incident. Tier is the
// label's, such as "T2".
func (c *Contact) Wants(kind event.RSIT, stage event.Stage, severity uint8, tier string) bool {
	return severity >= c.Severity &&
		(len(c.Stages) == 0 || slices.Contains(c.Stages, stage.String())) &&
		(len(c.Kinds) == 0 || slices.Contains(c.Kinds, kind.String()) || slices.Contains(c.Kinds, kind.Class())) &&
		(len(c.Tiers) == 0 || slices.Contains(c.Tiers, tier))
}

var tiers = []string{"T0", "T1", "T1c", "T2", "T3", "T4"}

func checkContacts(all []Contact) error {
	if len(all) > maxContacts {
		return fmt.Errorf("%w: contacts: %d, at most %d", ErrInvalid, len(all), maxContacts)
	}
	for n := range all {
		if err := all[n].check(); err != nil {
			return fmt.Errorf("contact %d: %w", n+1, err)
		}
	}
	return nil
}

func (c *Contact) check() error {
	switch {
	case !address(c.Email):
		return fmt.Errorf("%w: e-mail %.80q: use an address such as an@example.vn", ErrInvalid, c.Email)
	case !line(c.Name, 120):
		return fmt.Errorf("%w: name: use at most 120 bytes of plain text on one line", ErrInvalid)
	case !slices.Contains(Languages, c.Language):
		return fmt.Errorf("%w: language %.20q: use one of %s", ErrInvalid, c.Language, strings.Join(Languages, ", "))
	case c.Severity > event.SeverityFatal:
		return fmt.Errorf("%w: severity %d: use 0 to %d", ErrInvalid, c.Severity, event.SeverityFatal)
	case c.Weekly && !c.Digest:
		return fmt.Errorf("%w: weekly: what comes once a week is a digest", ErrInvalid)
	}
	for _, k := range c.Kinds {
		if !rsit(k) {
			return fmt.Errorf("%w: kind %.80q: use a class or type of RSIT 1.3, such as fraud or fraud/phishing", ErrInvalid, k)
		}
	}
	for _, s := range c.Stages {
		if !slices.Contains(Stages, s) {
			return fmt.Errorf("%w: stage %.20q: use some of %s", ErrInvalid, s, strings.Join(Stages, ", "))
		}
	}
	for _, t := range c.Tiers {
		if !slices.Contains(tiers, t) {
			return fmt.Errorf("%w: tier %.20q: use some of %s", ErrInvalid, t, strings.Join(tiers, ", "))
		}
	}
	return nil
}

// rsit reports whether a name is one of RSIT's classes or types.
func rsit(name string) bool {
	return slices.ContainsFunc(event.RSITs.Names[1:], func(t string) bool {
		class, _, _ := strings.Cut(t, "/")
		return name == t || name == class
	})
}
