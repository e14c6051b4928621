// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"haidang/event"
	"haidang/share"
)

// remembered answers the questions of the small world from memory, as the
// observatory's roll-ups do: what is measured is gate, charts and pages.
type remembered struct {
	mu    sync.Mutex
	known map[string]event.Rollup
}

func (r *remembered) Rollup(q event.RollupQuery) (event.Rollup, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := string(strconv.AppendInt(strconv.AppendInt(nil, int64(q.From), 36), int64(q.To), 36)) + q.Stage.String() + strings.Join(q.By, ",")
	for _, f := range q.Where {
		key += f.Field + strings.Join(f.Values, ",")
	}
	if a, ok := r.known[key]; ok {
		return a, nil
	}
	a, err := theWorld().Rollup(q)
	r.known[key] = a
	return a, err
}

// used is the processor time of this program so far: other programs on the machine
// do not count.
func used() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// goal is below what the 99th percentile of each page is to stay, in milliseconds.
const goal = 20

// BenchmarkFigurePages makes every page anew each time, none from the pages' memory.
// Again gives what the same page costs once its figures are remembered; going what it
// costs after the first time and a second later, while records of today come in.
func BenchmarkFigurePages(b *testing.B) {
	p := newTestPortal(b, Config{}, samplePicture(sampleTime, 12340))
	g := eventfulGate(func() event.Picture { return samplePicture(sampleTime, 12340) }, func() time.Time { return sampleTime })
	p.dep.Gate = settledGate(b, g).WithRollups(&remembered{known: map[string]event.Rollup{}})
	h := p.Handler()
	for _, path := range []string{
		"/vi/", "/en/hosting", "/en/coverage", "/en/definitions", "/en/report", "/en/feed.atom",
		"/vi/so-lieu", "/en/country/VN?period=2026-Q3", "/en/kinds", "/en/kinds/fraud/phishing?period=2026-Q3", "/en/ways", "/en/ways/mail?period=2026-Q3",
		"/en/hosting/by-period", "/en/sectors", "/en/compare", "/en/surges", "/en/surges?period=2026-Q3", "/en/report/2026-Q3", "/vi/bao-cao/2026-Q3",
		"/embed/en/bars/attacks?of=VN&by=kind&period=2026-Q3", "/chart/en/series/attacks?of=VN&period=2026-Q3", "/data/figures/series/attacks?of=VN&period=2026-Q3&format=csv",
	} {
		for _, way := range []string{"", "_again", "_going"} {
			b.Run(strings.ReplaceAll(path[1:], "/", "_")+way, func(b *testing.B) {
				get(b, h, path) // the questions are remembered
				var each []time.Duration
				for b.Loop() {
					p.cache = share.NewAnswers[*answer](time.Second, pagesKept, p.dep.Now)
					if way != "_going" {
						p.lasting = newLasting()
					}
					if way != "_again" {
						p.known = knownFigures(time.Second, &p.dep)
					}
					if way == "" {
						p.settled = knownFigures(settledFor, &p.dep)
					}
					begin := used()
					if r := get(b, h, path); r.StatusCode != 200 {
						b.Fatal(r.StatusCode)
					}
					each = append(each, used()-begin)
				}
				slices.Sort(each)
				ms := func(percent int) float64 { return float64(each[len(each)*percent/100].Microseconds()) / 1000 }
				b.ReportMetric(0, "ns/op") // of the machine's other programs, too
				b.ReportMetric(ms(50), "p50-cpu-ms")
				b.ReportMetric(ms(99), "p99-cpu-ms")
				b.ReportMetric(goal, "goal-ms")
			})
		}
	}
}
