// SPDX-License-Identifier: Apache-2.0

package my

import (
	"cmp"
	"slices"
	"strings"

	"haidang/event"
)

// atOnce is how many pressing problems of one machine stand open on the page; the
// others are folded.
const atOnce = 5

// standing is how a machine stands, most pressing first.
type standing uint8

const (
	pressing  standing = iota // something succeeded or stands open: somebody has to act
	attacked                  // it was tried, and no record says that anything succeeded
	known                     // for information
	standings = iota
)

// standingOf says how a machine stands by one incident.
func standingOf(i *event.Incident) standing {
	switch {
	case i.Settled():
		return known
	case i.Stage == event.StageAttempt:
		return attacked
	case i.Severity >= urgentFrom:
		return pressing
	}
	return known
}

// machineKey tells machines apart.
type machineKey struct {
	org  uint32
	addr event.Addr
	host string // only where there is no address
}

func keyOf(i *event.Incident) machineKey {
	k := machineKey{org: i.Org, addr: i.Machine.Addr}
	if !k.addr.IsSet() {
		k.host = strings.Join(i.Machine.Hosts, " ")
	}
	return k
}

// machine is one machine with its incidents, the most pressing first.
type machine struct {
	standing  standing
	incidents []*event.Incident
}

// machinesOf groups incidents, which come worst first, by the machine. First are
// the machines that somebody has to act upon, and within a machine what is to be
// acted upon.
func machinesOf(list []event.Incident) (out []machine) {
	at := map[machineKey]int{}
	for n := range list {
		i := &list[n]
		k := keyOf(i)
		m, ok := at[k]
		if !ok {
			m = len(out)
			at[k] = m
			out = append(out, machine{standing: known})
		}
		out[m].incidents = append(out[m].incidents, i)
		out[m].standing = min(out[m].standing, standingOf(i))
	}
	for _, m := range out {
		slices.SortStableFunc(m.incidents, func(a, b *event.Incident) int { return cmp.Compare(standingOf(a), standingOf(b)) })
	}
	slices.SortStableFunc(out, func(a, b machine) int { return cmp.Compare(a.standing, b.standing) })
	return out
}

// open is how many of a machine's incidents stand open on the page.
func (m *machine) open() int {
	n := 0
	for n < len(m.incidents) && n < atOnce && standingOf(m.incidents[n]) == pressing {
		n++
	}
	if n = max(n, 1); len(m.incidents)-n == 1 { // folding one would save nothing
		n++
	}
	return n
}

// groupRow is the machines that stand alike.
type groupRow struct {
	Title, Help string
	Machines    []machineRow
}

// machineRow is one machine with its problems, the most pressing first.
type machineRow struct {
	Name, Hosts, Org string
	Incidents        []incidentRow
	More             []incidentRow // folded
	MoreLabel        string
}

var groupNames = [standings]string{"pressing", "attacked", "known"}

// groups puts machines into words.
func (s *Server) groups(x *visit, machines []machine) (out []groupRow) {
	for n := range machines {
		m := &machines[n]
		if n == 0 || m.standing != machines[n-1].standing {
			name := "group." + groupNames[m.standing]
			out = append(out, groupRow{Title: x.l.T(name), Help: x.l.T(name + ".help")})
		}
		g := &out[len(out)-1]
		g.Machines = append(g.Machines, s.machine(x, m))
	}
	return out
}

func (s *Server) machine(x *visit, m *machine) machineRow {
	first := m.incidents[0]
	row := machineRow{Name: machineName(x.l, first)}
	if o, ok := x.org(first.Org); ok && len(x.orgs) > 1 {
		row.Org = o.Name.In(x.l.Code)
	}
	open := m.open()
	var hosts []string
	for n, i := range m.incidents {
		hosts = append(hosts, i.Machine.Hosts...)
		if n < open {
			row.Incidents = append(row.Incidents, s.row(x.l, i))
		} else {
			row.More = append(row.More, s.row(x.l, i))
		}
	}
	if len(row.More) > 0 {
		row.MoreLabel = x.l.count("machine.more", len(row.More))
	}
	if first.Machine.Addr.IsSet() {
		slices.Sort(hosts)
		row.Hosts = clean(strings.Join(slices.Compact(hosts), ", "))
	}
	return row
}

func machineName(l *language, i *event.Incident) string {
	switch {
	case i.Machine.Addr.IsSet():
		return i.Machine.Addr.String()
	case len(i.Machine.Hosts) > 0:
		return clean(strings.Join(i.Machine.Hosts, ", "))
	}
	return l.T("machine.unknown")
}
