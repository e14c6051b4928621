// SPDX-License-Identifier: Apache-2.0

package live

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"haidang/classify"
	"haidang/event"
)

// What is sent at most, so that a message stays small whatever happens.
const (
	maxCountries = 260
	maxSystems   = 20
	maxLines     = 64
	maxFlows     = 40
	maxMinutes   = 61
	maxName      = 100 // characters of a network's name
)

// staleAfter is how long nothing may arrive before the picture says so.
const staleAfter = 180 * int64(1e9)

// state is the picture in the words of the stream: members with their JSON.
type state struct {
	plain  map[string]string
	tables map[string]map[string]string
}

// names of members in the order in which they are sent.
var (
	plainNames = []string{
		"at", "home", "day", "replay", "stale", "last", "watermark", "rate", "worldRate", "average",
		"today", "world", "hostedIn", "unconfirmed", "sectorDay", "sensors", "flows", "withheld",
	}
	tableNames = []string{"hosting", "as", "asNames", "affected", "kinds", "ways", "minutes"}
)

// stateOf puts a released picture into the words of the stream. Flows are of
// one second: they are taken over only when a new second has begun, so that no
// flow is drawn twice; before that the flows of prev stay. Networks are named
// by asName, which may be nil.
func stateOf(r classify.Released[event.Picture], prev *state, asName func(uint32) string) *state {
	p := r.Value()
	s := &state{plain: map[string]string{
		"at":          millis(p.At),
		"home":        quote(p.Home.String()),
		"day":         millis(p.DayStart),
		"replay":      strconv.FormatBool(p.Replay),
		"stale":       strconv.FormatBool(p.LastEvent.IsSet() && int64(p.At)-int64(p.LastEvent) > staleAfter),
		"last":        millis(p.LastEvent),
		"watermark":   millis(p.Watermark),
		"rate":        decimal(p.Rate),
		"worldRate":   decimal(p.WorldRate),
		"average":     decimal(p.Average),
		"today":       totals(&p.Today),
		"world":       totals(&p.World),
		"hostedIn":    totals(&p.HostedIn),
		"unconfirmed": strconv.FormatInt(p.Unconfirmed, 10),
		"sectorDay":   millis(p.SectorDay),
		"sensors":     sensors(p.Sensors),
		"withheld":    withheld(&p),
	}, tables: map[string]map[string]string{
		"hosting":  counts(p.Hosting, maxCountries),
		"as":       counts(p.HostingAS, maxSystems),
		"affected": counts(p.Affected, maxCountries),
		"kinds":    counts(p.Kinds, maxLines),
		"ways":     counts(p.Ways, maxLines),
		"minutes":  minutes(p.Minutes),
	}}
	s.tables["asNames"] = asNames(s.tables["as"], asName)
	s.plain["flows"] = flows(&p)
	if prev != nil && s.plain["withheld"] == prev.plain["withheld"] && sameSecond(s.plain["at"], prev.plain["at"]) {
		s.plain["flows"] = prev.plain["flows"]
	}
	return s
}

// withheld names the sections that readers are not shown: an open page that was
// made with others is made anew.
func withheld(p *event.Picture) string {
	names := make([]string, len(p.Withheld))
	for i, n := range p.Withheld {
		names[i] = quote(n)
	}
	return "[" + strings.Join(names, ",") + "]"
}

func sameSecond(a, b string) bool {
	return len(a) == len(b) && len(a) > 3 && a[:len(a)-3] == b[:len(b)-3]
}

// whole encodes all members.
func (s *state) whole() []byte {
	return s.since(&state{})
}

// since encodes what changed after prev; nil when nothing but the clock did.
func (s *state) since(prev *state) []byte {
	out := []byte{'{'}
	member := func(name string) {
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(append(out, '"'), name...), '"', ':')
	}
	changed := false
	for _, name := range plainNames {
		if v := s.plain[name]; v != prev.plain[name] {
			member(name)
			out = append(out, v...)
			changed = changed || name != "at"
		}
	}
	for _, name := range tableNames {
		if rows := tableSince(s.tables[name], prev.tables[name]); rows != nil {
			member(name)
			out = append(out, rows...)
			changed = true
		}
	}
	if !changed {
		return nil
	}
	return append(out, '}')
}

