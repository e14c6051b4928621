// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"math/rand/v2"
	"time"

	"haidang/event"
)

// Rows are gathered by what they have in common before they are spread over
// cubes and resolutions: a thousand rows of one profile cost one spreading.
const (
	flushRows  = 128 << 10
	maxSlots   = 1 << 12 // distinct minutes gathered at once
	liveWithin = 10 * time.Second
	backfill   = 7 * 24 * time.Hour
)

// intake is what was gathered since the last flush.
type intake struct {
	rows     int
	slots    []int64 // minutes by slot
	slotOf   map[int64]uint64
	last     int64 // minute of lastSlot, plus 1
	lastSlot uint64
	replay   map[uint64]bool // slots with replayed rows
	targets  []target        // by slot, while flushing
	slab     []profileSets   // of profiles, by number

	profiles pending // decides country, kind, way, sector
	systems  pending // AS, both sides
	named    pending // rule, malware, technique, lure, sensor
	orgs     pending
	context  pending // by slot and excluded
	sights   pending // which sensor saw what

	rule, malware, technique, lure, sensor codes
	seen                                   []sensorBatch // by the batch's sensor code
	filter                                 []uint64
	secrets                                [4]uint64 // of the filter's marks
	met                                    []met     // addresses of the last few rows
	noted                                  []noted   // those of them that may be new
	touch                                  uint64    // keeps the read-ahead from being removed
}

// sensorBatch is one sensor's part of a batch.
type sensorBatch struct {
	rows     int64
	newest   event.Time
	ingested event.Time
	skew     int64
	late     bool // backfill: its skew says nothing
	feed     bool
	replay   bool
}

func (in *intake) init() {
	in.slotOf = map[int64]uint64{}
	in.replay = map[uint64]bool{}
	in.filter = make([]uint64, filterSize)
	for i := range in.secrets {
		in.secrets[i] = rand.Uint64()
	}
	in.profiles.sets = []int32{}
	for i, c := range []*codes{&in.rule, &in.malware, &in.technique, &in.lure, &in.sensor} {
		c.dim = i
	}
}

func (in *intake) begin(b *event.Batch) {
	in.rule.begin(&b.RuleID)
	in.malware.begin(&b.Software)
	in.technique.begin(&b.Techniques.Dict)
	in.lure.begin(&b.Lure)
	in.sensor.begin(&b.Observer)
	n := max(len(b.Observer.Values), 1)
	if cap(in.seen) < n {
		in.seen = make([]sensorBatch, n, 2*n)
	}
	in.seen = in.seen[:n]
	for i := range in.seen {
		in.seen[i] = sensorBatch{newest: event.TimeUnset, ingested: event.TimeUnset}
	}
}

// slot gives the number of a minute within the intake.
func (in *intake) slot(minute int64) uint64 {
	if in.last == minute+1 {
		return in.lastSlot
	}
	s, ok := in.slotOf[minute]
	if !ok {
		s = uint64(len(in.slots))
		in.slots = append(in.slots, minute)
		in.slotOf[minute] = s
	}
	in.last, in.lastSlot = minute+1, s
	return s
}

// Add counts a batch. One goroutine calls it, in journal order; the batch is
// only read.
func (m *Measure) Add(b *event.Batch) {
	n := b.Rows()
	if n == 0 {
		return
	}
	now := m.deps.Now()
	m.turn.Lock()
	defer m.turn.Unlock()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.live.due(now.Unix()) {
		m.flush(now)
		m.live.advance(now.Unix())
	}
	m.in.begin(b)
	r := rower{m: m, b: b, now: event.TimeOf(now)}
	for from := 0; from < n; from += readAhead {
		if from%longAdd == longAdd-readAhead { // let readers in
			m.mu.Unlock()
			m.mu.Lock()
		}
		to := min(from+readAhead, n)
		m.fold.ahead(b.Hash[from:to], &m.in.touch)
		for row := from; row < to; row++ {
			r.add(row)
		}
		m.settle()
		if len(m.in.slots) > maxSlots-2*readAhead {
			m.flush(now)
		}
	}
	m.sensorBatch(b)
	m.stats.rows.Add(float64(n))
	if m.in.rows += n; m.in.rows >= flushRows {
		m.flush(now)
	}
	m.renewForReaders(now)
}

