// SPDX-License-Identifier: Apache-2.0

package figure

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func period(t testing.TB, s string) Period {
	t.Helper()
	p, err := ParsePeriod(s, vietnam)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var vietnam = time.FixedZone("+07", 7*3600)

func rounded(t *testing.T, decimals int) func(v float64, ok bool) string {
	return func(v float64, ok bool) string {
		t.Helper()
		if !ok {
			return "–"
		}
		return fmt.Sprintf("%+.*f", decimals, v)
	}
}

// The worked examples of the statistics' specification, in its order.

func TestOnTheQuarterAndOnTheYearAreNotMixed(t *testing.T) {
	second, third := Grown(838, 27.3), Grown(Grown(838, 27.3), 7.5)
	if second != 1067 || third != 1147 {
		t.Errorf("838, +27.3 %%, +7.5 %% on the quarter: %d, %d", second, third)
	}
	q2 := period(t, "2026-Q2")
	if b, err := q2.Base(OnPrevious); err != nil || b.String() != "2026-Q1" {
		t.Errorf("on the quarter: %v %v", b, err)
	}
	// On the year 838 says nothing of the second quarter: it is not its base.
	if b, err := q2.Base(OnYear); err != nil || b.String() != "2025-Q2" {
		t.Errorf("on the year: %v %v", b, err)
	}
}

func TestWorkedChanges(t *testing.T) {
	for _, c := range []struct {
		base, now float64
		decimals  int
		want      string
	}{
		{1_052_479, 1_004_706, 2, "-4.54"},
		{67_422_696, 110_004_727, 2, "+63.16"},
		{45_000, 200_000, 0, "+344"},
		{838, 1067, 1, "+27.3"},
		{0, 5, 1, "–"},
		{0, 0, 1, "–"},
		{5, 0, 1, "-100.0"},
	} {
		if got := rounded(t, c.decimals)(Change(c.now, c.base)); got != c.want {
			t.Errorf("%v → %v: %s, want %s", c.base, c.now, got, c.want)
		}
	}
}

func TestWorkedPerDay(t *testing.T) {
	if got := math.Round(PerDay(23_839_322, period(t, "2025"))); got != 65_313 {
		t.Errorf("23,839,322 in 2025: %v a day", got)
	}
	feb, march := period(t, "2025-02"), period(t, "2025-03")
	if got := rounded(t, 1)(Change(110.7, 100)); got != "+10.7" {
		t.Errorf("by calendar %s", got)
	}
	c, ok := ChangePerDay(110.7, march, 100, feb)
	if got := Signed("en", c); !ok || got != "0.0\u00a0%" {
		t.Errorf("per day %q (%v)", got, c)
	}
}

func TestWorkedRanks(t *testing.T) {
	active := []int64{50_000, 20_000, 10_000, 9_999}
	places, n := Rank([]float64{0.215, 0.215, 0.201, 0.4}, func(i int) bool { return active[i] >= 10_000 })
	if d := cmp.Diff([]int{1, 1, 3, 0}, places); d != "" || n != 3 {
		t.Errorf("n = %d: %s", n, d)
	}
}

// Ranks hold to their definition for any values, in any order.
func TestRanksByDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		values := make([]float64, r.IntN(12))
		for i := range values {
			values[i] = float64(r.IntN(5))
		}
		eligible := func(i int) bool { return values[i] != 2 }
		places, n := Rank(values, eligible)
		count := 0
		for i, v := range values {
			want := 0
			if eligible(i) {
				want = 1
				count++
				for j, o := range values {
					if eligible(j) && o > v {
						want++
					}
				}
			}
			if places[i] != want {
				t.Fatalf("%v: place of %d is %d, want %d", values, i, places[i], want)
			}
		}
		if n != count {
			t.Fatalf("%v: n %d, want %d", values, n, count)
		}
	}
}

func TestOverlappingIntervalsShowARangeOfRanks(t *testing.T) {
	all := []Interval{{0.30, 0.34}, {0.33, 0.36}, {0.20, 0.25}, {0.25, 0.25}, {0.1, 0.1}, {0.1, 0.1}}
	want := [][2]int{{1, 2}, {1, 2}, {3, 4}, {3, 3}, {5, 5}, {5, 5}}
	for i := range all {
		if best, worst := RankRange(all, i); [2]int{best, worst} != want[i] {
			t.Errorf("%v: %d to %d, want %v", all[i], best, worst, want[i])
		}
	}
}

// Values of method 3 in Newcombe, "Two-sided confidence intervals for the single
// proportion", Statistics in Medicine 17 (1998), table I.
func TestWilson(t *testing.T) {
	for _, c := range []struct {
		hits, n int64
		want    string
	}{
		{81, 263, "0.2553 0.3662"}, {15, 148, "0.0624 0.1605"}, {0, 20, "0.0000 0.1611"}, {1, 29, "0.0061 0.1718"},
		{0, 0, "0.0000 1.0000"}, {20, 20, "0.8389 1.0000"},
	} {
		i := Wilson(c.hits, c.n)
		if got := fmt.Sprintf("%.4f %.4f", i.Low, i.High); got != c.want {
			t.Errorf("%d of %d: %s, want %s", c.hits, c.n, got, c.want)
		}
	}
}

func TestPoints(t *testing.T) {
	if got := fmt.Sprintf("%+.1f", Points(0.201, 0.215)); got != "-1.4" {
		t.Error(got)
	}
}

func TestLiveRate(t *testing.T) {
	steady := []int64{40, 40, 40}
	if got := LiveRate(steady); math.Abs(got-40) > 1e-9 {
		t.Errorf("a steady 40 a second shows %v after three seconds", got)
	}
	burst := append([]int64{100}, make([]int64, 10)...)
	if got, want := LiveRate(burst), 100*(1-math.Exp(-0.1))*math.Exp(-1)/(1-math.Exp(-1.1)); math.Abs(got-want) > 1e-9 {
		t.Errorf("ten seconds after a burst: %v, want %v", got, want)
	}
	if LiveRate(nil) != 0 {
		t.Error("a rate without a second")
	}
}
