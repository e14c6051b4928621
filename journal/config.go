// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Config says where the journal lies and what its limits are. Zero values take
// the defaults of DefaultConfig.
type Config struct {
	Dir            string        // folder of the embedded log; unused with URL
	URL            string        // external NATS servers, comma-separated; empty for embedded
	Credentials    string        // file with NATS credentials, for URL
	CA             string        // PEM file of who may vouch for the servers of URL; the system's when empty
	Cert, Key      string        // PEM files shown to those servers; none when empty
	Stream         string        // name of the stream, and prefix of the buckets
	Replicas       int           // with URL: copies of every message
	SingleServer   bool          // with URL: allow fewer than three replicas (trials only)
	MaxBytes       int64         // size at which the journal refuses
	MinFree        int64         // free bytes below which it refuses; negative: do not look
	MinFreePercent int           // and free share; negative: do not look
	MessageBytes   int           // payload of one message, at most
	PendingBytes   int64         // memory of what waits to be written, about
	HandoverBytes  int64         // decoded bytes that wait for the consumer in memory, at most; negative: none
	BurstBytes     int64         // decoded bytes by which a burst may be ahead of the consumer before senders have to wait for it; negative: no more than is handed over
	MaxBehind      int64         // bytes journalled and not yet committed by the store at which the journal refuses
	GroupWait      time.Duration // how long a commit waits for company
	PartWait       time.Duration // how long a piece of an unfinished batch waits
	MaxOpen        time.Duration // how long a batch may stay unfinished
	KeepKeys       time.Duration // how long an Idempotency-Key is remembered
	MaxKeys        int           // and how many of them
}

// DefaultConfig gives the defaults; only Dir (or URL) is left to be set.
func DefaultConfig() Config {
	return Config{
		Stream: "HAIDANG", Replicas: 3,
		MaxBytes: 8 << 30, MinFree: 1 << 30, MinFreePercent: 5,
		MessageBytes: 1 << 20, PendingBytes: 32 << 20, HandoverBytes: 48 << 20, BurstBytes: 1 << 30, MaxBehind: 2 << 30,
		GroupWait: 5 * time.Millisecond, PartWait: 200 * time.Millisecond,
		MaxOpen: 10 * time.Minute, KeepKeys: 7 * 24 * time.Hour, MaxKeys: 1 << 20,
	}
}

// Dependencies are what the journal needs from outside.
type Dependencies struct {
	Log     *slog.Logger
	Metrics prometheus.Registerer
	Now     func() time.Time // time.Now when nil
	// Free gives the free and total bytes of the file system that holds dir; the
	// operating system is asked when nil.
	Free func(dir string) (free, total uint64, err error)
}

func orDefault[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

func (c Config) withDefaults() Config {
	d := DefaultConfig()
	orDefault(&c.Stream, d.Stream)
	orDefault(&c.Replicas, d.Replicas)
	orDefault(&c.MaxBytes, d.MaxBytes)
	orDefault(&c.MinFree, d.MinFree)
	orDefault(&c.MinFreePercent, d.MinFreePercent)
	orDefault(&c.MessageBytes, d.MessageBytes)
	orDefault(&c.PendingBytes, d.PendingBytes)
	orDefault(&c.HandoverBytes, d.HandoverBytes)
	orDefault(&c.BurstBytes, d.BurstBytes)
	orDefault(&c.MaxBehind, d.MaxBehind)
	// The store's lag is told before the journal is full.
	c.MaxBehind = min(c.MaxBehind, c.MaxBytes/4*3)
	orDefault(&c.GroupWait, d.GroupWait)
	orDefault(&c.PartWait, d.PartWait)
	orDefault(&c.MaxOpen, d.MaxOpen)
	orDefault(&c.KeepKeys, d.KeepKeys)
	orDefault(&c.MaxKeys, d.MaxKeys)
	return c
}

func (c Config) check() error {
	switch {
	case c.URL == "" && c.Dir == "":
		return errors.New("journal: dir is empty; name a folder for the embedded log or a url")
	case c.URL != "" && c.Replicas < 3 && !c.SingleServer:
		return fmt.Errorf("journal: replicas is %d; an external log needs at least 3, or single_server for a trial", c.Replicas)
	case c.MessageBytes < 1<<12 || c.MessageBytes > 4<<20:
		return fmt.Errorf("journal: message_bytes is %d; allowed are 4 KiB to 4 MiB", c.MessageBytes)
	case c.MaxBytes < 4*int64(c.MessageBytes):
		return fmt.Errorf("journal: max_bytes is %d; it must hold at least four messages of %d bytes", c.MaxBytes, c.MessageBytes)
	case c.PendingBytes < int64(c.MessageBytes):
		return fmt.Errorf("journal: pending_bytes is %d; it must hold at least one message of %d bytes", c.PendingBytes, c.MessageBytes)
	case c.MaxKeys < 1 || c.KeepKeys < 0:
		return errors.New("journal: max_keys and keep_keys must be positive")
	}
	return checkStreamName(c.Stream)
}

func checkStreamName(s string) error {
	for _, r := range s {
		if r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			return fmt.Errorf("journal: stream is %q; allowed are letters, digits, - and _", s)
		}
	}
	return nil
}
