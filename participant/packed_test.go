// SPDX-License-Identifier: Apache-2.0

package participant

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
)

// Days that are over come to be stored as they are kept, those of earlier programs
// too, and answer as before; what comes late is added.
func TestDaysThatAreOverAreStoredAsTheyAreKept(t *testing.T) {
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 4))
		words := scene(rnd, 150)
		now := dayOf(2026, 11, 5)
		fresh := func() *Room {
			return New(Config{Zone: hanoi, Key: [16]byte{7}}, Dependencies{Now: func() time.Time { return now }})
		}
		stored := map[string][][]byte{}
		keep := func(parts []Part) {
			for _, p := range parts {
				if p.Replace {
					stored[p.Key] = nil
				}
				stored[p.Key] = append(stored[p.Key], p.Data)
			}
		}
		load := func() *Room {
			r := fresh()
			for _, key := range slices.Sorted(mapKeys(stored)) {
				for _, data := range stored[key] {
					if err := r.Load(key, data); err != nil {
						t.Fatal(err)
					}
				}
			}
			return r
		}
		r := fresh()
		r.Add(batch(words[:100]))
		keep(r.Cut()) // differences only
		if seed%2 == 0 {
			r = load()
		}
		for range 10 {
			now = now.Add(restAfter * time.Second)
			keep(r.Cut())
		}
		for key, parts := range stored {
			if key != keyBook && (len(parts) != 1 || parts[0][0] != packedVersion) {
				t.Fatalf("seed %d, %s: %d parts, the first of form %d", seed, key, len(parts), parts[0][0])
			}
		}
		r = load()
		r.Add(batch(words[100:]))
		keep(r.Cut())
		all := newRoom()
		all.Add(batch(words))
		for _, by := range append([]string{""}, dimensions...) {
			want := ask(t, all, dayOf(2026, 10, 1), dayOf(2026, 12, 1), by, "")
			for _, x := range []*Room{r, load()} {
				if d := gocmp.Diff(want, ask(t, x, dayOf(2026, 10, 1), dayOf(2026, 12, 1), by, "")); d != "" {
					t.Fatalf("seed %d by %q: %s", seed, by, d)
				}
			}
		}
	}
}

// A packed day that was cut short, or speaks of slots that the book does not have,
// is refused.
func TestDamagedPackedDay(t *testing.T) {
	r := newRoom()
	r.Add(batch(scene(rand.New(rand.NewPCG(2, 2)), 60)))
	var book, day []byte
	for _, p := range r.Cut() {
		if p.Key == keyBook {
			book = p.Data
		}
	}
	number := numberOf(2026, 10, 31)
	day = r.packed(r.days[number])
	for n := range len(day) - 1 {
		again := newRoom()
		if err := again.Load(keyBook, book); err != nil {
			t.Fatal(err)
		}
		if err := again.Load(dayKey(number), day[:n]); !errors.Is(err, errPart) {
			t.Fatalf("%d bytes of %d: %v", n, len(day), err)
		}
	}
	if err := newRoom().Load(dayKey(number), day); !errors.Is(err, errPart) {
		t.Errorf("without a book: %v", err)
	}
}
