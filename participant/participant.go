// SPDX-License-Identifier: Apache-2.0

package participant

import (
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"haidang/event"
)

// Config says in whose time days are cut. Key is secret: of the hashes that
// disclosure control sums up; changing it changes the noise of every cell.
type Config struct {
	Zone *time.Location
	Key  [16]byte
}

// Dependencies are what the room is handed.
type Dependencies struct {
	Log     *slog.Logger
	Metrics prometheus.Registerer
	Now     func() time.Time
	// Open says which records count in open figures; all when nil. It is asked by
	// Add alone.
	Open func(b *event.Batch, row int) bool
	// Kept gives what the store keeps under a key by now, in the order cut; nil
	// where only Open tells. It is asked by Cut alone.
	Kept func(key string) ([]Kept, error)
}

// Room counts participants. Make it with New.
type Room struct {
	cfg  Config
	deps Dependencies
	met  metrics

	mu      sync.RWMutex // guards all below; Add and Cut write
	book    book
	days    map[int32]*day
	months  map[int32]*month
	version int64 // grows with every change
	parts   map[string]*partState
	changed map[int32]*change // by day, since the last cut
	cells   cells
	stored  int // slots of the book that the last cut has
	loads   int
	cooled  int64 // second of the last upkeep

	zone  zoneCache
	cache cache
}

// New makes a room; nothing runs in it.
func New(cfg Config, deps Dependencies) *Room {
	if cfg.Zone == nil {
		cfg.Zone = time.UTC
	}
	if deps.Now == nil {
		deps.Now = time.Now
	}
	if deps.Log == nil {
		deps.Log = slog.New(slog.DiscardHandler)
	}
	return &Room{
		cfg: cfg, deps: deps, met: newMetrics(deps.Metrics),
		book: newBook(cfg.Key), days: map[int32]*day{}, months: map[int32]*month{},
		parts: map[string]*partState{}, changed: map[int32]*change{},
		zone: zoneCache{zone: cfg.Zone}, cache: cache{known: map[question]answer{}},
	}
}

// Add counts a batch; it is only read.
func (r *Room) Add(b *event.Batch) {
	n := b.Rows()
	var any bool
	for row := 0; row < n && !any; row++ {
		any = b.Participant[row].IsSet()
	}
	if !any {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.version++
	for row := range n {
		if b.Participant[row].IsSet() && b.Excluded.Codes[row] == 0 && (r.deps.Open == nil || r.deps.Open(b, row)) {
			r.add(b, row)
		}
	}
}

func (r *Room) add(b *event.Batch, row int) {
	at := b.Time[row]
	if at < 0 {
		return // before 1970 nobody reported
	}
	parties, _ := b.AffectedParties(row)
	p := place{country: parties[0].Country, sector: b.Sector[row]}
	for _, o := range b.Orgs.At(row) {
		p.org = o.Org
		break
	}
	p.beat = b.Kind[row] == event.KindMetric && b.Stage[row] == event.StageContext
	number, hour := r.zone.at(at)
	s := r.book.slot(b.Participant[row], p)
	d := r.day(number)
	if b.Replay[row] && !d.replay {
		d.replay = true
		r.change(number) // it is stored, though nothing else may have changed
	}
	r.mark(number, d, s, 1<<hour)
	if c, ok := cellOf(b, row); ok {
		e := hit{who: r.book.slots[s].who, cell: r.cells.number(c), hour: hour, count: b.Count[row]}
		r.hit(number, d, keyOf(b, row, c, e), e)
	}
}

// mark notes hours of a day in which a slot was active.
func (r *Room) mark(number int32, d *day, slot uint32, hours uint32) {
	fresh := d.mark(slot, hours)
	if fresh == 0 {
		return
	}
	r.month(number).mark(slot, fresh)
	r.change(number).masks[slot] |= fresh
}

// hit notes an event. Of repeats the largest count stays.
func (r *Room) hit(number int32, d *day, key uint64, e hit) {
	before, known := d.hit(key, e)
	if known && before.count >= e.count && before.hour <= e.hour {
		return
	}
	now := d.hits[key]
	r.change(number).hits[key] = now
	r.month(number).hit(now, r.cells.list[now.cell], now.count-before.count)
}

// day gives a day that is going to change.
func (r *Room) day(number int32) *day {
	d := r.days[number]
	if d == nil {
		d = &day{}
		r.days[number] = d
	}
	if d.away != nil {
		r.fetch(number, d)
	}
	d.open()
	d.touched, d.version = r.deps.Now().Unix(), r.version
	return d
}

func (r *Room) month(number int32) *month {
	n := monthOf(number)
	m := r.months[n]
	if m == nil {
		m = &month{}
		r.months[n] = m
	}
	return m
}

// change is what a day got since the last cut.
type change struct {
	masks map[uint32]uint32
	hits  map[uint64]hit
}

func (r *Room) change(number int32) *change {
	c := r.changed[number]
	if c == nil {
		c = &change{map[uint32]uint32{}, map[uint64]hit{}}
		r.changed[number] = c
	}
	return c
}
