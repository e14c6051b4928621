// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"cmp"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"haidang/classify"
	"haidang/event"
)

// maxGroups bounds the machines and kinds that a dry run looks at.
const maxGroups = 5000

// routingBody is what the page of the dry run shows.
type routingBody struct {
	Prefix, Days  string
	To            uint32
	Organisations []toChoice
	Wrong         string
	Asked         bool
	Machines      int64
	Cut           bool
	Shares        []shareLine
}

type toChoice struct {
	ID     uint32
	Name   string
	Picked bool
}

type shareLine struct {
	Name, Path    string
	Before, After int64
}

// routing answers "who would have been told if this prefix changed hands?", from
// stored records that the asker may see. Nothing is changed by it.
func (v *view) routing() {
	values := v.r.URL.Query()
	b := &routingBody{Prefix: strings.TrimSpace(values.Get("prefix")), Days: cmp.Or(values.Get("days"), "30")}
	to, _ := strconv.ParseUint(values.Get("to"), 10, 32)
	b.To = uint32(to)
	for _, o := range v.dep.Identity.Organisations() {
		if o.Disabled == nil {
			b.Organisations = append(b.Organisations, toChoice{o.ID, o.Name.In(v.l.Code), o.ID == b.To})
		}
	}
	status := http.StatusOK
	if b.Prefix != "" {
		days, err := strconv.Atoi(b.Days)
		prefix, wrong := netip.ParsePrefix(b.Prefix)
		switch {
		case err != nil || days < 1 || days > 92:
			b.Wrong, status = v.l.T("routing.wrong.days"), http.StatusUnprocessableEntity
		case wrong != nil:
			b.Wrong, status = v.l.T("routing.wrong.prefix"), http.StatusUnprocessableEntity
		default:
			if !v.dryRun(b, prefix.Masked(), days) {
				return
			}
		}
	}
	v.show(status, "routing", v.l.T("routing.title"), b)
}

// dryRun fills in who would have been told; false where the answer is given.
func (v *view) dryRun(b *routingBody, prefix netip.Prefix, days int) bool {
	to := v.now()
	r, err := v.dep.Gate.AggregateFor(v.r.Context(), v.asker.Viewer, classify.Search, event.Aggregate{
		Query: event.Query{
			From: event.TimeOf(to.Add(-time.Duration(days) * 24 * time.Hour)), To: event.TimeOf(to),
			Filters: []event.Filter{
				{Field: "affected.ip", Op: event.OpPrefix, Values: []string{prefix.String()}},
				{Field: "cert.stage", Values: []string{event.StageAttempt.String(), event.StageIncident.String(), event.StageState.String()}},
			},
		},
		By:      []string{"affected.ip", "affected.as", "cert.rsit", "cert.stage", "event.severity"},
		Metrics: []event.Metric{event.MetricRecords},
	}, maxGroups)
	if err != nil {
		v.answer(err)
		return false
	}
	machines := machinesOf(r.Value(), prefix)
	b.Asked, b.Machines, b.Cut = true, int64(len(machines)), len(r.Value()) == maxGroups
	if !v.note(Act{What: "search", Kind: "routing", IDs: []string{"dry-run"}, Count: b.Machines, Done: true}) {
		return false
	}
	shares, err := v.dep.Router.Reassigned(prefix, b.To, machines)
	if err != nil {
		v.answer(err)
		return false
	}
	for _, s := range shares {
		line := shareLine{Name: v.l.T("routing.fallback"), Before: int64(s.Before), After: int64(s.After)}
		if s.Organisation != 0 {
			id := strconv.FormatUint(uint64(s.Organisation), 10)
			line.Name, line.Path = v.organisationName(id), v.l.path("organisation")+id
		}
		b.Shares = append(b.Shares, line)
	}
	return true
}

// machinesOf makes one line a machine and kind of problem, with the worst
// severity. Where both ends of a record are affected, only those within the
// prefix count.
func machinesOf(cells []event.Cell, prefix netip.Prefix) []Machine {
	type key struct {
		addr event.Addr
		kind event.RSIT
	}
	at := map[key]int{}
	var out []Machine
	for _, c := range cells {
		if len(c.Group) != 5 {
			continue
		}
		addr, err := event.ParseAddr(c.Group[0])
		if err != nil || !prefix.Contains(addr.Netip()) {
			continue
		}
		as, _ := strconv.ParseUint(c.Group[1], 10, 32) // empty where none is known
		kind, _ := event.RSITs.Parse(c.Group[2])
		stage, _ := event.Stages.Parse(c.Group[3])
		severity, _ := strconv.ParseUint(c.Group[4], 10, 8)
		m := Machine{Addr: addr, AS: uint32(as), Kind: event.RSIT(kind), Stage: event.Stage(stage), Severity: uint8(severity)}
		k := key{m.Addr, m.Kind}
		if n, seen := at[k]; seen {
			out[n].Severity = max(out[n].Severity, m.Severity)
			out[n].AS = cmp.Or(out[n].AS, m.AS)
			continue
		}
		at[k] = len(out)
		out = append(out, m)
	}
	slices.SortFunc(out, func(a, b Machine) int {
		return cmp.Or(a.Addr.Netip().Compare(b.Addr.Netip()), cmp.Compare(a.Kind, b.Kind))
	})
	return out
}
