// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// LinkPath is where one-time links lead; the secret follows, in the fragment, which
// browsers send to nobody: no log, proxy or referrer gets to know it.
const LinkPath = "/account/link#"

// Invitation is what can be told of a one-time link. It makes a person with a
// role, gives a person who is there a role more or, when it names a person and
// no role, lets that person in who lost every other way.
type Invitation struct {
	ID      string     `json:"id"`
	Role    Role       `json:"role"`
	Person  string     `json:"person,omitempty"` // for whom alone it is
	Note    string     `json:"note,omitempty"`   // to whom it was given; one line
	By      string     `json:"by,omitempty"`
	First   bool       `json:"first,omitempty"` // for the first operator
	Created time.Time  `json:"created"`
	Expires time.Time  `json:"expires"`
	Used    *time.Time `json:"used,omitempty"`
}

type invitationRecord struct {
	Invitation
	Hash digest `json:"hash"`
}

func (r *invitationRecord) named() string { return r.ID }
func (r *invitationRecord) whole() bool   { return r.ID == r.Hash.id() }

// Invite makes a one-time link for somebody who is to have a role, and gives
// its path, the only time it can be seen. Note says for whom it is.
func (i *Identity) Invite(ctx context.Context, r Role, note string) (string, Invitation, error) {
	if !line(note, 200) {
		return "", Invitation{}, fmt.Errorf("%w: note: use at most 200 bytes of plain text on one line", ErrInvalid)
	}
	return i.invite(ctx, Invitation{Role: r, Note: note}, i.cfg.Invitation, func(k *known) error { return k.checkRole(r) })
}

// Readmit makes a one-time link for a person who lost every way in. It ends
// after a day.
func (i *Identity) Readmit(ctx context.Context, person string) (string, Invitation, error) {
	return i.invite(ctx, Invitation{Person: person}, 24*time.Hour, func(k *known) error {
		p := k.persons[person]
		if p == nil {
			return fmt.Errorf("person %.80q: %w", person, ErrNotFound)
		}
		_, err := k.principal(p)
		return err
	})
}

// FirstLink makes the one-time link of the first operator and gives its path,
// or the empty text where an operator can sign in already. Links that it made
// before end.
func (i *Identity) FirstLink(ctx context.Context) (string, error) {
	if k := i.known.Load(); k == nil {
		return "", ErrNotStarted
	} else if k.operated() {
		return "", nil
	}
	path, _, err := i.invite(ctx, Invitation{Role: Role{Name: RoleOperator}, First: true}, i.cfg.FirstLink, func(k *known) error {
		if k.operated() {
			return ErrExists
		}
		return nil
	})
	return path, err
}

// operated reports whether some operator can sign in.
func (k *known) operated() bool {
	for _, p := range k.persons {
		if p.CanSignIn() && slices.Contains(p.Roles, Role{Name: RoleOperator}) {
			return true
		}
	}
	return false
}

func (i *Identity) invite(ctx context.Context, v Invitation, life time.Duration, check func(*known) error) (string, Invitation, error) {
	secret, hash := newSecret(LinkPrefix)
	err := i.alter(ctx, func(k *known, now time.Time) (Action, []write, error) {
		if err := check(k); err != nil {
			return Action{}, nil, err
		}
		v.ID, v.By, v.Created, v.Expires = hash.id(), actor(ctx), now, now.Add(life)
		var writes []write
		for id, r := range k.invitations {
			if v.First && r.First && r.Used == nil || r.Expires.Before(now.AddDate(0, -3, 0)) {
				writes = append(writes, write{kindInvitation, id, nil})
			}
		}
		writes = append(writes, write{kindInvitation, v.ID, &invitationRecord{v, hash}})
		a := Action{What: "invitation.create", On: "invitation/" + v.ID, Organisation: v.Role.Organisation, Detail: v.what()}
		return a, writes, nil
	})
	if err != nil {
		return "", Invitation{}, err
	}
	return LinkPath + secret, v, nil
}

func (v *Invitation) what() string {
	if v.Person != "" {
		return "person/" + v.Person
	}
	return v.Role.String()
}

