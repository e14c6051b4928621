// SPDX-License-Identifier: Apache-2.0

package journal

import "sync"

// shelf keeps buffers of some sizes to be used again, the smallest first.
type shelf []struct {
	size int
	pool sync.Pool
}

// fit gives the place of the smallest buffers that hold n bytes, the shelf's length
// where none does.
func (s shelf) fit(n int) int {
	i := 0
	for i < len(s) && s[i].size < n {
		i++
	}
	return i
}

// take gives a buffer from a place.
func (s shelf) take(i int) *[]byte {
	if b, ok := s[i].pool.Get().(*[]byte); ok {
		return b
	}
	b := make([]byte, 0, s[i].size)
	return &b
}

// giveBack takes a buffer that take gave.
func (s shelf) giveBack(b *[]byte) {
	for i := range s {
		if s[i].size == cap(*b) {
			s[i].pool.Put(b)
		}
	}
}
