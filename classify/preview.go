// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"context"
	"slices"
	"strconv"

	"haidang/event"
)

// Preview says what a ruling would do, to the records that the asker may read.
type Preview struct {
	Records int64 // sum of cert.count
	Marked  int64 // of these, known benign already
	More    bool  // there are more kinds of labels than are looked at
	Labels  []Relabelled
	Eyes    []Eyes
}

// Relabelled is a label that some of the records have, and the one that they
// would have.
type Relabelled struct {
	Before, After event.Label
	Records       int64
}

// Eyes is how somebody stands to the records: how many are seen whole, and how
// many in part, before and after.
type Eyes struct {
	Who          string // see Onlookers
	Whole, Part  int64
	WillW, WillP int64
	Gains, Loses bool
}

// Onlookers lists whom a preview looks through the eyes of.
var Onlookers = []string{"centre", "concerned", "named", "owner", "sector", "state", "abroad", "operator"}

// previewLabels is how many groups of records of one label a preview looks at.
const previewLabels = 200

// byLabel are by what the labels of a sensor's records differ.
var byLabel = []string{"observer.name", "cert.tlp", "cert.audience"}

// Preview says what a ruling would do, without doing it: how many of the records
// that the viewer may read it is about, and who would see them. It takes rulings
// that are in force for granted where one record is meant; a set's records are
// taken as labelled by themselves and their source.
func (g *Gate) Preview(ctx context.Context, v Viewer, r Ruling) (out Released[Preview], err error) {
	if !v.anyOf(1<<Analyst) || v.a == nil {
		return out, ErrForbidden
	}
	b := g.library.book()
	c := g.rules.compile(v, Search, event.TierUnset, everything, r.Of.Filters(), b)
	q := event.Query{From: event.TimeUnset, To: event.TimeUnset, Scope: c.scope, Filters: []event.Filter{{Field: "cert.excluded", Op: event.OpMissing}}}
	var p Preview
	cells, err := g.records.Aggregate(ctx, event.Aggregate{Query: q, By: byLabel, Metrics: []event.Metric{event.MetricRecords}}, previewLabels+1)
	if err != nil {
		return out, err
	}
	q.Filters = []event.Filter{{Field: "cert.excluded", Op: event.OpExists}}
	n, err := g.records.Count(ctx, q, []event.Metric{event.MetricRecords})
	if err == nil {
		err = g.tell(ctx, Sight{v, Search, SeenCounts, c.tier, int64(len(cells))})
	}
	if err != nil {
		return out, err
	}
	p.Marked = n[0]
	p.Records = n[0]
	if p.More = len(cells) > previewLabels; p.More {
		cells = cells[:previewLabels]
	}
	facts, counts := make([]Facts, 0, len(cells)+1), make([]int64, 0, len(cells)+1)
	for _, cell := range cells {
		p.Records += cell.Values[0]
		facts, counts = append(facts, b.factsOf(cell.Group)), append(counts, cell.Values[0])
	}
	if r.Of.One() {
		e, err := g.record(ctx, c.scope, r.Of.Record)
		if err != nil {
			return out, err
		}
		if e != nil {
			facts, counts = []Facts{b.facts(e)}, []int64{max(p.Records, 1)}
		}
	}
	p.look(g.rules, facts, counts, &r)
	return release(v, p), nil
}

// factsOf reads a group of byLabel.
func (b *book) factsOf(group []string) Facts {
	e := event.Event{Observer: group[0]}
	tlp, _ := event.TLPs.Parse(group[1]) // the store wrote it
	audience, _ := strconv.ParseUint(group[2], 10, 32)
	e.TLP, e.Audience = event.TLP(tlp), uint32(audience)
	return b.facts(&e)
}

// look fills in labels and eyes.
func (p *Preview) look(r *Rules, facts []Facts, counts []int64, u *Ruling) {
	for _, who := range Onlookers {
		p.Eyes = append(p.Eyes, Eyes{Who: who})
	}
	shown := map[string]bool{}
	for i, f := range facts {
		before, after := f, f
		after.Label = Over(f.Label, *u)
		at := slices.IndexFunc(p.Labels, func(l Relabelled) bool { return l.Before.Equal(&before.Label) && l.After.Equal(&after.Label) })
		if at < 0 {
			at = len(p.Labels)
			p.Labels = append(p.Labels, Relabelled{Before: before.Label, After: after.Label})
		}
		p.Labels[at].Records += counts[i]
		for j := range p.Eyes {
			e := &p.Eyes[j]
			viewer, purpose, ok := onlooker(e.Who, &before, &after)
			if !ok {
				continue
			}
			shown[e.Who] = true
			e.see(r.asSeen(viewer, purpose, before), r.asSeen(viewer, purpose, after), counts[i])
		}
	}
	p.Eyes = slices.DeleteFunc(p.Eyes, func(e Eyes) bool { return !shown[e.Who] })
}

func (e *Eyes) see(before, after Outcome, n int64) {
	for _, x := range []struct {
		o    Outcome
		w, p *int64
	}{{before, &e.Whole, &e.Part}, {after, &e.WillW, &e.WillP}} {
		switch x.o {
		case Whole:
			*x.w += n
		case Redacted:
			*x.p += n
		}
	}
	e.Gains, e.Loses = e.Gains || after > before, e.Loses || after < before
}

// Organisations and a sector that stand for any.
const (
	someOrg    = 1<<32 - 1
	otherOrg   = 1<<32 - 2
	someSector = event.SectorHealth
)

// asSeen decides about records that affect an organisation.
func (r *Rules) asSeen(v Viewer, p Purpose, f Facts) Outcome {
	f.Affected, f.Sector = event.SideDestination, someSector
	f.Orgs = []event.OrgMatch{{Org: someOrg, Reason: event.MatchPrefix, Side: event.SideDestination}}
	return r.Decide(v, p, &f).Kind
}

// onlooker gives somebody through whose eyes to look; all have shown a passkey.
func onlooker(who string, before, after *Facts) (Viewer, Purpose, bool) {
	member := Attributes{Roles: []Role{Member}, Orgs: []uint32{otherOrg}, StepUp: true}
	switch who {
	case "centre":
		return NewViewer(Attributes{Roles: []Role{Analyst}, StepUp: true}), Search, true
	case "concerned":
		member.Orgs = []uint32{someOrg}
		return NewViewer(member), Own, true
	case "sector":
		member.Sectors = []event.Sector{someSector}
		return NewViewer(member), Community, true
	case "state":
		member.StateBody = true
	case "abroad":
		member.Abroad = true
	case "operator":
		return NewViewer(Attributes{Roles: []Role{Operator}, StepUp: true}), Count, true
	case "owner":
		if before.Terms.Owner == 0 {
			return Viewer{}, 0, false
		}
		member.Orgs = []uint32{before.Terms.Owner}
	case "named":
		if !name(&member, after.Label.Audience) && !name(&member, before.Label.Audience) {
			return Viewer{}, 0, false
		}
	}
	return NewViewer(member), Search, true
}

// name makes somebody whom an audience names first.
func name(a *Attributes, audience event.Audience) bool {
	if len(audience.Members) == 0 {
		return false
	}
	switch m := audience.Members[0]; m.Kind {
	case event.MemberOrg:
		a.Orgs = []uint32{m.ID}
	case event.MemberCommunity:
		a.Communities = []string{m.Name}
	case event.MemberPerson:
		a.Person = m.Name
	}
	a.StateBody = audience.State
	return true
}
