// SPDX-License-Identifier: Apache-2.0

//go:build unix

package measure

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"syscall"
	"testing"
	"time"

	"haidang/event"
)

// load makes batches with the cardinalities of PERFORMANCE: 300,000 attackers
// and 50,000 victims by Zipf, 3,000 rules, 200 sensors; 45 % alerts.
type load struct {
	*rand.Rand
	attackers, victims, rules *rand.Zipf
	countries                 []event.Country
	h                         hasher
	e                         event.Event
	late                      int // records in a thousand that are one to seven hours late
}

func newLoad() *load {
	r := rand.New(rand.NewPCG(1, 2))
	l := &load{
		Rand: r, h: newHasher([16]byte{7}),
		attackers: rand.NewZipf(r, 1.1, 10, 299_999), victims: rand.NewZipf(r, 1.1, 10, 49_999),
		rules: rand.NewZipf(r, 1.2, 4, 2_999),
	}
	for i := range 220 {
		l.countries = append(l.countries, country(uint64(1+i*3)))
	}
	return l
}

func (l *load) address(n uint64, salt uint64, places int) event.Endpoint {
	x := scatter(n<<8 | salt)
	var e event.Endpoint
	e.IP = event.Addr{10: 0xff, 11: 0xff}
	binary.BigEndian.PutUint32(e.IP[12:], uint32(x))
	// Countries are skewed as addresses are.
	c := int(math.Pow(float64(x>>40)/(1<<24), 3) * float64(places))
	e.Country, e.AS = l.countries[c], uint32(c*100)+uint32(x>>33%60)
	return e
}

var (
	benchKinds = []event.RSIT{event.RSITScanner, event.RSITBruteForce, event.RSITExploit, event.RSITIDSAlert,
		event.RSITInfectedSystem, event.RSITC2Server, event.RSITDDoS, event.RSITPhishing}
	benchSectors = []event.Sector{0, 0, 0, event.SectorHealth, event.SectorEducation, event.SectorPublicAdministration}
)

func (l *load) fill(b *event.Batch, rows int, now time.Time) {
	b.Reset()
	for range rows {
		e := &l.e
		e.Reset()
		e.Ingested = event.TimeOf(now)
		e.Time = e.Ingested - event.Time(l.IntN(4000))*1e6
		if l.late > 0 && l.IntN(1000) < l.late {
			e.Time -= event.Time(time.Hour) + event.Time(l.IntN(6*3600))*event.Time(time.Second)
		}
		e.Observer = fmt.Sprintf("sensor-%03d", l.IntN(200))
		e.Source, e.Destination = l.address(l.attackers.Uint64(), 1, 220), l.address(l.victims.Uint64(), 2, 12)
		e.Stage, e.Affected = event.StageContext, event.SideNone
		if l.IntN(100) < 45 {
			l.alert(e)
		}
		b.Append(e)
	}
}

func (l *load) alert(e *event.Event) {
	rule := l.rules.Uint64()
	e.Stage, e.Affected = event.StageAttempt, event.SideDestination
	e.RSIT = benchKinds[rule%8]
	e.Way = []event.Way{event.WayNetwork, event.WayWeb}[rule%2]
	e.RuleID = fmt.Sprint(2000000 + rule)
	if rule%3 == 0 {
		e.Techniques = append(e.Techniques[:0], fmt.Sprintf("T1%03d", rule%60))
	}
	e.Confirmed = event.Confirmed(1 + rule%2)
	e.Sector = benchSectors[l.IntN(len(benchSectors))]
	if e.Sector != 0 {
		e.Band = event.BandSmall
		e.Orgs = append(e.Orgs[:0], event.OrgMatch{Org: uint32(1 + l.IntN(300)), Reason: event.MatchPrefix, Side: event.SideDestination})
	}
	a := e.Source.IP
	binary.BigEndian.PutUint32(a[:], uint32(l.h.addr(e.Destination.IP)))
	binary.LittleEndian.PutUint64(e.Hash[:], l.h.addr(a)^scatter(rule<<40|uint64(minuteOf(e.Time))))
}

