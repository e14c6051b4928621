// SPDX-License-Identifier: Apache-2.0

package generate

import "math/bits"

// Truth is an independent count of what was made.
type Truth struct {
	Bodies  int64
	Records int64   // lines, broken ones included
	Bytes   int64   // of all lines with their breaks
	Broken  int64   // lines that are not records; in none of the counts below
	Late    int64   // records whose time is hours ago
	Rules   []int64 // by rule: RuleID(i)
	Sensors []int64 // lines by sensor, broken ones included

	types   [len(mix)]int64
	sources [2][]uint64 // attackers and victims that were a source, as bits
}

func newTruth(cfg Config) Truth {
	return Truth{
		Rules: make([]int64, cfg.Rules), Sensors: make([]int64, cfg.Sensors),
		sources: [2][]uint64{make([]uint64, cfg.Attackers/64+1), make([]uint64, cfg.Victims/64+1)},
	}
}

// RuleID is the signature id of a rule of the load.
func RuleID(rule int) int { return 2_000_000 + rule }

// Good is the number of records that can be stored.
func (t Truth) Good() int64 { return t.Records - t.Broken }

// Types counts good records by event_type.
func (t Truth) Types() map[string]int64 {
	out := map[string]int64{}
	for k, m := range mix {
		out[m.eventType] = t.types[k]
	}
	return out
}

// Sources is the number of distinct source addresses of good records.
func (t Truth) Sources() int64 {
	n := 0
	for _, set := range t.sources {
		for _, w := range set {
			n += bits.OnesCount64(w)
		}
	}
	return int64(n)
}

// Add adds what another generator of the same configuration made.
func (t *Truth) Add(o Truth) {
	t.Bodies += o.Bodies
	t.Records += o.Records
	t.Bytes += o.Bytes
	t.Broken += o.Broken
	t.Late += o.Late
	for k, n := range o.types {
		t.types[k] += n
	}
	for i, n := range o.Rules {
		t.Rules[i] += n
	}
	for i, n := range o.Sensors {
		t.Sensors[i] += n
	}
	for side := range t.sources {
		for i, w := range o.sources[side] {
			t.sources[side][i] |= w
		}
	}
}