// longAdd is after how many rows of a batch readers may come in between.
const longAdd = 64 * readAhead

// readAhead is how many rows' folding entries are fetched from memory together.
const readAhead = 32

// ahead reads the entries that the next rows will need, so that the waits for
// memory overlap.
func (f *folding) ahead(hashes []event.Bytes16, touch *uint64) {
	entries := f.streams.entries
	if len(entries) == 0 {
		return
	}
	var sum uint64
	for i := range hashes {
		sum ^= entries[f.streams.home(foldKey(hashes[i]))].key
	}
	*touch ^= sum
}

// rower counts the rows of one batch.
type rower struct {
	m   *Measure
	b   *event.Batch
	now event.Time

	asked input // of the row that was last asked about, and the answer
	open  bool
}

// input is by what Open decides, in the batch's own codes.
type input struct {
	set      bool
	sensor   uint32
	audience uint32
	tlp      event.TLP
}

// counts reports whether a row counts. Neighbours mostly are of one sensor and
// label, so that few are asked about.
func (r *rower) counts(row int) bool {
	if r.m.deps.Open == nil {
		return true
	}
	in := input{true, r.b.Observer.Codes[row], r.b.Audience[row], r.b.TLP[row]}
	if in != r.asked {
		r.asked, r.open = in, r.m.deps.Open(r.b, row)
	}
	return r.open
}

func (r *rower) add(row int) {
	m, b := r.m, r.b
	at := b.Time[row]
	minute := minuteOf(at)
	slot := m.in.slot(minute)
	count := int64(b.Count[row])
	code := b.Observer.Codes[row]
	sensor := uint64(m.in.sensor.id(m.names, &b.Observer, code))
	r.liveliness(row, &m.in.seen[code])
	if b.Replay[row] {
		m.in.replay[slot] = true
	}
	col := column(b.Stage[row])
	if !r.counts(row) { // that the sensor is at work is all that counts of it
		m.in.named.at(slot<<slotShift | colContext<<colShift | dimSensor<<32 | sensor).records += count
		return
	}
	if b.Excluded.Codes[row] != 0 {
		r.count(row, slot, colExcluded, part{records: count}, sensor)
		return
	}
	if col == colContext {
		m.in.context.at(slot << 4).records += count
		m.in.named.at(slot<<slotShift | colContext<<colShift | dimSensor<<32 | sensor).records += count
		return
	}
	p, isLive := part{events: count, records: count}, r.isLive(row)
	if b.Hash[row].IsSet() {
		feed := b.ObserverType[row] == event.ObserverFeed
		events, before, from := m.fold.repeat(b.Hash[row], feed, minute, b.Count[row])
		if p.events = events; before != 0 {
			back := part{events: -before}
			if isLive {
				back.live = -before
			}
			r.count(row, m.in.slot(from), col, back, sensor)
		}
	}
	if isLive {
		p.live = p.events
	}
	r.count(row, slot, col, p, sensor)
}

// isLive reports whether a record is of now: neither backfill nor read again
// from the journal after a stop.
func (r *rower) isLive(row int) bool {
	in := r.b.Ingested[row]
	return in.IsSet() && r.now-in < event.Time(liveWithin) && in-r.b.Time[row] <= event.Time(backfill)
}

func (r *rower) liveliness(row int, s *sensorBatch) {
	b := r.b
	s.rows++
	at, in := b.Time[row], b.Ingested[row]
	if !in.IsSet() {
		return
	}
	s.newest = max(s.newest, min(at, in)) // a fast clock does not move the watermark ahead of us
	s.ingested = max(s.ingested, in)
	s.skew = int64(in - at)
	s.late = in-at > event.Time(backfill)
	s.feed = b.ObserverType[row] == event.ObserverFeed
	s.replay = s.replay || b.Replay[row]
}
