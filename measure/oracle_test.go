// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
)

// oracle counts again, record by record, with nothing but maps and the words of
// STATISTICS. Keys are "cube|resolution|start|dims…".
type oracle struct {
	home  event.Country
	cells map[string]Cell
	addrs map[string]map[event.Addr]bool
}

func recount(home event.Country, events []*event.Event) *oracle {
	o := &oracle{home, map[string]Cell{}, map[string]map[event.Addr]bool{}}
	best := map[event.Bytes16]*event.Event{}
	for _, e := range events {
		if !e.Hash.IsSet() || e.Excluded != "" || column(e.Stage) == colContext {
			continue
		}
		b := best[e.Hash]
		if b == nil || e.Count > b.Count || e.Count == b.Count && minuteOf(e.Time) < minuteOf(b.Time) {
			best[e.Hash] = e
		}
	}
	done := map[event.Bytes16]bool{}
	for _, e := range events {
		n := int64(e.Count)
		if e.Hash.IsSet() {
			n = 0
			if b := best[e.Hash]; b != nil && b.Count == e.Count && minuteOf(b.Time) == minuteOf(e.Time) && !done[e.Hash] {
				n, done[e.Hash] = int64(e.Count), true
			}
		}
		o.record(e, n)
	}
	return o
}

func (o *oracle) put(e *event.Event, cube Cube, c Cell, dims ...string) {
	for res := range resolutions {
		if res < cube.finest() {
			continue
		}
		key := fmt.Sprint(cube, "|", res, "|", res.floor(minuteOf(e.Time)), "|", strings.Join(dims, "|"))
		sum := o.cells[key]
		sum.add(&c)
		o.cells[key] = sum
	}
}

func affectsHome(e *event.Event) string {
	source := e.Affected == event.SideSource || e.Affected == event.SideBoth
	destination := e.Affected == event.SideDestination || e.Affected == event.SideBoth
	if source && e.Source.Country == vn || destination && e.Destination.Country == vn {
		return "yes"
	}
	return "no"
}

func (o *oracle) record(e *event.Event, events int64) {
	var c Cell
	col := column(e.Stage)
	switch {
	case e.Excluded != "":
		c[colExcluded] = int64(e.Count)
	case col == colContext:
		c[colContext] = int64(e.Count)
		o.put(e, CubeTotal, c, "", "")
		o.put(e, CubeSensor, c, "no", e.Observer)
		return
	default:
		c[col], c[colRecords+col] = events, int64(e.Count)
	}
	kind, way := e.RSIT.String(), e.Way.String()
	o.put(e, CubeTotal, c, kind, way)
	o.put(e, CubeSensor, c, affectsHome(e), e.Observer)
	for cube, name := range map[Cube]string{CubeRule: e.RuleID, CubeMalware: e.Software, CubeLure: e.Lure} {
		if name != "" {
			o.put(e, cube, c, name)
		}
	}
	for _, t := range e.Techniques {
		o.put(e, CubeTechnique, c, t)
	}
	o.sides(e, c, kind, way)
}

func (o *oracle) sides(e *event.Event, c Cell, kind, way string) {
	var affected []event.Endpoint
	var host *event.Endpoint
	switch e.Affected {
	case event.SideSource:
		affected, host = []event.Endpoint{e.Source}, &e.Destination
	case event.SideDestination:
		affected, host = []event.Endpoint{e.Destination}, &e.Source
	case event.SideBoth:
		affected, host = []event.Endpoint{e.Destination, e.Source}, &e.Source
	}
	if e.Stage == event.StageState {
		host = nil
	}
	o.seen(e, c, affected, kind)
	sure := "no"
	if host != nil && e.Confirmed == event.ConfirmedYes {
		sure = "yes"
	}
	countries, systems, home := map[string]bool{}, map[string]bool{}, "no"
	for _, a := range affected {
		countries[a.Country.String()] = true
		systems[strconv.Itoa(int(a.AS))] = true
		if a.Country == o.home {
			home = "yes"
		}
	}
	var hosting event.Addr
	if sure == "yes" {
		hosting = host.IP
	}
	for country := range countries {
		o.put(e, CubeAffected, c, country, kind, way)
		for _, a := range affected {
			if a.Country.String() == country {
				o.see(e, CubeAffected, a.IP, hosting, country, kind, way)
			}
		}
		if host != nil {
			o.put(e, CubePair, c, country, sure, host.Country.String())
		}
	}
	for as := range systems {
		o.put(e, CubeAffectedAS, c, as, kind)
	}
	if host != nil {
		o.put(e, CubeHosting, c, host.Country.String(), sure, kind, way)
		o.put(e, CubeHostingAS, c, strconv.Itoa(int(host.AS)), home, sure, kind)
	}
	o.sector(e, c, kind)
}

