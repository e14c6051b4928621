// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// Scopes of people's tokens: what a program may do of all that the person may.
const (
	ScopeFigures         = "figures:read"
	ScopeEvents          = "events:read"
	ScopeIndicators      = "indicators:read"
	ScopeIndicatorsWrite = "indicators:write"
	ScopeDatasets        = "datasets:read"
	ScopeDatasetsWrite   = "datasets:write"
)

// Scopes lists them.
var Scopes = []string{
	ScopeFigures, ScopeEvents, ScopeIndicators, ScopeIndicatorsWrite, ScopeDatasets, ScopeDatasetsWrite,
}

const (
	// MaxAccess is the longest that a person's token can last.
	MaxAccess = 366 * 24 * time.Hour
	// maxAccessEach is how many tokens of one person can be good at a time.
	maxAccessEach = 50
)

// Access is what can be told of a token that a person made for a program.
type Access struct {
	ID      string     `json:"id"`
	Person  string     `json:"person"`
	Name    string     `json:"name"`
	Scopes  []string   `json:"scopes"`
	Created time.Time  `json:"created"`
	Expires time.Time  `json:"expires"`
	Used    *time.Time `json:"used,omitempty"` // exact to some minutes
	Revoked *time.Time `json:"revoked,omitempty"`
}

type accessRecord struct {
	Access
	Hash digest `json:"hash"`

	used *atomic.Int64 // Unix nanoseconds; zero: never
}

func (r *accessRecord) named() string { return r.ID }
func (r *accessRecord) whole() bool {
	r.used = new(atomic.Int64)
	if r.Used != nil {
		r.used.Store(r.Used.UnixNano())
	}
	return r.Person != "" && r.ID == r.Hash.id()
}

// CreateAccess makes a token of a person and gives it, the only time it can be
// seen.
func (i *Identity) CreateAccess(ctx context.Context, person, name string, scopes []string, expires time.Time) (string, Access, error) {
	name = strings.TrimSpace(name)
	if name == "" || !line(name, 120) {
		return "", Access{}, fmt.Errorf("%w: name %.80q: use 1 to 120 bytes of plain text on one line", ErrInvalid, name)
	}
	scopes = distinct(slices.Clone(scopes))
	for _, s := range scopes {
		if !slices.Contains(Scopes, s) {
			return "", Access{}, fmt.Errorf("%w: scope %.40q: use some of %s", ErrInvalid, s, strings.Join(Scopes, ", "))
		}
	}
	if len(scopes) == 0 {
		return "", Access{}, fmt.Errorf("%w: no scope: use some of %s", ErrInvalid, strings.Join(Scopes, ", "))
	}
	token, hash := newToken(AccessPrefix)
	r := &accessRecord{Access: Access{ID: hash.id(), Person: person, Name: name, Scopes: scopes, Expires: expires.UTC()}, Hash: hash}
	r.whole()
	err := i.alter(ctx, func(k *known, now time.Time) (Action, []write, error) {
		r.Created = now
		writes, err := k.mayCreate(r, now)
		a := Action{What: "access.create", On: "access/" + r.ID, Detail: "person/" + person + " " + strings.Join(scopes, " ")}
		return a, append(writes, write{kindAccess, r.ID, r}), err
	})
	if err != nil {
		return "", Access{}, err
	}
	return token, r.Access, nil
}

// mayCreate refuses a token that nobody may have, and gives the deletions of
// the person's tokens that ended a quarter of a year ago.
func (k *known) mayCreate(r *accessRecord, now time.Time) ([]write, error) {
	p := k.persons[r.Person]
	if p == nil {
		return nil, fmt.Errorf("person %.80q: %w", r.Person, ErrNotFound)
	}
	if _, err := k.principal(p); err != nil {
		return nil, err
	}
	if !r.Expires.After(now) || r.Expires.After(now.Add(MaxAccess)) {
		return nil, fmt.Errorf("%w: expires %s: use a time within a year from now", ErrInvalid, r.Expires.Format(time.RFC3339))
	}
	good := 0
	var out []write
	for id, o := range k.access {
		switch {
		case o.Person != r.Person:
		case o.Revoked == nil && now.Before(o.Expires):
			good++
		case o.Expires.Before(now.AddDate(0, -3, 0)):
			out = append(out, write{kindAccess, id, nil})
		}
	}
	if good >= maxAccessEach {
		return nil, fmt.Errorf("%w: a person has at most %d tokens; revoke one first", ErrInvalid, maxAccessEach)
	}
	return out, nil
}

// Token says who holds a token: a person's own or an operator's.
func (i *Identity) Token(ctx context.Context, token string) (Principal, error) {
	if !strings.HasPrefix(token, AccessPrefix) {
		return i.Operator(token)
	}
	k := i.known.Load()
	if k == nil {
		return Principal{}, ErrNotStarted
	}
	h, ok := hash(AccessPrefix, token)
	r := k.access[h.id()]
	switch {
	case !ok || r == nil || !same(h, r.Hash) || k.persons[r.Person] == nil:
		return Principal{}, i.refuse("unknown", ErrUnknownToken)
	case r.Revoked != nil:
		return Principal{}, i.refuse("revoked", ErrRevoked)
	case !i.now().Before(r.Expires):
		return Principal{}, i.refuse("expired", ErrExpired)
	}
	p, err := k.principal(k.persons[r.Person])
	if err != nil {
		return Principal{}, i.refuse("revoked", err)
	}
	p.Token, p.Scopes = "access/"+r.ID, slices.Clone(r.Scopes)
	i.touchAccess(ctx, r)
	return p, nil
}

// touchAccess is touch for tokens.
func (i *Identity) touchAccess(ctx context.Context, r *accessRecord) {
	now := i.now().UTC()
	r.used.Store(now.UnixNano())
	if r.Used != nil && now.Sub(*r.Used) < touchEvery {
		return
	}
	err := i.alter(context.WithoutCancel(ctx), func(k *known, _ time.Time) (Action, []write, error) {
		present := k.access[r.ID]
		if present == nil || present.Used != nil && now.Sub(*present.Used) < touchEvery {
			return Action{}, nil, nil
		}
		c := *present
		c.Used = &now
		return Action{}, []write{{kindAccess, c.ID, &c}}, nil
	})
	if err != nil {
		i.log.Warn("a token's last use could not be kept", "error", err)
	}
}

// RevokeAccess refuses a person's token from now on.
func (i *Identity) RevokeAccess(ctx context.Context, person, id string) error {
	return i.alter(ctx, func(k *known, now time.Time) (Action, []write, error) {
		r := k.access[id]
		switch {
		case r == nil || r.Person != person:
			return Action{}, nil, fmt.Errorf("token %.40q of that person: %w", id, ErrNotFound)
		case r.Revoked != nil:
			return Action{}, nil, nil
		}
		c := *r
		c.Revoked = &now
		return Action{What: "access.revoke", On: "access/" + id, Detail: "person/" + person}, []write{{kindAccess, id, &c}}, nil
	})
}

// AccessOf gives a person's tokens, the newest first, ended ones too.
func (i *Identity) AccessOf(person string) []Access {
	k := i.known.Load()
	if k == nil {
		return nil
	}
	var out []Access
	for _, r := range k.access {
		if r.Person != person {
			continue
		}
		a := r.Access
		if at := r.used.Load(); at != 0 {
			used := time.Unix(0, at).UTC()
			a.Used = &used
		}
		a.Scopes = slices.Clone(a.Scopes)
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b Access) int { return b.Created.Compare(a.Created) })
	return out
}
