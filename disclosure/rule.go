// SPDX-License-Identifier: Apache-2.0

package disclosure

// Primary rules of counts of events.
const (
	MinOrganisations = 3  // a ministry's units are one
	MinParticipants  = 11 // or as many participants
	percent          = 10 // of the p % rule
)

// Share is what one contributor has in a cell. Unit 0 stands for contributors
// that nobody knows by name; they are not counted as organisations.
type Share struct {
	Unit  uint32
	Value int64
}

// Rule reports whether a cell may be published by itself: at least three
// organisations or eleven participants contribute, and what is left without the
// two largest contributors hides the largest, X − x₁ − x₂ ≥ 0.10 · x₁.
func Rule(value int64, organisations, participants int, first, second int64) bool {
	if organisations < MinOrganisations && participants < MinParticipants {
		return false
	}
	return 100*(value-first-second) >= percent*first
}

// Passes is Rule for what organisations alone contribute, each its part, by their ids
// (0 as in Share).
func Passes(by map[uint32]int64) bool {
	var value int64
	for _, n := range by {
		value += n
	}
	return PassesOf(value, by)
}

// PassesOf is Passes for a number that need not be the sum of its parts: an event may
// be two organisations'.
func PassesOf(value int64, by map[uint32]int64) bool {
	shares := make([]Share, 0, len(by))
	for unit, n := range by {
		shares = append(shares, Share{unit, n})
	}
	first, second, organisations := largest(shares)
	return Rule(value, organisations, 0, first, second)
}

// largest gives the two largest shares and how many are organisations'.
func largest(shares []Share) (first, second int64, organisations int) {
	for _, s := range shares {
		switch {
		case s.Value <= 0:
			continue
		case s.Value > first:
			first, second = s.Value, first
		default:
			second = max(second, s.Value)
		}
		if s.Unit != 0 {
			organisations++
		}
	}
	return first, second, organisations
}

// margin is by how much an estimate of a contribution has to be wrong: a tenth of
// it, and 1 at least.
func margin(contribution int64) int64 { return max(1, (contribution*percent+99)/100) }
