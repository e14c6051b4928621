// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Whoever holds least is served first, however many requests of others came before.
func TestWhoHoldsLeastIsServedFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(100, time.Minute)
		var held []*lease
		for i := range 4 { // two sensors share all there is
			l := b.open(fmt.Sprint("flood-", i%2))
			if err := l.take(t.Context(), 25); err != nil {
				t.Fatal(err)
			}
			held = append(held, l)
		}
		order := make(chan string, 20)
		ask := func(sensor string) {
			l := b.open(sensor)
			go func() {
				if err := l.take(t.Context(), 25); err != nil {
					t.Error(err)
				}
				order <- sensor
				time.Sleep(time.Second)
				l.close()
			}()
			synctest.Wait()
		}
		for i := range 10 {
			ask(fmt.Sprint("flood-", i%2))
		}
		ask("quiet")
		held[0].close()
		if got := <-order; got != "quiet" {
			t.Errorf("%s was served first", got)
		}
		for _, l := range held[1:] {
			l.close()
		}
		for range 10 {
			<-order
		}
		synctest.Wait()
		time.Sleep(time.Minute)
		if b.inFlight() != 0 || len(b.shares) != 0 {
			t.Errorf("%v bytes of %d sensors stay", b.inFlight(), len(b.shares))
		}
	})
}

func TestOneSensorHoldsAtMostHalf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(100, time.Second)
		l := b.open("a")
		if err := l.take(t.Context(), 50); err != nil {
			t.Fatal(err)
		}
		more := b.open("a")
		began := time.Now()
		if err := more.take(t.Context(), 1); !errors.Is(err, errCrowded) || time.Since(began) != time.Second {
			t.Errorf("%v after %s", err, time.Since(began))
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if err := more.take(gone, 1); !errors.Is(err, errCrowded) {
			t.Error(err)
		}
		if err := b.open("b").take(t.Context(), 50); err != nil {
			t.Errorf("another sensor: %v", err)
		}
	})
}

// A large claim whose turn it is is not overtaken by small ones for ever.
func TestSmallClaimsDoNotStarveALargeOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(100, time.Hour)
		var small sync.WaitGroup
		defer small.Wait()
		for i := range 20 {
			small.Go(func() {
				for range 200 {
					l := b.open(fmt.Sprint("small-", i))
					if l.take(t.Context(), 10) == nil {
						time.Sleep(time.Duration(1+i) * time.Millisecond)
					}
					l.close()
				}
			})
		}
		synctest.Wait()
		began := time.Now()
		l := b.open("large")
		defer l.close()
		if err := l.take(t.Context(), 50); err != nil {
			t.Error(err)
		}
		if waited := time.Since(began); waited > 200*time.Millisecond {
			t.Errorf("the large claim waited %s", waited)
		}
	})
}

func TestTheBudgetNeverHoldsMoreThanItMay(t *testing.T) {
	const size = 1000
	b := newBudget(size, 5*time.Millisecond)
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), 3))
			for range 300 {
				l := b.open(fmt.Sprint("s", r.IntN(5)))
				for range 1 + r.IntN(3) {
					_ = l.take(t.Context(), 1+r.IntN(300)) // refused now and then
				}
				if n := b.inFlight(); n > size {
					t.Errorf("%v bytes held", n)
				}
				if r.IntN(2) == 0 {
					l.free()
				}
				l.close()
			}
		})
	}
	wg.Wait()
	if b.held != 0 || b.queued != 0 || len(b.shares) != 0 {
		t.Errorf("%d bytes, %d claims, %d shares stay", b.held, b.queued, len(b.shares))
	}
}
