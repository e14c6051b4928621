// SPDX-License-Identifier: Apache-2.0

package participant

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
)

// kept counts in batches, and gives what was stored and the room.
func kept(rnd *rand.Rand, words []word) (map[string][][]byte, *Room) {
	r, stored := newRoom(), map[string][][]byte{}
	for at := 0; at < len(words); {
		n := min(1+rnd.IntN(20), len(words)-at)
		r.Add(batch(words[at : at+n]))
		at += n
		store(stored, r.Cut())
	}
	return stored, r
}

func store(stored map[string][][]byte, parts []Part) {
	for _, p := range parts {
		if p.Replace {
			delete(stored, p.Key)
		}
		if len(p.Data) > 0 {
			stored[p.Key] = append(stored[p.Key], p.Data)
		}
	}
}

func loaded(t *testing.T, stored map[string][][]byte) *Room {
	t.Helper()
	r := newRoom()
	for _, key := range slices.Sorted(mapKeys(stored)) {
		for _, data := range stored[key] {
			if err := r.Load(key, data); err != nil {
				t.Fatal(err)
			}
		}
	}
	return r
}

// rebuilt counts words anew over what was stored, days before one as they are.
func rebuilt(t *testing.T, rnd *rand.Rand, stored map[string][][]byte, words []word, first time.Time) map[string][][]byte {
	t.Helper()
	var old []Stored
	for _, key := range slices.Backward(slices.Sorted(mapKeys(stored))) { // the order is free
		old = append(old, Stored{key, stored[key]})
	}
	b, err := Rebuild(Config{Zone: hanoi, Key: [16]byte{7}}, Dependencies{}, old, func(key string) bool {
		return key != keyBook && key < keyDay+first.Format(time.DateOnly)
	})
	if err != nil {
		t.Fatal(err)
	}
	words = slices.Clone(words)
	rnd.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
	for len(words) > 0 {
		n := min(1+rnd.IntN(30), len(words))
		b.Room().Add(batch(words[:n]))
		words = words[n:]
	}
	out := map[string][][]byte{}
	for key, data := range stored {
		out[key] = slices.Clone(data)
	}
	store(out, b.Parts())
	return out
}

// Counting anew gives the same answers as counting as it came, whether all records
// are there or only those since a day; and counting goes on from it.
func TestRebuiltRoomsAnswerTheSame(t *testing.T) {
	for seed := range uint64(40) {
		rnd := rand.New(rand.NewPCG(seed, 9))
		words := scene(rnd, 40+rnd.IntN(120))
		stored, want := kept(rnd, words)
		for _, first := range []time.Time{dayOf(2026, 1, 1), dayOf(2026, 11, 1)} {
			var still []word
			for _, w := range words {
				if !w.at.Before(first) {
					still = append(still, w)
				}
			}
			got := loaded(t, rebuilt(t, rnd, stored, still, first))
			late := scene(rnd, 20)
			same := func(when string) {
				t.Helper()
				for _, by := range append([]string{""}, dimensions...) {
					for _, p := range [][2]time.Time{{dayOf(2026, 10, 30), dayOf(2026, 11, 1)}, {dayOf(2026, 10, 1), dayOf(2027, 1, 1)}, {dayOf(2026, 11, 2), dayOf(2026, 11, 3)}} {
						if d := gocmp.Diff(ask(t, want, p[0], p[1], by, ""), ask(t, got, p[0], p[1], by, "")); d != "" {
							t.Fatalf("seed %d, %s, %v by %q: %s", seed, when, p, by, d)
						}
					}
				}
			}
			same("rebuilt")
			want.Add(batch(late))
			got.Add(batch(late))
			same("with later records")
			stored, want = kept(rnd, words)
		}
	}
}

// Days whose records were all taken out are dropped.
func TestARebuildDropsWhatIsGone(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	words := []word{{who: 1, at: dayOf(2026, 11, 1), country: "VN", beat: true}, {who: 2, at: dayOf(2026, 11, 2), country: "VN", beat: true}}
	stored, _ := kept(rnd, words)
	r := loaded(t, rebuilt(t, rnd, stored, words[1:], dayOf(2026, 1, 1)))
	if n := ask(t, r, dayOf(2026, 11, 1), dayOf(2026, 12, 1), "", "").Total.Active.Count; n != 1 {
		t.Errorf("%d active", n)
	}
}
