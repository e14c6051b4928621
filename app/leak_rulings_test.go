// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package app

import (
	"math/rand/v2"
	"slices"
	"time"

	"haidang/classify"
	"haidang/event"
	analysts "haidang/share/desk"
)

// leakRuling is a decision about records, in words.
type leakRuling struct {
	does            string // tighten, release or benign
	sensor          string
	record          *leakRecord // one; else those of the sensor in a period
	from, to        event.Time
	host            string    // an address of either end; "" for any
	label           leakLabel // an empty word says nothing
	expired, undone bool      // it holds no more
}

// rule makes decisions of every sort, most of them about the same sensor's records.
func (w *leakWorld) rule(seed uint64) {
	r := rand.New(rand.NewPCG(seed, 46))
	at := func(hours int) event.Time {
		return event.TimeOf(leakStart.Add(time.Duration(hours) * time.Hour))
	}
	for _, u := range []*leakRuling{
		{does: "tighten", label: leakLabel{tier: "T4"}},
		{does: "tighten", label: leakLabel{personal: "sensitive"}},
		{does: "tighten", label: leakLabel{tier: "T2", abroad: "no"}},
		{does: "release", label: leakLabel{tier: "T0", personal: "none"}},
		{does: "benign"},
		{does: "tighten", label: leakLabel{tier: "T4"}, expired: true},
		{does: "release", label: leakLabel{tier: "T0"}, undone: true},
	} {
		if seed%4 != 3 && r.IntN(2) == 0 {
			continue // each costs every question; one world in four holds all
		}
		from := r.IntN(16)
		u.sensor, u.from, u.to = w.names[r.IntN(2)], at(from), at(from+1+r.IntN(3))
		if u.does == "benign" || r.IntN(4) == 0 {
			u.host = w.records[r.IntN(len(w.records))].text["source.ip"]
		}
		if u.does == "benign" && u.host == "" {
			continue
		}
		w.rulings = append(w.rulings, u)
	}
	for i := range 5 {
		u := &leakRuling{does: "tighten", record: w.records[r.IntN(len(w.records))], label: leakLabel{tier: "T4"}}
		if i%3 == 0 {
			u.does, u.label = "release", leakLabel{tier: "T0", personal: "basic"}
		}
		w.rulings = append(w.rulings, u)
	}
	for _, rec := range w.records {
		for _, u := range w.rulings {
			if u.about(rec) {
				rec.rulings = append(rec.rulings, u)
				rec.marked = rec.marked || u.does == "benign"
			}
		}
	}
}

// about says whether a decision holds for a record.
func (u *leakRuling) about(r *leakRecord) bool {
	if u.expired || u.undone {
		return false
	}
	if u.record != nil {
		return u.record == r
	}
	return r.text["observer.name"] == u.sensor && r.at >= u.from && r.at < u.to &&
		(u.host == "" || u.host == r.text["source.ip"] || u.host == r.text["destination.ip"])
}

// rule puts a record's label right by the decisions about it: a release first, for
// what is not for named persons, then whatever tightens.
func (r *leakRecord) rule(l *leakLabel) {
	l.closed = l.tier == "T3" // whomever such a label names, it is for its holder
	var released []leakLabel
	for _, u := range r.rulings {
		if u.does == "release" && l.tier != "T4" {
			released = append(released, u.label)
		}
	}
	if len(released) > 0 { // all are to everybody; of the personal data the strictest
		l.tier, l.named, l.state, l.closed, l.members = "T0", false, false, false, nil
		l.personal = ""
		for _, x := range released {
			l.personal = stricter([]string{"", "none", "basic", "sensitive"}, l.personal, x.personal)
		}
		if l.abroad == "approved" {
			l.abroad = "no" // to whom it was approved is not named any more
		}
	}
	for _, u := range r.rulings {
		if u.does != "tighten" {
			continue
		}
		if u.label.tier == "T2" && (l.tier == "T1" || l.tier == "T1c" || l.tier == "T0") || u.label.tier == "T4" {
			l.tier = u.label.tier
		}
		l.personal = stricter([]string{"", "none", "basic", "sensitive"}, l.personal, u.label.personal)
		if u.label.abroad == "no" {
			l.abroad = "no"
		}
	}
}

// decide makes the world's decisions in the observatory, as the desk does.
func (r *leakRig) decide() {
	r.t.Helper()
	now := testNow()
	for _, u := range r.world.rulings {
		does, err := classify.Doings.Parse(u.does)
		if err != nil {
			r.t.Fatal(err)
		}
		d := analysts.Decision{Reason: "decided", Basis: "ours", By: "local test", Ruling: classify.Ruling{
			Does: classify.Does(does), Of: classify.Selector{Sensor: u.sensor, From: u.from, To: u.to, Received: event.TimeUnset},
		}}
		if u.does == "release" {
			d.Of.Received = event.TimeOf(now.Add(time.Hour))
		}
		if u.does != "benign" {
			d.Label = u.label.product(r.t)
		}
		if u.does == "benign" || u.expired {
			d.Expires = now.Add(time.Hour)
		}
		if u.host != "" {
			a, err := event.ParseAddr(u.host)
			if err != nil {
				r.t.Fatal(err)
			}
			d.Of.Host, _ = a.Netip().Prefix(a.Netip().BitLen())
		}
		if u.record != nil {
			i := slices.Index(r.world.records, u.record)
			d.Of.Record, d.Of.Sensor = r.world.batch.ID[i], u.record.text["observer.name"]
			d.Of.From, d.Of.To = u.record.at, u.record.at+1
		}
		made, err := r.app.rulings.decide(r.t.Context(), "system", d)
		if err != nil {
			r.t.Fatalf("%+v: %v", u, err)
		}
		if u.undone {
			if err := r.app.rulings.withdraw(r.t.Context(), "system", "local test", made.ID, "a mistake"); err != nil {
				r.t.Fatal(err)
			}
		}
		if u.expired {
			all := slices.Clone(r.app.rulings.held.Load().all)
			all[len(all)-1].Expires = made.At.Add(time.Nanosecond)
			r.app.rulings.set(all, r.app.rulings.held.Load().version+1)
		}
	}
}
