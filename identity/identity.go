// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
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

// Config has one choice: how long a token lives on after its rotation.
type Config struct {
	Overlap time.Duration // 24 h when zero
}

// Dependencies are what identity needs from outside.
type Dependencies struct {
	Log     *slog.Logger
	Metrics prometheus.Registerer
	Now     func() time.Time // time.Now when nil
	Bucket  Bucket
}

// Identity knows sensors and operators. Its methods may be called by any goroutine.
type Identity struct {
	overlap time.Duration
	log     *slog.Logger
	now     func() time.Time
	bucket  Bucket
	refused *prometheus.CounterVec

	change sync.Mutex // held by one change at a time
	known  atomic.Pointer[known]
}

// known is everything, in memory. It is never changed, only replaced.
type known struct {
	sensors   map[string]*sensorRecord
	operators map[string]*operatorRecord
	// By hash: who holds the token, and which of the holder's it is.
	sensorTokens   map[digest]sensorToken
	operatorTokens map[digest]*operatorRecord
}

// New prepares identity; Start reads the records.
func New(c Config, d Dependencies) (*Identity, error) {
	i := &Identity{overlap: c.Overlap, log: d.Log, now: d.Now, bucket: d.Bucket}
	if i.overlap == 0 {
		i.overlap = 24 * time.Hour
	}
	if i.log == nil {
		i.log = slog.New(slog.DiscardHandler)
	}
	if i.now == nil {
		i.now = time.Now
	}
	i.refused = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "haidang_identity_refused_total", Help: "Tokens refused, by reason.",
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
	k := &known{sensors: map[string]*sensorRecord{}, operators: map[string]*operatorRecord{}}
	for key, value := range all {
		if err := k.read(key, value); err != nil {
			return fmt.Errorf("identity: record %s cannot be read; restore it from a backup or delete it: %w", key, err)
		}
	}
	i.publish(k)
	return nil
}

// Stop has nothing to do: every change is on disk already.
func (i *Identity) Stop(context.Context) error { return nil }

func (k *known) read(key string, value []byte) error {
	d := json.NewDecoder(bytes.NewReader(value))
	d.DisallowUnknownFields()
	kind, _, _ := strings.Cut(key, "/")
	switch kind {
	case kindSensor:
		r := &sensorRecord{}
		if err := d.Decode(r); err != nil {
			return err
		}
		if len(r.Tokens) == 0 || bucketKey(kind, r.Sensor.Name) != key {
			return errors.New("it has no token, or another name than its key")
		}
		k.sensors[r.Sensor.Name] = r
	case kindOperator:
		r := &operatorRecord{}
		if err := d.Decode(r); err != nil {
			return err
		}
		k.operators[r.Name] = r
	default:
		return fmt.Errorf("the kind %q is unknown to this version", kind)
	}
	return nil
}

// publish makes k what everybody sees.
func (i *Identity) publish(k *known) {
	k.sensorTokens = map[digest]sensorToken{}
	k.operatorTokens = map[digest]*operatorRecord{}
	for _, r := range k.sensors {
		for n := range r.Tokens {
			k.sensorTokens[r.Tokens[n].Hash] = sensorToken{r, &r.Tokens[n]}
		}
	}
	for _, r := range k.operators {
		k.operatorTokens[r.Hash] = r
	}
	i.known.Store(k)
}

// copy gives a set of records that a change may be made in; records themselves
// are replaced, not changed.
func (k *known) copy() *known {
	n := &known{sensors: map[string]*sensorRecord{}, operators: map[string]*operatorRecord{}}
	for name, r := range k.sensors {
		n.sensors[name] = r
	}
	for name, r := range k.operators {
		n.operators[name] = r
	}
	return n
}

// put writes a record; only then is it seen.
func (i *Identity) put(ctx context.Context, kind, name string, record any) error {
	value, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("identity: %w", err)
	}
	if err := i.bucket.Put(ctx, bucketKey(kind, name), value); err != nil {
		return fmt.Errorf("identity: keeping %s %s: %w", kind, name, err)
	}
	return nil
}

func (i *Identity) refuse(reason string, err error) error {
	i.refused.WithLabelValues(reason).Inc()
	return err
}

// same compares in a time that does not depend on where two hashes differ.
func same(a, b digest) bool { return subtle.ConstantTimeCompare(a[:], b[:]) == 1 }
