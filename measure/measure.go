// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"haidang/event"
)

// Config says whose picture is counted and how much memory that may take.
// Zero values get the defaults named.
type Config struct {
	Home      event.Country
	Zone      *time.Location // of "today" and of calendar days; default Asia/Ho_Chi_Minh
	SketchKey [16]byte       // secret; changing it makes stored sketches meaningless

	FoldBudget     int64 // bytes of the folding window, default 64 MiB
	MinuteBudget   int64 // bytes of packed minute cells, default 64 MiB
	HourBudget     int64 // bytes of packed hour cells, default 128 MiB
	DistinctBudget int64 // bytes of sets and sketches, default 128 MiB
	UnionBudget    int64 // bytes of unions of these that questions asked for, default 24 MiB

	// Recurring are questions about distinct addresses, without periods, that are asked
	// again and again of calendar periods: they are answered ahead (Tally).
	Recurring []DistinctQuery

	// Attic is a folder for a file without a name that holds the widest counts of
	// days long past; "" keeps them in memory.
	Attic string

	PictureEvery time.Duration // how often a view is renewed at most, default 200 ms
}

// Dependencies are what the room is handed.
type Dependencies struct {
	Log     *slog.Logger
	Metrics prometheus.Registerer
	Now     func() time.Time
	// SensorInfo tells what an enrolled sensor declared; it may be nil.
	SensorInfo func(name string) (event.Sensor, bool)
	// Open says which records count; all when nil. What does not count is in no
	// figure, only its sensor is seen to be at work. It is asked by Add alone and
	// may look at sensor, audience and TLP only.
	Open func(b *event.Batch, row int) bool
	// Kept gives what the store keeps under a key by now, in the order cut; nil
	// where only Load and Open tell.
	Kept func(key string) ([]Kept, error)
}

// How long things are kept, in minutes of event time against our clock.
const (
	minuteKeep  = 7 * 1440 // minute cells
	retireAfter = 8 * 1440 // a UTC day's own hour parts and hour sketches
)

// Measure counts. Make it with New.
type Measure struct {
	cfg   Config
	deps  Dependencies
	hash  hasher
	stats *metrics
	pict  pictures

	view     atomic.Pointer[view]
	building sync.Mutex          // held by a reader that builds a view; before mu
	looked   atomic.Int64        // when a view was last asked for
	asked    [cubes]atomic.Int64 // second in which a cube was last asked for

	askedSets atomic.Int64 // likewise distinct addresses
	unions    unions
	grouped   groupedCubes

	// turn is held by the one that counts or cuts; always before mu.
	turn      sync.Mutex
	foldState partState

	mu          sync.Mutex // guards all below
	cutting     bool       // a cut reads what upkeep would change
	in          intake
	fold        folding
	names       *names
	live        live
	today       today
	sensors     sensors
	buckets     [resolutions]map[int64]*bucket
	order       [resolutions][]*bucket // sorted; nil when to be sorted again
	nextMinutes []bucket               // memory of minutes to come
	pieces      map[int64]*bucket      // of UTC days whose hours left memory, by start
	days        map[int64]*dayState    // UTC days
	deltas      map[period]*delta
	hourSets    map[int64]*setGroup // by UTC hour
	daySets     map[int64]*setGroup // by local day
	setsGone    map[int64]bool      // local days whose sets left memory
	setsFull    bool                // no memory for new sets
	setLog      []*cellSets         // those with hashes new since the last cut
	partial     []*setGroup         // those that lack cells since the last cut
	spare       spares
	attic       attic
	blocks      map[stretch]*block
	uniting     uniting
	pieceLeast  int // bytes of a stored union's pieces
	longSums    atomic.Pointer[longSums]
	sumAfter    time.Time // only Sum's
	tallies     tallies
	tallyAfter  time.Time // only Tally's
	parts       map[string]*partState
	compact     map[string]bool // parts to be stored whole at the next cut
	remakes     map[string]bool // likewise, but not all of them is in memory
	remade      time.Time       // when the last of these was
	stuckAt     time.Time       // when it was last told that a day cannot retire
	retiring    []int64         // UTC days retired since the last cut
	worked      map[int64]works // of UTC days whose hours left memory
	folded      []int64         // local days that took over hours' sets since the last cut
	loads       int
	runs        [resolutions]runs // of what is loaded
	loadedBytes int               // since the last upkeep
	kept        int64             // second of the last upkeep
	changes     int64             // of buckets
	zone        zoneCache
}

