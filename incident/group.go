// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"
	"slices"
	"strings"

	"haidang/event"
)

// Config of grouping.
type Config struct {
	Secret  []byte        // keys of incidents are hashed with it; at least 16 bytes, never changed
	Samples int           // sightings kept of an incident, the newest; 200 when zero
	Org     uint32        // whose incidents; 0 for all organisations, each its own
	Home    event.Country // machines there that are nobody's are event.OrgNational's; 0: they are left out
	// Tier gives the tier that holds for a record, its sensor's agreement
	// included; the record's own TLP label alone when nil.
	Tier func(b *event.Batch, row int) event.Tier
}

// Owner says whose an affected end is, where the record itself names no
// organisation: records from before it registered its networks. 0 is nobody.
type Owner func(addr event.Addr, as uint32, domain string) (uint32, event.MatchReason)

// kept of a machine's names and ports.
const keptNames = 16

// Grouper collects records into incidents. It is used by one goroutine.
type Grouper struct {
	config Config
	owner  Owner
	groups map[groupKey]*group
	rows   uint64
	passed uint64
}

type groupKey struct {
	org    uint32
	addr   event.Addr
	host   string // only where there is no address
	kind   event.RSIT
	by     event.ProblemBy
	name   string
	port   uint16
	replay bool
}

// group is an incident that still grows.
type group struct {
	event.Incident
	unlabelled bool
	reported   uint8 // the highest event.severity
	sensors    uint16
}

// NewGrouper prepares grouping. owner may be nil.
func NewGrouper(c Config, owner Owner) (*Grouper, error) {
	if len(c.Secret) < 16 {
		return nil, errors.New("incident: secret has fewer than 16 bytes; give it 32 random ones and keep them")
	}
	if c.Samples == 0 {
		c.Samples = 200
	}
	if c.Tier == nil {
		c.Tier = func(b *event.Batch, row int) event.Tier { return b.TLP[row].Tier() }
	}
	return &Grouper{config: c, owner: owner, groups: map[groupKey]*group{}}, nil
}

// Passed gives how many of the records added belong to no incident of the
// organisation: context, known-benign ones, others' or nobody's.
func (g *Grouper) Passed() uint64 { return g.passed }

// Records gives how many records were added.
func (g *Grouper) Records() uint64 { return g.rows }

// Add takes all records of a batch. The batch stays the caller's.
func (g *Grouper) Add(b *event.Batch) {
	for row := range b.Rows() {
		g.rows++
		if !g.addRow(b, row) {
			g.passed++
		}
	}
}

func (g *Grouper) addRow(b *event.Batch, row int) (used bool) {
	switch b.Stage[row] {
	case event.StageAttempt, event.StageIncident, event.StageState:
	default:
		return false
	}
	if b.Excluded.At(row) != "" || !b.Time[row].IsSet() {
		return false
	}
	side := b.Affected[row]
	if side == event.SideDestination || side == event.SideBoth {
		used = g.addEnd(b, row, event.SideDestination)
	}
	if side == event.SideSource || side == event.SideBoth {
		used = g.addEnd(b, row, event.SideSource) || used
	}
	return used
}

// addEnd adds a record for the organisations of one affected end.
func (g *Grouper) addEnd(b *event.Batch, row int, side event.Side) bool {
	own, s := ends(b, row, side)
	var told []uint32
	owned := false
	for _, m := range b.Orgs.At(row) {
		if m.Org == 0 || m.Side != side && m.Side != event.SideBoth {
			continue
		}
		owned = true
		if g.asked(m.Org) {
			g.put(b, row, &own, &s, m.Org, m.Reason, slices.Contains(told, m.Org))
			told = append(told, m.Org)
		}
	}
	if owned {
		return len(told) > 0
	}
	org, reason := g.ownerOf(&own)
	if org == 0 || !g.asked(org) {
		return false
	}
	g.put(b, row, &own, &s, org, reason, false)
	return true
}

func (g *Grouper) asked(org uint32) bool { return g.config.Org == 0 || g.config.Org == org }

// ownerOf finds whose an end is that the record names no organisation of.
func (g *Grouper) ownerOf(own *event.Endpoint) (uint32, event.MatchReason) {
	if g.owner != nil {
		if org, reason := g.owner(own.IP, own.AS, own.Domain); org != 0 {
			return org, reason
		}
	}
	if g.config.Home != 0 && own.Country == g.config.Home {
		return event.OrgNational, event.MatchUnset
	}
	return 0, event.MatchUnset
}

// ends gives the affected end, and the record as it is seen from there.
func ends(b *event.Batch, row int, side event.Side) (event.Endpoint, event.Sighting) {
	src := event.Endpoint{IP: b.SourceIP[row], Port: b.SourcePort[row], Domain: b.SourceDomain.At(row), AS: b.SourceAS[row], Country: b.SourceCountry[row]}
	dst := event.Endpoint{IP: b.DestinationIP[row], Port: b.DestinationPort[row], Domain: b.DestinationDomain.At(row), AS: b.DestinationAS[row], Country: b.DestinationCountry[row]}
	own, other := dst, src
	if side == event.SideSource {
		own, other = src, dst
	}
	rule := b.RuleName.At(row)
	if rule == "" {
		rule = b.RuleID.At(row)
	}
	return own, event.Sighting{
		Time: b.Time[row], PublicAddr: own.IP, SourcePort: own.Port, RemoteAddr: other.IP, RemotePort: other.Port,
		Transport: b.Transport[row], Protocol: b.Protocol.At(row), EventID: b.ID[row], Rule: rule,
		Inbound: side == event.SideDestination || b.Stage[row] == event.StageState,
	}
}

