// SPDX-License-Identifier: Apache-2.0

package participant

import (
	"cmp"
	"encoding/binary"
	"maps"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"haidang/event"
	"haidang/mutant"
)

var hanoi = time.FixedZone("+07", 7*3600)

// word is one record of the tests, in few fields.
type word struct {
	who      int
	at       time.Time
	country  string
	sector   event.Sector
	org      uint32
	beat     bool
	action   string
	rsit     event.RSIT
	way      event.Way
	stage    event.Stage
	count    uint32
	hash     uint64
	excluded bool
}

func idOf(who int) (id event.Bytes16) {
	binary.BigEndian.PutUint64(id[:], uint64(who)+1)
	return id
}

func (w *word) event() *event.Event {
	var e event.Event
	e.Reset()
	e.Time, e.Participant, e.Affected = event.TimeOf(w.at), idOf(w.who), event.SideDestination
	e.Destination.Country, _ = event.ParseCountry(w.country)
	e.Sector, e.Stage, e.Kind, e.Action = w.sector, w.stage, event.KindAlert, w.action
	if w.org != 0 {
		e.Orgs = []event.OrgMatch{{Org: w.org, Reason: event.MatchList, Side: event.SideDestination}}
	}
	if e.RSIT, e.Way, e.Count = w.rsit, w.way, max(w.count, 1); w.beat {
		e.Kind, e.Stage = event.KindMetric, event.StageContext
	}
	if w.hash != 0 {
		binary.BigEndian.PutUint64(e.Hash[:], w.hash)
	}
	if w.excluded {
		e.Excluded = "a scanner of our own"
	}
	return &e
}

func batch(words []word) *event.Batch {
	b := &event.Batch{}
	for i := range words {
		b.Append(words[i].event())
	}
	return b
}

func newRoom() *Room { return New(Config{Zone: hanoi, Key: [16]byte{7}}, Dependencies{}) }

func ask(t testing.TB, r *Room, from, to time.Time, by string, of string) event.Units {
	t.Helper()
	q := event.UnitQuery{From: event.TimeOf(from), To: event.TimeOf(to)}
	if by != "" {
		q.By = []string{by}
	}
	q.Of, _ = event.ParseCountry(of)
	u, err := r.Count(q)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func dayOf(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, hanoi) }

// A participant is where most of its hours with a heartbeat are, whatever its
// detections say; without heartbeats, where they are; of equals the first.
func TestWhereAParticipantIs(t *testing.T) {
	at := func(d, h int) time.Time { return dayOf(2026, 11, d).Add(time.Duration(h) * time.Hour) }
	r := newRoom()
	r.Add(batch([]word{
		{who: 1, at: at(1, 3), country: "VN", beat: true}, {who: 1, at: at(1, 4), country: "VN", beat: true},
		{who: 1, at: at(1, 4), country: "VN", beat: true}, // the same hour again
		{who: 1, at: at(2, 1), country: "LA", beat: true}, {who: 1, at: at(2, 2), country: "LA", beat: true}, {who: 1, at: at(2, 3), country: "LA", beat: true},
		{who: 2, at: at(1, 3), country: "KH", beat: true},
		{who: 2, at: at(1, 5), country: "VN", stage: event.StageAttempt, rsit: event.RSITMalwareDistribution, hash: 9},
		{who: 2, at: at(1, 6), country: "VN", stage: event.StageAttempt, rsit: event.RSITMalwareDistribution, hash: 10},
		{who: 3, at: at(1, 3), country: "VN", stage: event.StageIncident, rsit: event.RSITInfectedSystem, hash: 11},
		{who: 4, at: at(1, 3), country: "VN", beat: true}, {who: 4, at: at(1, 4), country: "KH", beat: true},
		{who: 5, at: at(1, 3), country: "VN", beat: true, excluded: true},
	}))
	count := func(from, to time.Time) map[string]int64 {
		out := map[string]int64{}
		for _, row := range ask(t, r, from, to, "country", "").Rows {
			out[row.Group[0]] = row.Active.Count
		}
		return out
	}
	for _, c := range []struct {
		what     string
		from, to time.Time
		want     map[string]int64
	}{
		{"the first day", at(1, 0), at(2, 0), map[string]int64{"VN": 2, "KH": 2}},
		{"both days", at(1, 0), at(3, 0), map[string]int64{"VN": 1, "KH": 2, "LA": 1}},
		{"the second", at(2, 0), at(3, 0), map[string]int64{"LA": 1}},
		{"the month", at(1, 0), dayOf(2026, 12, 1), map[string]int64{"VN": 1, "KH": 2, "LA": 1}},
		{"an hour", at(1, 4), at(1, 5), map[string]int64{"VN": 1, "KH": 1}},
		{"before", dayOf(2026, 10, 1), at(1, 0), map[string]int64{}},
	} {
		if d := gocmp.Diff(c.want, count(c.from, c.to)); d != "" {
			t.Errorf("%s: %s", c.what, d)
		}
	}
	whole := ask(t, r, at(1, 0), at(3, 0), "", "KH").Total
	if whole.Active.Count != 2 || whole.Attacked.Count != 1 || whole.Events != 2 || whole.Infected.Count != 0 {
		t.Errorf("Cambodia: %+v", whole)
	}
	if u := ask(t, r, at(1, 0), at(1, 0).Add(90*time.Minute), "", ""); u.Whole {
		t.Error("half an hour is answered as if it were whole")
	}
}

