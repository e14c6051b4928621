// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"fmt"
	"slices"
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
	key := fmt.Sprintf("%+v", q)
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

// BenchmarkFigurePages makes pages of figures anew each time, none from the pages'
// memory; the 99th percentile of each is to stay below 20 ms.
func BenchmarkFigurePages(b *testing.B) {
	p := newTestPortal(b, Config{}, samplePicture(sampleTime, 12340))
	p.dep.Gate = sampleGate(func() event.Picture { return samplePicture(sampleTime, 12340) }, func() time.Time { return sampleTime }).
		WithRollups(&remembered{known: map[string]event.Rollup{}})
	h := p.Handler()
	for _, path := range []string{
		"/vi/so-lieu", "/en/country/VN?period=2026-Q3", "/en/kinds", "/en/kinds/fraud/phishing?period=2026-Q3", "/en/hosting/by-period",
		"/en/compare", "/en/surges", "/en/report/2026-Q3", "/embed/en/bars/attacks?of=VN&by=kind&period=2026-Q3",
	} {
		b.Run(strings.ReplaceAll(path[1:], "/", "_"), func(b *testing.B) {
			get(b, h, path) // the questions are remembered
			var each []time.Duration
			for b.Loop() {
				p.cache, p.known = share.NewAnswers[*answer](time.Second, pagesKept, p.dep.Now), knownFigures(&p.cfg, &p.dep)
				begin := used()
				if r := get(b, h, path); r.StatusCode != 200 {
					b.Fatal(r.StatusCode)
				}
				each = append(each, used()-begin)
			}
			slices.Sort(each)
			b.ReportMetric(float64(each[len(each)*99/100].Microseconds())/1000, "p99-cpu-ms")
		})
	}
}
