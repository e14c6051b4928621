// SPDX-License-Identifier: Apache-2.0

package eve

import (
	"hash/maphash"
	"math/bits"
)

// A sensor has some thousand rules and a dozen event types, and says the same
// of each again and again: what follows from their texts alone is kept. Both
// caches are of a fixed size; what does not fit is found anew.

const keptKinds = 64

// kindCache remembers event types, by their first and last letter and length.
type kindCache [keptKinds]*kind

func (c *kindCache) of(name string) *kind {
	n := len(name)
	e := &c[(uint(name[0])+7*uint(name[n-1])+uint(n))%keptKinds]
	if *e != nil && (*e).name == name {
		return *e
	}
	found := kinds[name]
	if found == nil {
		return &otherKind
	}
	*e = found
	return found
}

const keptRules = 1 << 12

// ruleCache remembers what rules' names and classtypes say. A rule is known by a
// hash of 64 bits under a seed of this process: that two rules share one is less
// likely than a fault of the memory, and nobody can make it happen.
type ruleCache struct {
	seed    maphash.Seed
	rules   []knownRule
	classes []*class // that rules have: some dozens
}

// knownRule is what a rule's texts say. It is small, since thousands are asked
// for by turns.
type knownRule struct {
	tag     uint64 // 0 is free
	class   *class
	guesses bool // is about guessing passwords, by its name
	cves    bool // names vulnerabilities
}

func (c *ruleCache) find(name, category string) *knownRule {
	if c.rules == nil {
		c.seed, c.rules = maphash.MakeSeed(), make([]knownRule, keptRules)
	}
	tag := maphash.String(c.seed, name) ^ bits.RotateLeft64(maphash.String(c.seed, category), 32) | 1
	r := &c.rules[tag>>32%keptRules]
	if r.tag != tag {
		k := classify(category, name)
		*r = knownRule{tag, c.one(k), k.mayGuess() && guessesByName(name), indexCVE(name) >= 0}
	}
	return r
}

// one gives the same pointer for the same class.
func (c *ruleCache) one(k class) *class {
	for _, have := range c.classes {
		if *have == k {
			return have
		}
	}
	c.classes = append(c.classes, &k)
	return &k
}
