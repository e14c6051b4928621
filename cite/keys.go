// SPDX-License-Identifier: Apache-2.0

package cite

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"slices"

	"haidang/event"
)

// Keys gives all public keys, the oldest first. The last is in use.
func (b *Book) Keys() []event.FigureKey {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return slices.Clone(b.keys)
}

// Rotate signs with another key from now on. The public half of the one before
// stays, with the time until which it was in use.
func (b *Book) Rotate(ctx context.Context, key ed25519.PrivateKey) error {
	b.writing.Lock()
	defer b.writing.Unlock()
	return b.useKey(ctx, key)
}

// useKey is called with writing held. The old key's line is closed first: after a
// crash in between, a start closes nothing twice and opens the new one.
func (b *Book) useKey(ctx context.Context, key ed25519.PrivateKey) error {
	id, now := KeyID(key.Public().(ed25519.PublicKey)), event.TimeOf(b.now().UTC())
	keys := b.Keys()
	known := false
	for i := range keys {
		k := &keys[i]
		switch {
		case k.ID == id && k.Until.IsSet():
			return fmt.Errorf("cite: key %s was in use before, until %s; make a new one", id, k.Until)
		case k.ID == id:
			known = true
		case !k.Until.IsSet():
			k.Until = now
			if err := b.putKey(ctx, k); err != nil {
				return err
			}
		}
	}
	if !known {
		k := event.FigureKey{ID: id, Public: key.Public().(ed25519.PublicKey), Since: now, Until: event.TimeUnset}
		if err := b.putKey(ctx, &k); err != nil {
			return err
		}
		keys = append(keys, k)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.keys, b.key = keys, key
	return nil
}

func (b *Book) putKey(ctx context.Context, k *event.FigureKey) error {
	text, err := json.Marshal(lineOf(k))
	if err != nil {
		return err
	}
	if err := b.bucket.Put(ctx, publicKey+k.ID, text); err != nil {
		return fmt.Errorf("cite: key %s: %w", k.ID, err)
	}
	return nil
}

func (b *Book) sortKeys() {
	slices.SortFunc(b.keys, func(x, y event.FigureKey) int { return cmp.Compare(x.Since, y.Since) })
}
