// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"reflect"

	"haidang/event"
)

// Grounds are what an answer rests on: the viewer's rights, and the agreements,
// sharing groups and rulings at the time.
type Grounds struct {
	key  string
	book *book
}

// Grounds gives what an answer to a viewer rests on now.
func (g *Gate) Grounds(v Viewer) Grounds {
	return Grounds{string(v.key(nil)), g.library.book()}
}

// Holds reports whether an answer that was given on these grounds may still be
// given to the viewer, who may have lost rights since: its rights are the same and
// so is all that it may read for any purpose. It is for answers that take long
// to send.
func (g *Gate) Holds(before Grounds, v Viewer) bool {
	now := g.Grounds(v)
	if before.key != now.key {
		return false
	}
	if before.book == now.book || v.a == nil {
		return true
	}
	for p := Own; p <= Block; p++ {
		if p == Figures {
			continue
		}
		a := before.book.scopes.of(g.rules, v, p, event.TierUnset, everything, before.book)
		b := now.book.scopes.of(g.rules, v, p, event.TierUnset, everything, now.book)
		if a.scope != b.scope && !reflect.DeepEqual(a.scope, b.scope) {
			return false
		}
	}
	return true
}
