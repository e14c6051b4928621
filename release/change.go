// SPDX-License-Identifier: Apache-2.0

package release

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Most that is kept of each kind, so that a mistake in a script fills nothing.
const (
	mostEntries = 10_000
	mostText    = 2000
	mostPersons = 200
)

// Entry is one decision as it is kept: Value is nil where it was taken back.
type Entry struct {
	Key   string
	Value []byte
}

// Change is a decision: what it makes of a state, and what is to be kept of it.
type Change interface {
	// check says what is wrong with it.
	check(s *State) error
	// apply puts it into a state of its own.
	apply(s *State)
	entry() (key string, value any)
}

// Decide gives the state after a decision, and the entry to be kept. The state
// asked is not changed.
func (s *State) Decide(c Change) (*State, Entry, error) {
	if err := c.check(s); err != nil {
		return nil, Entry{}, err
	}
	key, value := c.entry()
	e := Entry{Key: key}
	if value != nil {
		raw, err := json.Marshal(value)
		if err != nil {
			return nil, Entry{}, err
		}
		e.Value = raw
	}
	out := s.clone()
	c.apply(out)
	return out, e, nil
}

// Load puts kept entries into a state that nobody shares yet. One that cannot be
// read is an error: half of the decisions could show what was withheld.
func (s *State) Load(entries map[string][]byte) error {
	for key, raw := range entries {
		c, err := read(key, raw)
		if err == nil {
			err = c.check(s)
		}
		if err != nil {
			return fmt.Errorf("release: entry %s cannot be read; restore it from a backup: %w", key, err)
		}
		c.apply(s)
	}
	return nil
}

func read(key string, raw []byte) (Change, error) {
	kind, _, _ := strings.Cut(key, "/")
	var c Change
	switch kind {
	case "rule":
		c = new(Rule)
	case "approval":
		c = new(Approved)
	case "early":
		c = new(Early)
	case "planned":
		c = new(Planned)
	case "correction":
		c = new(Correction)
	case "hold":
		c = new(Hold)
	default:
		return nil, fmt.Errorf("its kind is unknown to this version")
	}
	return c, json.Unmarshal(raw, c)
}

func (s *Signed) check() error {
	if s.By == "" || s.At.IsZero() {
		return fmt.Errorf("%w: a decision needs a named person and a time", ErrInvalid)
	}
	return text("reason", s.Reason, true)
}

func text(field, s string, needed bool) error {
	switch {
	case needed && strings.TrimSpace(s) == "":
		return fmt.Errorf("%w: %s is empty; say it in a sentence", ErrInvalid, field)
	case len(s) > mostText || !utf8.ValidString(s):
		return fmt.Errorf("%w: %s is longer than %d bytes, or no text", ErrInvalid, field, mostText)
	}
	return nil
}

var periodPattern = regexp.MustCompile(`^[0-9A-Za-z@:+.-]{0,40}$`)

