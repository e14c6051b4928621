// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
)

// hourly gives every cube by the hour, who was at work in some hours, and sums of
// periods that begin and end within days, of the 40 days before a time's day.
func hourly(t *testing.T, m *Measure, now time.Time) (out []any, lacking int) {
	t.Helper()
	to := midnight(now, m.cfg.Zone)
	from := to.AddDate(0, 0, -40)
	ask := func(q Query) {
		a, err := m.Query(q)
		if err != nil {
			t.Fatal(err)
		}
		if !a.Whole {
			lacking++
		}
		slices.SortFunc(a.Rows, func(x, y Row) int { return cmpRows(&x, &y) })
		out = append(out, a)
	}
	for cube := range cubes {
		ask(Query{Cube: cube, By: dimsOf(cube), From: event.TimeOf(from), To: event.TimeOf(to), Step: StepHour})
		for day := from; day.Before(to.AddDate(0, 0, -6)); day = day.AddDate(0, 0, 7) {
			ask(Query{Cube: cube, By: dimsOf(cube), From: event.TimeOf(day.Add(5 * time.Hour)), To: event.TimeOf(day.Add(31 * time.Hour))})
		}
	}
	for day := from; day.Before(to); day = day.AddDate(0, 0, 5) {
		w, whole, err := m.Work(event.TimeOf(day.Add(3*time.Hour)), event.TimeOf(day.Add(9*time.Hour)))
		if err != nil {
			t.Fatal(err)
		}
		if !whole {
			lacking++
		}
		out = append(out, w)
	}
	return append(out, m.averageDay(m.look(), now, minuteOf(event.TimeOf(to)))), lacking
}

// sameHours holds what a measure tells by the hour against one with room for all.
func sameHours(t *testing.T, roomy, m *Measure, now time.Time) {
	t.Helper()
	want, lacking := hourly(t, roomy, now)
	if lacking > 0 {
		t.Fatalf("%d answers lack hours that are in memory", lacking)
	}
	got, lacking := hourly(t, m, now)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("hours, in memory- in the store+:\n%.2000s", diff)
	}
	if lacking > 0 {
		t.Fatalf("%d answers lack hours that are in the store", lacking)
	}
}

// left counts the days whose hours are told by the store.
func left(m *Measure) (n int) {
	for _, d := range m.days {
		if d.hours != nil {
			n++
		}
	}
	return n
}

// An hour that is read back is the hour as it was counted: in zones on either side
// of UTC, whatever the order of arrival and of cuts, with what came late in memory
// beside it, after starts, and after parts were put together.
func TestHoursInTheStoreAreThoseCounted(t *testing.T) {
	for seed, zone := range []*time.Location{time.FixedZone("east", 7*3600), time.FixedZone("west", -5*3600), time.UTC} {
		src := newSource(uint64(40+seed), noon)
		src.back = 45 * 24 * time.Hour
		c := &clock{at: noon}
		cfg := Config{Home: vn, Zone: zone, Attic: t.TempDir()}
		roomy := New(Config{Home: vn, Zone: zone}, Dependencies{Now: c.now})
		m := New(cfg, Dependencies{Now: c.now})
		r := rand.New(rand.NewPCG(uint64(seed), 12))
		var s shelf
		for round := range 2 {
			s.countBoth(r, c, m, roomy, src.records(500))
			if round > 0 { // late records, beside hours in the store
				sameHours(t, roomy, m, noon)
				m, _ = opened(t, cfg, &s, c)
				c.at = c.at.Add(time.Second)
				sameHours(t, roomy, m, noon)
			}
			storedWhole(m, &s, c)
			m, _ = opened(t, cfg, &s, c)
			roomy.Tick(c.at.Add(time.Minute))
			c.at = c.at.Add(2 * time.Second)
			if left(m) == 0 || len(m.buckets[ByHour]) > 11*24 {
				t.Fatalf("%v: hours of %d days are left to the store, %d are in memory", zone, left(m), len(m.buckets[ByHour]))
			}
			sameHours(t, roomy, m, noon)
		}
	}
}

