// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"
)

const (
	// touchEvery is how exactly the bucket knows when a session or token was used.
	touchEvery = 5 * time.Minute
	// maxSessions of one person; a further one ends the oldest.
	maxSessions = 20
)

// Ways to begin a session.
const (
	ByLink    = "link"
	ByOIDC    = "oidc"
	ByFactors = "oidc-factors" // a provider that says that it asked for several factors
	ByPasskey = "passkey"
)

// Session is what can be told of a signed-in browser.
type Session struct {
	ID      string    `json:"id"`
	Person  string    `json:"person"`
	Way     string    `json:"way"`             // ByLink, ByOIDC, ByFactors, ByPasskey
	Agent   string    `json:"agent,omitempty"` // as the browser calls itself
	Created time.Time `json:"created"`
	Seen    time.Time `json:"seen"`
	Expires time.Time `json:"expires"` // whatever happens
	// The provider's name for its own session, and the provider, where it said.
	ProviderSession string     `json:"provider_session,omitempty"`
	Provider        string     `json:"provider,omitempty"` // the issuer
	StepUp          *time.Time `json:"step_up,omitempty"`
}

type sessionRecord struct {
	Session
	Hash digest `json:"hash"`

	// When it was used last, in Unix nanoseconds; the bucket follows behind.
	seen *atomic.Int64
}

func (r *sessionRecord) named() string { return r.ID }
func (r *sessionRecord) whole() bool {
	r.seen = new(atomic.Int64)
	r.seen.Store(r.Seen.UnixNano())
	return r.Person != "" && r.ID == r.Hash.id()
}

func (r *sessionRecord) over(now time.Time, idle time.Duration) bool {
	return !now.Before(r.Expires) || now.Sub(time.Unix(0, r.seen.Load())) >= idle
}

// SignIn begins a session of a person and gives its cookie, the only time it can
// be seen. Whoever came by passkey is stepped up.
func (i *Identity) SignIn(ctx context.Context, person, way, agent string) (string, Session, error) {
	return i.SignInBy(ctx, person, way, agent, "", "")
}

// SignInBy is SignIn on the word of a provider, whose own session has a name or none.
func (i *Identity) SignInBy(ctx context.Context, person, way, agent, provider, session string) (string, Session, error) {
	cookie, hash := newSecret(SessionPrefix)
	var out Session
	err := i.alter(ctx, func(k *known, now time.Time) (Action, []write, error) {
		p := k.persons[person]
		if p == nil {
			return Action{}, nil, fmt.Errorf("person %.80q: %w", person, ErrNotFound)
		}
		if _, err := k.principal(p); err != nil {
			return Action{}, nil, err
		}
		out = Session{
			ID: hash.id(), Person: person, Way: way, Agent: clip(agent), Created: now, Seen: now,
			Expires: now.Add(i.cfg.SessionLife), Provider: provider, ProviderSession: session,
		}
		if way == ByPasskey {
			until := now.Add(i.cfg.StepUp)
			out.StepUp = &until
		}
		r := &sessionRecord{Session: out, Hash: hash}
		r.whole()
		writes := append(k.sweep(person, now, i.cfg), write{kindSession, r.ID, r})
		return Action{What: "session.begin", On: "session/" + r.ID, Detail: "person/" + person + " by " + way}, writes, nil
	})
	if err != nil {
		return "", Session{}, err
	}
	return cookie, out, nil
}

// clip keeps what fits of a browser's name for itself.
func clip(agent string) string {
	var out []rune
	for _, r := range agent {
		if len(out) < 200 && line(string(r), 4) {
			out = append(out, r)
		}
	}
	return string(out)
}

// sweep deletes sessions that are over, at most a hundred at a time, and the
// oldest of a person who has too many.
func (k *known) sweep(person string, now time.Time, c Config) []write {
	var out []write
	var own []*sessionRecord
	for id, r := range k.sessions {
		switch {
		case r.over(now, c.SessionIdle):
			if len(out) < 100 {
				out = append(out, write{kindSession, id, nil})
			}
		case r.Person == person:
			own = append(own, r)
		}
	}
	slices.SortFunc(own, func(a, b *sessionRecord) int { return a.Created.Compare(b.Created) })
	for n := 0; n <= len(own)-maxSessions; n++ {
		out = append(out, write{kindSession, own[n].ID, nil})
	}
	return out
}

// Session says who holds a cookie, and that they are here.
func (i *Identity) Session(ctx context.Context, cookie string) (Principal, error) {
	k := i.known.Load()
	if k == nil {
		return Principal{}, ErrNotStarted
	}
	r, err := k.session(cookie, i.now(), i.cfg.SessionIdle)
	if err != nil {
		return Principal{}, i.refuse(reason(err), err)
	}
	p, err := k.principal(k.persons[r.Person])
	if err != nil {
		return Principal{}, i.refuse("revoked", err)
	}
	p.Session, p.Way, p.SignedIn = r.ID, r.Way, r.Created
	if r.StepUp != nil {
		p.StepUp = *r.StepUp
	}
	i.touch(ctx, r)
	return p, nil
}

