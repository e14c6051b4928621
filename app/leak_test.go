// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package app

import (
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// leakPairs is how many pairs of viewer and question are asked;
// HAIDANG_LEAK_PAIRS=100000 is the whole test.
func leakPairs(t *testing.T) int {
	s := os.Getenv("HAIDANG_LEAK_PAIRS")
	switch {
	case s == "" && testing.Short():
		return 60
	case s == "":
		return 500
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatalf("HAIDANG_LEAK_PAIRS: %v", err)
	}
	return n
}

// Random viewers ask random questions at every exit, and get what an oracle gives
// that was written independently: to the row, the field, the count and the header.
func TestNothingLeaksAtAnyExit(t *testing.T) {
	pairs := leakPairs(t)
	worlds := min(2+pairs/2500, 20)
	asked := map[string]int{}
	for seed := range worlds {
		t.Run(strconv.Itoa(seed), func(t *testing.T) {
			r := newLeakRig(t, uint64(seed), min(250+pairs/200, 800))
			r.askPairs(pairs/worlds, uint64(seed), asked)
			asked["notices"] += r.noticesTellNothing()
			r.logTellsNothing()
		})
	}
	if asked["notices"] == 0 && !t.Failed() {
		t.Error("nobody was told anything: the test looks at the wrong place")
	}
	t.Logf("pairs by exit: %v", asked)
}

// askPairs asks so many pairs, three at a time.
func (r *leakRig) askPairs(pairs int, seed uint64, asked map[string]int) {
	var exits []leakExit
	for _, e := range leakExits {
		for range e.weight {
			exits = append(exits, e)
		}
	}
	var mu sync.Mutex
	failures := 0
	var workers sync.WaitGroup
	const parallel = 3
	for worker := range uint64(parallel) {
		workers.Go(func() {
			rng := rand.New(rand.NewPCG(seed<<8|worker, 2026))
			for n := 0; n < (pairs+parallel-1)/parallel; n++ {
				e, v := exits[rng.IntN(len(exits))], r.askers[rng.IntN(len(r.askers))]
				err := e.check(r, v, rng)
				mu.Lock()
				asked[e.name]++
				if err != nil {
					failures++
					r.t.Errorf("%s, as %s: %v", e.name, v.name, err)
				}
				tooMany := failures > 5
				mu.Unlock()
				if tooMany {
					return
				}
			}
		})
	}
	workers.Wait()
}

// logTellsNothing looks through everything that was logged, at the most talkative
// level, for words and addresses of records and for secrets.
func (r *leakRig) logTellsNothing() {
	r.t.Helper()
	log := r.log.String()
	if !strings.Contains(log, "started") {
		r.t.Error("nothing was logged: the test looks at the wrong place")
	}
	var names []string
	names = append(names, leakSensors...)
	if err := nothingOf(leakAnswer{body: []byte(log)}, append(names, "zqoperator")...); err != nil {
		r.t.Errorf("the log: %v", err)
	}
	for _, secret := range r.tokens {
		if strings.Contains(log, secret) {
			r.t.Errorf("the log holds the secret %.8s…", secret)
		}
	}
}
