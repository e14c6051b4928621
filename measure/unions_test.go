// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"haidang/event"
)

// Whoever asks again and again while records come, days retire and memory is
// short gets what somebody gets who asks once.
func TestUnionsThatAreKeptAnswerAsNewOnes(t *testing.T) {
	for seed := range uint64(4) {
		src := newSource(seed, noon)
		src.back = 12 * 24 * time.Hour
		all := src.records(3000)
		m, c := newAt(noon)
		fresh, d := newAt(noon)
		if seed == 3 {
			m.unions.limit = 50_000
		}
		r := rand.New(rand.NewPCG(seed, 9))
		for from := 0; from < len(all); {
			to := min(from+1+r.IntN(400), len(all))
			m.Add(batchOf(all[from:to]))
			fresh.Add(batchOf(all[from:to]))
			from = to
			c.at = c.at.Add(time.Duration(r.IntN(6)) * time.Hour)
			d.at = c.at
			m.Tick(c.at)
			fresh.Tick(c.at)
			windowed(t, m, r.IntN(10)) // any of them, so that unions are of different age
		}
		c.at, d.at = c.at.Add(time.Second), c.at.Add(time.Second)
		for n := range 10 {
			if diff := cmp.Diff(windowed(t, fresh, n), windowed(t, m, n)); diff != "" {
				t.Fatalf("seed %d, question %d, asked once- asked often+:\n%.2000s", seed, n, diff)
			}
		}
		if diff := cmp.Diff(distincts(t, fresh), distincts(t, m)); diff != "" {
			t.Fatalf("seed %d, asked once- asked often+:\n%.2000s", seed, diff)
		}
		if size := m.unions.bytes(); size > m.unions.limit {
			t.Errorf("seed %d: unions take %d bytes, limit %d", seed, size, m.unions.limit)
		}
	}
}

// windowed asks one of ten questions about periods that share days.
func windowed(t *testing.T, m *Measure, n int) map[string]Distinct {
	t.Helper()
	day := midnight(noon, m.cfg.Zone)
	q := DistinctQuery{
		Cube: CubeAffected, By: []Dim{DimAffectedCountry}, Stage: event.StageAttempt,
		From: event.TimeOf(day.AddDate(0, 0, -n)), To: event.TimeOf(day.AddDate(0, 0, 2-n/2)),
	}
	switch n % 5 {
	case 1:
		q.By, q.Where = []Dim{DimKind}, []Where{Is(DimAffectedCountry, "VN")}
	case 2:
		q.Cube, q.By, q.Role = CubePair, []Dim{DimHostingCountry}, Hosting
	case 3:
		q.From += event.Time(5 * time.Hour)
	case 4:
		q.From = event.TimeOf(day.AddDate(0, -3, 0))
	}
	return askedFor(t, m, q)
}

// A question about one period is not answered with another's addresses, nor one
// condition's with another's.
func TestUnionsAreOfOneQuestion(t *testing.T) {
	m, _ := newAt(noon)
	m.Add(batchOf(newSource(1, noon).records(2000)))
	var before []map[string]Distinct
	for n := range 10 {
		before = append(before, windowed(t, m, n))
	}
	for n := range 10 {
		other, _ := newAt(noon)
		other.Add(batchOf(newSource(1, noon).records(2000)))
		if alone := windowed(t, other, n); !maps.EqualFunc(alone, before[n], func(a, b Distinct) bool { return cmp.Equal(a, b) }) {
			t.Errorf("question %d alone %v, after others %v", n, alone, before[n])
		}
	}
}

func TestRegistersAreMergedEightAtATime(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for range 50 {
		a, b, want := make([]uint8, registers), make([]uint8, registers), make([]uint8, registers)
		for i := range a {
			a[i], b[i] = uint8(r.IntN(topRho+1)), uint8(r.IntN(topRho+1))
			want[i] = max(a[i], b[i])
		}
		mergeRegisters(a, b)
		if diff := cmp.Diff(want, a); diff != "" {
			t.Fatal(diff)
		}
	}
}

// Who asks while records come waits for nobody for ever, and the race detector
// looks on.
func TestManyAskForUnionsAtOnce(t *testing.T) {
	m := New(Config{Home: vn, PictureEvery: time.Millisecond, UnionBudget: 200_000}, Dependencies{})
	src := newSource(3, time.Now())
	src.back = 10 * 24 * time.Hour
	done := make(chan struct{})
	for worker := range 4 {
		go func() {
			defer func() { done <- struct{}{} }()
			for n := range 40 {
				if _, _, err := m.Distinct(DistinctQuery{
					Cube: CubeHosting, By: []Dim{DimHostingCountry}, Role: Hosting, Stage: event.StageAttempt,
					From: event.TimeOf(time.Now().AddDate(0, 0, -10-(worker+n)%3)), To: event.TimeOf(time.Now()),
				}); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	for range 20 {
		m.Add(batchOf(src.records(100)))
		m.Cut()
	}
	for range 4 {
		<-done
	}
}
