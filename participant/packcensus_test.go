// SPDX-License-Identifier: Apache-2.0

package participant

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"haidang/event"
)

// taken gives the census of a period, packed and not.
func taken(t testing.TB, r *Room, from, to time.Time) (c census, packed []byte) {
	t.Helper()
	if err := r.take(&c, event.TimeOf(from), event.TimeOf(to)); err != nil {
		t.Fatal(err)
	}
	return c, c.pack()
}

// sameUnits holds two censuses of a room against each other by all questions.
func sameUnits(t *testing.T, r *Room, want, got *census) {
	t.Helper()
	for _, by := range append([]string{""}, dimensions...) {
		for _, of := range []string{"", "VN", "LA", "TH"} {
			country, _ := event.ParseCountry(of)
			if d := gocmp.Diff(want.units(r.book.seats, country, by), got.units(r.book.seats, country, by)); d != "" {
				t.Fatalf("by %q of %q, as counted- packed+: %s", by, of, d)
			}
		}
	}
}

// A packed census answers as the one that was packed, whether organisations are few or
// many, and the same census is packed the same.
func TestAPackedCensusAnswersTheSame(t *testing.T) {
	for seed := range uint64(60) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		words := scene(rnd, rnd.IntN(150))
		for i := range words {
			words[i].who += 12 * rnd.IntN(1+int(seed))
			words[i].org = uint32(rnd.IntN(1 + int(seed*seed)/4))
			words[i].sector = event.Sector(rnd.IntN(1 + int(seed)/4))
		}
		r := newRoom()
		r.Add(batch(words))
		if rnd.IntN(2) == 0 {
			for _, d := range r.days {
				d.replay = true
			}
		}
		for _, p := range [][2]time.Time{{dayOf(2026, 10, 1), dayOf(2026, 12, 1)}, {dayOf(2026, 10, 31), dayOf(2026, 11, 1)},
			{dayOf(2026, 9, 1), dayOf(2026, 10, 1)}, {dayOf(2026, 11, 1), dayOf(2026, 11, 2).Add(time.Minute)}} {
			want, packed := taken(t, r, p[0], p[1])
			var got census
			got.unpack(packed)
			sameUnits(t, r, &want, &got)
			if again := got.pack(); !bytes.Equal(packed, again) {
				t.Fatalf("seed %d: packed again it is another: %d and %d bytes", seed, len(packed), len(again))
			}
		}
	}
}

// A census is of its days: what the book gets for others later, of the same
// participants too, changes neither it nor its version.
func TestACensusIsOfItsDaysAlone(t *testing.T) {
	for seed := range uint64(60) {
		rnd := rand.New(rand.NewPCG(seed, 5))
		r, other := newRoom(), newRoom()
		words := scene(rnd, 20+rnd.IntN(100))
		later := scene(rnd, 200)
		for i := range later {
			later[i].at = later[i].at.AddDate(0, 0, []int{-20, 20}[rnd.IntN(2)])
			later[i].org, later[i].sector = uint32(rnd.IntN(300)), event.Sector(rnd.IntN(20))
			later[i].rsit = []event.RSIT{event.RSITMalwareDistribution, event.RSITBruteForce, event.RSITInfectedSystem}[rnd.IntN(3)]
		}
		from, to := dayOf(2026, 10, 29), dayOf(2026, 11, 5)
		r.Add(batch(words))
		version := r.Version(event.TimeOf(from), event.TimeOf(to))
		was, before := taken(t, r, from, to)
		for at := 0; at < len(later); at += 50 {
			r.Add(batch(later[at : at+50]))
			now, after := taken(t, r, from, to)
			if sameUnits(t, r, &was, &now); !bytes.Equal(before, after) {
				t.Fatalf("seed %d: what came for other days changes a census", seed)
			}
		}
		if now := r.Version(event.TimeOf(from), event.TimeOf(to)); now != version {
			t.Fatalf("version %d, now %d", version, now)
		}
		other.Add(batch(later)) // the book in another order
		other.Add(batch(words))
		fresh, _ := taken(t, other, from, to)
		for _, by := range append([]string{""}, dimensions...) {
			if d := gocmp.Diff(was.units(r.book.seats, 0, by), fresh.units(other.book.seats, 0, by)); d != "" {
				t.Fatalf("seed %d by %q: %s", seed, by, d)
			}
		}
	}
}

// crowd fills days with 200,000 participants of 400 organisations, each with one sector,
// of whom 1 in 50 meets something on a day.
func crowd(r *Room, days ...int32) {
	rnd := rand.New(rand.NewPCG(2026, 2))
	countries := []event.Country{event.MustCountry("VN"), event.MustCountry("LA"), event.MustCountry("KH"), event.MustCountry("TH")}
	var met []uint16
	for _, way := range []event.Way{event.WayFileOnAccess, event.WayMail, event.WayFileOnDemand} {
		met = append(met, r.cells.number(cell{malware, event.RSITMalwareDistribution, way, event.StageAttempt}), r.cells.number(cell{riskware, 0, way, event.StageContext}))
	}
	met = append(met, r.cells.number(cell{malware, event.RSITInfectedSystem, event.WayFileOnDemand, event.StageIncident}), r.cells.number(cell{other, event.RSITBruteForce, 0, event.StageAttempt}))
	homes := make([]place, yearParticipants)
	for who := range homes {
		org := uint32(rnd.IntN(400))
		homes[who] = place{country: countries[min(3, org%16)], sector: event.Sector(org * 7 % 31), org: org, beat: true}
	}
	for _, number := range days {
		d := r.day(number)
		for who := range homes {
			if mask := habits(rnd, who, (number+3)%7 > 4); mask != 0 {
				r.mark(number, d, r.book.slot(idOf(who), homes[who]), mask)
			}
		}
		for range yearParticipants / 50 {
			who := uint32(rnd.IntN(len(r.book.people)))
			r.hit(number, d, rnd.Uint64(), hit{who: who, count: 1, cell: met[rnd.IntN(len(met))], hour: uint8(rnd.IntN(24))})
		}
	}
}

// A day of 200,000 participants of hundreds of organisations takes some kilobytes.
func TestAPackedCensusIsSmall(t *testing.T) {
	r := newRoom()
	crowd(r, numberOf(2026, 6, 1))
	want, packed := taken(t, r, dayOf(2026, 6, 1), dayOf(2026, 6, 2))
	if len(packed) > 8<<10 {
		t.Errorf("%d bytes", len(packed))
	}
	t.Logf("%d bytes of %d seats, %d of what happened", len(packed), len(want.seats), len(want.happened))
	var got census
	got.unpack(packed)
	sameUnits(t, r, &want, &got)
}
