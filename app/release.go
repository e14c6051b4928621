// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"haidang/audit"
	"haidang/release"
)

// releaseBucket keeps small state; what Put and Delete did is on disk when they
// return.
type releaseBucket interface {
	Put(ctx context.Context, key string, value []byte) error
	Delete(ctx context.Context, key string) error
	List(ctx context.Context) (map[string][]byte, error)
}

// releaseDesk keeps what named persons decided to show everybody. Questions read
// a snapshot in memory; a decision is in the audit log first, then in the bucket,
// and holds from the next question on.
type releaseDesk struct {
	bucket releaseBucket
	note   func(context.Context, audit.Entry) error
	now    func() time.Time

	change sync.Mutex // held by one decision at a time
	state  atomic.Pointer[release.State]
}

func (a *App) startReleases(ctx context.Context) error {
	b, err := a.journal.Bucket(ctx, "release")
	if err != nil {
		return err
	}
	a.releases = &releaseDesk{bucket: b, now: a.now, note: func(ctx context.Context, e audit.Entry) error {
		_, err := a.audit.Append(ctx, e)
		return err
	}}
	if err := a.releases.load(ctx, a.unlessDecided()); err != nil {
		return err
	}
	a.gate.WithReleases(a.releases)
	return nil
}

// unlessDecided is what holds for blocks that nobody decided on: what only this
// machine sees, or only replays, need nobody's decision.
func (a *App) unlessDecided() release.Mode {
	if a.cfg.Loopback() || a.cfg.Portal.Replay {
		return release.Automatic
	}
	return release.Withheld
}

func (d *releaseDesk) load(ctx context.Context, unless release.Mode) error {
	all, err := d.bucket.List(ctx)
	if err != nil {
		return fmt.Errorf("release desk: reading it: %w", err)
	}
	s := release.NewState(unless)
	if err := s.Load(all); err != nil {
		return err
	}
	d.state.Store(s)
	return nil
}

// State implements classify.Releases.
func (d *releaseDesk) State() *release.State { return d.state.Load() }

// Now implements classify.Releases.
func (d *releaseDesk) Now() time.Time { return d.now() }

// Decide makes a decision hold. The actor is who decided, as the audit log names
// persons.
func (d *releaseDesk) Decide(ctx context.Context, actor audit.Actor, c release.Change) error {
	d.change.Lock()
	defer d.change.Unlock()
	next, entry, err := d.state.Load().Decide(c)
	if err != nil {
		return err
	}
	action, object := decision(c)
	if err := d.note(ctx, audit.Entry{Action: action, Actor: actor, Outcome: audit.Done, Object: object}); err != nil {
		return fmt.Errorf("release desk: nothing is decided since that could not be written down: %w", err)
	}
	if entry.Value == nil {
		err = d.bucket.Delete(ctx, entry.Key)
	} else {
		err = d.bucket.Put(ctx, entry.Key, entry.Value)
	}
	if err != nil {
		return fmt.Errorf("release desk: keeping %s: %w", entry.Key, err)
	}
	d.state.Store(next)
	return nil
}

// decision puts a decision into the words of the audit log, without its reasons:
// these are free text and may name somebody.
func decision(c release.Change) (audit.Action, audit.Object) {
	about := func(kind string, parts ...string) audit.Object {
		var ids []string
		for _, p := range parts {
			if p != "" {
				ids = append(ids, strings.ReplaceAll(p, " ", "_"))
			}
		}
		return audit.Object{Kind: kind, IDs: ids}
	}
	switch c := c.(type) {
	case *release.Hold:
		return audit.Hold, about("live", map[bool]string{true: "held", false: "shown"}[c.On])
	case *release.Rule:
		return audit.Release, about("block", string(c.Block), string(c.Mode))
	case *release.Approved:
		from := ""
		if !c.From.IsZero() {
			from = "from:" + c.From.UTC().Format(time.RFC3339)
		}
		return audit.Release, about("approval", string(c.Block), c.Period, from)
	case *release.Revoke:
		return audit.Release, about("approval", string(c.Block), c.Period, "revoked")
	case *release.Early:
		return audit.Release, about("early-readers", append([]string{string(c.Block)}, c.Persons...)...)
	case *release.Planned:
		return audit.Release, about("calendar", c.ID, string(c.Block), c.Period)
	case *release.Strike:
		return audit.Release, about("calendar", c.ID, "struck")
	case *release.Correction:
		return audit.Release, about("correction", c.ID, string(c.Block), c.Period)
	}
	return audit.Release, about("block")
}
