// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"sync"

	"haidang/event"
)

// sensorFilters keeps the filters that ask for the sensors of several origins;
// there are few sets of origins and many sensors.
type sensorFilters struct{ kept sync.Map }

// of gives the sets of filters that ask for the sensors of these origins, which
// are alternatives: one without filters where they are all there are.
func (s *sensorFilters) of(b *book, origins []int) [][]event.Filter {
	in := make([]byte, len(b.origins))
	for _, o := range origins {
		in[o] = 1
	}
	if f, ok := s.kept.Load(string(in)); ok {
		return f.([][]event.Filter)
	}
	f := b.sensorsOf(in)
	s.kept.Store(string(in), f)
	return f
}

func (b *book) sensorsOf(in []byte) [][]event.Filter {
	var listed, others []string
	rest := false
	for i := range b.origins {
		o := &b.origins[i]
		switch {
		case o.sensors == nil:
			rest = in[i] == 1
		case in[i] == 1:
			listed = append(listed, o.sensors...)
		default:
			others = append(others, o.sensors...)
		}
	}
	if rest { // everything but the sensors of the other origins
		var not []event.Filter
		for _, names := range chunks(others) {
			not = append(not, event.Filter{Field: "observer.name", Op: event.OpNot, Values: names})
		}
		return [][]event.Filter{not}
	}
	var out [][]event.Filter
	for _, names := range chunks(listed) {
		out = append(out, []event.Filter{{Field: "observer.name", Values: names}})
	}
	return out
}