func (k *known) session(cookie string, now time.Time, idle time.Duration) (*sessionRecord, error) {
	h, ok := hashSecret(SessionPrefix, cookie)
	r := k.sessions[h.id()]
	switch {
	case !ok || r == nil || !same(h, r.Hash) || k.persons[r.Person] == nil:
		return nil, ErrUnknownToken
	case r.over(now, idle):
		return nil, ErrExpired
	}
	return r, nil
}

func reason(err error) string {
	switch err {
	case ErrExpired:
		return "expired"
	case ErrRevoked:
		return "revoked"
	}
	return "unknown"
}

// touch notes that a session is used, in the bucket now and then. That this
// fails is no reason to turn anybody away.
func (i *Identity) touch(ctx context.Context, r *sessionRecord) {
	now := i.now().UTC()
	r.seen.Store(now.UnixNano())
	if now.Sub(r.Seen) < touchEvery {
		return
	}
	err := i.alter(context.WithoutCancel(ctx), func(k *known, _ time.Time) (Action, []write, error) {
		present := k.sessions[r.ID]
		if present == nil || now.Sub(present.Seen) < touchEvery {
			return Action{}, nil, nil
		}
		c := *present
		c.Seen = now
		return Action{}, []write{{kindSession, c.ID, &c}}, nil
	})
	if err != nil {
		i.log.Warn("a session's last use could not be kept", "error", err)
	}
}

// StepUp says that a passkey confirmed who holds a cookie. The session goes on
// under a new cookie; the old one ends.
func (i *Identity) StepUp(ctx context.Context, cookie string) (string, Session, error) {
	fresh, hash := newSecret(SessionPrefix)
	var out Session
	err := i.alter(ctx, func(k *known, now time.Time) (Action, []write, error) {
		r, err := k.session(cookie, now, i.cfg.SessionIdle)
		if err != nil {
			return Action{}, nil, err
		}
		n := *r
		until := now.Add(i.cfg.StepUp)
		n.ID, n.Hash, n.StepUp, n.Seen = hash.id(), hash, &until, now
		n.whole()
		out = n.Session
		return Action{What: "session.step-up", On: "session/" + n.ID, Detail: "person/" + r.Person},
			[]write{{kindSession, r.ID, nil}, {kindSession, n.ID, &n}}, nil
	})
	if err != nil {
		return "", Session{}, err
	}
	return fresh, out, nil
}

// Sessions gives a person's sessions that are not over, the newest first.
func (i *Identity) Sessions(person string) []Session {
	k := i.known.Load()
	if k == nil {
		return nil
	}
	var out []Session
	for _, r := range k.sessions {
		if r.Person == person && !r.over(i.now(), i.cfg.SessionIdle) {
			s := r.Session
			s.Seen = time.Unix(0, r.seen.Load()).UTC()
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b Session) int { return b.Created.Compare(a.Created) })
	return out
}

// EndSession ends a person's session; one that is not there is no error.
func (i *Identity) EndSession(ctx context.Context, person, id string) error {
	return i.alter(ctx, func(k *known, _ time.Time) (Action, []write, error) {
		a := Action{What: "session.end", On: "session/" + id, Detail: "person/" + person}
		if r := k.sessions[id]; r != nil && r.Person == person {
			return a, []write{{kindSession, id, nil}}, nil
		}
		return a, nil, nil
	})
}

// EndOtherSessions ends all of a person's sessions but one; all, when that is empty.
func (i *Identity) EndOtherSessions(ctx context.Context, person, but string) error {
	return i.alter(ctx, func(k *known, _ time.Time) (Action, []write, error) {
		return Action{What: "session.end-all", On: "person/" + person}, k.endSessions(person, but), nil
	})
}

// EndProviderSessions ends what began on a provider's word, because the provider says
// so (OpenID Connect Back-Channel Logout 1.0): the sessions of one of its own sessions
// or, where it names none, all of the person's that began there. It gives how many.
func (i *Identity) EndProviderSessions(ctx context.Context, subject Subject, session string) (ended int, err error) {
	err = i.alter(ctx, func(k *known, _ time.Time) (Action, []write, error) {
		var out []write
		person, found := k.subjects[subject]
		for id, r := range k.sessions {
			if r.Provider != subject.Issuer || subject.Subject != "" && (!found || r.Person != person) || session != "" && r.ProviderSession != session {
				continue
			}
			out = append(out, write{kindSession, id, nil})
		}
		ended = len(out)
		return Action{What: "session.end-all", On: "person/" + person, Detail: "provider"}, out, nil
	})
	return ended, err
}

func (k *known) endSessions(person, but string) []write {
	var out []write
	for id, r := range k.sessions {
		if r.Person == person && id != but {
			out = append(out, write{kindSession, id, nil})
		}
	}
	return out
}
