// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"haidang/classify"
	"haidang/event"
)

// sampleCell is what happened in one hour: one line of a small world whose
// figures are counted anew for every question.
type sampleCell struct {
	at        event.Time
	stage     event.Stage
	dims      sampleDims
	events    int64
	confirmed string
}

// sampleDims are the values of sampleFields: no maps, which the collector of garbage
// would read again for every page that is measured.
type sampleDims [5]string

var sampleFields = []string{"affected.country", "hosting.country", "cert.rsit", "cert.way", "threat.technique.id"}

func (c *sampleCell) dim(field string) string {
	if i := slices.Index(sampleFields, field); i >= 0 {
		return c.dims[i]
	}
	return ""
}

// sampleWorld holds attacks from April to the sample time; on 5 and 6 November no
// sensor reported anything, and 12 November has a surge.
type sampleWorld []sampleCell

var (
	sampleZone  = time.FixedZone("Asia/Ho_Chi_Minh", 7*3600)
	sampleKinds = []string{"intrusion-attempts/brute-force", "information-gathering/scanner", "intrusion-attempts/exploit", "malicious-code/malware-distribution", "fraud/phishing"}
	sampleWays  = []string{"network", "network", "vulnerability", "web", "mail"}
)

var theWorld = sync.OnceValue(func() (w sampleWorld) {
	for day := time.Date(2026, 4, 1, 0, 0, 0, 0, sampleZone); day.Before(sampleTime); day = day.AddDate(0, 0, 1) {
		name := day.Format("01-02")
		if name == "11-05" || name == "11-06" {
			continue
		}
		for _, hour := range []int{3, 9, 20} {
			at := day.Add(time.Duration(hour) * time.Hour)
			if at.After(sampleTime) {
				continue
			}
			w = w.day(at, name == "11-12")
		}
	}
	return w
})

func (w sampleWorld) day(at time.Time, surge bool) sampleWorld {
	level := 120 + 60*math.Sin(float64(at.YearDay())/9) + float64(at.YearDay())/3
	if surge {
		level *= 6
	}
	for k, kind := range sampleKinds {
		for c, hosting := range sampleCountries[:12] {
			n := int64(level*math.Pow(.6, float64(k))*math.Pow(.7, float64(c))) + 1
			cell := sampleCell{event.TimeOf(at), event.StageAttempt, sampleDims{"VN", hosting, kind, sampleWays[k], "T1110"}, n, "yes"}
			w = append(w, cell)
			if c == 3 {
				cell.confirmed, cell.events = "no", n/2+1
				w = append(w, cell)
			}
			if c == 5 {
				cell.dims = sampleDims{"SG", "VN", kind, sampleWays[k], ""}
				w = append(w, cell)
			}
		}
	}
	return append(w, sampleCell{event.TimeOf(at), event.StageIncident, sampleDims{"VN", "", "malicious-code/infected-system", "network", ""}, 4, "no"})
}

func (w sampleWorld) Rollup(q event.RollupQuery) (event.Rollup, error) {
	from, _ := slices.BinarySearchFunc(w, q.From, func(c sampleCell, t event.Time) int { return cmp.Compare(c.at, t) })
	groups := map[string]*event.RollupRow{}
	for _, c := range w[from:] {
		if c.at >= q.To {
			break
		}
		if c.stage != q.Stage || !c.matches(q.Where) {
			continue
		}
		group := []string{}
		for _, d := range q.By {
			group = append(group, c.dim(d))
		}
		key := strings.Join(group, "\x00")
		if groups[key] == nil {
			groups[key] = &event.RollupRow{Group: group}
		}
		groups[key].Events += c.events
		groups[key].Records += 3 * c.events
	}
	r := event.Rollup{Whole: q.From.Std().Year() > 2020}
	for _, row := range groups {
		r.Rows = append(r.Rows, *row)
	}
	return r, nil
}

func (c *sampleCell) matches(where []event.Filter) bool {
	for _, f := range where {
		have := c.dim(f.Field)
		if f.Field == "hosting.confirmed" {
			have = c.confirmed
		}
		if have != f.Values[0] {
			return false
		}
	}
	return true
}

// sampleSectors are a day's attacks by sector: two that pass the rules and one that
// would tell of a single organisation.
func sampleSectors(from, _ event.Time) ([]classify.Contribution, bool, error) {
	n := int64(from.Std().In(sampleZone).Day())
	many := func(sector string, each ...int64) []classify.Contribution {
		small := classify.Contribution{Sector: sector, Band: "small", Units: map[uint32]int64{}}
		large := classify.Contribution{Sector: sector, Band: "large", Units: map[uint32]int64{}}
		for i, v := range each {
			c := &small
			if i >= 3 { // the others of them are large
				c = &large
			}
			c.Units[uint32(i+1)] = v
			c.Events += v
		}
		return []classify.Contribution{small, large}
	}
	return slices.Concat(
		many("health", 60+n, 50, 50, 50, 50, 50, 50, 40), many("education", 50+n, 40, 40, 40, 40, 40, 30, 20),
		many("banking", 90), many("energy", 20, 20, 20, 20),
	), true, nil
}

// sampleLosses are of sensors of five organisations: an hour of much loss, one of one
// organisation alone, and two in which nothing came.
func sampleLosses(from, to time.Time) (out []classify.SensorHour) {
	for i, at := 0, from; at.Before(to); i, at = i+1, at.Add(time.Hour) {
		for owner := range uint32(5) {
			h := classify.SensorHour{Owner: owner + 1, Start: at, Received: 2000 + 100*int64(i), Late: int64(i * 3), Quarantined: int64(i % 4)}
			if i == 12 {
				h.Drops, h.Shed, h.Refused = 150, 40, 7
			}
			if i == 5 || i == 6 || i == 9 && owner > 0 {
				continue
			}
			out = append(out, h)
		}
	}
	return out
}

// sampleGate is the real gate over the small world.
func sampleGate(pic func() event.Picture, now func() time.Time) *classify.Gate {
	return classify.NewGate(samples{pic}, nil, nil).WithRollups(theWorld()).WithLattice(sampleLattice(now))
}

func sampleLattice(now func() time.Time) classify.Lattice {
	return classify.Lattice{
		Home: event.MustCountry("VN"), Zone: sampleZone, Now: now, Data: func(event.Time, event.Time) string { return "all" },
		Watermark: func() event.Time { return event.TimeOf(now().Add(-time.Minute)) }, Sectors: sampleSectors, Losses: sampleLosses,
		Units: func(event.UnitQuery) (event.Units, error) { return event.Units{Whole: true}, nil }, // nobody takes part
	}
}

// counted adds up a small world by hand: what a page must show.
func counted(from, to string, keep func(*sampleCell) bool) (n int64) {
	f, _ := time.ParseInLocation(time.DateOnly, from, sampleZone)
	t, _ := time.ParseInLocation(time.DateOnly, to, sampleZone)
	for i := range theWorld() {
		c := &theWorld()[i]
		if c.at >= event.TimeOf(f) && c.at < event.TimeOf(t) && keep(c) {
			n += c.events
		}
	}
	return n
}

func attacksOn(country string) func(*sampleCell) bool {
	return func(c *sampleCell) bool {
		return c.stage == event.StageAttempt && c.dim("affected.country") == country
	}
}

func TestTheSmallWorldIsWhole(t *testing.T) {
	if counted("2026-10-01", "2027-01-01", attacksOn("VN")) == 0 || counted("2026-11-05", "2026-11-07", func(*sampleCell) bool { return true }) != 0 {
		t.Error("the small world is not as the tests say")
	}
}
