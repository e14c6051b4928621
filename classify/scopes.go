// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"encoding/binary"
	"slices"
	"sync"

	"haidang/event"
)

// keptScopes is how many compiled scopes a book keeps.
const keptScopes = 4096

// scopes keeps what was compiled under one book: a viewer asks again and again
// with the same attributes. Compiled scopes are shared and never changed.
type scopes struct {
	mu   sync.RWMutex
	kept map[string]compiled
}

// compiled is a scope with what is known of the records in it.
type compiled struct {
	scope   *event.Scope
	tier    event.Tier // the strictest that it admits; unset for none
	telling bool       // nothing is masked that a record's label is found by
}

// marks says how records that rulings mark as known benign are taken.
type marks uint8

const (
	everything marks = iota // as any others
	unmarked                // as if they were not there
	marked                  // alone
	counted                 // as if they were not there, and false alarms neither
)

// of gives the scope of a viewer for a purpose, compiled or kept: of records of
// one tier or, where that is unset, of all.
func (s *scopes) of(r *Rules, v Viewer, p Purpose, only event.Tier, which marks, b *book) compiled {
	if which == counted && len(b.rulings.alarms) == 0 {
		which = unmarked
	}
	if which == unmarked && len(b.rulings.marked) == 0 {
		which = everything
	}
	var buf [256]byte
	key := v.key(append(buf[:0], byte(p), byte(only), byte(which)))
	s.mu.RLock()
	c := s.kept[string(key)]
	s.mu.RUnlock()
	if c.scope != nil {
		return c
	}
	c = r.compile(v, p, only, which, nil, b)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept == nil || len(s.kept) >= keptScopes {
		s.kept = map[string]compiled{}
	}
	s.kept[string(key)] = c
	return c
}

// admits reports whether some grant may admit a record.
func (c *compiled) admits() bool {
	return slices.ContainsFunc(c.scope.Grants, func(g event.Grant) bool { return !g.Stop })
}

// Same reports whether two viewers see the same: the same person, or none, with
// the same roles, organisations, passkey and all else that is decided by.
func (v Viewer) Same(o Viewer) bool {
	return v.role == o.role && v.name == o.name && (v.a == nil) == (o.a == nil) && string(v.key(nil)) == string(o.key(nil))
}

// key adds all that a scope depends on. Two viewers of the same key see the same.
func (v Viewer) key(key []byte) []byte {
	if v.a == nil {
		return append(key, byte(v.role))
	}
	a := v.a
	key = binary.BigEndian.AppendUint16(key, a.roles)
	key = binary.BigEndian.AppendUint16(key, a.scopes)
	key = append(key, flag(a.StateBody)|flag(a.StepUp)<<1|flag(a.Abroad)<<2)
	for _, list := range [][]uint32{a.Orgs, a.Clients, a.Teams} {
		key = binary.BigEndian.AppendUint32(key, uint32(len(list)))
		for _, id := range list {
			key = binary.BigEndian.AppendUint32(key, id)
		}
	}
	key = append(binary.BigEndian.AppendUint32(key, uint32(len(a.Sectors))), bytesOf(a.Sectors)...)
	key = append(binary.BigEndian.AppendUint32(key, uint32(len(a.Kinds))), bytesOf(a.Kinds)...)
	key = binary.BigEndian.AppendUint32(key, uint32(len(a.Communities)))
	for _, name := range a.Communities {
		key = append(binary.BigEndian.AppendUint32(key, uint32(len(name))), name...)
	}
	return append(key, a.Person...)
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}

func bytesOf[T ~uint8](list []T) []byte {
	out := make([]byte, len(list))
	for i, x := range list {
		out[i] = byte(x)
	}
	return out
}