// running is a measure whose store is a shelf, beside one with room for all.
type running struct {
	*clock
	m, roomy *Measure
	s        shelf
}

func newRunning(t *testing.T, cfg Config) *running {
	r := &running{clock: &clock{at: noon}}
	cfg.Home = vn
	r.m = New(cfg, Dependencies{Now: r.now})
	r.roomy = New(Config{Home: vn}, Dependencies{Now: r.now})
	var read int64
	r.m.deps.Kept = func(key string) (out []Kept, err error) {
		for _, data := range r.s.parts[key] {
			out = append(out, &counting{data, &read})
		}
		return out, nil
	}
	return r
}

func (r *running) add(list []*event.Event) {
	for _, m := range []*Measure{r.m, r.roomy} {
		m.setsFull = false // what finds no memory is another test's
		m.Add(batchOf(list))
	}
}

// pass lets time go by, with cuts.
func (r *running) pass(steps int, step time.Duration) {
	for range steps {
		r.s.keep(r.m.Cut())
		r.roomy.Cut()
		r.m.Tick(r.at)
		r.roomy.Tick(r.at)
		r.at = r.at.Add(step)
	}
}

// Hours leave memory as soon as the store tells of them, come what may later for
// them; what leaves memory before that is told again when it does.
func TestHoursLeaveMemoryForTheStore(t *testing.T) {
	r := newRunning(t, Config{Attic: t.TempDir()})
	src := newSource(9, noon)
	src.back = 36 * time.Hour
	for day := range 26 {
		src.now = r.at
		if day == 20 {
			src.back = 18 * 24 * time.Hour
		}
		r.add(src.records(300))
		r.pass(72, 20*time.Minute)
	}
	if n := left(r.m); n < 10 || len(r.m.buckets[ByHour]) > 11*24 {
		t.Fatalf("hours of %d days are left to the store, %d are in memory", n, len(r.m.buckets[ByHour]))
	}
	sameHours(t, r.roomy, r.m, r.at)
	src.back = 18 * 24 * time.Hour
	r.add(src.records(300)) // in memory beside the store
	r.pass(1, time.Second)
	sameHours(t, r.roomy, r.m, r.at)
	r.m.mu.Lock()
	r.m.cfg.HourBudget = 1 // and now no longer
	r.m.flush(r.at)
	for _, b := range r.m.buckets[ByHour] {
		b.pack(&cellOrder{})
	}
	r.m.evictHours()
	r.m.mu.Unlock()
	r.pass(1, time.Second)
	if got, lacking := hourly(t, r.m, r.at); lacking == 0 || len(got) == 0 {
		t.Fatal("hours that left memory are called whole: the test tests nothing")
	}
	r.m.cfg.HourBudget = 1 << 30
	r.pass(80, 2*time.Minute)
	sameHours(t, r.roomy, r.m, r.at)
	if diff := cmp.Diff(pastDays(t, r.roomy, r.at), pastDays(t, r.m, r.at)); diff != "" {
		t.Fatalf("local days, in memory- in the store+:\n%.2000s", diff)
	}
}

// Cells of an hour that are damaged are an error to who asks for that hour, and to
// nobody else.
func TestDamagedHoursAreAnError(t *testing.T) {
	cfg := Config{Home: vn, Attic: t.TempDir()}
	s, c, day := manySystems(t, cfg)
	var read int64
	slots := s.kept(&read)
	for _, slot := range slots {
		if slot.Key == dayKey(day) {
			p := slot.Parts[0].(*counting)
			f, err := openForm(p)
			if err != nil {
				t.Fatal(err)
			}
			at, _ := f.places.find(hourName(7, CubeAffectedAS))
			p.data[at.at+int64(at.length)/2] ^= 1
		}
	}
	m := New(cfg, Dependencies{Now: c.now})
	if err := m.Open(slots); err != nil {
		t.Fatal(err)
	}
	for hour := range int64(20) {
		from := day + hour*60
		rows, whole, err := m.Ranking(DimAffectedAS, timeOf(from), timeOf(from+60), event.StageAttempt)
		if bad := hour == 7; bad != (err != nil) || !bad && (len(rows) != 200 || !whole) {
			t.Errorf("hour %d: %d networks, whole %v, %v", hour, len(rows), whole, err)
		}
	}
}

