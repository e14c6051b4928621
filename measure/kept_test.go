// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
	"haidang/mutant"
)

// counting is a part that counts what is read of it, and may be damaged later.
type counting struct {
	data []byte
	read *int64
}

func (p *counting) Size() int64 { return int64(len(p.data)) }

func (p *counting) Read() ([]byte, error) {
	*p.read += p.Size()
	return bytes.Clone(p.data), nil
}

func (p *counting) ReadAt(b []byte, off int64) (int, error) {
	n := copy(b, p.data[min(off, p.Size()):])
	if *p.read += int64(n); n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// kept gives what is on the shelf as the store does, and counts what is read.
func (s *shelf) kept(read *int64) []Slot {
	slots := s.stored()
	for i := range slots {
		for j, p := range slots[i].Parts {
			data, _ := p.Read()
			slots[i].Parts[j] = &counting{data, read}
		}
	}
	return slots
}

func opened(t *testing.T, cfg Config, s *shelf, c *clock) (*Measure, int64) {
	t.Helper()
	var read int64
	m := New(cfg, Dependencies{Now: c.now})
	if err := m.Open(s.kept(&read)); err != nil {
		t.Fatal(err)
	}
	m.Tick(c.at.Add(time.Minute))
	return m, read
}

// storedWhole has all past days' parts stored whole, as they are after quiet minutes.
func storedWhole(m *Measure, s *shelf, c *clock) {
	var read int64
	m.deps.Kept = func(key string) ([]Kept, error) {
		var out []Kept
		for _, data := range s.parts[key] {
			out = append(out, &counting{data, &read})
		}
		return out, nil
	}
	c.at = c.at.Add(compactAfter * time.Second)
	for key, parts := range s.parts {
		if len(parts) > 1 || len(parts) == 1 && parts[0][1]&flagWhole == 0 {
			m.compact[key] = true
		}
	}
	s.keep(m.Cut())
	for len(m.compact) > 0 || len(m.remakes) > 0 {
		c.at = c.at.Add(remakeEvery)
		s.keep(m.Cut())
	}
}

// lean says how many days' hours and days' addresses were left in the store.
func lean(m *Measure) (days, sets int) {
	for _, d := range m.days {
		if d.evicted && d.form != nil {
			days++
		}
	}
	for _, g := range m.daySets {
		for _, s := range g.stowed {
			if _, stored := s.src.(Kept); stored {
				sets += len(s.kinds)
			}
		}
	}
	return days, sets
}

func worked(t *testing.T, m *Measure) []Work {
	t.Helper()
	day := midnight(noon, m.cfg.Zone)
	w, _, err := m.Work(event.TimeOf(day.AddDate(0, 0, -50)), event.TimeOf(day.AddDate(0, 0, -12)))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// What is opened, and left in the store as far as that goes, answers as what was
// loaded: in zones on either side of UTC, with late records, after another start
// and another, with room for no hours, some, and all.
func TestOpenedDaysAnswerAsLoadedOnes(t *testing.T) {
	for seed, zone := range []*time.Location{time.FixedZone("east", 7*3600), time.FixedZone("west", -5*3600), time.UTC} {
		for _, hours := range []int64{1, 40_000}[:1+seed%2] {
			src := newSource(uint64(seed), noon)
			src.back = 60 * 24 * time.Hour
			c := &clock{at: noon}
			cfg := Config{Home: vn, Zone: zone, Attic: t.TempDir(), HourBudget: hours}
			roomy := New(Config{Home: vn, Zone: zone}, Dependencies{Now: c.now})
			m := New(cfg, Dependencies{Now: c.now})
			r := rand.New(rand.NewPCG(uint64(seed), 11))
			var s shelf
			left := 0
			for range 3 {
				s.countBoth(r, c, m, roomy, src.records(600))
				storedWhole(m, &s, c)
				m, _ = opened(t, cfg, &s, c)
				n, sets := lean(m)
				left += n
				if sets == 0 {
					t.Fatal("no addresses were left in the store: the test tests nothing")
				}
				roomy.Tick(c.at.Add(time.Minute))
				c.at = c.at.Add(2 * time.Second)
				same := func(what string, want, got any) {
					t.Helper()
					if diff := cmp.Diff(want, got); diff != "" {
						t.Fatalf("%v, room %d, %s, counted- opened+:\n%.2000s", zone, hours, what, diff)
					}
				}
				want, _ := localDays(t, roomy)
				got, lacking := localDays(t, m)
				if same("local days", want, got); lacking > 0 {
					t.Fatalf("%v, room %d: %d answers are not whole", zone, hours, lacking)
				}
				same("sums", summed(t, roomy), summed(t, m))
				same("addresses", distincts(t, roomy), distincts(t, m))
				same("sensors at work", worked(t, roomy), worked(t, m))
			}
			if hours == 1 && left == 0 {
				t.Fatalf("%v: no day's hours were left in the store: the test tests nothing", zone)
			}
		}
	}
}

// aged is a shelf of a measure whose days are all past, stored whole.
func aged(t *testing.T, cfg Config) (*shelf, *clock, *Measure) {
	t.Helper()
	src := newSource(3, noon)
	src.back = 60 * 24 * time.Hour
	c := &clock{at: noon}
	m := New(cfg, Dependencies{Now: c.now})
	var s shelf
	m.Add(batchOf(src.records(2500)))
	s.keep(m.Cut())
	storedWhole(m, &s, c)
	return &s, c, m
}

// A start reads the directories of days that have no room, and nothing is written.
func TestStartReadsWhatIsRecent(t *testing.T) {
	cfg := Config{Home: vn, Attic: t.TempDir(), HourBudget: 1}
	s, c, _ := aged(t, cfg)
	var all, recent, past int64
	for key, parts := range s.parts {
		for _, p := range parts {
			all += int64(len(p))
			day, local := keyTime(key, keyDistinct, dayLayout, zoneOf(cfg))
			utc, ok := dayOf(key)
			if (local || ok) && max(day, utc) < noon.AddDate(0, 0, -12).Unix()/60 {
				past += int64(len(p))
			} else {
				recent += int64(len(p))
			}
		}
	}
	if past < all/2 {
		t.Fatalf("%d bytes of %d are past: the test tests nothing", past, all)
	}
	m, read := opened(t, cfg, s, c)
	days, _ := lean(m)
	if read > recent+int64(len(s.parts))*directoryRead || days < 40 || m.attic.end != 0 {
		t.Errorf("read %d bytes, %d of them recent, left %d days, wrote %d bytes", read, recent, days, m.attic.end)
	}
	var big int64
	for _, d := range m.days {
		if d.form != nil {
			for _, r := range d.form.regions {
				big += int64(r.length)
			}
		}
	}
	if big != 0 {
		t.Fatal("test days are too small for cells of their own place; see TestLargeCellsStayInTheStore")
	}
}

func zoneOf(cfg Config) *time.Location { return New(cfg, Dependencies{}).cfg.Zone }

// manySystems counts so many networks on one past day that its cells are large.
func manySystems(t *testing.T, cfg Config) (*shelf, *clock, int64) {
	t.Helper()
	c := &clock{at: noon}
	cfg.HourBudget = 0 // the default: the day is put together here
	m := New(cfg, Dependencies{Now: c.now})
	at := noon.AddDate(0, 0, -20).Truncate(24 * time.Hour)
	var list []*event.Event
	for i := range 4000 {
		list = append(list, attack(at.Add(time.Duration(i%20)*time.Hour), func(e *event.Event) { e.Source.AS, e.Destination.AS = uint32(i), uint32(i) }))
	}
	m.Add(batchOf(list))
	var s shelf
	s.keep(m.Cut())
	day := ByDay.floor(at.Unix() / 60)
	m.compact[dayKey(day)] = true
	s.keep(m.Cut())
	return &s, c, day
}

// Large cells stay in the store until they are asked for; damage there is an error
// to who asks, damage of a directory one at the start.
func TestLargeCellsStayInTheStore(t *testing.T) {
	cfg := Config{Home: vn, Attic: t.TempDir(), HourBudget: 1}
	s, c, day := manySystems(t, cfg)
	var read int64
	slots := s.kept(&read)
	m := New(cfg, Dependencies{Now: c.now})
	if err := m.Open(slots); err != nil {
		t.Fatal(err)
	}
	ask := func(m *Measure) (int, error) {
		rows, _, err := m.Ranking(DimAffectedAS, timeOf(day), timeOf(day+1440), event.StageAttempt)
		return len(rows), err
	}
	before := read
	if n, err := ask(m); n != 4000 || err != nil || read == before {
		t.Errorf("%d networks, %v, %d bytes read for them", n, err, read-before)
	}
	for _, slot := range slots {
		if slot.Key != dayKey(day) {
			continue
		}
		p := slot.Parts[0].(*counting)
		f, err := openForm(p)
		if err != nil || len(f.regions) == 0 {
			t.Fatal(err, "no cells of their own place: the test tests nothing")
		}
		for _, r := range f.regions {
			p.data[r.at+int64(r.length)/2] ^= 1
		}
	}
	c.at = c.at.Add(time.Minute)
	again := New(cfg, Dependencies{Now: c.now})
	if err := again.Open(slots); err != nil {
		t.Fatal(err)
	}
	if _, err := ask(again); !errors.Is(err, ErrDamaged) {
		t.Errorf("cells that are damaged: %v", err)
	}
	for _, slot := range slots {
		if strings.HasPrefix(slot.Key, keyDay) {
			slot.Parts[0].(*counting).data[indexedHead+1] ^= 1
		}
	}
	if err := New(cfg, Dependencies{Now: c.now}).Open(slots); !errors.Is(err, ErrDamaged) {
		t.Errorf("a directory that is damaged: %v", err)
	}
}

// A day whose part is gone counts nothing; all others are as they were.
func TestStartWithoutADaysPart(t *testing.T) {
	cfg := Config{Home: vn, Attic: t.TempDir(), HourBudget: 1}
	s, c, _ := aged(t, cfg)
	all, _ := opened(t, cfg, s, c)
	day := ByDay.floor(noon.AddDate(0, 0, -40).Unix() / 60)
	delete(s.parts, dayKey(day))
	less, _ := opened(t, cfg, s, c)
	want, got := counted(all), counted(less)
	if len(got) >= len(want) {
		t.Fatal("nothing is missing")
	}
	for key := range want {
		if strings.Split(key, "|")[2] == fmt.Sprint(day) {
			delete(want, key)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want- got+:\n%.2000s", diff)
	}
}

// Parts without a directory, as earlier programs stored them, open too.
func TestPartsOfEarlierProgramsOpen(t *testing.T) {
	cfg := Config{Home: vn, Attic: t.TempDir(), HourBudget: 20_000}
	s, c, _ := aged(t, cfg)
	m, _ := opened(t, cfg, s, c)
	older := shelf{}
	for _, key := range s.keys {
		for _, data := range s.parts[key] {
			older.keep([]Part{{Key: key, Data: plain(t, data)}})
		}
	}
	for key, parts := range older.parts {
		for _, p := range parts {
			if p[0] != partVersion {
				t.Fatal(key, "has a directory")
			}
		}
	}
	again, _ := opened(t, cfg, &older, c)
	if diff := cmp.Diff(daysOnly(counted(m)), daysOnly(counted(again))); diff != "" {
		t.Errorf("with directories- without+:\n%.2000s", diff)
	}
	if diff := cmp.Diff(distincts(t, m), distincts(t, again)); diff != "" {
		t.Errorf("addresses, with directories- without+:\n%.2000s", diff)
	}
}

// plain gives a part as it was stored before there were directories.
func plain(t *testing.T, data []byte) []byte {
	t.Helper()
	if data[0] == partVersion {
		return data
	}
	d, at, err := readDirectory(data)
	if err != nil {
		t.Fatal(err)
	}
	if d.derived {
		for _, e := range d.entries {
			at += e.length
		}
	}
	w := newPart(true)
	w.buf = append(w.buf, data[at:len(data)-partTail]...)
	return w.finish()
}

func FuzzOpenForm(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	w := newPart(true)
	w.index(true)
	w.buf = append(w.buf, "cells"...)
	w.note(3)
	w.dir.front = 5
	f.Add(w.finish())
	w = newPart(true)
	w.index(true)
	w.buf = append(w.buf, "a section's cells"...)
	w.spot(7, len(w.buf)-5)
	f.Add(w.finish())
	f.Fuzz(func(t *testing.T, data []byte) {
		var read int64
		form, err := openForm(&counting{data, &read})
		if err != nil {
			return
		}
		for _, regions := range []lots{form.regions, form.places} {
			for _, r := range regions {
				if r.at < indexedHead || r.at+int64(r.length) > int64(len(data)) {
					t.Fatalf("a region lies outside of %d bytes: %+v", len(data), r)
				}
			}
		}
	})
}

// What leaves memory while counting goes on is read where the store has it; nothing
// is written a second time, and what comes late for such days counts.
func TestDaysLeaveMemoryForTheStore(t *testing.T) {
	c := &clock{at: noon}
	dir := t.TempDir()
	m := New(Config{Home: vn, Attic: dir, HourBudget: 60_000, DistinctBudget: 200_000}, Dependencies{Now: c.now})
	roomy := New(Config{Home: vn}, Dependencies{Now: c.now})
	var s shelf
	var read int64
	m.deps.Kept = func(key string) ([]Kept, error) {
		var out []Kept
		for _, data := range s.parts[key] {
			out = append(out, &counting{data, &read})
		}
		return out, nil
	}
	src := newSource(4, noon)
	src.back = 12 * time.Hour
	tick := func() {
		s.keep(m.Cut())
		roomy.Cut()
		m.Tick(c.at)
		roomy.Tick(c.at)
		c.at = c.at.Add(20 * time.Minute)
	}
	var hours, sets int
	for day := range 24 {
		src.now = c.at
		if day == 20 { // late records
			hours, sets = lean(m)
			src.back = 20 * 24 * time.Hour
		}
		all := src.records(400)
		for _, x := range []*Measure{m, roomy} {
			x.setsFull = false // what finds no memory is another test's
			x.Add(batchOf(all))
		}
		for range 72 {
			tick()
		}
	}
	if hours == 0 || sets == 0 {
		t.Fatalf("hours of %d days, %d sets are left to the store: the test tests nothing", hours, sets)
	}
	for what, ask := range map[string]func(*Measure) any{
		"local days":       func(m *Measure) any { return pastDays(t, m, c.at) },
		"addresses":        func(m *Measure) any { return distincts(t, m) },
		"cells of the day": func(m *Measure) any { return daysOnly(counted(m)) },
	} {
		if diff := cmp.Diff(ask(roomy), ask(m)); diff != "" {
			t.Errorf("%s, in memory- in the store+:\n%.2000s", what, diff)
		}
	}
}

// pastDays gives what is asked of local days, and who was at work on them.
func pastDays(t *testing.T, m *Measure, now time.Time) (out []any) {
	t.Helper()
	to := midnight(now, m.cfg.Zone)
	from := to.AddDate(0, 0, -40)
	for cube := range cubes {
		a, err := m.Query(Query{Cube: cube, By: dimsOf(cube), From: event.TimeOf(from), To: event.TimeOf(to), Step: StepDay})
		if err != nil || !a.Whole {
			t.Fatalf("whole %v, %v", a.Whole, err)
		}
		slices.SortFunc(a.Rows, func(x, y Row) int { return cmpRows(&x, &y) })
		out = append(out, a)
	}
	w, _, err := m.Work(event.TimeOf(from), event.TimeOf(to))
	if err != nil {
		t.Fatal(err)
	}
	return append(out, w)
}

func cmpRows(x, y *Row) int {
	if x.Start != y.Start {
		return int((x.Start - y.Start) / event.Time(time.Minute))
	}
	return slices.Compare(x.Group, y.Group)
}

// countBoth has two rooms count the same records in the same batches, minutes apart,
// and keeps what the first stores.
func (s *shelf) countBoth(r *rand.Rand, c *clock, m, other *Measure, all []*event.Event) {
	for from := 0; from < len(all); {
		to := min(from+1+r.IntN(300), len(all))
		m.Add(batchOf(all[from:to]))
		other.Add(batchOf(all[from:to]))
		from = to
		s.keep(m.Cut())
		other.Cut()
		c.at = c.at.Add(3 * time.Minute)
	}
}