func (g *Grouper) put(b *event.Batch, row int, own *event.Endpoint, s *event.Sighting, org uint32, reason event.MatchReason, again bool) {
	p, id := problemOf(b, row, own, s)
	k := groupKey{org: org, addr: own.IP, kind: p.RSIT, by: p.By, name: id, port: p.Port, replay: b.Replay[row]}
	if !own.IP.IsSet() {
		k.host = own.Domain
	}
	i := g.groups[k]
	if i == nil {
		k.name, k.host = strings.Clone(k.name), strings.Clone(k.host)
		i = &group{Incident: event.Incident{Org: org, Problem: p, First: s.Time, Last: s.Time, Replay: k.replay}}
		i.Machine.Addr = own.IP
		g.groups[k] = i
	}
	i.reason(reason)
	if !again {
		i.add(b, row, own, s, p.Name)
		i.label(g.config.Tier(b, row))
		i.sample(s, g.config.Samples)
	}
}

func (i *group) reason(r event.MatchReason) {
	if i.Reason == event.MatchUnset || r != event.MatchUnset && r < i.Reason {
		i.Reason = r
	}
}

// add folds a record in. Every step gives the same whatever comes first.
func (i *group) add(b *event.Batch, row int, own *event.Endpoint, s *event.Sighting, name string) {
	i.First, i.Last = min(i.First, s.Time), max(i.Last, s.Time)
	i.Count += uint64(max(b.Count[row], 1))
	i.Confidence = max(i.Confidence, b.Confidence[row])
	i.reported = max(i.reported, b.Severity[row])
	i.sensors |= 1 << b.ObserverType[row]
	i.Problem.Name = min(i.Problem.Name, name)
	if i.Stage == event.StageUnset || rank(b.Stage[row]) < rank(i.Stage) {
		i.Stage = b.Stage[row]
	}
	if own.Domain != "" {
		i.Machine.Hosts = keep(i.Machine.Hosts, own.Domain)
	}
	if s.Inbound && own.Port != 0 {
		i.Machine.Ports = keep(i.Machine.Ports, own.Port)
	}
}

func (i *group) label(t event.Tier) {
	i.Tier = i.Tier.Join(t)
	i.unlabelled = i.unlabelled || t == event.TierUnset
}

// rank orders stages, the furthest first.
func rank(s event.Stage) int {
	switch s {
	case event.StageIncident:
		return 0
	case event.StageAttempt:
		return 1
	}
	return 2
}

// keep adds to a sorted list of the least values.
func keep[T cmp.Ordered](list []T, v T) []T {
	at, found := slices.BinarySearch(list, v)
	if found || at >= keptNames {
		return list
	}
	list = slices.Insert(list, at, v)
	return list[:min(len(list), keptNames)]
}

func (i *group) sample(s *event.Sighting, limit int) {
	i.Samples = append(i.Samples, *s)
	if len(i.Samples) >= 2*limit {
		i.trim(limit)
	}
}

func (i *group) trim(limit int) {
	slices.SortFunc(i.Samples, newestFirst)
	i.Samples = i.Samples[:min(len(i.Samples), limit)]
}

// newestFirst is a total order: two sightings that compare equal are equal.
func newestFirst(a, b event.Sighting) int {
	return cmp.Or(
		cmp.Compare(b.Time, a.Time), slices.Compare(a.EventID[:], b.EventID[:]),
		slices.Compare(a.RemoteAddr[:], b.RemoteAddr[:]), cmp.Compare(a.RemotePort, b.RemotePort),
		slices.Compare(a.PublicAddr[:], b.PublicAddr[:]), cmp.Compare(a.SourcePort, b.SourcePort),
		cmp.Compare(a.Transport, b.Transport), cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.Rule, b.Rule),
	)
}

// Incidents gives what was grouped so far, worst first, then latest. Grouping
// may go on; what was given is the caller's.
func (g *Grouper) Incidents() []event.Incident {
	out := make([]event.Incident, 0, len(g.groups))
	mac := hmac.New(sha256.New, g.config.Secret)
	for k, i := range g.groups {
		i.trim(g.config.Samples)
		c := i.Incident
		c.Samples = slices.Clone(i.Samples)
		c.Machine.Hosts, c.Machine.Ports = slices.Clone(i.Machine.Hosts), slices.Clone(i.Machine.Ports)
		c.Key = k.hash(mac)
		c.Severity = severities.of(c.Stage, c.Problem.RSIT, i.reported, c.Confidence)
		c.StatusAt = event.TimeUnset
		if i.unlabelled {
			c.Tier = event.TierUnset
		}
		for t := range event.ObserverTypes.Names {
			if t > 0 && i.sensors>>t&1 == 1 {
				c.Sensors = append(c.Sensors, event.ObserverType(t))
			}
		}
		out = append(out, c)
	}
	slices.SortFunc(out, worstFirst)
	return out
}

func worstFirst(a, b event.Incident) int {
	return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(b.Last, a.Last), slices.Compare(a.Key[:], b.Key[:]))
}

// hash gives the key that leaves: whoever sees it learns nothing of what it is of.
func (k *groupKey) hash(mac hash.Hash) (out event.Bytes16) {
	mac.Reset()
	b := binary.BigEndian.AppendUint32([]byte("incident/1"), k.org)
	b = append(append(b, k.addr[:]...), byte(k.kind), byte(k.by))
	b = binary.BigEndian.AppendUint16(b, k.port)
	if k.replay {
		b = append(b, 1)
	} else {
		b = append(b, 0)
	}
	b = binary.BigEndian.AppendUint32(b, uint32(len(k.name)))
	b = append(append(b, k.name...), k.host...)
	mac.Write(b)
	copy(out[:], mac.Sum(nil))
	return out
}
