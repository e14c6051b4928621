// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// exactLimit is the most members a set counts exactly (STATISTICS, Exactness).
const exactLimit = 4096

// HyperLogLog with 2^14 registers: standard error 0.81 %.
const (
	precision = 14
	registers = 1 << precision
	topRho    = 64 - precision + 1
)

// set counts distinct keyed hashes: exactly up to exactLimit, by a sketch above
// it. Its state depends on its members alone, not on order or grouping.
type set struct {
	slots []uint64 // exact: open addressing, 0 is free
	n     int
	regs  []uint8 // sketch, once the limit was passed
}

// add reports whether the hash changed the set.
func (s *set) add(h uint64) bool { return s.addIn(nil, h) }

// addIn is add for a set whose slots lie in a group's memory.
func (s *set) addIn(room *setRoom, h uint64) bool {
	if s.regs != nil {
		return s.register(h)
	}
	i, there := s.find(h)
	if there {
		return false
	}
	if (s.n+1)*5 > len(s.slots)*4 {
		s.resize(room, max(4, len(s.slots)*2))
		i, _ = s.find(h)
	}
	s.slots[i] = h
	if s.n++; s.n > exactLimit {
		s.sketch() // its slots were large, and lie by themselves
	}
	return true
}

// find gives a hash's slot, or the free one where it belongs.
func (s *set) find(h uint64) (i int, there bool) {
	if len(s.slots) == 0 {
		return 0, false
	}
	for i = s.home(h); s.slots[i] != 0 && s.slots[i] != h; {
		if i++; i == len(s.slots) {
			i = 0
		}
	}
	return i, s.slots[i] == h
}

// peek reads where a hash belongs; the result says nothing.
func (s *set) peek(h uint64) uint64 {
	switch {
	case s.regs != nil:
		return uint64(s.regs[h>>(64-precision)])
	case len(s.slots) != 0:
		return s.slots[s.home(h)]
	}
	return 0
}

func (s *set) register(h uint64) bool {
	i, rho := h>>(64-precision), uint8(bits.LeadingZeros64(h<<precision|1<<(precision-1)))+1
	if rho <= s.regs[i] {
		return false
	}
	s.regs[i] = rho
	return true
}

// home maps a hash to a slot of a table of any size.
func (s *set) home(h uint64) int {
	hi, _ := bits.Mul64(h*0x9e3779b97f4a7c15, uint64(len(s.slots)))
	return int(hi)
}

// reserve makes room in an empty set for so many.
func (s *set) reserve(room *setRoom, n int) {
	if s.empty() && n > 4 {
		s.resize(room, n*5/4+2)
	}
}

func (s *set) resize(room *setRoom, n int) {
	if n > 4096 {
		n = exactLimit*5/4 + 8
	}
	old := s.slots
	s.slots = room.take(n)
	for _, h := range old {
		if h == 0 {
			continue
		}
		i := s.home(h)
		for s.slots[i] != 0 {
			if i++; i == n {
				i = 0
			}
		}
		s.slots[i] = h
	}
	room.leave(old)
}

func (s *set) sketch() {
	s.regs = make([]uint8, registers)
	for _, h := range s.slots {
		if h != 0 {
			s.register(h)
		}
	}
	s.slots, s.n = nil, 0
}

// merge makes s the union of both.
func (s *set) merge(room *setRoom, o *set) {
	if o.regs == nil {
		for _, h := range o.slots {
			if h != 0 {
				s.addIn(room, h)
			}
		}
		return
	}
	if s.regs == nil {
		s.sketch()
	}
	mergeRegisters(s.regs, o.regs)
}

// mergeRegisters makes each register of a the greater of both, eight at a time:
// registers have seven bits at most, so that the eighth tells which is greater.
func mergeRegisters(a, b []uint8) {
	for i := 0; i+8 <= len(a); i += 8 {
		raise(a[i:], binary.LittleEndian.Uint64(b[i:]))
	}
}

func raise(a []uint8, y uint64) {
	const top = 0x8080808080808080
	if x := binary.LittleEndian.Uint64(a); x != y {
		greater := ((x | top) - y) & top >> 7 * 0xff
		binary.LittleEndian.PutUint64(a, x&greater|y&^greater)
	}
}

// mergePacked is mergeRegisters for registers as packRegisters writes them.
func mergePacked(a []uint8, packed []byte) {
	for ; len(packed) >= 8; a, packed = a[8:], packed[6:] {
		raise(a, eightRegisters(binary.LittleEndian.Uint64(packed)))
	}
	var last [8]byte
	copy(last[:], packed)
	raise(a, eightRegisters(binary.LittleEndian.Uint64(last[:])))
}

// eightRegisters spreads eight registers of six bits to one byte each.
func eightRegisters(x uint64) uint64 {
	x = x&0xffffff | x&0xffffff000000<<8
	x = x&0x00000fff00000fff | x&0x00fff00000fff000<<4
	return x&0x003f003f003f003f | x&0x0fc00fc00fc00fc0<<2
}

// restore adds what a section of a part holds.
func (s *set) restore(room *setRoom, o *section) {
	if o.tag == tagSketch {
		if s.regs == nil {
			s.sketch()
		}
		mergePacked(s.regs, o.run)
		return
	}
	s.reserve(room, len(o.run)/8)
	for run := o.run; len(run) > 0; run = run[8:] {
		s.addIn(room, max(binary.LittleEndian.Uint64(run), 1))
	}
}

func (s *set) bytes() int64 { return int64(8*cap(s.slots) + cap(s.regs)) }

func (s *set) empty() bool { return s.n == 0 && s.regs == nil }

// count gives the number of members; exact is false where it is estimated.
func (s *set) count() (n int64, exact bool) {
	if s.regs == nil {
		return int64(s.n), true
	}
	return estimate(s.regs), false
}

// cellKey is the sum of the members' hashes, which disclosure control turns into
// the noise of a count; 0 for a sketch.
func (s *set) cellKey() (sum uint64) {
	for _, h := range s.slots {
		sum += h
	}
	return sum
}

// estimate is the improved raw estimator of Ertl, "New cardinality estimation
// algorithms for HyperLogLog sketches" (2017), which needs no table of biases.
func estimate(regs []uint8) int64 {
	var hist [topRho + 1]float64
	for _, r := range regs {
		hist[r]++
	}
	const m = registers
	z := m * tau(1-hist[topRho]/m)
	for k := topRho - 1; k >= 1; k-- {
		z = 0.5 * (z + hist[k])
	}
	z += m * sigma(hist[0]/m)
	return int64(math.Round(m / (2 * math.Ln2) * m / z))
}

func sigma(x float64) float64 {
	if x == 1 {
		return math.Inf(1)
	}
	z, y := x, 1.0
	for {
		x *= x
		before := z
		z += x * y
		y += y
		if z == before {
			return z
		}
	}
}

func tau(x float64) float64 {
	if x == 0 || x == 1 {
		return 0
	}
	z, y := 1-x, 1.0
	for {
		x = math.Sqrt(x)
		before := z
		y *= 0.5
		z -= (1 - x) * (1 - x) * y
		if z == before {
			return z / 3
		}
	}
}
