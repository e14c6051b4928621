// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"cmp"
	"context"
	"crypto/cipher"
	"crypto/subtle"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Bucket keeps records; what Put and Delete did is on disk when they return.
type Bucket interface {
	Get(ctx context.Context, key string) ([]byte, error)
	Put(ctx context.Context, key string, value []byte) error
	Delete(ctx context.Context, key string) error
	List(ctx context.Context) (map[string][]byte, error)
}

// Config holds times; a zero takes the default.
type Config struct {
	Overlap     time.Duration // a sensor's token lives on after its rotation: 24 h
	SessionIdle time.Duration // a session ends when nothing was asked for so long: 1 h
	SessionLife time.Duration // a session ends in any case: 12 h
	StepUp      time.Duration // how long a confirmation by passkey is good: 15 min
	Invitation  time.Duration // an invitation ends: 7 days
	FirstLink   time.Duration // the first operator's link ends: 24 h
}

// Resolver asks the domain name system for text records.
type Resolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
}

// Dependencies are what identity needs from outside.
type Dependencies struct {
	Log     *slog.Logger
	Metrics prometheus.Registerer
	Now     func() time.Time // time.Now when nil
	Bucket  Bucket
	// Resolver finds the proofs of domains; the system's when nil.
	Resolver Resolver
	// Seal keeps webhooks' secrets, which must be known again to sign; its nonces are
	// random. There are no webhooks when it is nil.
	Seal cipher.AEAD
	// Record writes a change down before it takes effect; its error prevents
	// the change. It may not change identity itself. Nothing is written down
	// when it is nil.
	Record func(ctx context.Context, a Action) error
}

// Identity knows sensors, people and organisations. Its methods may be called by
// any goroutine.
type Identity struct {
	cfg      Config
	log      *slog.Logger
	now      func() time.Time
	bucket   Bucket
	resolver Resolver
	seal     cipher.AEAD
	record   func(ctx context.Context, a Action) error
	refused  *prometheus.CounterVec

	change sync.Mutex // held by one change at a time
	known  atomic.Pointer[known]
}

// New prepares identity; Start reads the records.
func New(c Config, d Dependencies) (*Identity, error) {
	c.Overlap = cmp.Or(c.Overlap, 24*time.Hour)
	c.SessionIdle = cmp.Or(c.SessionIdle, time.Hour)
	c.SessionLife = cmp.Or(c.SessionLife, 12*time.Hour)
	c.StepUp = cmp.Or(c.StepUp, 15*time.Minute)
	c.Invitation = cmp.Or(c.Invitation, 7*24*time.Hour)
	c.FirstLink = cmp.Or(c.FirstLink, 24*time.Hour)
	i := &Identity{cfg: c, log: d.Log, now: d.Now, bucket: d.Bucket, resolver: d.Resolver, seal: d.Seal, record: d.Record}
	if i.log == nil {
		i.log = slog.New(slog.DiscardHandler)
	}
	if i.now == nil {
		i.now = time.Now
	}
	if i.resolver == nil {
		i.resolver = net.DefaultResolver
	}
	i.refused = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "haidang_identity_refused_total", Help: "Tokens and sessions refused, by reason.",
	}, []string{"reason"})
	if d.Metrics == nil {
		return i, nil
	}
	return i, d.Metrics.Register(i.refused)
}

// Start reads all records.
func (i *Identity) Start(ctx context.Context) error {
	i.change.Lock()
	defer i.change.Unlock()
	all, err := i.bucket.List(ctx)
	if err != nil {
		return fmt.Errorf("identity: reading the records: %w", err)
	}
	k := newKnown()
	for key, value := range all {
		if err := k.read(key, value); err != nil {
			return fmt.Errorf("identity: record %s cannot be read; restore it from a backup or delete it: %w", key, err)
		}
	}
	k.index()
	i.known.Store(k)
	return nil
}

// Stop has nothing to do: every change is on disk already.
func (i *Identity) Stop(context.Context) error { return nil }

func (i *Identity) refuse(reason string, err error) error {
	i.refused.WithLabelValues(reason).Inc()
	return err
}

// same compares in a time that does not depend on where two hashes differ.
func same(a, b digest) bool { return subtle.ConstantTimeCompare(a[:], b[:]) == 1 }
