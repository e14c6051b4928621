// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"unicode"
	"unicode/utf8"

	"haidang/audit"
	"haidang/classify"
	"haidang/event"
	"haidang/identity"
)

// ErrPolicy says that an agreement or a sharing group cannot be as asked; the
// text may be shown to whoever asked.
var ErrPolicy = errors.New("invalid")

// policyBucket keeps small state; what Put did is on disk when it returns.
type policyBucket interface {
	Put(ctx context.Context, key string, value []byte) error
	List(ctx context.Context) (map[string][]byte, error)
}

// policy keeps what was agreed with those who run sensors, and the register of
// sharing groups. Questions read a snapshot in memory; a change is in the audit
// log first, then in the bucket, and holds from the next question on.
type policy struct {
	bucket policyBucket
	note   func(context.Context, audit.Entry) error

	change sync.Mutex // held by one change at a time
	now    atomic.Pointer[agreed]
}

// agreed is a snapshot. It is never changed, only replaced.
type agreed struct {
	version uint64
	sensors map[string]classify.Agreement
	groups  map[uint32]Group
	labels  map[uint32]event.Label // of groups
}

// Group is a sharing group: what cert.audience names.
type Group struct {
	ID    uint32      `json:"id"`
	Name  string      `json:"name"`
	Label event.Label `json:"label"` // in the form of event.ParseLabel
}

// Keys of the bucket. A dot has a meaning in keys, which names of sensors may hold.
const (
	agreementKey = "agreement/"
	groupKey     = "group/"
)

func (a *App) startPolicy(ctx context.Context) error {
	b, err := a.journal.Bucket(ctx, "policy")
	if err != nil {
		return err
	}
	a.policy = &policy{bucket: b, note: func(ctx context.Context, e audit.Entry) error {
		_, err := a.audit.Append(ctx, e)
		return err
	}}
	return a.policy.load(ctx)
}

// load reads the bucket. What cannot be read stops the start: a label that is
// half known would be a leak.
func (p *policy) load(ctx context.Context) error {
	all, err := p.bucket.List(ctx)
	if err != nil {
		return fmt.Errorf("policy: reading it: %w", err)
	}
	s := &agreed{version: 1, sensors: map[string]classify.Agreement{}, groups: map[uint32]Group{}}
	for key, value := range all {
		if err := s.read(key, value); err != nil {
			return fmt.Errorf("policy: entry %s cannot be read; restore it from a backup: %w", key, err)
		}
	}
	s.index()
	p.now.Store(s)
	return nil
}

func (s *agreed) read(key string, value []byte) error {
	if name, ok := strings.CutPrefix(key, agreementKey); ok {
		var a classify.Agreement
		if err := json.Unmarshal(value, &a); err != nil {
			return err
		}
		s.sensors[strings.ReplaceAll(name, "=", ".")] = a
		return nil
	}
	var g Group
	if err := json.Unmarshal(value, &g); err != nil {
		return err
	}
	if key != groupKey+strconv.FormatUint(uint64(g.ID), 10) || g.ID == 0 {
		return errors.New("its kind is unknown to this version")
	}
	s.groups[g.ID] = g
	return nil
}

func (s *agreed) index() {
	s.labels = make(map[uint32]event.Label, len(s.groups))
	for id, g := range s.groups {
		s.labels[id] = g.Label
	}
}

// Agreements implements classify.Agreements. A sensor with whose owner nothing
// else was agreed has the agreement that enrolling it is.
func (p *policy) Agreements() (map[string]classify.Agreement, *classify.Agreement, uint64) {
	s := p.now.Load()
	return s.sensors, &enrolment, s.version
}

var enrolment = classify.Enrolment()

// Labels implements classify.Register.
func (p *policy) Labels() (map[uint32]event.Label, uint64) {
	s := p.now.Load()
	return s.labels, s.version
}

// agreement gives what holds for a sensor, and whether it was agreed on more
// than enrolling it.
func (p *policy) agreement(sensor string) (a classify.Agreement, own bool) {
	if a, own = p.now.Load().sensors[sensor]; own {
		return a, true
	}
	return enrolment, false
}

// agree sets a sensor's agreement. It holds for all its records, old ones too.
func (p *policy) agree(ctx context.Context, sensor string, a classify.Agreement) error {
	if err := checkLabel(&a.Default); err != nil {
		return err
	}
	value, err := json.Marshal(a)
	if err != nil {
		return err
	}
	object := audit.Object{Kind: "agreement", IDs: append([]string{sensor}, agreementWords(&a)...)}
	return p.alter(ctx, object, agreementKey+strings.ReplaceAll(sensor, ".", "="), value, func(s *agreed) {
		s.sensors = maps.Clone(s.sensors)
		s.sensors[sensor] = a
	})
}