// Uninvite ends a link that nobody used.
func (i *Identity) Uninvite(ctx context.Context, id string) error {
	return i.alter(ctx, func(k *known, _ time.Time) (Action, []write, error) {
		r := k.invitations[id]
		if r == nil || r.Used != nil {
			return Action{}, nil, fmt.Errorf("invitation %.40q: %w", id, ErrNotFound)
		}
		a := Action{What: "invitation.end", On: "invitation/" + id, Organisation: r.Role.Organisation}
		return a, []write{{kindInvitation, id, nil}}, nil
	})
}

// Invitations gives all links, the newest first, used and expired ones too.
func (i *Identity) Invitations() []Invitation {
	k := i.known.Load()
	if k == nil {
		return nil
	}
	out := make([]Invitation, 0, len(k.invitations))
	for _, r := range k.invitations {
		out = append(out, r.Invitation)
	}
	slices.SortFunc(out, func(a, b Invitation) int {
		return cmp.Or(b.Created.Compare(a.Created), strings.Compare(a.ID, b.ID))
	})
	return out
}

// Invitation says what a link is good for; it does not use it.
func (i *Identity) Invitation(secret string) (Invitation, error) {
	k := i.known.Load()
	if k == nil {
		return Invitation{}, ErrNotStarted
	}
	r, err := k.invitation(secret, i.now())
	if err != nil {
		return Invitation{}, i.refuse(reason(err), err)
	}
	return r.Invitation, nil
}

func (k *known) invitation(secret string, now time.Time) (*invitationRecord, error) {
	h, ok := hashSecret(LinkPrefix, secret)
	r := k.invitations[h.id()]
	switch {
	case !ok || r == nil || !same(h, r.Hash):
		return nil, ErrUnknownToken
	case r.Used != nil:
		return nil, ErrUsed
	case !now.Before(r.Expires):
		return nil, ErrExpired
	case r.First && k.operated():
		return nil, ErrUsed
	}
	return r, nil
}

// Accept uses a link and gives the person whom it lets in: a new one, or the one
// that it names.
func (i *Identity) Accept(ctx context.Context, secret string, n Newcomer) (Person, error) {
	return i.accept(ctx, secret, func(k *known, r *invitationRecord, now time.Time) (*Person, error) {
		if r.Person != "" {
			p := k.persons[r.Person]
			if p == nil {
				return nil, ErrNotFound
			}
			_, err := k.principal(p)
			return p, err
		}
		if err := n.check(); err != nil {
			return nil, err
		}
		return &Person{ID: newID(), Name: n.Name, Email: n.Email, Languages: n.Languages, Roles: []Role{r.Role}, Created: now}, k.checkRole(r.Role)
	})
}

// AcceptAs uses a link for somebody who is signed in: they get its role.
func (i *Identity) AcceptAs(ctx context.Context, secret, person string) (Person, error) {
	return i.accept(ctx, secret, func(k *known, r *invitationRecord, _ time.Time) (*Person, error) {
		p := k.persons[person]
		switch {
		case p == nil:
			return nil, ErrNotFound
		case r.Person == person:
			return p, nil
		case r.Person != "":
			return nil, fmt.Errorf("%w: the link is for somebody else", ErrInvalid)
		}
		c := p.clone()
		if !slices.Contains(c.Roles, r.Role) {
			c.Roles = append(c.Roles, r.Role)
		}
		return &c, k.checkRole(r.Role)
	})
}

// accept marks the link as used before anybody gains anything by it.
func (i *Identity) accept(ctx context.Context, secret string, whom func(*known, *invitationRecord, time.Time) (*Person, error)) (Person, error) {
	var out Person
	err := i.alter(ctx, func(k *known, now time.Time) (Action, []write, error) {
		r, err := k.invitation(secret, now)
		if err != nil {
			return Action{}, nil, i.refuse(reason(err), err)
		}
		p, err := whom(k, r, now)
		if err != nil {
			return Action{}, nil, err
		}
		out = p.clone()
		used := *r
		used.Used = &now
		a := Action{What: "invitation.accept", On: "person/" + p.ID, Organisation: r.Role.Organisation, Detail: r.what()}
		return a, []write{{kindInvitation, r.ID, &used}, {kindPerson, p.ID, p}}, nil
	})
	return out, err
}
