// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Action is a change, as an audit log keeps it. It never holds a secret.
type Action struct {
	At           time.Time `json:"at"`
	Who          string    `json:"who,omitempty"` // see As; empty: the observatory itself
	What         string    `json:"what"`          // "person.disable"
	On           string    `json:"on"`            // "person/4f…", what changes
	Organisation uint32    `json:"organisation,omitempty"`
	Detail       string    `json:"detail,omitempty"` // one line
}

type actorKey struct{}

// As says who makes the changes of a context: a person's id, "token <name>" or
// "local <user>".
func As(ctx context.Context, who string) context.Context {
	return context.WithValue(ctx, actorKey{}, who)
}

func actor(ctx context.Context) string {
	who, _ := ctx.Value(actorKey{}).(string)
	return who
}

// write is a record's next state; nil deletes it.
type write struct {
	kind, name string
	record     any
}

// alter makes one change: what f finds right to do is written down for the
// audit, then to the bucket, and only then seen. The writes are made in f's
// order, so that a crash between two of them leaves fewer rights and not more.
// A change that is not worth an audit has no What.
func (i *Identity) alter(ctx context.Context, f func(k *known, now time.Time) (Action, []write, error)) error {
	i.change.Lock()
	defer i.change.Unlock()
	old := i.known.Load()
	if old == nil {
		return ErrNotStarted
	}
	now := i.now().UTC()
	a, writes, err := f(old, now)
	if err != nil {
		return err
	}
	if i.record != nil && a.What != "" && len(writes) > 0 {
		a.At, a.Who = now, actor(ctx)
		if err := i.record(ctx, a); err != nil {
			return fmt.Errorf("identity: %s %s is not done since it could not be written down: %w", a.What, a.On, err)
		}
	}
	n, done := *old, 0
	for _, w := range writes {
		if err = i.keep(ctx, w); err != nil {
			break
		}
		n.set(w)
		done++
	}
	i.publish(old, &n, writes[:done], a.What != "")
	return err
}

// keep makes a write; only then is it seen.
func (i *Identity) keep(ctx context.Context, w write) error {
	key := bucketKey(w.kind, w.name)
	if w.record == nil {
		if err := i.bucket.Delete(ctx, key); err != nil {
			return fmt.Errorf("identity: deleting %s %s: %w", w.kind, w.name, err)
		}
		return nil
	}
	value, err := json.Marshal(w.record)
	if err != nil {
		return fmt.Errorf("identity: %w", err)
	}
	if err := i.bucket.Put(ctx, key, value); err != nil {
		return fmt.Errorf("identity: keeping %s %s: %w", w.kind, w.name, err)
	}
	return nil
}

// publish makes n what everybody sees, and wakes those who wait for a change.
func (i *Identity) publish(old, n *known, writes []write, tell bool) {
	if len(writes) == 0 {
		return
	}
	kinds := map[string]bool{}
	for _, w := range writes {
		kinds[w.kind] = true
	}
	if kinds[kindSensor] || kinds[kindOperator] {
		n.indexTokens()
	}
	if kinds[kindPerson] {
		n.indexPersons()
	}
	if kinds[kindSensor] || kinds[kindOrganisation] {
		n.registered++
	}
	if tell {
		n.changed = make(chan struct{})
	}
	if kinds[kindOrganisation] {
		n.indexOrganisations()
		n.reorganised = make(chan struct{})
	}
	i.known.Store(n)
	if tell {
		close(old.changed)
	}
	if kinds[kindOrganisation] {
		close(old.reorganised)
	}
}

// Changed gives a channel that is closed at the next change of anybody's rights:
// who serves a person for long asks again then.
func (i *Identity) Changed() <-chan struct{} {
	if k := i.known.Load(); k != nil {
		return k.changed
	}
	return nil
}

// Registered tells states of the sensors and organisations apart: while it is the
// same, so are they. It starts anew with the program.
func (i *Identity) Registered() uint64 {
	if k := i.known.Load(); k != nil {
		return k.registered
	}
	return 0
}

// OrganisationsChanged gives a channel that is closed at the next change of an
// organisation. Take it before Organisations, so that no change is missed.
func (i *Identity) OrganisationsChanged() <-chan struct{} {
	if k := i.known.Load(); k != nil {
		return k.reorganised
	}
	return nil
}
