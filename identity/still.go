// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"slices"
	"strings"
)

// Still says who a principal is now, by the session or token that it showed
// before. It is for who serves somebody for long, and is no use of the session:
// an open page does not keep it alive.
func (i *Identity) Still(p Principal) (Principal, error) {
	k := i.known.Load()
	if k == nil {
		return Principal{}, ErrNotStarted
	}
	if name, ok := strings.CutPrefix(p.Token, "token/"); ok {
		switch r := k.operators[name]; {
		case r == nil || r.Revoked != nil:
			return Principal{}, ErrRevoked
		case over(r.Expires, i.now()):
			return Principal{}, ErrExpired
		}
		return p, nil
	}
	person := k.persons[p.Person]
	if person == nil {
		return Principal{}, ErrUnknownToken
	}
	now, err := k.principal(person)
	if err != nil {
		return Principal{}, err
	}
	if p.Session != "" {
		r := k.sessions[p.Session]
		switch {
		case r == nil || r.Person != p.Person:
			return Principal{}, ErrUnknownToken
		case r.over(i.now(), i.cfg.SessionIdle):
			return Principal{}, ErrExpired
		}
		now.Session, now.Way, now.SignedIn = r.ID, r.Way, r.Created
		if r.StepUp != nil {
			now.StepUp = *r.StepUp
		}
		return now, nil
	}
	r := k.access[strings.TrimPrefix(p.Token, "access/")]
	switch {
	case r == nil || r.Person != p.Person || r.Revoked != nil:
		return Principal{}, ErrRevoked
	case !i.now().Before(r.Expires):
		return Principal{}, ErrExpired
	}
	now.Token, now.Scopes = p.Token, slices.Clone(r.Scopes)
	return now, nil
}
