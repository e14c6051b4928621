// SPDX-License-Identifier: Apache-2.0

//go:build linux

package measure

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"haidang/event"
)

// A year of 2 billion events: 5.5 million a day, 2.5 million of them attacks.
const (
	yearDays    = 365
	yearAttacks = 2_500_000 // a day
	yearSample  = 1_000_000 // that the day which the others are like is made of
	yearHours   = 24        // days whose hours are told apart; more than fit
	yearBudget  = 400 << 20 // less what participants take: 600 - 200
	yearAnswer  = 20 * time.Millisecond
)

// likeDay is a day that other days are like: its cells, and its sets.
type likeDay struct {
	*rand.Rand
	cells [cubes]*table
	sets  map[uint64]*cellSets
}

func newLikeDay(sample int) *likeDay {
	l := newLoad()
	m, _ := newAt(noon)
	m.cfg.DistinctBudget = 1 << 40
	b := &event.Batch{}
	for left := sample; left > 0; left -= 5000 {
		b.Reset()
		for range min(left, 5000) {
			e := &l.e
			e.Reset()
			e.Ingested, e.Time = event.TimeOf(noon), event.TimeOf(noon)
			e.Observer = fmt.Sprintf("sensor-%03d", l.IntN(200))
			e.Source, e.Destination = l.address(l.attackers.Uint64(), 1, 220), l.address(l.victims.Uint64(), 2, 12)
			l.alert(e)
			e.Hash = event.Bytes16{}
			b.Append(e)
		}
		m.Add(b)
	}
	m.flush(noon)
	return &likeDay{l.Rand, *m.buckets[ByDay][ByDay.floor(minuteOf(event.TimeOf(noon)))].open, m.hourSets[ByHour.floor(minuteOf(event.TimeOf(noon)))].cells}
}

// thin gives cells as a part of a day has them: each count times share, rounded
// by chance.
func (l *likeDay) thin(t *table, share float64) *table {
	out := &table{}
	for i, key := range t.keys {
		x := float64(t.cells[i][colAttempt]) * share * (0.7 + 0.6*l.Float64())
		n := int64(x)
		if l.Float64() < x-float64(n) {
			n++
		}
		if n > 0 {
			*out.cell(key) = Cell{colAttempt: n, colRecords + colAttempt: n + n/8}
		}
	}
	return out
}

// counts makes the part of a day, in one piece or in hours.
func (l *likeDay) counts(day int64, hours int64) []byte {
	w := newPart(true)
	var order cellOrder
	for h := range hours {
		for cube, t := range l.cells {
			if t != nil {
				w.table(ByHour, sumsUp, day+h*60, Cube(cube), l.thin(t, float64(yearAttacks)/yearSample/float64(hours)), &order)
			}
		}
	}
	return w.finish()
}

// addresses makes the part of a local day's sets: of each, three of four.
func (l *likeDay) addresses(day int64) []byte {
	g := &setGroup{local: true, start: day, cells: map[uint64]*cellSets{}}
	for _, key := range slices.Sorted(maps.Keys(l.sets)) {
		from, c := l.sets[key], g.cell(key)
		for role := range from.roles {
			s := &from.roles[role]
			if s.regs != nil {
				c.roles[role].regs = s.regs
				continue
			}
			for _, h := range s.slots {
				if h != 0 && l.IntN(4) > 0 {
					c.roles[role].add(h)
				}
			}
		}
	}
	w := newPart(true)
	w.group(g)
	return w.finish()
}

// year loads what the store would hold after a year, and says how many bytes that
// was and how much processor time it took.
func year(tb testing.TB, m *Measure, c *clock, l *likeDay, days int) (stored int, took time.Duration) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	load := func(key string, data []byte) {
		stored += len(data)
		began := threadTime()
		if err := m.Load(key, data); err != nil {
			tb.Fatal(err)
		}
		took += threadTime() - began
	}
	for i := range 200 {
		m.names.bind(dimSensor, uint32(i+1), fmt.Sprintf("sensor-%03d", i))
	}
	for i := range 3000 {
		m.names.bind(dimRule, uint32(i+1), fmt.Sprint(2000000+i))
	}
	for i := days; i >= 1; i-- {
		at := c.at.AddDate(0, 0, -i)
		day, hours := ByDay.floor(at.Unix()/60), int64(1)
		if i <= yearHours {
			hours = 24
		}
		load(dayKey(day), l.counts(day, hours))
		local := midnight(at, m.cfg.Zone).Unix() / 60
		load(m.distinctKey(local), l.addresses(local))
	}
	c.at = c.at.Add(time.Minute)
	m.Tick(c.at)
	return stored, took
}

// BenchmarkYear says what a year's roll-ups take and how long the pages' questions
// about it do, in processor time: HAIDANG_BENCH=1 (or a number of days).
func BenchmarkYear(b *testing.B) {
	days, err := strconv.Atoi(os.Getenv("HAIDANG_BENCH"))
	if err != nil {
		b.Skip("set HAIDANG_BENCH=1: it takes minutes")
	}
	if days == 1 {
		days = yearDays
	}
	for b.Loop() {
		yearOnce(b, days)
	}
}

