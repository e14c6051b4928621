// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"haidang/event"
)

// ErrRuling says that a ruling cannot be as asked; the text may be shown to
// whoever asked.
var ErrRuling = errors.New("invalid")

// Does is what a ruling does to the records that it is about.
type Does uint8

// What rulings do.
const (
	Tighten    Does = iota + 1 // joins its label with theirs: never looser
	Release                    // puts its label in the place of theirs
	Benign                     // marks them as known benign; labels stay
	FalseAlarm                 // leaves them out of counts: nobody decides so, whoever is concerned said it
)

// Decided lists what somebody may decide.
var Decided = []Does{Tighten, Release, Benign}

// Doings lists the names of what rulings do.
var Doings = event.Enum{Name: "does", Names: []string{"", "tighten", "release", "benign", "false-alarm"}}

func (d Does) String() string { return Doings.Text(uint8(d)) }

// Ruling is a decision about records that are kept or still to come. Several
// about one record hold together: releases are joined, then everything that
// tightens is joined with that, whichever came first.
type Ruling struct {
	ID    string
	Does  Does
	Of    Selector
	Label event.Label // axes that are not set are left as they are
}

// Selector says which records a ruling is about: one, or those of a sensor in a
// period. All that is set must hold. It looks at nothing that depends on who is
// affected, so that both parties of a record are one matter.
type Selector struct {
	Record   event.Bytes16 // one record, which Sensor and From then describe
	Sensor   string
	From, To event.Time   // by @timestamp; From included, To not
	Rule     string       // rule.id
	Kind     event.RSIT   // cert.rsit
	Host     netip.Prefix // holds the source's or the destination's address
	Org      uint32       // among cert.orgs
	Received event.Time   // received then or before; unset: whenever
}

// Rulings gives those in force. Whoever keeps them gives the same list until the
// version changes, and never changes a list it gave.
type Rulings interface {
	Rulings() (list []Ruling, version uint64)
}

// NoRulings is a book of rulings without entries.
type NoRulings struct{}

// Rulings implements the interface.
func (NoRulings) Rulings() ([]Ruling, uint64) { return nil, 1 }

// One reports whether the selector is of one record.
func (s *Selector) One() bool { return s.Record != event.Bytes16{} }

// Check says what cannot be ruled so.
func (r *Ruling) Check() error {
	wrong := func(field, text string) error { return fmt.Errorf("%w: %s: %s", ErrRuling, field, text) }
	s := &r.Of
	switch {
	case r.Does < Tighten || r.Does > Benign:
		return wrong("do", "choose what is to be done")
	case s.Sensor == "" && (s.One() || r.Does != Benign):
		return wrong("sensor", "name the sensor whose records are meant")
	case s.Sensor == "" && !s.Host.IsValid():
		return wrong("host", "name an address or a network, or a sensor")
	case !s.From.IsSet() || !s.To.IsSet() || s.To <= s.From:
		return wrong("to", "give a period that begins and, later, ends")
	case !utf8.ValidString(s.Rule) || !utf8.ValidString(s.Sensor):
		return wrong("rule", "it is no text in UTF-8")
	case r.Does == Benign && (!s.Host.IsValid() && s.Rule == "" && !s.One()):
		return wrong("host", "name an address, a network or a rule: a whole sensor is not known to be benign")
	case r.Does == Benign && s.Host.IsValid() && s.Host.Addr().Is4() && s.Host.Bits() < 8:
		return wrong("host", "a network of more than a /8 is not known to be benign")
	case r.Does == Benign:
		return nil
	case r.Label.Tier == event.TX:
		return wrong("label", "TX: state secrets do not pass through this system")
	case r.Label.Equal(&event.Label{}):
		return wrong("label", "say what it is to be, as TLP:AMBER personal:basic")
	case r.Does == Release && r.Label.Tier == event.TierUnset:
		return wrong("label", "a release names its tier: begin with one of TLP:CLEAR, TLP:GREEN, TLP:AMBER, TLP:AMBER+STRICT, TLP:RED or T0 to T4")
	case r.Does == Release && !s.Received.IsSet():
		return wrong("received", "a release is of records that are there already")
	}
	return nil
}

// Covers reports whether a ruling about these records is about a record.
func (s *Selector) Covers(e *event.Event) bool {
	switch {
	case s.One():
		return e.ID == s.Record
	case s.Sensor != "" && e.Observer != s.Sensor, s.From.IsSet() && e.Time < s.From, s.To.IsSet() && e.Time >= s.To,
		s.Rule != "" && e.RuleID != s.Rule, s.Kind != event.RSITUnset && e.RSIT != s.Kind,
		s.Received.IsSet() && (!e.Ingested.IsSet() || e.Ingested > s.Received):
		return false
	}
	if s.Org != 0 && !slices.ContainsFunc(e.Orgs, func(m event.OrgMatch) bool { return m.Org == s.Org }) {
		return false
	}
	return !s.Host.IsValid() || s.holds(e.Source.IP) || s.holds(e.Destination.IP)
}