// agreementWords tells an agreement in words that an audit entry may hold.
func agreementWords(a *classify.Agreement) []string {
	out := strings.Fields(a.Default.String())
	for word, is := range map[string]bool{"deliver": a.Terms.Deliver, "counts-open": a.Terms.CountsOpen, "partner": a.Terms.Partner} {
		if is {
			out = append(out, word)
		}
	}
	for word, org := range map[string]uint32{"owner:": a.Terms.Owner, "receiver:": a.Terms.Receiver, "group:": a.Group} {
		if org != 0 {
			out = append(out, word+strconv.FormatUint(uint64(org), 10))
		}
	}
	slices.Sort(out)
	return out
}

// setGroup adds a sharing group, or changes one; without a number it gets the
// next one.
func (p *policy) setGroup(ctx context.Context, g Group) (Group, error) {
	if g.Name = strings.TrimSpace(g.Name); g.Name == "" || len(g.Name) > 200 || !utf8.ValidString(g.Name) || strings.ContainsFunc(g.Name, unicode.IsControl) {
		return g, fmt.Errorf("%w: name: use 1 to 200 bytes of plain text on one line", ErrPolicy)
	}
	if err := checkLabel(&g.Label); err != nil {
		return g, err
	}
	p.change.Lock()
	defer p.change.Unlock()
	if g.ID == 0 {
		for id := range p.now.Load().groups {
			g.ID = max(g.ID, id)
		}
		g.ID++
	}
	value, err := json.Marshal(g)
	if err != nil {
		return g, err
	}
	id := strconv.FormatUint(uint64(g.ID), 10)
	object := audit.Object{Kind: "group", IDs: append([]string{id}, strings.Fields(g.Label.String())...)}
	return g, p.alterHeld(ctx, object, groupKey+id, value, func(s *agreed) {
		s.groups = maps.Clone(s.groups)
		s.groups[g.ID] = g
		s.index()
	})
}

// listGroups gives the register by number.
func (p *policy) listGroups() []Group {
	return slices.SortedFunc(maps.Values(p.now.Load().groups), func(a, b Group) int { return cmp.Compare(a.ID, b.ID) })
}

func (p *policy) alter(ctx context.Context, o audit.Object, key string, value []byte, set func(*agreed)) error {
	p.change.Lock()
	defer p.change.Unlock()
	return p.alterHeld(ctx, o, key, value, set)
}

func (p *policy) alterHeld(ctx context.Context, o audit.Object, key string, value []byte, set func(*agreed)) error {
	if err := p.note(ctx, audit.Entry{Action: audit.Policy, Actor: audit.System, Outcome: audit.Done, Object: o}); err != nil {
		return fmt.Errorf("policy: it is not changed since that could not be written down: %w", err)
	}
	if err := p.bucket.Put(ctx, key, value); err != nil {
		return fmt.Errorf("policy: keeping %s: %w", key, err)
	}
	s := *p.now.Load()
	s.version++
	set(&s)
	p.now.Store(&s)
	return nil
}

// checkLabel refuses labels that could only be a mistake.
func checkLabel(l *event.Label) error {
	switch {
	case l.Tier == event.TierUnset:
		return fmt.Errorf("%w: label %q names no tier: begin it with one of TLP:CLEAR, TLP:GREEN, TLP:AMBER, TLP:AMBER+STRICT, TLP:RED or T0 to T4", ErrPolicy, l)
	case l.Tier == event.TX:
		return fmt.Errorf("%w: label TX: state secrets do not pass through this system", ErrPolicy)
	}
	return nil
}

// checkAgreement refuses terms that name nobody.
func (a *App) checkAgreement(g *classify.Agreement) error {
	if _, known := a.policy.now.Load().groups[g.Group]; g.Group != 0 && !known {
		return fmt.Errorf("%w: group: sharing group %d is unknown; `haidang group list` shows them", ErrPolicy, g.Group)
	}
	for field, org := range map[string]uint32{"owner": g.Terms.Owner, "receiver": g.Terms.Receiver} {
		_, known := a.identity.Organisation(org)
		if org != 0 && !known && a.enricher.OrgName(org) == "" {
			return fmt.Errorf("%w: %s: organisation %d is unknown; `haidang organisation list` shows them", identity.ErrInvalid, field, org)
		}
	}
	return nil
}
