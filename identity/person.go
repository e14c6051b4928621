// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Person is somebody who may sign in.
type Person struct {
	ID        string     `json:"id"` // random; it says nothing
	Name      string     `json:"name"`
	Email     string     `json:"email,omitempty"` // see ShownTo
	Languages []string   `json:"languages,omitempty"`
	Roles     []Role     `json:"roles,omitempty"`
	Created   time.Time  `json:"created"`
	Disabled  *time.Time `json:"disabled,omitempty"`
	Passkeys  []Passkey  `json:"passkeys,omitempty"`
	Subjects  []Subject  `json:"subjects,omitempty"`
}

// Languages that notices and pages are written in.
var Languages = []string{"vi", "en"}

func (p *Person) named() string { return p.ID }
func (p *Person) whole() bool   { return p.ID != "" }

func (p *Person) clone() Person {
	c := *p
	c.Languages, c.Roles = slices.Clone(p.Languages), slices.Clone(p.Roles)
	c.Passkeys, c.Subjects = slices.Clone(p.Passkeys), slices.Clone(p.Subjects)
	return c
}

// CanSignIn reports whether the person has a way in that does not end.
func (p *Person) CanSignIn() bool {
	return p.Disabled == nil && len(p.Passkeys)+len(p.Subjects) > 0
}

// ShownTo gives what viewer may know of the person: the address, the ways in and
// other organisations' roles only the person, analysts and operators.
func (p Person) ShownTo(viewer Principal) Person {
	if viewer.Person == p.ID || viewer.Has(RoleAnalyst) || viewer.Has(RoleOperator) {
		return p
	}
	p.Email, p.Passkeys, p.Subjects = "", nil, nil
	p.Roles = slices.DeleteFunc(slices.Clone(p.Roles), func(r Role) bool { return !slices.Contains(viewer.Organisations, r.Organisation) })
	return p
}

// Person gives somebody by id.
func (i *Identity) Person(id string) (Person, bool) {
	if k := i.known.Load(); k != nil {
		if p := k.persons[id]; p != nil {
			return p.clone(), true
		}
	}
	return Person{}, false
}

// People gives everybody, by name, disabled persons too.
func (i *Identity) People() []Person {
	k := i.known.Load()
	if k == nil {
		return nil
	}
	out := make([]Person, 0, len(k.persons))
	for _, p := range k.persons {
		out = append(out, p.clone())
	}
	slices.SortFunc(out, func(a, b Person) int { return strings.Compare(a.Name+"\x00"+a.ID, b.Name+"\x00"+b.ID) })
	return out
}

// Newcomer is what somebody tells of themselves.
type Newcomer struct {
	Name      string
	Email     string
	Languages []string // Vietnamese when empty
}

func (n *Newcomer) check() error {
	n.Name, n.Email = strings.TrimSpace(n.Name), strings.TrimSpace(n.Email)
	if n.Name == "" || !line(n.Name, 120) {
		return fmt.Errorf("%w: name %.80q: use 1 to 120 bytes of plain text on one line", ErrInvalid, n.Name)
	}
	if n.Email != "" && !address(n.Email) {
		return fmt.Errorf("%w: e-mail %.80q: use an address such as an@example.vn", ErrInvalid, n.Email)
	}
	if len(n.Languages) == 0 {
		n.Languages = Languages[:1]
	}
	for at, l := range n.Languages {
		if !slices.Contains(Languages, l) || slices.Contains(n.Languages[:at], l) {
			return fmt.Errorf("%w: language %.20q: use each of %s at most once", ErrInvalid, l, strings.Join(Languages, ", "))
		}
	}
	return nil
}

// line reports whether s is text that fits on one line.
func line(s string, most int) bool {
	return len(s) <= most && utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp, unicode.Bidi_Control)
	})
}

// address reports whether s is an e-mail address and nothing else.
func address(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && line(s, 254)
}

// Describe changes what a person told of themselves.
func (i *Identity) Describe(ctx context.Context, person string, n Newcomer) error {
	if err := n.check(); err != nil {
		return err
	}
	return i.changePerson(ctx, "describe", person, "", func(p *Person, _ *known, _ time.Time) error {
		p.Name, p.Email, p.Languages = n.Name, n.Email, n.Languages
		return nil
	})
}

// Grant gives a person a role more; a role that they have is no error.
func (i *Identity) Grant(ctx context.Context, person string, r Role) error {
	return i.changePerson(ctx, "grant", person, r.String(), func(p *Person, k *known, _ time.Time) error {
		if err := k.checkRole(r); err != nil {
			return err
		}
		if !slices.Contains(p.Roles, r) {
			p.Roles = append(p.Roles, r)
		}
		return nil
	})
}

// Withdraw takes a role from a person, at once.
func (i *Identity) Withdraw(ctx context.Context, person string, r Role) error {
	return i.changePerson(ctx, "withdraw", person, r.String(), func(p *Person, _ *known, _ time.Time) error {
		at := slices.Index(p.Roles, r)
		if at < 0 {
			return fmt.Errorf("role %s of that person: %w", r, ErrNotFound)
		}
		p.Roles = slices.Delete(p.Roles, at, at+1)
		return nil
	})
}

// Disable ends a person's sessions and tokens and lets them in no more.
func (i *Identity) Disable(ctx context.Context, person string) error {
	return i.alter(ctx, func(k *known, now time.Time) (Action, []write, error) {
		p := k.persons[person]
		if p == nil {
			return Action{}, nil, fmt.Errorf("person %.80q: %w", person, ErrNotFound)
		}
		c := p.clone()
		c.Disabled = &now
		writes := []write{{kindPerson, person, &c}}
		writes = append(writes, k.endSessions(person, "")...)
		for id, r := range k.access {
			if r.Person == person && r.Revoked == nil {
				n := *r
				n.Revoked = &now
				writes = append(writes, write{kindAccess, id, &n})
			}
		}
		return Action{What: "person.disable", On: "person/" + person}, writes, nil
	})
}

// Enable lets a disabled person in again; their old sessions and tokens stay ended.
func (i *Identity) Enable(ctx context.Context, person string) error {
	return i.changePerson(ctx, "enable", person, "", func(p *Person, _ *known, _ time.Time) error {
		p.Disabled = nil
		return nil
	})
}

// changePerson changes a copy of a person's record and keeps it.
func (i *Identity) changePerson(ctx context.Context, what, person, detail string, f func(*Person, *known, time.Time) error) error {
	return i.alter(ctx, func(k *known, now time.Time) (Action, []write, error) {
		p := k.persons[person]
		if p == nil {
			return Action{}, nil, fmt.Errorf("person %.80q: %w", person, ErrNotFound)
		}
		c := p.clone()
		if err := f(&c, k, now); err != nil {
			return Action{}, nil, err
		}
		return Action{What: "person." + what, On: "person/" + person, Detail: detail}, []write{{kindPerson, person, &c}}, nil
	})
}