// CoversRow is Covers for a row of a batch.
func (s *Selector) CoversRow(b *event.Batch, row int) bool {
	e := essence(b, row)
	if s.Org != 0 {
		e.Orgs = b.Orgs.At(row)
	}
	return s.Covers(&e)
}

func (s *Selector) holds(a event.Addr) bool {
	return a.IsSet() && s.Host.Contains(a.Netip())
}

// Fields lists what Covers looks at.
func (s *Selector) Fields() []string {
	if s.One() {
		return []string{"event.id"}
	}
	return []string{"event.id", "@timestamp", "event.ingested", "observer.name", "rule.id", "cert.rsit", "source.ip", "destination.ip"}
}

// Filters says the same as Covers in the words of a question: a record is meant
// where all filters of one of the lists hold.
func (s *Selector) Filters() [][]event.Filter {
	if s.One() {
		return [][]event.Filter{{{Field: "event.id", Values: []string{s.Record.String()}}}}
	}
	var all []event.Filter
	add := func(is bool, field string, op event.Op, value string) {
		if is {
			all = append(all, event.Filter{Field: field, Op: op, Values: []string{value}})
		}
	}
	add(s.Sensor != "", "observer.name", event.OpEqual, s.Sensor)
	add(s.From.IsSet(), "@timestamp", event.OpAtLeast, moment(s.From))
	add(s.To.IsSet(), "@timestamp", event.OpAtMost, moment(s.To-1))
	add(s.Rule != "", "rule.id", event.OpEqual, s.Rule)
	add(s.Kind != event.RSITUnset, "cert.rsit", event.OpEqual, s.Kind.String())
	add(s.Org != 0, "cert.orgs", event.OpEqual, strconv.FormatUint(uint64(s.Org), 10))
	add(s.Received.IsSet(), "event.ingested", event.OpAtMost, moment(s.Received))
	if !s.Host.IsValid() {
		return [][]event.Filter{all}
	}
	host := func(field string) []event.Filter {
		return append(all[:len(all):len(all)], event.Filter{Field: field, Op: event.OpPrefix, Values: []string{s.Host.String()}})
	}
	return [][]event.Filter{host("source.ip"), host("destination.ip")}
}

func moment(t event.Time) string { return t.Std().UTC().Format(time.RFC3339Nano) }

// meets reports whether one record could be meant by both.
func (s *Selector) meets(o *Selector) bool {
	switch {
	case s.One() && o.One():
		return s.Record == o.Record
	case s.Sensor != "" && o.Sensor != "" && s.Sensor != o.Sensor,
		s.Kind != event.RSITUnset && o.Kind != event.RSITUnset && s.Kind != o.Kind && !s.One() && !o.One(),
		s.Rule != "" && o.Rule != "" && s.Rule != o.Rule && !s.One() && !o.One():
		return false
	}
	return !(s.From.IsSet() && o.To.IsSet() && s.From >= o.To) && !(o.From.IsSet() && s.To.IsSet() && o.From >= s.To)
}

// overlay is what rulings about the same records make of their labels.
type overlay struct{ tighten, release []event.Label }

func (o *overlay) add(r *Ruling) {
	switch r.Does {
	case Tighten:
		o.tighten = append(o.tighten, r.Label)
	case Release:
		o.release = append(o.release, r.Label)
	}
}

// over gives the label that holds in the place of a settled one. Nothing releases
// what is for named persons.
func (o *overlay) over(l event.Label) event.Label {
	if l.Tier == event.TX {
		return l
	}
	if len(o.release) > 0 && l.Tier < event.T4 {
		var all []event.Label
		for _, r := range o.release {
			out := r.Or(l)
			out.Audience = r.Audience // who was named before is not asked any more
			out.Importance = max(r.Importance, l.Importance)
			all = append(all, out)
		}
		l = event.Derive(all...)
	}
	for _, t := range o.tighten {
		l = l.Join(t.Or(l))
	}
	return l
}

// Over gives the label that these rulings, each about a record, make of its own.
func Over(l event.Label, rulings ...Ruling) event.Label {
	var o overlay
	for i := range rulings {
		o.add(&rulings[i])
	}
	return o.over(l)
}

// Words tells a selector in words that an audit entry may hold: neither addresses
// nor what sensors wrote.
func (s *Selector) Words() []string {
	if s.One() {
		return []string{"record:" + s.Record.String()}
	}
	out := []string{"from:" + moment(s.From), "to:" + moment(s.To)}
	if s.Sensor != "" {
		out = append(out, "sensor:"+s.Sensor)
	}
	if s.Kind != event.RSITUnset {
		out = append(out, "kind:"+s.Kind.String())
	}
	for word, is := range map[string]bool{"rule": s.Rule != "", "host": s.Host.IsValid()} {
		if is {
			out = append(out, word)
		}
	}
	slices.SortFunc(out, strings.Compare)
	return out
}
