// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

const (
	maxPasskeys = 16
	maxSubjects = 8
)

// Passkey is a credential of Web Authentication Level 3. Its public key is in
// Data, in the words of whoever verifies it.
type Passkey struct {
	ID      []byte          `json:"id"`
	Name    string          `json:"name"`
	Created time.Time       `json:"created"`
	Used    *time.Time      `json:"used,omitempty"`
	Data    json.RawMessage `json:"data"`
}

// Subject is how a provider of OpenID Connect knows somebody: iss and sub
// (OpenID Connect Core 1.0, section 2).
type Subject struct {
	Issuer  string `json:"issuer"`
	Subject string `json:"subject"`
}

// PersonBySubject finds whom a provider means. Addresses are never compared:
// whoever holds one now need not be who held it then.
func (i *Identity) PersonBySubject(s Subject) (Person, bool) {
	k := i.known.Load()
	if k == nil {
		return Person{}, false
	}
	return i.Person(k.subjects[s])
}

// AddPasskey gives a person a further way in.
func (i *Identity) AddPasskey(ctx context.Context, person string, c Passkey) error {
	if len(c.ID) == 0 || len(c.ID) > 1023 || c.Name == "" || !line(c.Name, 120) || !json.Valid(c.Data) {
		return fmt.Errorf("%w: passkey: it needs an id of 1 to 1023 bytes, a name of 1 to 120, and data", ErrInvalid)
	}
	return i.changePerson(ctx, "passkey.add", person, "", func(p *Person, k *known, now time.Time) error {
		if _, taken := k.passkeys[string(c.ID)]; taken {
			return fmt.Errorf("passkey: %w", ErrExists)
		}
		if len(p.Passkeys) >= maxPasskeys {
			return fmt.Errorf("%w: passkey: a person has at most %d; remove one first", ErrInvalid, maxPasskeys)
		}
		c.Created, c.Used = now, nil
		p.Passkeys = append(p.Passkeys, c)
		return nil
	})
}

// UsePasskey keeps what a verified use changed in a passkey: its counter and
// flags.
func (i *Identity) UsePasskey(ctx context.Context, person string, id []byte, data json.RawMessage) error {
	return i.alter(ctx, func(k *known, now time.Time) (Action, []write, error) {
		p := k.persons[person]
		if p == nil {
			return Action{}, nil, fmt.Errorf("person %.80q: %w", person, ErrNotFound)
		}
		c := p.clone()
		at := c.passkey(id)
		if at < 0 {
			return Action{}, nil, fmt.Errorf("passkey: %w", ErrNotFound)
		}
		c.Passkeys[at].Data, c.Passkeys[at].Used = data, &now
		return Action{}, []write{{kindPerson, person, &c}}, nil
	})
}

// RemovePasskey takes a way in from a person, but not the last.
func (i *Identity) RemovePasskey(ctx context.Context, person string, id []byte) error {
	return i.changePerson(ctx, "passkey.remove", person, "", func(p *Person, _ *known, _ time.Time) error {
		at := p.passkey(id)
		if at < 0 {
			return fmt.Errorf("passkey: %w", ErrNotFound)
		}
		p.Passkeys = slices.Delete(p.Passkeys, at, at+1)
		return p.notLast()
	})
}

// LinkSubject lets a person in whom a provider vouches for.
func (i *Identity) LinkSubject(ctx context.Context, person string, s Subject) error {
	if s.Issuer == "" || s.Subject == "" || !line(s.Issuer, 500) || !line(s.Subject, 255) {
		return fmt.Errorf("%w: a provider's subject has 1 to 255 bytes", ErrInvalid)
	}
	return i.changePerson(ctx, "subject.link", person, s.Issuer, func(p *Person, k *known, _ time.Time) error {
		if holder, taken := k.subjects[s]; taken && holder != person {
			return fmt.Errorf("that account of the provider: %w", ErrExists)
		} else if taken {
			return nil
		}
		if len(p.Subjects) >= maxSubjects {
			return fmt.Errorf("%w: a person has at most %d accounts of providers; remove one first", ErrInvalid, maxSubjects)
		}
		p.Subjects = append(p.Subjects, s)
		return nil
	})
}

// UnlinkSubject takes a way in from a person, but not the last.
func (i *Identity) UnlinkSubject(ctx context.Context, person string, s Subject) error {
	return i.changePerson(ctx, "subject.unlink", person, s.Issuer, func(p *Person, _ *known, _ time.Time) error {
		at := slices.Index(p.Subjects, s)
		if at < 0 {
			return fmt.Errorf("that account of the provider: %w", ErrNotFound)
		}
		p.Subjects = slices.Delete(p.Subjects, at, at+1)
		return p.notLast()
	})
}

func (p *Person) passkey(id []byte) int {
	return slices.IndexFunc(p.Passkeys, func(c Passkey) bool { return bytes.Equal(c.ID, id) })
}

func (p *Person) notLast() error {
	if len(p.Passkeys)+len(p.Subjects) == 0 {
		return fmt.Errorf("%w: it is the last way in; add another first", ErrInvalid)
	}
	return nil
}