// dayState is what is known of one UTC day's storing.
type dayState struct {
	retired bool  // stored under its day key, hours and no minutes
	evicted bool  // its hours left memory: only differences can be stored
	cut     int64 // of an evicted day: where its pieces meet
	form    *form // the stored part that says all of the day; nil when it does not

	hours *pastHours // of an evicted day: where the store has them, without what came late since
	short bool       // these lack something that left memory
}

// New makes a Measure; nothing runs until Add is called.
func New(cfg Config, deps Dependencies) *Measure {
	setDefaults(&cfg, &deps)
	m := &Measure{
		cfg: cfg, deps: deps, hash: newHasher(cfg.SketchKey),
		fold: newFolding(cfg.FoldBudget), names: newNames(),
		pieces: map[int64]*bucket{}, days: map[int64]*dayState{}, deltas: map[period]*delta{},
		hourSets: map[int64]*setGroup{}, daySets: map[int64]*setGroup{},
		setsGone: map[int64]bool{},
		parts:    map[string]*partState{}, compact: map[string]bool{}, remakes: map[string]bool{}, worked: map[int64]works{},
		grouped: newGroupedCubes(), attic: attic{dir: cfg.Attic}, blocks: map[stretch]*block{}, pieceLeast: pieceLeast,
		zone:   zoneCache{zone: cfg.Zone},
		unions: unions{known: map[unionKey]*union{}, limit: cfg.UnionBudget}, tallies: tallies{known: map[unionKey]*tally{}},
	}
	m.in.init()
	m.longSums.Store(&longSums{})
	for r := range m.buckets {
		m.buckets[r] = map[int64]*bucket{}
	}
	m.live.flows = map[uint64]int64{}
	m.stats = newMetrics(deps.Metrics)
	return m
}

func setDefaults(cfg *Config, deps *Dependencies) {
	if cfg.Zone == nil {
		zone, err := time.LoadLocation("Asia/Ho_Chi_Minh")
		if err != nil { // no time zone data on this machine
			zone = time.FixedZone("+07", 7*3600)
		}
		cfg.Zone = zone
	}
	for v, d := range map[*int64]int64{
		&cfg.FoldBudget: 64 << 20, &cfg.MinuteBudget: 64 << 20,
		&cfg.HourBudget: 128 << 20, &cfg.DistinctBudget: 128 << 20, &cfg.UnionBudget: 24 << 20,
	} {
		if *v <= 0 {
			*v = d
		}
	}
	if cfg.PictureEvery <= 0 {
		cfg.PictureEvery = 200 * time.Millisecond
	}
	if deps.Now == nil {
		deps.Now = time.Now
	}
	if deps.Log == nil {
		deps.Log = slog.New(slog.DiscardHandler)
	}
}

// Tick does what time alone requires: seconds without attacks, minute cells
// past their days. Cut does it too; call Tick where nothing is ever cut.
func (m *Measure) Tick(now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tick(now)
}

func (m *Measure) tick(now time.Time) {
	if m.live.due(now.Unix()) {
		m.flush(now)
		m.live.advance(now.Unix())
	}
	if m.cutting {
		return
	}
	if now.Unix()-m.kept >= 10 {
		m.kept = now.Unix()
		m.upkeep(now)
	}
}

// Drops notes how many records a sensor says it lost before us.
func (m *Measure) Drops(sensor string, total uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s := m.sensors.at(m.names.id(namedAt(DimSensor), sensor)); s != nil {
		s.drops = int64(total)
		m.sensors.changed = true
	}
}

// minuteOf gives the minute of a time; what lies before 1970 counts in its
// first minute.
func minuteOf(t event.Time) int64 { return max(0, int64(t)/int64(time.Minute)) }

func timeOf(minute int64) event.Time { return event.Time(minute * int64(time.Minute)) }

// zoneCache finds local days without asking the calendar for every minute.
type zoneCache struct {
	zone *time.Location
	hour int64 // last one asked, plus 1
	day  int64
}

// localDay gives the minute at which the local day began that the hour lies in.
func (z *zoneCache) localDay(hour int64) int64 {
	if z.hour != hour+1 {
		z.hour, z.day = hour+1, midnight(time.Unix(hour*60, 0), z.zone).Unix()/60
	}
	return z.day
}

// midnight gives the start of t's day in a zone.
func midnight(t time.Time, zone *time.Location) time.Time {
	y, mo, d := t.In(zone).Date()
	return time.Date(y, mo, d, 0, 0, 0, 0, zone)
}
