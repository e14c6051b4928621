// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package app

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// The oracle reads the rules of who may see what once more: record by record, in
// words, without any thought of speed. It shares no code with the decision and
// none with the store.

// leakViewer is who asks, in words. The zero viewer is a visitor.
type leakViewer struct {
	name            string
	sensor          string // whose token it is
	person          string
	roles           []string
	orgs, clients   []uint32
	teams           []uint32
	communities     []string
	stateBody       bool
	passkey, abroad bool
	purposes        []string // nil: all
}

func (v *leakViewer) is(roles ...string) bool {
	return slices.ContainsFunc(roles, func(r string) bool { return slices.Contains(v.roles, r) })
}

// reads says whether the viewer reads for an organisation or the centre.
func (v *leakViewer) reads() bool { return v.is("member", "steward", "analyst") }

// asks says whether free questions are answered at all.
func (v *leakViewer) asks() bool { return len(v.roles) > 0 }

func (v *leakViewer) may(purpose string) bool {
	return v.purposes == nil || slices.Contains(v.purposes, purpose)
}

// exact says whether the viewer sees every count.
func (v *leakViewer) exact() bool { return v.is("operator", "analyst") && v.may("count") && !v.abroad }

var leakTiers = map[string]string{
	"": "", "TLP:CLEAR": "T0", "TLP:GREEN": "T1c", "TLP:AMBER": "T2", "TLP:AMBER+STRICT": "T3", "TLP:RED": "T4",
}

// stricter gives the stricter of two words of an ordered list; "" says nothing.
func stricter(order []string, a, b string) string {
	if slices.Index(order, a) >= slices.Index(order, b) {
		return a
	}
	return b
}

// labelOf gives the label of a record, and whether anybody may read what has it.
func (w *leakWorld) labelOf(r *leakRecord) (l leakLabel, t *leakTerms, ok bool) {
	t = w.sensors[r.text["observer.name"]]
	if t == nil {
		return l, nil, false
	}
	if id := r.text["cert.audience"]; id != "" {
		g := w.groups[id]
		if g == nil {
			return l, nil, false
		}
		l = *g
	}
	own := leakTiers[r.text["cert.tlp"]]
	l.state = l.tier == "T1" // a stricter TLP opens nothing
	if own == "T1c" && l.tier == "T1" {
		l.tier = "T2" // neither holds the other
	} else {
		l.tier = stricter([]string{"", "T0", "T1", "T1c", "T2", "T3", "T4"}, l.tier, own)
	}
	paps := []string{"", "PAP:CLEAR", "PAP:GREEN", "PAP:AMBER", "PAP:RED"}
	l.pap = stricter(paps, l.pap, r.text["cert.pap"])
	d := t.label
	clear := l.tier == "T0"
	for _, x := range []struct {
		own *string
		def string
	}{{&l.tier, d.tier}, {&l.personal, d.personal}, {&l.pap, d.pap}, {&l.abroad, d.abroad}} {
		if *x.own == "" {
			*x.own = x.def
		}
	}
	if !l.named && !clear {
		l.named, l.members = d.named, d.members
	}
	if l.personal == "" {
		l.personal = "sensitive"
	}
	if l.pap == "" {
		l.pap = "PAP:RED"
	}
	if l.tier == "T0" && l.named {
		l.tier = "T2"
	}
	l.state = l.state || l.tier == "T1"
	if l.abroad == "approved" && !l.named {
		l.abroad = "no"
	}
	r.rule(&l)
	return l, t, !(l.named && len(l.members) == 0)
}

// names says whether a label names the viewer: its person or an organisation.
func (l *leakLabel) names(v *leakViewer) bool {
	return l.named && (l.namesPerson(v) || slices.ContainsFunc(v.orgs, func(o uint32) bool { return slices.Contains(l.members, fmt.Sprint("org ", o)) }))
}

func (l *leakLabel) namesPerson(v *leakViewer) bool {
	return l.named && v.person != "" && slices.Contains(l.members, "person "+v.person)
}

// reaches says whether the audience, where it narrows, covers the viewer.
func (l *leakLabel) reaches(v *leakViewer) bool {
	if l.state && !v.stateBody {
		return false
	}
	if !l.named || l.names(v) {
		return true
	}
	return slices.ContainsFunc(v.teams, func(o uint32) bool { return slices.Contains(l.members, fmt.Sprint("org ", o)) }) ||
		slices.ContainsFunc(v.communities, func(c string) bool { return slices.Contains(l.members, "community "+c) })
}

// hit lists the affected ends of a record.
func (r *leakRecord) hit() []string {
	switch r.text["cert.affected"] {
	case "source", "destination":
		return []string{r.text["cert.affected"]}
	case "both":
		return []string{"destination", "source"}
	}
	return nil
}

// ownEnds lists the affected ends that are the viewer's or its clients'.
func (r *leakRecord) ownEnds(v *leakViewer) (out []string) {
	for _, end := range r.hit() {
		for _, o := range r.orgs {
			if o.side == end && (slices.Contains(v.orgs, o.org) || slices.Contains(v.clients, o.org)) {
				out = append(out, end)
				break
			}
		}
	}
	return out
}