// cpu is the processor time the process took: what counts on a shared machine.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkAdd(b *testing.B) {
	const rows, batches = 1700, 400
	for _, kind := range []struct {
		cut  bool
		late int
	}{{false, 0}, {true, 0}, {true, 10}} {
		l, cut := newLoad(), kind.cut
		l.late = kind.late
		all := make([]*event.Batch, batches)
		for i := range all {
			all[i] = &event.Batch{}
			l.fill(all[i], rows, noon)
		}
		b.Run(fmt.Sprintf("cut=%v,late=%d‰", cut, l.late), func(b *testing.B) {
			m, c := newAt(noon)
			b.ReportAllocs()
			n, bytes, before := 0, 0, cpu()
			for i := 0; b.Loop(); i++ {
				m.Add(all[i%batches])
				n++
				if i%170 == 169 { // 290,000 rows a second
					c.at = c.at.Add(time.Second)
					if cut {
						for _, p := range m.Cut() {
							bytes += len(p.Data)
						}
						m.Picture()
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n*rows), "ns/row")
			b.ReportMetric(float64((cpu()-before).Nanoseconds())/float64(n*rows), "cpu-ns/row")
			b.ReportMetric(float64(bytes)/float64(n*rows), "stored-B/row")
		})
	}
}

// filled gives a Measure with 30 days of counts as many as the load makes.
func filled(tb testing.TB, days int) (*Measure, *clock) {
	tb.Helper()
	l := newLoad()
	m, c := newAt(noon.AddDate(0, 0, -days))
	var b event.Batch
	for range days * 24 {
		c.at = c.at.Add(time.Hour)
		l.fill(&b, 6000, c.at)
		m.Add(&b)
		m.Cut()
	}
	return m, c
}

func BenchmarkRanking30Days(b *testing.B) {
	m, c := filled(b, 31)
	to := event.TimeOf(c.at)
	from := event.TimeOf(midnight(c.at, m.cfg.Zone).AddDate(0, 0, -30))
	m.look()
	var ms runtime.MemStats
	runtime.ReadMemStats(&ms)
	for name, d := range map[string]Dim{"hosting": DimHostingCountry, "affected": DimAffectedCountry, "rule": DimRule, "as": DimHostingAS} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				rows, whole, err := m.Ranking(d, from, to, event.StageAttempt)
				if err != nil || !whole {
					b.Fatal(err, whole)
				}
				n = len(rows)
			}
			b.ReportMetric(float64(n), "rows")
		})
	}
	b.Run("distinct", func(b *testing.B) {
		n := 0
		for b.Loop() {
			rows, _, err := m.Distinct(DistinctQuery{Cube: CubeAffected, By: []Dim{DimAffectedCountry},
				Stage: event.StageAttempt, From: from, To: to})
			if err != nil {
				b.Fatal(err)
			}
			n = len(rows)
		}
		b.ReportMetric(float64(n), "rows")
	})
	for name, by := range map[string][]Dim{"sights-kind": {DimKind}, "sights-country-kind": {DimAffectedCountry, DimKind}} {
		b.Run(name, func(b *testing.B) {
			of, n := "", 0
			if len(by) == 1 {
				of = "VN"
			}
			for b.Loop() {
				rows, err := m.Sights(of, by, from, to)
				if err != nil {
					b.Fatal(err)
				}
				n = len(rows)
			}
			b.ReportMetric(float64(n), "rows")
		})
	}
	b.Run("picture", func(b *testing.B) {
		for b.Loop() {
			c.at = c.at.Add(time.Second / 5)
			m.Picture()
		}
	})
}

// BenchmarkLoad starts with what two minutes at 10,000 records a second, and some
// days before them, left in the store.
func BenchmarkLoad(b *testing.B) {
	l := newLoad()
	m, c := newAt(noon.AddDate(0, 0, -3))
	var s shelf
	var batch event.Batch
	add := func(rows int, step time.Duration) {
		c.at = c.at.Add(step)
		l.fill(&batch, rows, c.at)
		m.Add(&batch)
		s.keep(m.Cut())
	}
	for range 3 * 24 {
		add(6000, time.Hour)
	}
	for range 120 {
		add(10_000, time.Second)
	}
	parts, bytes, fold := 0, 0, 0
	for key, data := range s.parts {
		for _, d := range data {
			if parts, bytes = parts+1, bytes+len(d); key == keyFold {
				fold += len(d)
			}
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		again, _ := newAt(c.at)
		s.load(b, again)
		again.Picture()
	}
	b.ReportMetric(float64(parts), "parts")
	b.ReportMetric(float64(bytes), "stored-B")
	b.ReportMetric(float64(fold), "fold-B")
}