// seen counts what a sensor saw: once for the world, and for each country.
func (o *oracle) seen(e *event.Event, c Cell, affected []event.Endpoint, kind string) {
	if c = (Cell{c[colAttempt], c[colIncident], c[colState]}); c.zero() {
		return
	}
	if len(affected) == 0 {
		o.put(e, CubeSeen, c, e.Observer, "", "no", "yes", kind)
		return
	}
	o.put(e, CubeSeen, c, e.Observer, affected[0].Country.String(), "yes", "yes", kind)
	if len(affected) > 1 && affected[1].Country != affected[0].Country {
		o.put(e, CubeSeen, c, e.Observer, affected[1].Country.String(), "yes", "no", kind)
	}
}

func (o *oracle) sector(e *event.Event, c Cell, kind string) {
	orgs := map[uint32]bool{}
	for _, m := range e.Orgs {
		if e.Affected == event.SideBoth || m.Side == e.Affected {
			orgs[m.Org] = true
		}
	}
	if e.Sector != 0 {
		o.put(e, CubeSector, c, e.Sector.String(), e.Band.String(), kind)
		if len(orgs) == 0 {
			orgs[0] = true
		}
	}
	for org := range orgs {
		o.put(e, CubeOrgs, c, strconv.Itoa(int(org)), e.Sector.String(), e.Band.String(), kind)
	}
}

// see notes the addresses of an hour.
func (o *oracle) see(e *event.Event, cube Cube, affected, hosting event.Addr, dims ...string) {
	if e.Excluded != "" {
		return
	}
	for role, ip := range map[Role]event.Addr{Affected: affected, Hosting: hosting} {
		if !ip.IsSet() {
			continue
		}
		key := fmt.Sprint(cube, "|", role, "|", e.Stage, "|", ByHour.floor(minuteOf(e.Time)), "|", strings.Join(dims, "|"))
		if o.addrs[key] == nil {
			o.addrs[key] = map[event.Addr]bool{}
		}
		o.addrs[key][ip] = true
	}
}

// counted gives all cells of a Measure in the oracle's words.
func counted(m *Measure) map[string]Cell {
	m.mu.Lock()
	m.flush(m.deps.Now())
	v := m.build(m.deps.Now())
	m.mu.Unlock()
	out := map[string]Cell{}
	for res := range resolutions {
		for _, b := range v.buckets[res] {
			for cube := range cubes {
				b.cube(cube).each(func(key uint64, c *Cell) {
					var dims []string
					for _, f := range layouts[cube] {
						dims = append(dims, v.texts.text(f.dim, f.of(key)))
					}
					name := fmt.Sprint(cube, "|", res, "|", b.start, "|", strings.Join(dims, "|"))
					sum := out[name] // what came late is told apart
					sum.add(c)
					out[name] = sum
				})
			}
		}
	}
	maps.DeleteFunc(out, func(_ string, c Cell) bool { return c.zero() })
	return out
}

func (o *oracle) nonZero() map[string]Cell {
	for key, c := range o.cells {
		if c.zero() {
			delete(o.cells, key)
		}
	}
	return o.cells
}

func TestEveryCellEqualsANaiveRecount(t *testing.T) {
	for seed := range uint64(8) {
		m, c := newAt(noon)
		src := newSource(seed, noon)
		if seed == 7 {
			src.back = 40 * 24 * 60 * 60 * 1e9
		}
		all := src.records(3000)
		for i := 0; i < len(all); i += 250 {
			m.Add(batchOf(all[i : i+250]))
			c.at = c.at.Add(300e6)
		}
		want := recount(m.cfg.Home, all).nonZero()
		got := counted(m)
		if seed == 7 { // minutes are kept seven days
			young := noon.Unix()/60 - minuteKeep
			for key := range want {
				f := strings.SplitN(key, "|", 4)
				if at, _ := strconv.ParseInt(f[2], 10, 64); f[1] == "0" && at < young {
					delete(want, key)
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("seed %d, want- got+:\n%.3000s", seed, diff)
		}
	}
}

func TestOrderOfArrivalChangesNothing(t *testing.T) {
	src := newSource(42, noon)
	all := src.records(2000)
	first, _ := newAt(noon)
	first.Add(batchOf(all))
	want := counted(first)
	for seed := range uint64(5) {
		r := rand.New(rand.NewPCG(seed, 7))
		r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		m, _ := newAt(noon)
		for i := 0; i < len(all); i += 100 {
			m.Add(batchOf(all[i : i+100]))
		}
		if diff := cmp.Diff(want, counted(m)); diff != "" {
			t.Fatalf("order %d, want- got+:\n%.3000s", seed, diff)
		}
	}
}
