// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"
)

// Bucket is small state beside the journal: names and values, each on disk when
// Put or Delete returns. Names are letters, digits and - _ = . /
type Bucket struct {
	j    *Journal
	name string
}

// Bucket opens a bucket, making it when it does not exist.
func (j *Journal) Bucket(ctx context.Context, name string) (*Bucket, error) {
	if name == "" || checkStreamName(name) != nil {
		return nil, fmt.Errorf("journal: bucket is %q; allowed are letters, digits, - and _", name)
	}
	if j.link.Load() == nil {
		return nil, ErrStopped
	}
	b := &Bucket{j: j, name: j.cfg.Stream + "_" + name}
	_, _, err := b.open(ctx)
	return b, err
}

func (b *Bucket) open(ctx context.Context) (jetstream.KeyValue, *link, error) {
	k := b.j.link.Load()
	kv, err := k.js.KeyValue(ctx, b.name)
	if err == nil || !errors.Is(err, jetstream.ErrBucketNotFound) {
		return kv, k, b.wrap(err)
	}
	replicas := b.j.cfg.Replicas
	if k.srv != nil {
		replicas = 1
	}
	kv, err = k.js.CreateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket: b.name, History: 1, Storage: jetstream.FileStorage, Replicas: replicas,
	})
	if err == nil && k.srv != nil {
		err = syncTree(b.j.cfg.Dir)
	}
	return kv, k, b.wrap(err)
}

func (b *Bucket) wrap(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, jetstream.ErrKeyNotFound):
		return ErrNotFound
	}
	return fmt.Errorf("journal: bucket %s: %w", b.name, err)
}

// Get gives a value, or ErrNotFound.
func (b *Bucket) Get(ctx context.Context, key string) ([]byte, error) {
	kv, _, err := b.open(ctx)
	if err != nil {
		return nil, err
	}
	e, err := kv.Get(ctx, key)
	if err != nil {
		return nil, b.wrap(err)
	}
	return e.Value(), nil
}

// Put keeps a value under a name.
func (b *Bucket) Put(ctx context.Context, key string, value []byte) error {
	if err := b.j.space(); err != nil {
		return err
	}
	kv, k, err := b.open(ctx)
	if err != nil {
		return err
	}
	if _, err = kv.Put(ctx, key, value); err != nil {
		return b.wrap(err)
	}
	return b.sync(k)
}

// Delete removes a name; that it is not there is no error.
func (b *Bucket) Delete(ctx context.Context, key string) error {
	kv, k, err := b.open(ctx)
	if err != nil {
		return err
	}
	if err := kv.Purge(ctx, key); err != nil {
		return b.wrap(err)
	}
	return b.sync(k)
}

// sync makes a new block file of the bucket findable; buckets change rarely, so
// no account is kept of whether there is one.
func (b *Bucket) sync(k *link) error {
	if k.srv == nil {
		return nil
	}
	dir := filepath.Join(b.j.cfg.Dir, "jetstream", server.DEFAULT_GLOBAL_ACCOUNT, "streams", "KV_"+b.name, "msgs")
	return b.wrap(syncPath(dir))
}

// List gives all names with their values.
func (b *Bucket) List(ctx context.Context) (map[string][]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	kv, _, err := b.open(ctx)
	if err != nil {
		return nil, err
	}
	w, err := kv.WatchAll(ctx, jetstream.IgnoreDeletes())
	if err != nil {
		return nil, b.wrap(err)
	}
	defer func() { _ = w.Stop() }()
	all := map[string][]byte{}
	for {
		select {
		case e := <-w.Updates():
			if e == nil { // everything that was there has come
				return all, nil
			}
			all[e.Key()] = e.Value()
		case <-ctx.Done():
			return nil, b.wrap(ctx.Err())
		}
	}
}

// Keys gives all names without their values.
func (b *Bucket) Keys(ctx context.Context) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	kv, _, err := b.open(ctx)
	if err != nil {
		return nil, err
	}
	l, err := kv.ListKeys(ctx)
	if err != nil {
		return nil, b.wrap(err)
	}
	var names []string
	for {
		select {
		case name, more := <-l.Keys():
			if !more { // everything that was there has come
				return names, nil
			}
			names = append(names, name)
		case <-ctx.Done():
			_ = l.Stop()
			return nil, b.wrap(ctx.Err())
		}
	}
}
