// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"crypto"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Config says where the log lies. Zero values take defaults.
type Config struct {
	Dir          string        // folder of the log
	Origin       string        // name of a new log in its checkpoints; from the key when empty
	SegmentBytes int64         // an entry file is followed by the next at this size (64 MiB)
	Group        int           // appends that share one sync, at most (1024)
	Queue        int           // appends that wait, at most (4096)
	Wait         time.Duration // how long an append waits for a place in the queue (2 s)
}

// Dependencies are what the log needs from outside.
type Dependencies struct {
	Log     *slog.Logger
	Metrics prometheus.Registerer
	Now     func() time.Time // time.Now when nil
	// Key signs checkpoints; its public key is Ed25519. Previous is the key before,
	// needed once after a change: the log then notes the change, signed by both.
	Key, Previous crypto.Signer
	// Pseudonyms is the secret of KeySize bytes behind pseudonyms and seals.
	Pseudonyms []byte
}

// Errors of Append, Start and the questions.
var (
	ErrBusy     = errors.New("audit: too many entries wait to be written; try again")
	ErrStopped  = errors.New("audit: the log is stopped")
	ErrBroken   = errors.New("audit: a sync failed and it is uncertain what is on disk; restart to read it back")
	ErrTampered = errors.New("audit: the log is not as it was signed")
	ErrNotFound = errors.New("audit: no such entry")
)

func (c Config) withDefaults() Config {
	if c.SegmentBytes <= 0 {
		c.SegmentBytes = 64 << 20
	}
	if c.Group <= 0 {
		c.Group = 1024
	}
	if c.Queue <= 0 {
		c.Queue = 4096
	}
	if c.Wait <= 0 {
		c.Wait = 2 * time.Second
	}
	return c
}

func (d Dependencies) check() error {
	if _, ok := publicKey(d.Key); !ok {
		return errors.New("audit: key is missing or not Ed25519; restore keys/audit-sign from a backup")
	}
	if _, ok := publicKey(d.Previous); d.Previous != nil && !ok {
		return errors.New("audit: the previous key is not Ed25519; restore keys/ from a backup")
	}
	if len(d.Pseudonyms) != KeySize {
		return fmt.Errorf("audit: the pseudonym key has %d bytes, not %d; restore keys/ from a backup", len(d.Pseudonyms), KeySize)
	}
	return nil
}

func publicKey(s crypto.Signer) (ed25519.PublicKey, bool) {
	if s == nil {
		return nil, false
	}
	k, ok := s.Public().(ed25519.PublicKey)
	return k, ok
}
