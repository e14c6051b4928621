// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"haidang/audit"
	"haidang/classify"
	"haidang/event"
	"haidang/incident"
	analysts "haidang/share/desk"
)

// rulings keeps what analysts decided about records: labels, releases, marks of
// known benign. Questions read a snapshot in memory; a decision is in the audit
// log first, then in the bucket, and holds from the next question on. Nothing is
// ever removed: what does not hold any more says since when and by whom.
type rulings struct {
	bucket policyBucket
	note   func(context.Context, audit.Entry) error
	now    func() time.Time
	owners func(sensor string) []uint32 // who may read in the log what is done to its records

	change sync.Mutex // held by one change at a time
	held   atomic.Pointer[ruled]

	alarms func() (list []classify.Ruling, version uint64) // false alarms; nil: there are none
	all    atomic.Pointer[together]
}

// together is rulings and false alarms of one moment.
type together struct {
	rulings, alarms, version uint64
	list                     []classify.Ruling
}

// ruled is a snapshot. It is never changed, only replaced.
type ruled struct {
	version uint64
	all     []analysts.Decision // oldest first
	inForce []classify.Ruling
	marks   []classify.Ruling // of these, those of known benign
	until   time.Time         // when one of them ends by itself; zero: none does
}

// keptRuling is a decision as the bucket has it.
type keptRuling struct {
	ID         string       `json:"id"`
	Does       string       `json:"does"`
	Record     string       `json:"record,omitempty"`
	Sensor     string       `json:"sensor,omitempty"`
	From       event.Time   `json:"from"`
	To         event.Time   `json:"to"`
	Received   event.Time   `json:"received"`
	Rule       string       `json:"rule,omitempty"`
	Kind       string       `json:"kind,omitempty"`
	Host       netip.Prefix `json:"host"`
	Label      event.Label  `json:"label"` // in the form of event.ParseLabel
	Reason     string       `json:"reason"`
	Basis      string       `json:"basis,omitempty"`
	By         string       `json:"by"`
	At         time.Time    `json:"at"`
	Expires    time.Time    `json:"expires"`
	Withdrawn  time.Time    `json:"withdrawn"`
	WithdrawnB string       `json:"withdrawn_by,omitempty"`
	WithdrawnR string       `json:"withdrawn_why,omitempty"`
}

func (a *App) startRulings(ctx context.Context) error {
	b, err := a.journal.Bucket(ctx, "rulings")
	if err != nil {
		return err
	}
	a.rulings = &rulings{bucket: b, now: a.now, owners: a.ownersOf, note: func(ctx context.Context, e audit.Entry) error {
		_, err := a.audit.Append(ctx, e)
		return err
	}}
	return a.rulings.load(ctx)
}

// ownersOf gives the organisations that a sensor's agreement names.
func (a *App) ownersOf(sensor string) (out []uint32) {
	g, _ := a.policy.agreement(sensor)
	for _, org := range []uint32{g.Terms.Owner, g.Terms.Receiver} {
		if org != 0 {
			out = append(out, org)
		}
	}
	return out
}

// load reads the bucket. What cannot be read stops the start: a label that is
// half known would be a leak.
func (u *rulings) load(ctx context.Context) error {
	kept, err := u.bucket.List(ctx)
	if err != nil {
		return fmt.Errorf("rulings: reading them: %w", err)
	}
	var all []analysts.Decision
	for _, key := range slices.Sorted(maps.Keys(kept)) {
		d, err := readRuling(key, kept[key])
		if err != nil {
			return fmt.Errorf("rulings: entry %s cannot be read; restore it from a backup: %w", key, err)
		}
		all = append(all, d)
	}
	u.set(all, 1)
	return nil
}

