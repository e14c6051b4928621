// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"haidang/event"
)

// oracleLine is one group's number as the oracle has it: events, or different ones.
type oracleLine struct {
	Value         int64
	Members       map[string]bool  // of counts of different ones
	Active        map[string]bool  // of ratios: among whom
	Hosts         map[string]bool  // hosting addresses, of hosted
	Contributions map[string]int64 // of sectors: who has how much, by the index of the ministry
	Participants  map[string]bool  // of sectors
}

// folded gives the events of a period: of repeats within a minute the largest. What
// says something else of what is counted by is no repeat.
func (w *oracleWorld) folded(from, to time.Time, stages ...string) (out []*rawRecord) {
	at := map[string]int{}
	for i := range w.records {
		r := &w.records[i]
		if r.At.Before(from) || !r.At.Before(to) || !slices.Contains(stages, r.Stage) {
			continue
		}
		key := strings.Join([]string{r.Sensor, r.Rule, r.Participant, r.Target, r.Host, r.Stage, r.Kind, r.Way, r.Country, r.At.Truncate(time.Minute).String()}, "|")
		n, ok := at[key]
		if !ok {
			at[key] = len(out)
			out = append(out, r)
		} else if r.Count > out[n].Count {
			out[n] = r
		}
	}
	return out
}

var oracleStages = map[string][]string{"attacks": {"attempt"}, "hosted": {"attempt"}, "attacked-addresses": {"attempt"}, "incidents": {"incident"}, "states": {"state"}}

// group gives a record's values of dimensions.
func (w *oracleWorld) group(r *rawRecord, by []string) string {
	values := map[string]string{"kind": r.Kind, "way": r.Way, "sector": r.Sector, "technique": r.Technique, "country": r.Country, "hosting": w.countries[r.Host], "class": r.Class,
		"band": r.Band, "size": map[string]string{"micro": "sme", "small": "sme", "medium": "sme", "large": "large"}[r.Band]}
	var group []string
	for _, d := range by {
		group = append(group, values[d])
	}
	return strings.Join(group, " ")
}

// events counts what happened, line by line of a table.
func (w *oracleWorld) events(figure, of string, by []string, from, to time.Time) map[string]*oracleLine {
	out := map[string]*oracleLine{}
	line := func(g string) *oracleLine {
		if out[g] == nil {
			out[g] = &oracleLine{Members: map[string]bool{}, Hosts: map[string]bool{}, Contributions: map[string]int64{}, Participants: map[string]bool{}}
		}
		return out[g]
	}
	if figure == "records" {
		for i := range w.records {
			if r := &w.records[i]; r.Stage != "" && !r.At.Before(from) && r.At.Before(to) && w.counts(r, figure, of, by) {
				line(w.group(r, by)).Value += r.Count
			}
		}
		return out
	}
	hosted := slices.Clone(by)
	for i, d := range hosted {
		if d == "country" && figure == "hosted" {
			hosted[i] = "hosting"
		}
	}
	for _, r := range w.folded(from, to, oracleStages[figure]...) {
		if !w.counts(r, figure, of, by) {
			continue
		}
		l := line(w.group(r, hosted))
		if figure == "attacked-addresses" {
			l.Members[r.Target] = true
			continue
		}
		l.Value += r.Count
		l.Hosts[r.Host] = true
		l.Contributions[w.contributor(r)] += r.Count
		l.Participants[r.Participant] = true
	}
	return out
}

// counts reports whether a record is of a figure's table: by hosting side only what
// has an address there, addresses only what names one.
func (w *oracleWorld) counts(r *rawRecord, figure, of string, by []string) bool {
	place := r.Country
	if figure == "hosted" {
		place = w.countries[r.Host]
	}
	switch {
	case of != "world" && place != of:
	case (figure == "hosted" || slices.Contains(by, "hosting")) && r.Host == "":
	case figure == "attacked-addresses" && r.Target == "":
	case oracleGuarded(by) && r.Sector == "": // of those whose sector nobody knows the size is not told either
	case slices.Contains(by, "technique") && r.Technique == "": // lines without one are not listed
	default:
		return true
	}
	return false
}

