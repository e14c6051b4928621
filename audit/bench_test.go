// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
)

// BenchmarkAppend is what audited requests pay, by how many come at once.
func BenchmarkAppend(b *testing.B) {
	for _, callers := range []int{1, 16, 256} {
		b.Run(fmt.Sprint("callers=", callers), func(b *testing.B) {
			l := opened(b, b.TempDir(), nil)
			waits := make([][]time.Duration, callers)
			next := make(chan int)
			var group sync.WaitGroup
			for c := range callers {
				group.Go(func() {
					for i := range next {
						began := time.Now()
						if _, err := l.Append(b.Context(), sample(i)); err != nil {
							b.Error(err)
						}
						waits[c] = append(waits[c], time.Since(began))
					}
				})
			}
			b.ResetTimer()
			for i := range b.N {
				next <- i
			}
			close(next)
			group.Wait()
			b.StopTimer()
			all := slices.Concat(waits...)
			slices.Sort(all)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "appends/s")
			b.ReportMetric(float64(all[len(all)/2].Microseconds())/1000, "ms-p50")
			b.ReportMetric(float64(all[len(all)*99/100].Microseconds())/1000, "ms-p99")
		})
	}
}

func BenchmarkVerify(b *testing.B) {
	dir := b.TempDir()
	l := opened(b, dir, nil)
	fill(b, l, 0, 20_000)
	b.ResetTimer()
	for range b.N {
		verified(b, dir, verifierKey(b, l), nil)
	}
	b.ReportMetric(20_000*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}