func readRuling(key string, value []byte) (d analysts.Decision, err error) {
	var k keptRuling
	if err := json.Unmarshal(value, &k); err != nil {
		return d, err
	}
	does, err := classify.Doings.Parse(k.Does)
	if err != nil {
		return d, err
	}
	kind, err := event.RSITs.Parse(k.Kind)
	if err != nil {
		return d, err
	}
	d = analysts.Decision{
		Ruling: classify.Ruling{ID: k.ID, Does: classify.Does(does), Label: k.Label, Of: classify.Selector{
			Sensor: k.Sensor, From: k.From, To: k.To, Rule: k.Rule, Kind: event.RSIT(kind), Host: k.Host, Received: k.Received,
		}},
		Reason: k.Reason, Basis: k.Basis, By: k.By, At: k.At, Expires: k.Expires,
		Withdrawn: k.Withdrawn, WithdrawnBy: k.WithdrawnB, WithdrawnWhy: k.WithdrawnR,
	}
	if k.Record != "" {
		id, err := hex.DecodeString(strings.ReplaceAll(k.Record, "-", ""))
		if err != nil || len(id) != len(d.Of.Record) {
			return d, fmt.Errorf("record %q is no event.id", k.Record)
		}
		d.Of.Record = event.Bytes16(id)
	}
	if d.ID != key {
		return d, fmt.Errorf("it is of another ruling than its key")
	}
	return d, d.Check()
}

func writeRuling(d *analysts.Decision) ([]byte, error) {
	k := keptRuling{
		ID: d.ID, Does: d.Does.String(), Sensor: d.Of.Sensor, From: d.Of.From, To: d.Of.To, Received: d.Of.Received, Rule: d.Of.Rule,
		Host: d.Of.Host, Label: d.Label, Reason: d.Reason, Basis: d.Basis, By: d.By, At: d.At, Expires: d.Expires,
		Withdrawn: d.Withdrawn, WithdrawnB: d.WithdrawnBy, WithdrawnR: d.WithdrawnWhy, Kind: d.Of.Kind.String(),
	}
	if d.Of.One() {
		k.Record = d.Of.Record.String()
	}
	return json.Marshal(k)
}

// set makes the snapshot of decisions.
func (u *rulings) set(all []analysts.Decision, version uint64) *ruled {
	s := &ruled{version: version, all: all}
	now := u.now()
	for i := range all {
		d := &all[i]
		if !d.Holds(now) {
			continue
		}
		s.inForce = append(s.inForce, d.Ruling)
		if d.Does == classify.Benign {
			s.marks = append(s.marks, d.Ruling)
		}
		if !d.Expires.IsZero() && (s.until.IsZero() || d.Expires.Before(s.until)) {
			s.until = d.Expires
		}
	}
	u.held.Store(s)
	return s
}

// current gives the snapshot of now: what has run out is left out.
func (u *rulings) current() *ruled {
	s := u.held.Load()
	if s.until.IsZero() || u.now().Before(s.until) {
		return s
	}
	u.change.Lock()
	defer u.change.Unlock()
	if again := u.held.Load(); again != s {
		return again
	}
	return u.set(s.all, s.version+1)
}

// Rulings implements classify.Rulings.
func (u *rulings) Rulings() ([]classify.Ruling, uint64) {
	s := u.current()
	if u.alarms == nil {
		return s.inForce, s.version
	}
	said, version := u.alarms()
	for {
		before := u.all.Load()
		if before != nil && before.rulings == s.version && before.alarms == version {
			return before.list, before.version
		}
		t := &together{rulings: s.version, alarms: version, version: 1, list: slices.Concat(s.inForce, said)}
		if before != nil {
			t.version = before.version + 1
		}
		if u.all.CompareAndSwap(before, t) {
			return t.list, t.version
		}
	}
}

// decisions gives all, newest first.
func (u *rulings) decisions() []analysts.Decision {
	out := slices.Clone(u.current().all)
	slices.SortStableFunc(out, func(a, b analysts.Decision) int { return b.At.Compare(a.At) })
	return out
}

// decide makes a decision.
func (u *rulings) decide(ctx context.Context, who audit.Actor, d analysts.Decision) (analysts.Decision, error) {
	var id [8]byte
	_, _ = rand.Read(id[:]) // never fails
	d.At = u.now().UTC().Truncate(time.Millisecond)
	d.ID = d.At.Format("20060102150405") + "-" + hex.EncodeToString(id[:])
	if err := d.Check(); err != nil {
		return d, err
	}
	u.change.Lock()
	defer u.change.Unlock()
	s := u.held.Load()
	if err := classify.CheckRulings(append(slices.Clip(slices.Clone(s.inForce)), d.Ruling)); err != nil {
		return d, err
	}
	return d, u.keep(ctx, who, append(slices.Clip(slices.Clone(s.all)), d), len(s.all), "")
}