// contributor is whose a record is: the ministry, else the organisation.
func (w *oracleWorld) contributor(r *rawRecord) string {
	at := r.Org
	for at >= 0 && oracleParents[at] >= 0 {
		at = oracleParents[at]
	}
	return string(rune('a' + at + 1)) // "a" is nobody
}

// stay is where a participant was in a period, and whether it was at work.
type stay struct{ country, sector string }

// stays says where each participant was: where most of its hours with a heartbeat
// are, else most hours with an event; of equals the first by the alphabet.
func (w *oracleWorld) stays(from, to time.Time) map[string]stay {
	hours := map[string]map[bool]map[string]map[int64]bool{}
	sector := map[string]string{}
	for i := range w.records {
		r := &w.records[i]
		if r.Participant == "" || r.At.Before(from) || !r.At.Before(to) {
			continue
		}
		beat := r.Rule == ""
		if hours[r.Participant] == nil {
			hours[r.Participant] = map[bool]map[string]map[int64]bool{true: {}, false: {}}
		}
		if hours[r.Participant][beat][r.Country] == nil {
			hours[r.Participant][beat][r.Country] = map[int64]bool{}
		}
		hours[r.Participant][beat][r.Country][r.At.Unix()/3600] = true
		sector[r.Participant] = r.Sector
	}
	out := map[string]stay{}
	for who, kinds := range hours {
		places := kinds[true]
		if len(places) == 0 {
			places = kinds[false]
		}
		best := stay{sector: sector[who]}
		for country, n := range places {
			if m := len(places[best.country]); len(n) > m || len(n) == m && country < best.country {
				best.country = country
			}
		}
		out[who] = best
	}
	return out
}

// people counts participants, line by line of a table.
func (w *oracleWorld) people(figure, of string, by []string, from, to time.Time) map[string]*oracleLine {
	out := map[string]*oracleLine{}
	line := func(g string) *oracleLine {
		if out[g] == nil {
			out[g] = &oracleLine{Members: map[string]bool{}, Active: map[string]bool{}}
		}
		return out[g]
	}
	stays := w.stays(from, to)
	in := func(who string) bool { s, ok := stays[who]; return ok && (of == "world" || s.country == of) }
	dim := strings.Join(by, ",")
	placed := func(who string) string {
		return map[string]string{"country": stays[who].country, "sector": stays[who].sector}[dim]
	}
	ofPlace := dim == "" || dim == "country" || dim == "sector"
	active := map[string]bool{}
	for who := range stays {
		if in(who) {
			active[who] = true
			if ofPlace {
				line(placed(who)).Active[who] = true
			}
		}
	}
	if dim == "" {
		line("")
	}
	for i := range w.records {
		r := &w.records[i]
		if r.At.Before(from) || !r.At.Before(to) || !in(r.Participant) || !metBy(r, figure, dim) {
			continue
		}
		g := w.group(r, by)
		if ofPlace {
			g = placed(r.Participant)
		}
		line(g).Members[r.Participant] = true
	}
	if figure == "rate" {
		for _, r := range w.folded(from, to, "attempt", "incident") {
			if in(r.Participant) && r.Participant != "" {
				line(placed(r.Participant)).Value += r.Count
			}
		}
		return out
	}
	for _, l := range out {
		if figure == "active-participants" {
			l.Members = l.Active
		}
		if l.Value = int64(len(l.Members)); !ofPlace {
			l.Active = active
		}
	}
	return out
}

// metBy reports whether a record makes its participant one that a figure counts.
func metBy(r *rawRecord, figure, dim string) bool {
	attack := r.Stage == "attempt" || r.Stage == "incident"
	switch {
	case dim == "class":
		return r.Class != ""
	case figure == "infected":
		return r.Stage == "incident"
	case figure == "share", figure == "world-share":
		return attack && r.Class == "malware"
	}
	return attack
}

// oracleRounded rounds n/d to tenths, halves away from nought, in whole numbers.
func oracleRounded(n, d int64) float64 {
	return float64((20*n+d)/(2*d)) / 10
}