// A question by the hour reads the cells that it asks for, and no others.
func TestHoursAreReadAlone(t *testing.T) {
	cfg := Config{Home: vn, Attic: t.TempDir()}
	s, c, day := manySystems(t, cfg)
	m, _ := opened(t, cfg, s, c)
	var read int64
	hours := m.days[day].hours
	for h := range hours.hours {
		if hours.hours[h].there {
			read += int64(hours.places[h][CubeAffectedAS].length)
		}
	}
	part := hours.part.(*counting)
	*part.read = 0
	if _, whole, err := m.Series(StepHour, timeOf(day), timeOf(day+600), Is(DimAffectedAS, "17")); !whole || err != nil {
		t.Fatalf("whole %v, %v", whole, err)
	}
	if *part.read == 0 || *part.read > read/2+100 {
		t.Errorf("read %d bytes for ten of twenty hours of a cube that has %d", *part.read, read)
	}
}

// Days that earlier programs stored, with a directory that does not tell of hours,
// are told as then, and by the hour once they are made anew.
func TestDaysWithoutPlacesOpen(t *testing.T) {
	cfg := Config{Home: vn, Attic: t.TempDir(), HourBudget: 1}
	s, c, _ := aged(t, cfg)
	var older shelf
	days := 0
	for _, key := range s.keys {
		for _, data := range s.parts[key] {
			if _, ok := dayOf(key); ok && data[0] == partPlaced {
				data, days = withoutPlaces(t, data), days+1
			}
			older.keep([]Part{{Key: key, Data: data}})
		}
	}
	if days < 30 {
		t.Fatalf("%d days: the test tests nothing", days)
	}
	roomy := New(Config{Home: vn}, Dependencies{Now: c.now})
	s.load(t, roomy)
	m, _ := opened(t, cfg, &older, c)
	c.at = c.at.Add(time.Minute)
	if diff := cmp.Diff(daysOnly(counted(roomy)), daysOnly(counted(m))); diff != "" {
		t.Fatalf("days, loaded- opened+:\n%.2000s", diff)
	}
	if _, lacking := hourly(t, m, noon); lacking == 0 {
		t.Fatal("hours are called whole that are neither in memory nor told of")
	}
	storedWhole(m, &older, c)
	m.cfg.HourBudget = 1 << 30
	m, _ = opened(t, m.cfg, &older, c)
	c.at = c.at.Add(time.Minute)
	sameHours(t, roomy, m, noon)
}

// withoutPlaces gives a part as it was stored when directories told of no hours.
func withoutPlaces(t *testing.T, data []byte) []byte {
	t.Helper()
	d, at, err := readDirectory(data)
	if err != nil {
		t.Fatal(err)
	}
	r := reader{data: d.facts}
	r.uvarint()
	for range 3 {
		r.byte()
		for range colRecords {
			r.varint()
		}
	}
	for range r.uvarint() {
		r.uvarint()
		r.uvarint()
	}
	d.facts, d.places = d.facts[:len(d.facts)-len(r.data)], nil
	w := newPart(true)
	w.dir = d
	w.buf = append(w.buf, data[at:len(data)-partTail]...)
	if data = w.finish(); data[0] != partIndexed {
		t.Fatal(fmt.Sprint("version ", data[0]))
	}
	return data
}
