// SPDX-License-Identifier: Apache-2.0

package cite

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Config of the book. Zero values take the defaults named.
type Config struct {
	Most       int // documents that are kept; 200,000
	OfOne      int // documents of one table and period while it is provisional, and as many after; 32
	Daily      int // new documents a day, of all visitors together; 2,000
	PerAddress int // new documents an hour, of one visitor; 60
	MaxBytes   int // of one document; 512 KiB
	Software   string
}

func (c *Config) fill() {
	c.Most = cmp.Or(c.Most, 200_000)
	c.OfOne = cmp.Or(c.OfOne, 32)
	c.Daily = cmp.Or(c.Daily, 2000)
	c.PerAddress = cmp.Or(c.PerAddress, 60)
	c.MaxBytes = cmp.Or(c.MaxBytes, 512<<10)
	c.Software = cmp.Or(c.Software, "dev")
}

// Bucket keeps small state; what Put did is on disk when it returns. Names are
// letters, digits and - / .
type Bucket interface {
	Get(ctx context.Context, key string) ([]byte, error)
	Put(ctx context.Context, key string, value []byte) error
	// Keys gives all names without their values.
	Keys(ctx context.Context) ([]string, error)
}

// Dependencies of the book.
type Dependencies struct {
	Log     *slog.Logger
	Metrics prometheus.Registerer
	Now     func() time.Time
	Bucket  Bucket
	Key     ed25519.PrivateKey // signs new documents
}
