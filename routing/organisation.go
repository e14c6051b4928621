// SPDX-License-Identifier: Apache-2.0

package routing

import (
	"fmt"
	"net/mail"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"haidang/event"
)

// Organisation is who can be told, and what is theirs. IDs are those of
// cert.orgs; zero is nobody.
type Organisation struct {
	ID       uint32
	Names    map[string]string // by language
	Prefixes []netip.Prefix
	AS       []uint32
	Domains  []string     // a domain stands for all below it
	Explicit []netip.Addr // single addresses, for those who own no network
	Contacts []Contact
	Parent   uint32 // who is told where no contact of its own wants to hear; zero: nobody
}

// ContactID names a contact; it is unique over all organisations.
type ContactID string

// Contact is somebody to tell, by which way, and of what.
type Contact struct {
	ID       ContactID
	Rule     Rule
	Email    string // one address, without a display name
	Webhook  string // https address; a contact has one of the two or both
	Language string // "vi" or "en"
	Cadence  Cadence
}

// Cadence says when a contact is told.
type Cadence uint8

// Cadences.
const (
	AtOnce Cadence = iota
	Daily
	Weekly
)

// Cadences lists the names of cadences, by value.
var Cadences = []string{"at-once", "daily", "weekly"}

func (c Cadence) String() string {
	if int(c) < len(Cadences) {
		return Cadences[c]
	}
	return ""
}

// Rule says what a contact wants to hear of. An empty list allows everything;
// the zero Rule wants all.
type Rule struct {
	Kinds       []event.RSIT
	Stages      []event.Stage
	MinSeverity uint8 // 0–6 as OCSF
	Sectors     []event.Sector
}

// Languages are those a contact can be told in.
var Languages = []string{"vi", "en"}

// check finds what is wrong with an organisation by itself.
func (o *Organisation) check() error {
	if o.ID == 0 {
		return fmt.Errorf("routing: organisation %q has the id 0, which means nobody; give it another", o.name("en"))
	}
	if o.ID == event.OrgNational {
		return fmt.Errorf("routing: organisation %q has the id %d, which stands for the national centre; give it another", o.name("en"), o.ID)
	}
	for _, p := range o.Prefixes {
		if !p.IsValid() {
			return fmt.Errorf("routing: organisation %d: prefixes holds an invalid prefix; write address/length", o.ID)
		}
	}
	for _, as := range o.AS {
		if as == 0 {
			return fmt.Errorf("routing: organisation %d: as holds 0, which means unknown; remove it", o.ID)
		}
	}
	for _, d := range o.Domains {
		if n := domain(d); n == "" || strings.ContainsAny(n, "*/: \t\r\n") || strings.Contains(n, "..") {
			return fmt.Errorf("routing: organisation %d: domains: %.80q is not a domain; write it without a star, as example.vn", o.ID, d)
		}
	}
	for _, a := range o.Explicit {
		if !a.IsValid() {
			return fmt.Errorf("routing: organisation %d: explicit holds an invalid address", o.ID)
		}
	}
	for i := range o.Contacts {
		if err := o.Contacts[i].check(); err != nil {
			return fmt.Errorf("routing: organisation %d: contact %.80q: %w", o.ID, o.Contacts[i].ID, err)
		}
	}
	return nil
}

func (c *Contact) check() error {
	if c.ID == "" {
		return fmt.Errorf("id is empty; give it one")
	}
	if c.Email == "" && c.Webhook == "" {
		return fmt.Errorf("neither email nor webhook is set; set one")
	}
	if c.Email != "" {
		a, err := mail.ParseAddress(c.Email)
		if err != nil || a.Address != c.Email {
			return fmt.Errorf("email: %.80q is not one plain address", c.Email)
		}
	}
	if c.Webhook != "" {
		u, err := url.Parse(c.Webhook)
		if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
			return fmt.Errorf("webhook: write an https address without a user name")
		}
	}
	if !slices.Contains(Languages, c.Language) {
		return fmt.Errorf("language: %.20q is not one of %q", c.Language, Languages)
	}
	if c.Cadence > Weekly {
		return fmt.Errorf("cadence: %d is not one of %q", c.Cadence, Cadences)
	}
	return c.Rule.check()
}

// check refuses what no record can have, since such a contact would never be told.
func (r *Rule) check() error {
	for _, k := range r.Kinds {
		if k.String() == "" {
			return fmt.Errorf("rule: kinds: %d is not an RSIT type", k)
		}
	}
	for _, s := range r.Stages {
		if s.String() == "" {
			return fmt.Errorf("rule: stages: %d is not a stage", s)
		}
	}
	for _, s := range r.Sectors {
		if s.String() == "" {
			return fmt.Errorf("rule: sectors: %d is not a sector", s)
		}
	}
	if r.MinSeverity > event.SeverityFatal {
		return fmt.Errorf("rule: min severity is %d; use 0 to %d", r.MinSeverity, event.SeverityFatal)
	}
	return nil
}

// name gives the name in a language, or any, or the number.
func (o *Organisation) name(lang string) string {
	for _, l := range append([]string{lang}, Languages...) {
		if n := o.Names[l]; n != "" {
			return n
		}
	}
	return fmt.Sprintf("#%d", o.ID)
}

// domain gives the canonical form: lower case, no dot at either end.
func domain(s string) string { return strings.Trim(strings.ToLower(s), ".") }