// withdraw ends a decision. classify.ErrNotFound says that there is none of that id.
func (u *rulings) withdraw(ctx context.Context, who audit.Actor, by, id, why string) error {
	u.change.Lock()
	defer u.change.Unlock()
	s := u.held.Load()
	at := slices.IndexFunc(s.all, func(d analysts.Decision) bool { return d.ID == id })
	if at < 0 || !s.all[at].Withdrawn.IsZero() {
		return classify.ErrNotFound
	}
	all := slices.Clone(s.all)
	d := &all[at]
	d.Withdrawn, d.WithdrawnBy, d.WithdrawnWhy = u.now().UTC().Truncate(time.Millisecond), by, why
	if err := d.Check(); err != nil {
		return err
	}
	return u.keep(ctx, who, all, at, "withdrawn")
}

// keep writes the decision at a place of the list down, then keeps it, then lets
// it hold.
func (u *rulings) keep(ctx context.Context, who audit.Actor, all []analysts.Decision, at int, word string) error {
	d := &all[at]
	action := audit.Label
	if d.Does == classify.Release {
		action = audit.Release
	}
	words := append([]string{d.ID, cmp.Or(word, d.Does.String())}, d.Of.Words()...)
	e := audit.Entry{Action: action, Actor: who, Outcome: audit.Done, Object: audit.Object{Kind: "ruling", IDs: append(words, strings.Fields(d.Label.String())...)}}
	for _, org := range u.owners(d.Of.Sensor) {
		e.Organisations = append(e.Organisations, strconv.FormatUint(uint64(org), 10))
	}
	if err := u.note(ctx, e); err != nil {
		return fmt.Errorf("%w: %w", classify.ErrUnwitnessed, err)
	}
	value, err := writeRuling(d)
	if err != nil {
		return err
	}
	if err := u.bucket.Put(ctx, d.ID, value); err != nil {
		return fmt.Errorf("rulings: keeping %s: %w", d.ID, err)
	}
	u.set(all, u.held.Load().version+1)
	return nil
}

// maxAlarms is how many false alarms, the newest, drill-downs leave out: each is a
// part of every question.
const maxAlarms = 200

// falseAlarms gives what organisations said was none of their incidents' fault,
// as records to be left out of counts: those of the machine and kind, from the
// first sighting to the last.
func (a *App) falseAlarms() func() ([]classify.Ruling, uint64) {
	type known struct {
		version uint64
		list    []classify.Ruling
	}
	var kept atomic.Pointer[known]
	return func() ([]classify.Ruling, uint64) {
		version := a.book.Version()
		if k := kept.Load(); k != nil && k.version == version {
			return k.list, version + 1
		}
		var said []incident.Entry
		for _, e := range a.book.Excluded() {
			if e.Status == event.StatusFalsePositive && e.Subject.Addr.IsSet() {
				said = append(said, e)
			}
		}
		slices.SortStableFunc(said, func(x, y incident.Entry) int { return y.When.Compare(x.When) })
		k := &known{version: version}
		for _, e := range said[:min(len(said), maxAlarms)] {
			addr := e.Subject.Addr.Netip()
			k.list = append(k.list, classify.Ruling{ID: "incident/" + e.Subject.KeyText, Does: classify.FalseAlarm, Of: classify.Selector{
				Host: netip.PrefixFrom(addr, addr.BitLen()), Kind: e.Subject.RSIT, Org: e.Subject.Org,
				From: e.Subject.First, To: e.Subject.Last + 1, Received: event.TimeUnset,
			}})
		}
		kept.Store(k)
		return k.list, version + 1
	}
}

// mark writes onto records to come why they are known benign, so that counting
// leaves them out. It is asked by workers side by side.
func (u *rulings) mark(b *event.Batch) {
	marks := u.current().marks
	if len(marks) == 0 {
		return
	}
	exclude(b, marks)
}

// discount is mark for counting anew: false alarms are left out, too.
func (u *rulings) discount(b *event.Batch) {
	u.mark(b)
	if u.alarms != nil {
		said, _ := u.alarms()
		exclude(b, said)
	}
}

func exclude(b *event.Batch, marks []classify.Ruling) {
	for row := range b.Rows() {
		if b.Excluded.Codes[row] != 0 {
			continue
		}
		for i := range marks {
			if marks[i].Of.CoversRow(b, row) {
				b.Excluded.Codes[row] = b.Excluded.Code("ruling " + marks[i].ID)
				break
			}
		}
	}
}
