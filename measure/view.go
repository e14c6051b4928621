// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// view is an immutable image of everything but the distinct sets, of which it
// knows the versions; readers work on it without a lock.
type view struct {
	built   time.Time
	buckets [resolutions][]*bucketView // in order of time
	evicted map[int64]away             // UTC days whose hours are not in memory
	pieces  map[int64]*bucketView      // of these, by start
	texts   texts
	newest  int64 // end of the newest minute counted
	oldest  int64 // start of the oldest UTC day

	sets atomic.Pointer[setsView] // nil until somebody asks, unless it was lately

	longSums *longSums // those there were when it was built
	once     sync.Once
	held     longSums // of these, those that hold; once guards it
}

func (v *view) fresh(now time.Time, every time.Duration) bool {
	return v != nil && now.Sub(v.built) < every && !now.Before(v.built)
}

// look gives a view that is at most PictureEvery old; while another goroutine
// builds one, it may be twice as old. Counting renews it too while there are
// readers, so that these seldom have to.
func (m *Measure) look() *view {
	now := m.deps.Now()
	m.looked.Store(now.UnixNano())
	v := m.view.Load()
	if v.fresh(now, m.cfg.PictureEvery) {
		return v
	}
	if !m.building.TryLock() {
		if v.fresh(now, 2*m.cfg.PictureEvery) {
			return v
		}
		m.building.Lock()
	}
	defer m.building.Unlock()
	if v := m.view.Load(); v.fresh(now, m.cfg.PictureEvery) {
		return v
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.renew(now)
}

// renew builds the view; the caller has the lock.
func (m *Measure) renew(now time.Time) *view {
	m.tick(now)
	m.flush(now)
	v := m.build(now)
	m.view.Store(v)
	return v
}

// renewForReaders renews the view before it is old if somebody looked lately.
func (m *Measure) renewForReaders(now time.Time) {
	v := m.view.Load()
	if v == nil || now.UnixNano()-m.looked.Load() > int64(time.Second) || v.fresh(now, m.cfg.PictureEvery/2) {
		return
	}
	m.renew(now)
}

func (m *Measure) build(now time.Time) *view {
	v := &view{built: now, texts: m.names.texts(), longSums: m.longSums.Load()}
	before := m.view.Load()
	var room viewRoom
	for r := range v.buckets {
		res := Resolution(r)
		list := m.sorted(res)
		images := make([]*bucketView, len(list))
		for i, b := range list {
			images[i] = b.image(m, &room, now.Unix())
		}
		v.buckets[r] = images
	}
	v.evicted = m.evictedDays(before)
	v.pieces = make(map[int64]*bucketView, len(m.pieces))
	for start, b := range m.pieces {
		v.pieces[start] = b.image(m, &room, now.Unix())
	}
	if now.Unix()-m.askedSets.Load() < askedLately {
		v.sets.Store(m.setsView(now))
	}
	if hours := v.buckets[ByHour]; len(hours) > 0 {
		v.newest = hours[len(hours)-1].start + 60
	}
	if days := v.buckets[ByDay]; len(days) > 0 {
		v.oldest = days[0].start
		v.newest = max(v.newest, days[len(days)-1].start+1)
	}
	return v
}

// evictedDays copies the set only when it grew.
func (m *Measure) evictedDays(before *view) map[int64]away {
	gone := map[int64]away{}
	for start, d := range m.days {
		if d.evicted {
			gone[start] = away{d.cut, d.hours, d.short}
		}
	}
	if before != nil && maps.Equal(gone, before.evicted) {
		return before.evicted
	}
	return gone
}

// between gives the images of a resolution that start in [from, to).
func (v *view) between(res Resolution, from, to int64) []*bucketView {
	list := v.buckets[res]
	at := func(start int64) int {
		i, _ := slices.BinarySearchFunc(list, start, func(b *bucketView, s int64) int {
			return int(b.start - s)
		})
		return i
	}
	i, j := at(from), at(to)
	if i >= j {
		return nil
	}
	return list[i:j]
}

func ceil(minute, unit int64) int64 { return (minute + unit - 1) / unit * unit }

// plan gives the fewest images that together count exactly [from, to); whole is
// false where something of it is no longer in memory.
func (v *view) plan(from, to int64) (images []*bucketView, whole bool) {
	return v.planWith(from, to, (*planner).period)
}

func (v *view) planWith(from, to int64, take func(p *planner, from, to int64)) (images []*bucketView, whole bool) {
	if from < v.oldest {
		from = v.oldest // nothing lies before
	}
	if to > v.newest {
		to = min(to, ceil(v.newest, 1440)) // nor behind
	}
	p := planner{v: v, whole: true}
	take(&p, from, to)
	for _, b := range p.out {
		p.whole = p.whole && !b.thin
	}
	return p.out, p.whole
}

type planner struct {
	v     *view
	out   []*bucketView
	whole bool
}

// period takes days, and hours where it begins and ends within one.
func (p *planner) period(from, to int64) {
	a, b := ceil(from, 1440), ByDay.floor(to)
	if a >= b {
		p.hours(from, to)
		return
	}
	p.hours(from, a)
	p.out = append(p.out, p.v.between(ByDay, a, b)...)
	p.hours(b, to)
}

func (p *planner) hours(from, to int64) {
	if from >= to {
		return
	}
	for day := ByDay.floor(from); day < to && len(p.v.evicted) > 0; day += 1440 {
		if _, ok := p.v.evicted[day]; ok {
			images, whole := p.v.inPieces(max(from, day), min(to, day+1440))
			p.out, p.whole = append(p.out, images...), p.whole && whole
		}
	}
	if a, b := ceil(from, 60), ByHour.floor(to); a < b {
		p.minutes(from, a)
		p.out = append(p.out, p.v.between(ByHour, a, b)...)
		p.minutes(b, to)
		return
	}
	p.minutes(from, to)
}

func (p *planner) minutes(from, to int64) {
	if from >= to {
		return
	}
	hour := ByHour.floor(from)
	list := p.v.between(ByMinute, from, to)
	p.out = append(p.out, list...)
	if len(list) == 0 && len(p.v.between(ByMinute, hour, hour+60)) == 0 &&
		len(p.v.between(ByHour, hour, hour+60)) > 0 {
		p.whole = false // the hour has counts and its minutes are gone
	}
}