func yearOnce(b *testing.B, days int) {
	l := newLikeDay(yearSample)
	c := &clock{at: noon}
	m := New(Config{Home: vn, Attic: b.TempDir()}, Dependencies{Now: c.now})
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	stored, start := year(b, m, c, l, days)
	took, lacking := yearQuestions(b, m, c)
	runtime.GC()
	runtime.ReadMemStats(&after)
	l.cells, l.sets = [cubes]*table{}, nil
	debug.FreeOSMemory()
	slices.Sort(took)
	heap, p99 := int64(after.HeapAlloc-before.HeapAlloc), took[len(took)*99/100]
	m.reportYear(b)
	b.ReportMetric(mib(heap), "heap-MiB")
	b.ReportMetric(mib(residentOf(b)), "RSS-MiB")
	b.ReportMetric(mib(int64(stored)), "stored-MiB")
	b.ReportMetric(start.Seconds(), "start-s")
	b.ReportMetric(float64(took[len(took)/2])/1e6, "p50-ms")
	b.ReportMetric(float64(p99)/1e6, "p99-ms")
	b.ReportMetric(float64(took[len(took)-1])/1e6, "worst-ms")
	b.ReportMetric(100*lacking, "%not-whole")
	if heap > yearBudget || p99 > yearAnswer {
		b.Logf("goal missed: %d MiB (at most %d), p99 %v (at most %v)", heap>>20, yearBudget>>20, p99, yearAnswer)
	}
	runtime.KeepAlive(m)
}

// reportYear says what of a year lies where.
func (m *Measure) reportYear(b *testing.B) {
	_, hours := m.sizes()
	var inDays, inPieces int64
	for _, d := range m.buckets[ByDay] {
		inDays += d.size
	}
	for _, p := range m.pieces {
		inPieces += p.size
	}
	b.ReportMetric(mib(hours), "hours-MiB")
	b.ReportMetric(mib(inDays), "days-MiB")
	b.ReportMetric(mib(inPieces), "pieces-MiB")
	b.ReportMetric(mib(m.attic.end), "attic-MiB")
	b.ReportMetric(mib(m.setBytes()), "sets-MiB")
	b.ReportMetric(float64(len(m.setsGone)), "days-without-sets")
}

func mib(n int64) float64 { return float64(n) / (1 << 20) }

// yearKinds are the kinds of questions that pages ask.
func yearKinds(m *Measure) []func(from, to event.Time) (bool, error) {
	return []func(from, to event.Time) (bool, error){
		func(from, to event.Time) (bool, error) {
			_, whole, err := m.Ranking(DimHostingCountry, from, to, event.StageAttempt)
			return whole, err
		},
		func(from, to event.Time) (bool, error) {
			_, whole, err := m.Ranking(DimKind, from, to, event.StageAttempt, Is(DimAffectedCountry, "VN"))
			return whole, err
		},
		func(from, to event.Time) (bool, error) {
			_, whole, err := m.Series(StepDay, from, to, Is(DimAffectedCountry, "VN"))
			return whole, err
		},
		func(from, to event.Time) (bool, error) { // on the quarter: two periods
			_, whole, err := m.Ranking(DimAffectedCountry, from-(to-from), from, event.StageAttempt)
			_, again, err2 := m.Ranking(DimAffectedCountry, from, to, event.StageAttempt)
			if err == nil {
				err = err2
			}
			return whole && again, err
		},
		func(from, to event.Time) (bool, error) {
			_, whole, err := m.Contributions([]Dim{DimSector}, from, to, event.StageAttempt, nil)
			return whole, err
		},
		func(from, to event.Time) (bool, error) {
			_, whole, err := m.Distinct(DistinctQuery{Cube: CubeAffected, By: []Dim{DimAffectedCountry}, Stage: event.StageAttempt, From: from, To: to})
			return whole, err
		},
	}
}

// yearQuestions asks what pages ask, of calendar periods of every length.
func yearQuestions(b *testing.B, m *Measure, c *clock) (took []time.Duration, lacking float64) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	r := rand.New(rand.NewPCG(9, 9))
	kinds := yearKinds(m)
	today := midnight(c.at, m.cfg.Zone)
	ask := func(i int) {
		c.at = c.at.Add(time.Second)
		days := []int{1, 7, 30, 91, 182, 364}[i/len(kinds)%6]
		from := today.AddDate(0, 0, -days-30*r.IntN(1+(364-days)/30))
		began := threadTime()
		whole, err := kinds[i%len(kinds)](event.TimeOf(from), event.TimeOf(from.AddDate(0, 0, days)))
		took = append(took, threadTime()-began)
		if err != nil {
			b.Fatal(err)
		}
		if !whole {
			lacking++
		}
	}
	for i := range 1080 {
		ask(i)
	}
	return took, lacking / float64(len(took))
}

// threadTime is the processor time of this thread: others use the machine, too.
func threadTime() time.Duration {
	const thread = 1 // RUSAGE_THREAD
	var u syscall.Rusage
	if err := syscall.Getrusage(thread, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// residentOf is the memory that the process has just now.
func residentOf(tb testing.TB) (n int64) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		tb.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if _, err := fmt.Sscanf(line, "VmRSS: %d kB", &n); err == nil {
			return n << 10
		}
	}
	return 0
}