func checkPeriod(p string) error {
	if !periodPattern.MatchString(p) {
		return fmt.Errorf("%w: period %q is no period as 2026-Q4 or 2026-11-21", ErrInvalid, p)
	}
	return nil
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func known(b Block) error {
	_, err := ParseBlock(string(b))
	return err
}

func full(field string, n int, has bool) error {
	if n >= mostEntries && !has {
		return fmt.Errorf("%w: there are %d %s already; take some back", ErrInvalid, n, field)
	}
	return nil
}

func (r *Rule) check(s *State) error {
	var mode error
	if !slices.Contains(Modes, r.Mode) {
		mode = fmt.Errorf("%w: mode %q; there are automatic, approval and withheld", ErrInvalid, r.Mode)
	}
	_, has := s.Rules[r.Block]
	return first(known(r.Block), mode, r.Signed.check(), full("rules", len(s.Rules), has))
}

func (r *Rule) apply(s *State)       { s.Rules[r.Block] = *r }
func (r *Rule) entry() (string, any) { return "rule/" + name(string(r.Block)), r }

func (a *Approved) check(s *State) error {
	_, has := s.Approvals[a.Block][a.Period]
	return first(known(a.Block), checkPeriod(a.Period), a.Signed.check(), full("approvals of the block", len(s.Approvals[a.Block]), has))
}

func (a *Approved) apply(s *State) {
	if s.Approvals[a.Block] == nil {
		s.Approvals[a.Block] = map[string]Approved{}
	}
	s.Approvals[a.Block][a.Period] = *a
}

func (a *Approved) entry() (string, any) {
	return "approval/" + name(string(a.Block)+" "+a.Period), a
}

func (e *Early) check(s *State) error {
	var persons error
	if len(e.Persons) > mostPersons {
		persons = fmt.Errorf("%w: more than %d persons", ErrInvalid, mostPersons)
	}
	_, has := s.Early[e.Block]
	return first(known(e.Block), persons, e.Signed.check(), full("lists", len(s.Early), has))
}

func (e *Early) apply(s *State)       { s.Early[e.Block] = *e }
func (e *Early) entry() (string, any) { return "early/" + name(string(e.Block)), e }

func (p *Planned) check(s *State) error {
	var on error
	if p.On.IsZero() {
		on = fmt.Errorf("%w: a line of the calendar needs a time", ErrInvalid)
	}
	_, has := s.Calendar[p.ID]
	return first(known(p.Block), checkPeriod(p.Period), on, id(p.ID), text("vi", p.VI, true), text("en", p.EN, true), p.Signed.check(), full("lines", len(s.Calendar), has))
}

func (p *Planned) apply(s *State)       { s.Calendar[p.ID] = *p }
func (p *Planned) entry() (string, any) { return "planned/" + p.ID, p }

func (c *Correction) check(s *State) error {
	_, has := s.Corrections[c.ID]
	return first(known(c.Block), checkPeriod(c.Period), id(c.ID), text("vi", c.VI, true), text("en", c.EN, true), c.Signed.check(), full("corrections", len(s.Corrections), has))
}

func (c *Correction) apply(s *State)       { s.Corrections[c.ID] = *c }
func (c *Correction) entry() (string, any) { return "correction/" + c.ID, c }

func (h *Hold) check(*State) error   { return h.Signed.check() }
func (h *Hold) apply(s *State)       { s.Hold = *h }
func (h *Hold) entry() (string, any) { return "hold", h }

// Revoke takes an approval back: the period is no longer shown.
type Revoke struct {
	Block  Block
	Period string
	Signed
}

func (r *Revoke) check(s *State) error {
	if _, ok := s.Approvals[r.Block][r.Period]; !ok {
		return fmt.Errorf("%w: %s of %s is not approved", ErrInvalid, r.Period, r.Block)
	}
	return r.Signed.check()
}

func (r *Revoke) apply(s *State) { delete(s.Approvals[r.Block], r.Period) }
func (r *Revoke) entry() (string, any) {
	return "approval/" + name(string(r.Block)+" "+r.Period), nil
}

// Strike takes a line off the calendar.
type Strike struct {
	ID string
	Signed
}

func (r *Strike) check(s *State) error {
	if _, ok := s.Calendar[r.ID]; !ok {
		return fmt.Errorf("%w: the calendar has no line %q", ErrInvalid, r.ID)
	}
	return r.Signed.check()
}

func (r *Strike) apply(s *State)       { delete(s.Calendar, r.ID) }
func (r *Strike) entry() (string, any) { return "planned/" + r.ID, nil }

var idPattern = regexp.MustCompile(`^[a-z0-9]{8,40}$`)

func id(s string) error {
	if !idPattern.MatchString(s) {
		return fmt.Errorf("%w: id %q", ErrInvalid, s)
	}
	return nil
}

// NewID gives a name to a line of the calendar or a correction, from what it says
// and when.
func NewID(at time.Time, parts ...string) string {
	h := sha256.Sum256([]byte(at.UTC().Format(time.RFC3339Nano) + "\x00" + strings.Join(parts, "\x00")))
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(h[:10]))
}

// name makes any text a name that every store of small state takes.
func name(s string) string {
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString([]byte(s)))
}
