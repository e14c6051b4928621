// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

type operatorRecord struct {
	Token
	Hash digest `json:"hash"`
}

// Token is what can be told of a token given to a person or a program.
type Token struct {
	Name    string     `json:"name"`
	Role    string     `json:"role"`
	Created time.Time  `json:"created"`
	Expires *time.Time `json:"expires,omitempty"`
	Revoked *time.Time `json:"revoked,omitempty"`
}

// CreateToken makes a token and gives it, the only time it can be seen. It ends
// at expires; never, when that is zero.
func (i *Identity) CreateToken(ctx context.Context, name, role string, expires time.Time) (string, error) {
	if err := checkName(name); err != nil {
		return "", err
	}
	if role != RoleOperator {
		return "", fmt.Errorf("%w: role %.80q: a token that is nobody's own can be made for %s only; people make their own", ErrInvalid, role, RoleOperator)
	}
	token, hash := newToken(OperatorPrefix)
	err := i.changeOperator(ctx, "create", name, func(old *operatorRecord, now time.Time) (*operatorRecord, error) {
		if old != nil && old.Revoked == nil && !over(old.Expires, now) {
			return nil, fmt.Errorf("token %s: %w", name, ErrExists)
		}
		r := &operatorRecord{Token: Token{Name: name, Role: role, Created: now}, Hash: hash}
		if !expires.IsZero() {
			end := expires.UTC()
			if over(&end, now) {
				return nil, fmt.Errorf("%w: expires %s lies in the past", ErrInvalid, end.Format(time.RFC3339))
			}
			r.Expires = &end
		}
		return r, nil
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

// RevokeToken refuses a token from now on.
func (i *Identity) RevokeToken(ctx context.Context, name string) error {
	return i.changeOperator(ctx, "revoke", name, func(old *operatorRecord, now time.Time) (*operatorRecord, error) {
		switch {
		case old == nil:
			return nil, fmt.Errorf("token %.80q: %w", name, ErrNotFound)
		case old.Revoked != nil:
			return nil, fmt.Errorf("token %s: %w", name, ErrRevoked)
		}
		r := *old
		r.Revoked = &now
		return &r, nil
	})
}

func (i *Identity) changeOperator(ctx context.Context, what, name string, change func(*operatorRecord, time.Time) (*operatorRecord, error)) error {
	return i.alter(ctx, func(k *known, now time.Time) (Action, []write, error) {
		r, err := change(k.operators[name], now)
		return Action{What: "token." + what, On: "token/" + name}, []write{{kindOperator, name, r}}, err
	})
}

func (r *operatorRecord) named() string { return r.Name }
func (r *operatorRecord) whole() bool   { return r.Name != "" }

// Operator says who holds an operator's token: an operator who is also an
// analyst, and no person.
func (i *Identity) Operator(token string) (Principal, error) {
	k := i.known.Load()
	if k == nil {
		return Principal{}, ErrNotStarted
	}
	h, ok := hash(OperatorPrefix, token)
	r, found := k.operatorTokens[h]
	switch {
	case !ok || !found || !same(h, r.Hash):
		return Principal{}, i.refuse("unknown", ErrUnknownToken)
	case r.Revoked != nil:
		return Principal{}, i.refuse("revoked", ErrRevoked)
	case over(r.Expires, i.now()):
		return Principal{}, i.refuse("expired", ErrExpired)
	}
	return Principal{
		Name: r.Name, Roles: []Role{{Name: RoleOperator}, {Name: RoleAnalyst}}, Token: "token/" + r.Name,
	}, nil
}

// Tokens gives all tokens by name, revoked and expired ones too.
func (i *Identity) Tokens() []Token {
	k := i.known.Load()
	if k == nil {
		return nil
	}
	out := make([]Token, 0, len(k.operators))
	for _, r := range k.operators {
		out = append(out, r.Token)
	}
	slices.SortFunc(out, func(a, b Token) int { return strings.Compare(a.Name, b.Name) })
	return out
}