// Riskware and adware are apart: in the table by class, and in no other number.
func TestClassesAreApart(t *testing.T) {
	at := dayOf(2026, 11, 1).Add(time.Hour)
	r := newRoom()
	r.Add(batch([]word{
		{who: 1, at: at, country: "VN", stage: event.StageAttempt, rsit: event.RSITMalwareDistribution, way: event.WayMail, hash: 1, count: 3},
		{who: 1, at: at, country: "VN", stage: event.StageAttempt, rsit: event.RSITMalwareDistribution, way: event.WayMail, hash: 1, count: 5},
		{who: 2, at: at, country: "VN", stage: event.StageContext, action: "riskware-detected"},
		{who: 3, at: at, country: "VN", stage: event.StageContext, action: "adware-detected"},
		{who: 4, at: at, country: "VN", stage: event.StageAttempt, rsit: event.RSITBruteForce, hash: 2},
		{who: 5, at: at, country: "VN", stage: event.StageIncident, rsit: event.RSITInfectedSystem, hash: 3},
		{who: 6, at: at, country: "VN", stage: event.StageState, rsit: event.RSITVulnerableSystem, hash: 4},
	}))
	from, to := dayOf(2026, 11, 1), dayOf(2026, 11, 2)
	total := ask(t, r, from, to, "", "VN").Total
	if total.Active.Count != 6 || total.Attacked.Count != 3 || total.Malware.Count != 2 || total.Infected.Count != 1 || total.Events != 7 {
		t.Errorf("%+v", total)
	}
	got := map[string]int64{}
	for _, by := range []string{"class", "way", "kind"} {
		for _, row := range ask(t, r, from, to, by, "VN").Rows {
			got[by+" "+row.Group[0]] = row.Attacked.Count
		}
	}
	want := map[string]int64{
		"class malware": 2, "class riskware": 1, "class adware": 1, "class other": 1, "way mail": 1, "way ": 2,
		"kind malicious-code/malware-distribution": 1, "kind malicious-code/infected-system": 1, "kind intrusion-attempts/brute-force": 1,
	}
	if d := gocmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// The key of a cell is the sum of its members' hashes: the same members, the same
// key, by whatever question; it depends on the secret.
func TestKeysOfCells(t *testing.T) {
	words := []word{}
	for who := range 20 {
		words = append(words, word{who: who, at: dayOf(2026, 11, 1+who%3), country: []string{"VN", "LA"}[who%2], beat: true, org: uint32(who % 4)})
	}
	r := newRoom()
	r.Add(batch(words))
	from, to := dayOf(2026, 11, 1), dayOf(2026, 12, 1)
	total := ask(t, r, from, to, "", "").Total.Active
	var sum uint64
	for _, row := range ask(t, r, from, to, "country", "").Rows {
		sum += row.Active.Key
		if one := ask(t, r, from, to, "", row.Group[0]).Total.Active; one != row.Active {
			t.Errorf("%s: %+v and %+v", row.Group, one, row.Active)
		}
	}
	if sum != total.Key || total.Count != 20 || total.Organisations != 3 {
		t.Errorf("sum %d, %+v", sum, total)
	}
	other := New(Config{Zone: hanoi, Key: [16]byte{8}}, Dependencies{})
	other.Add(batch(words))
	if o := ask(t, other, from, to, "", "").Total.Active; o.Key == total.Key {
		t.Error("another secret gives the same key")
	}
}

// scene makes random records of a few participants over a few days.
func scene(rnd *rand.Rand, n int) (out []word) {
	countries := []string{"VN", "LA", "KH", ""}
	for range n {
		w := word{
			who: rnd.IntN(12), at: dayOf(2026, 10, 30).Add(time.Duration(rnd.IntN(5*24*60)) * time.Minute),
			country: countries[rnd.IntN(4)], sector: event.Sector(rnd.IntN(3)), org: uint32(rnd.IntN(3)),
		}
		switch rnd.IntN(4) {
		case 0, 1:
			w.beat = true
		case 2:
			w.stage, w.rsit, w.hash, w.count = event.StageAttempt, event.RSITMalwareDistribution, uint64(1+rnd.IntN(9)), uint32(1+rnd.IntN(3))
			w.at = dayOf(2026, 10, 31).Add(time.Duration(w.hash) * 7 * time.Hour) // repeats share their hour
			w.who = int(w.hash) % 12
		case 3:
			w.stage, w.action = event.StageContext, "adware-detected"
		}
		out = append(out, w)
	}
	return out
}

// naive counts by definition, participant by participant.
func naive(words []word, from, to time.Time) map[string]int64 {
	type seat struct {
		country string
		beat    bool
	}
	hours := map[int]map[seat]map[int64]bool{}
	for _, w := range words {
		if w.at.Before(from) || !w.at.Before(to) {
			continue
		}
		if hours[w.who] == nil {
			hours[w.who] = map[seat]map[int64]bool{}
		}
		s := seat{w.country, w.beat}
		if hours[w.who][s] == nil {
			hours[w.who][s] = map[int64]bool{}
		}
		key := w.at.Unix() / 3600 * 1000
		hours[w.who][s][key+int64(w.sector)*10+int64(w.org)] = true // an hour counts once by place
	}
	out := map[string]int64{}
	for _, seats := range hours {
		beats := false
		for s := range seats {
			beats = beats || s.beat
		}
		best, most := "", -1
		for _, s := range slices.SortedFunc(mapKeys(seats), func(a, b seat) int { return cmp.Compare(a.country, b.country) }) {
			if s.beat == beats && len(seats[s]) > most {
				best, most = s.country, len(seats[s])
			}
		}
		out[best]++
	}
	return out
}

func mapKeys[K comparable, V any](m map[K]V) func(func(K) bool) {
	return func(yield func(K) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// Order of arrival, boundaries of batches, repeats, cuts and restarts change no
// answer; and the answers are those of a naive count.
func TestOrderAndBatchesChangeNothing(t *testing.T) {
	for seed := range uint64(60) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		words := scene(rnd, 40+rnd.IntN(120))
		first := newRoom()
		first.Add(batch(words))
		shuffled := append(slices.Clone(words), words[:rnd.IntN(len(words))]...)
		rnd.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		second := live(t, rnd, shuffled)
		for _, p := range [][2]time.Time{
			{dayOf(2026, 10, 30), dayOf(2026, 10, 31)}, {dayOf(2026, 10, 1), dayOf(2026, 11, 1)}, {dayOf(2026, 10, 1), dayOf(2027, 1, 1)},
			{dayOf(2026, 10, 31).Add(-7 * time.Hour), dayOf(2026, 11, 1).Add(-7 * time.Hour)}, {dayOf(2026, 11, 1).Add(5 * time.Hour), dayOf(2026, 11, 1).Add(6 * time.Hour)},
		} {
			for _, by := range append([]string{""}, dimensions...) {
				a, b := ask(t, first, p[0], p[1], by, ""), ask(t, second, p[0], p[1], by, "")
				if d := gocmp.Diff(a, b); d != "" {
					t.Fatalf("seed %d, %v by %q: %s", seed, p, by, d)
				}
			}
			got := map[string]int64{}
			for _, row := range ask(t, first, p[0], p[1], "country", "").Rows {
				got[row.Group[0]] = row.Active.Count
			}
			if d := gocmp.Diff(naive(words, p[0], p[1]), got); d != "" {
				t.Fatalf("seed %d, %v: naive (-) and counted (+): %s", seed, p, d)
			}
		}
	}
}

// live counts in batches of any size, with cuts and restarts between; parts of a
// cut that was not stored come again, as after a kill.
func live(t *testing.T, rnd *rand.Rand, words []word) *Room {
	t.Helper()
	now := time.Date(2026, 11, 5, 0, 0, 0, 0, time.UTC)
	fresh := func() *Room {
		return New(Config{Zone: hanoi, Key: [16]byte{7}}, Dependencies{Now: func() time.Time { return now }})
	}
	stored := map[string][][]byte{}
	r, committed := fresh(), 0
	for at := 0; at < len(words); {
		n := min(1+rnd.IntN(20), len(words)-at)
		r.Add(batch(words[at : at+n]))
		at += n
		now = now.Add(time.Duration(rnd.IntN(200)) * time.Second)
		if rnd.IntN(2) == 0 {
			for _, p := range r.Cut() {
				if p.Replace {
					stored[p.Key] = nil
				}
				stored[p.Key] = append(stored[p.Key], p.Data)
			}
			committed = at
		}
		if rnd.IntN(4) == 0 { // killed: what was not committed is read again
			r, at = fresh(), committed
			for _, key := range slices.Sorted(mapKeys(stored)) {
				for _, data := range stored[key] {
					if err := r.Load(key, data); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
	return r
}

// After many differences a key is stored whole, and the whole is enough.
func TestDifferencesAreReplaced(t *testing.T) {
	r := newRoom()
	stored := map[string][][]byte{}
	for i := range 3 * someDifferences {
		r.Add(batch([]word{{who: i, at: dayOf(2026, 11, 1).Add(time.Duration(i%24) * time.Hour), country: "VN", beat: true}}))
		for _, p := range r.Cut() {
			if p.Replace {
				stored[p.Key] = nil
			}
			stored[p.Key] = append(stored[p.Key], p.Data)
		}
	}
	for key, parts := range stored {
		if len(parts) >= 2*someDifferences {
			t.Errorf("%s: %d parts", key, len(parts))
		}
	}
	again := newRoom()
	for _, key := range slices.Sorted(mapKeys(stored)) {
		for _, data := range stored[key] {
			if err := again.Load(key, data); err != nil {
				t.Fatal(err)
			}
		}
	}
	from, to := dayOf(2026, 11, 1), dayOf(2026, 12, 1)
	if d := gocmp.Diff(ask(t, r, from, to, "country", ""), ask(t, again, from, to, "country", "")); d != "" {
		t.Error(d)
	}
}

// That a replay repeated what was known is still known after a start.
func TestARepeatByAReplayIsStored(t *testing.T) {
	at := dayOf(2026, 11, 1).Add(time.Hour)
	sent := batch([]word{{who: 1, at: at, country: "VN", beat: true}})
	r, again := newRoom(), newRoom()
	r.Add(sent)
	parts := r.Cut()
	sent.Replay[0] = true
	r.Add(sent)
	for _, p := range append(parts, r.Cut()...) {
		if err := again.Load(p.Key, p.Data); err != nil {
			t.Fatal(err)
		}
	}
	for name, room := range map[string]*Room{"before": r, "after": again} {
		if got := ask(t, room, dayOf(2026, 11, 1), dayOf(2026, 11, 2), "country", ""); !got.Replay {
			t.Errorf("%s the start the day is no replay: %+v", name, got)
		}
	}
	if more := r.Cut(); len(more) > 0 {
		t.Errorf("%d parts are stored though nothing changed", len(more))
	}
}

func FuzzLoad(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	r := newRoom()
	r.Add(batch(scene(rand.New(rand.NewPCG(1, 1)), 50)))
	for _, p := range r.Cut() {
		f.Add(p.Key, p.Data)
	}
	for _, number := range slices.Sorted(maps.Keys(r.days)) {
		f.Add(dayKey(number), r.packed(r.days[number]))
	}
	f.Add("day/2026-11-01", []byte{1, 0, 1, 0, 1})
	f.Fuzz(func(t *testing.T, key string, data []byte) {
		r := newRoom()
		_ = r.Load(key, data) // an error or not: it must not fail otherwise
		ask(t, r, dayOf(2026, 1, 1), dayOf(2027, 1, 1), "country", "")
	})
}

// Packing loses nothing, whatever the masks.
func TestPacking(t *testing.T) {
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		masks := make([]uint32, rnd.IntN(2000))
		for i := range masks {
			if rnd.IntN(1+int(seed%7)) == 0 {
				masks[i] = rnd.Uint32() & (1<<25 - 1) >> rnd.IntN(25)
			}
		}
		p := pack(masks)
		got := make([]uint32, len(masks))
		p.each(func(slot, mask uint32) { got[slot] = mask })
		if d := gocmp.Diff(masks, got); d != "" || !p.sound(len(masks)) {
			t.Fatalf("seed %d: %s", seed, d)
		}
		wanted := rnd.Uint32() >> rnd.IntN(25)
		want, sum := make([]uint32, len(masks)), make([]uint32, len(masks))
		for i, mask := range masks {
			want[i] = uint32(bits.OnesCount32(mask & wanted))
		}
		(&day{packed: p}).add(sum, wanted)
		if d := gocmp.Diff(want, sum); d != "" {
			t.Fatalf("seed %d, hours %b: %s", seed, wanted, d)
		}
	}
}

// What is no list of masks is told from one, as encoding/binary reads them.
func TestMasksAreChecked(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 8))
	for range 20_000 {
		data := make([]byte, rnd.IntN(9))
		for i := range data {
			data[i] = byte(rnd.Uint32()) | 0x80*byte(rnd.IntN(3)/2)
		}
		want, good, in := 0, true, data
		for good && len(in) > 0 {
			mask, w := binary.Uvarint(in)
			if good = w > 0 && w <= maxMask && mask <= math.MaxUint32; good {
				want, in = want+1, in[w:]
			}
		}
		if n, ok := masksIn(data); ok != good || ok && n != want {
			t.Fatalf("%x: %d masks, %v, want %d, %v", data, n, ok, want, good)
		}
	}
}

// A period's version changes with what happens in it, and with nothing else; while it
// is the same, so is the answer.
func TestVersionsOfPeriods(t *testing.T) {
	r := newRoom()
	at := func(day int) time.Time { return time.Date(2026, 9, day, 12, 0, 0, 0, hanoi) }
	version := func(day int) int64 {
		from := at(day).Add(-12 * time.Hour)
		return r.Version(event.TimeOf(from), event.TimeOf(from.AddDate(0, 0, 1)))
	}
	whole := func() int64 {
		return r.Version(event.TimeOf(at(1).Add(-12*time.Hour)), event.TimeOf(at(31).Add(-12*time.Hour)))
	}
	active := func(day int) int64 {
		from := at(day).Add(-12 * time.Hour)
		return ask(t, r, from, from.AddDate(0, 0, 1), "", "").Total.Active.Count
	}
	r.Add(batch([]word{{who: 1, at: at(3), country: "VN", beat: true}}))
	first, month := version(3), whole()
	if active(3) != 1 || active(4) != 0 {
		t.Fatal("one participant was active on the third")
	}
	r.Add(batch([]word{{who: 2, at: at(4), country: "VN", beat: true}}))
	if version(3) != first || whole() == month || active(4) != 1 {
		t.Error("a heartbeat of the fourth changes the fourth and the month, not the third")
	}
	r.Add(batch([]word{{who: 3, at: at(3).Add(time.Hour), country: "VN", action: "found", stage: event.StageAttempt, hash: 1}}))
	if version(3) == first || active(3) != 2 {
		t.Error("an event of the third does not change its version")
	}
}