// oracleInterval finds the share's 95 % interval by its meaning: the shares p that
// a score test would not reject, |p̂ − p| ≤ z·√(p(1−p)/n), found by halving.
func oracleInterval(n, d int64) (low, high float64) {
	const z = 1.959963984540054
	p := float64(n) / float64(d)
	edge := func(inside, outside float64) float64 {
		for range 200 {
			m := (inside + outside) / 2
			if math.Abs(p-m) <= z*math.Sqrt(m*(1-m)/float64(d)) {
				inside = m
			} else {
				outside = m
			}
		}
		return inside
	}
	return edge(p, 0), edge(p, 1)
}

// oracleDelays is how long after its end a period is final (STATISTICS, "status").
func oracleDelay(p *event.FigurePeriod) time.Duration {
	switch p.Kind {
	case "minute", "hour":
		return 2 * time.Hour
	case "day":
		return 48 * time.Hour
	case "week", "month":
		return 7 * 24 * time.Hour
	case "year-to-date": // a day ends it
		return 15 * 24 * time.Hour
	}
	return 15 * 24 * time.Hour
}

// watermark is the time up to which all sensors have told.
func (w *oracleWorld) watermark() time.Time {
	newest := map[string]time.Time{}
	for i := range w.records {
		if r := &w.records[i]; r.At.After(newest[r.Sensor]) {
			newest[r.Sensor] = r.At
		}
	}
	least := w.now.Add(time.Hour)
	for _, at := range newest {
		if at.Before(least) {
			least = at
		}
	}
	return least.Add(-time.Minute)
}

// steady reports whether a sensor was at work in nine tenths of the hours that a
// period lies in: a minute's is the whole hour around it.
func (w *oracleWorld) steady(sensor string, from, to time.Time) bool {
	from, to = from.Truncate(time.Hour), to.Add(time.Hour-1).Truncate(time.Hour)
	worked := map[int64]bool{}
	for i := range w.records {
		if r := &w.records[i]; r.Sensor == sensor && !r.At.Before(from) && r.At.Before(to) {
			worked[r.At.Unix()/3600] = true
		}
	}
	hours := 0
	for at := from; at.Before(to); at = at.Add(time.Hour) {
		hours++
	}
	return 10*len(worked) >= 9*hours
}

// oraclePanel is on what a change rests by the rules of STATISTICS.
type oraclePanel struct {
	rests     string
	now, base int64 // what the panel saw
}

// panel judges a change by the events of some records.
func (w *oracleWorld) panel(figure string, periods [2][2]time.Time, is func(*rawRecord) bool) oraclePanel {
	var all, seen [2]int64
	saw, panel := map[string][2]int64{}, map[string]bool{}
	for i, p := range periods {
		list := w.folded(p[0], p[1], cmp.Or(strings.Join(oracleStages[figure], ""), "attempt"))
		if figure == "records" {
			list = w.folded(p[0], p[1], "attempt", "incident", "state")
		}
		for _, r := range list {
			if is(r) {
				n := saw[r.Sensor]
				n[i] += r.Count
				saw[r.Sensor] = n
				all[i] += r.Count
			}
		}
	}
	owners := map[string]bool{}
	for i := range oracleSensors {
		s := &oracleSensors[i]
		if !w.steady(s.name, periods[0][0], periods[0][1]) || !w.steady(s.name, periods[1][0], periods[1][1]) {
			continue
		}
		panel[s.name] = true
		if s.owner >= 0 {
			owners[w.contributor(&rawRecord{Org: s.owner})] = true
		}
		seen[0], seen[1] = seen[0]+saw[s.name][0], seen[1]+saw[s.name][1]
	}
	enough := func(percent int64) bool {
		return 100*seen[0] >= percent*all[0] && 100*seen[1] >= percent*all[1]
	}
	out := oraclePanel{"break", seen[0], seen[1]}
	switch {
	case len(panel) > 0 && enough(80):
		out.rests = "plain"
	case len(panel) >= 5 && len(owners) >= 3 && enough(50):
		out.rests = "panel"
	}
	return out
}