func tableSince(now, prev map[string]string) []byte {
	var out []byte
	add := func(key, value string) {
		if out == nil {
			out = []byte{'{'}
		} else {
			out = append(out, ',')
		}
		out = append(append(append(out, quote(key)...), ':'), value...)
	}
	for _, key := range slices.Sorted(maps.Keys(now)) {
		if now[key] != prev[key] {
			add(key, now[key])
		}
	}
	for _, key := range slices.Sorted(maps.Keys(prev)) {
		if _, ok := now[key]; !ok {
			add(key, "null")
		}
	}
	if out == nil {
		return nil
	}
	return append(out, '}')
}

func counts(in []event.Count, most int) map[string]string {
	out := make(map[string]string, len(in))
	for _, c := range in[:min(len(in), most)] {
		if !c.Hidden {
			out[c.Key] = strconv.FormatInt(c.Events, 10)
		}
	}
	return out
}

// asNames names the networks of a list; those without a name are left out.
func asNames(systems map[string]string, name func(uint32) string) map[string]string {
	out := make(map[string]string, len(systems))
	if name == nil {
		return out
	}
	for key := range systems {
		as, err := strconv.ParseUint(key, 10, 32)
		if err != nil {
			continue
		}
		if n := []rune(name(uint32(as))); len(n) > 0 {
			out[key] = quote(string(n[:min(len(n), maxName)]))
		}
	}
	return out
}

func minutes(in []event.Minute) map[string]string {
	out := make(map[string]string, len(in))
	for _, m := range in[max(0, len(in)-maxMinutes):] {
		out[strconv.FormatInt(int64(m.Start)/60e9, 10)] = list(m.Attacks, m.Incidents, m.States)
	}
	return out
}

func totals(t *event.Totals) string {
	return list(t.Attacks, t.Incidents, t.States, t.Context, t.Records, t.Excluded)
}

// sensors counts both forms of the list: one line a sensor, or one a country.
func sensors(in []event.SensorState) string {
	var all, silent int64
	for i := range in {
		switch s := &in[i]; {
		case s.Sensors > 0:
			all, silent = all+int64(s.Sensors), silent+int64(s.SilentSensors)
		case s.Silent:
			all, silent = all+1, silent+1
		default:
			all++
		}
	}
	return list(all, silent)
}

// flows joins the kinds of one pair of countries: a line on a map is a pair.
func flows(p *event.Picture) string {
	if len(p.Flows) == 0 && p.FlowsRest == 0 {
		return `{"s":0,"f":[],"r":0}`
	}
	pairs := joined(p.Flows)
	out := []byte(`{"s":` + strconv.FormatInt(int64(p.At)/1e9, 10) + `,"f":[`)
	for i, f := range pairs[:min(len(pairs), maxFlows)] {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, "["+quote(f.From.String())+","+quote(f.To.String())+","...)
		out = append(strconv.AppendInt(out, f.Events, 10), ']')
	}
	rest := p.FlowsRest
	for _, f := range pairs[min(len(pairs), maxFlows):] {
		rest += f.Events
	}
	return string(out) + `],"r":` + strconv.FormatInt(rest, 10) + `}`
}

// joined sums flows by their two countries, strongest first.
func joined(in []event.Flow) []event.Flow {
	at := make(map[[2]event.Country]int, len(in))
	var out []event.Flow
	for _, f := range in {
		pair := [2]event.Country{f.From, f.To}
		i, seen := at[pair]
		if !seen {
			at[pair] = len(out)
			out = append(out, event.Flow{From: f.From, To: f.To, Events: f.Events})
			continue
		}
		out[i].Events += f.Events
	}
	slices.SortStableFunc(out, func(a, b event.Flow) int { return cmp.Compare(b.Events, a.Events) })
	return out
}

func list(n ...int64) string {
	out := []byte{'['}
	for i, v := range n {
		if i > 0 {
			out = append(out, ',')
		}
		out = strconv.AppendInt(out, v, 10)
	}
	return string(append(out, ']'))
}

func millis(t event.Time) string {
	if !t.IsSet() {
		return "0"
	}
	return strconv.FormatInt(int64(t)/1e6, 10)
}

// decimal keeps two places: more would only make every message differ.
func decimal(f float64) string { return strconv.FormatFloat(f, 'f', 2, 64) }

// quote writes a JSON string; keys may hold whatever an attacker wrote.
func quote(s string) string {
	raw, err := json.Marshal(s)
	if err != nil {
		return `""`
	}
	return string(raw)
}