// seen gives the record as the viewer may see it for a purpose ("search", "count"
// or "own"), nil where it may not.
func (w *leakWorld) seen(v *leakViewer, purpose string, r *leakRecord) *leakRecord {
	l, t, ok := w.labelOf(r)
	if !ok || !v.asks() || !v.may(purpose) {
		return nil
	}
	if v.abroad && l.abroad != "yes" && !(l.abroad == "approved" && l.names(v)) {
		return nil
	}
	if (l.tier == "T3" || l.tier == "T4") && !v.passkey {
		return nil
	}
	unsteady := l.personal == "sensitive" && !v.passkey
	own, named := r.ownEnds(v), !l.state || v.stateBody && v.reads()
	switch {
	case purpose == "own":
		if len(own) > 0 && v.reads() && l.reaches(v) && l.tier != "T4" && (l.tier != "T3" || t.deliver) {
			return r.asOwn(own, unsteady)
		}
		return nil
	case w.holds(v, &l, t), named && l.tier == "T4" && !l.closed && l.namesPerson(v), named && l.tier == "T2" && (l.namesPerson(v) || v.reads() && l.names(v)):
		return r.whole(unsteady)
	case len(own) > 0 && v.reads() && l.reaches(v) && (l.tier != "T3" && l.tier != "T4" || l.tier == "T3" && t.deliver):
		return r.asOwn(own, unsteady)
	case l.tier == "T0", l.tier == "T1" && v.reads() && l.reaches(v),
		(l.tier == "T1c" || l.tier == "T2") && l.named && (v.reads() || l.namesPerson(v) && !l.state) && l.reaches(v):
		return r.asOthers(l.personal)
	case purpose == "count" && v.is("operator") && l.tier != "T4":
		return r.asCount()
	}
	return nil
}

// holds: T3 and below are the owner's and the receiver's; where none is named the
// centre's analysts received it.
func (w *leakWorld) holds(v *leakViewer, l *leakLabel, t *leakTerms) bool {
	if l.tier == "T4" || !v.reads() {
		return false
	}
	if t.receiver == 0 && v.is("analyst") {
		return true
	}
	return t.receiver != 0 && slices.Contains(v.orgs, t.receiver) || t.owner != 0 && slices.Contains(v.orgs, t.owner)
}

func (r *leakRecord) copy() *leakRecord {
	c := &leakRecord{n: r.n, at: r.at, count: r.count, marked: r.marked, text: map[string]string{}, orgs: slices.Clone(r.orgs)}
	for k, v := range r.text {
		if v != "" {
			c.text[k] = v
		}
	}
	return c
}

func (r *leakRecord) without(fields ...string) {
	for _, f := range fields {
		delete(r.text, f)
	}
}

var (
	leakContent  = []string{"url.full", "dns.question.name", "user.name", "user_agent.original", "process.command_line", "email.from.address", "cert.residual"}
	leakOrigin   = []string{"observer.name", "participant.id", "cert.raw.sequence", "cert.raw.offset", "cert.status", "cert.audience"}
	leakComputed = []string{"network.community_id", "event.hash"}
	leakBothEnds = []string{"source", "destination"}
)

// cut leaves of an end's address its network: /24, or /48.
func (r *leakRecord) cut(end string) {
	if ip, err := netip.ParseAddr(r.text[end+".ip"]); err == nil {
		bits := 48
		if ip.Is4() {
			bits = 24
		}
		p, _ := ip.Prefix(bits)
		r.text[end+".ip"] = p.Addr().String()
	}
}

// whole is what a holder sees, or somebody named.
func (r *leakRecord) whole(unsteady bool) *leakRecord {
	if !unsteady {
		return r.copy().finish()
	}
	c := r.copy()
	c.without(leakContent...)
	c.without("participant.id")
	c.cut("source")
	c.cut("destination")
	return c.finish()
}

// asOwn is what the organisation concerned sees; own are its ends.
func (r *leakRecord) asOwn(own []string, unsteady bool) *leakRecord {
	c := r.copy()
	c.without(leakOrigin...)
	c.without("cert.residual")
	for _, end := range leakBothEnds {
		if slices.Contains(own, end) {
			continue
		}
		c.without(end + ".domain")
		c.orgs = slices.DeleteFunc(c.orgs, func(o leakOrg) bool { return o.side == end })
		if unsteady {
			c.cut(end)
		}
	}
	if len(own) < len(r.hit()) {
		c.without("cert.sector", "cert.band") // whose they are is not known
	}
	if unsteady {
		c.without(leakContent...)
		c.without(leakComputed...)
	}
	return c.finish()
}

// asOthers is what is shared with those who are not concerned.
func (r *leakRecord) asOthers(personal string) *leakRecord {
	c := r.copy()
	c.without(leakContent...)
	c.without(leakOrigin...)
	c.without(leakComputed...)
	c.without("cert.sector", "cert.band")
	c.orgs = nil
	for _, end := range leakBothEnds {
		c.without(end + ".domain")
		if len(r.hit()) == 0 || slices.Contains(r.hit(), end) {
			c.without(end+".ip", end+".port", end+".as.number", end+".bytes")
			continue
		}
		switch personal {
		case "basic":
			c.cut(end)
		case "sensitive":
			c.without(end+".ip", end+".port", end+".as.number")
		}
	}
	return c.finish()
}

// asCount is what an operator counts by.
func (r *leakRecord) asCount() *leakRecord {
	c := r.copy()
	c.orgs = nil
	for f := range c.text {
		if !slices.Contains([]string{"@timestamp", "event.id", "cert.count", "event.created", "event.ingested", "event.kind", "event.category", "event.dataset",
			"event.severity", "observer.name", "observer.type", "cert.stage", "cert.way", "cert.rsit", "cert.excluded", "cert.replay"}, f) {
			delete(c.text, f)
		}
	}
	return c.finish()
}

// finish writes the organisations that are left as the interface does.
func (r *leakRecord) finish() *leakRecord {
	var s []string
	for _, o := range r.orgs {
		s = append(s, fmt.Sprintf("%d:%s:%s", o.org, o.reason, o.side))
	}
	r.text["cert.orgs"] = strings.Join(s, " ")
	return r
}
