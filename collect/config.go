// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"haidang/event"
)

// Journal is what doors ask of the journal.
type Journal interface {
	Begin(event.Delivery) (Append, error)
}

// Append is one batch under way. Body, where it is not nil, takes the decoded
// body before Commit, so that a repeat can be told from other bytes. Write keeps
// nothing of data after it returned; what was given by Give is the journal's,
// whatever it answers, until it calls release. Commit returns after the bytes are
// on disk. Abort after Commit or Abort does nothing.
type Append interface {
	Body() io.Writer
	Write(data []byte, records int, preamble []byte) error
	Give(data []byte, records int, preamble []byte, release func()) error
	Commit(ctx context.Context) (event.Receipt, error)
	Abort()
}

// Keeper is an Append that takes records together with how their sender packed
// them, so that they need not be packed again: zstd was unpacked to just data. Both
// are the journal's until it calls release and done. Whoever rewrites records on
// their way may not be one.
type Keeper interface {
	Keep(data []byte, records int, zstd []byte, release, done func()) error
}

// Sensors knows who a token belongs to.
type Sensors interface {
	Authenticate(token string) (event.Sensor, error)
}

// Formats knows the names of formats and how their bodies are cut.
type Formats interface {
	Framing(name string) (event.Framing, bool)
	Names() []string
}

// Config bounds what the doors take. Zero values take the defaults.
type Config struct {
	MaxBody    int64         // decoded bytes of one request (256 MiB)
	MaxRecord  int           // bytes of one record; longer ones are cut short (1 MiB)
	InFlight   int64         // memory of all requests being read (128 MiB, at least 32 MiB)
	Wait       time.Duration // how long a request waits for memory before 429 (2 s)
	ReadIdle   time.Duration // longest silence within a body (30 s)
	MinRate    int64         // bytes a second below which a body is too slow, on average (1 KiB)
	RetryAfter time.Duration // told with 429 and 503 when the cause names no time (2 s)
}

// Dependencies are what the doors need from outside. Classify turns an error of
// a neighbour into what the sender may read; without one, errors speak through
// HTTPStatus (see ProblemOf).
type Dependencies struct {
	Journal  Journal
	Sensors  Sensors
	Formats  Formats
	Classify func(error) Problem
	Log      *slog.Logger
	Metrics  prometheus.Registerer
	Now      func() time.Time // time.Now when nil
}

func orDefault[T int | int64 | time.Duration](v *T, d T) {
	if *v <= 0 {
		*v = d
	}
}

func (c Config) withDefaults() Config {
	orDefault(&c.MaxBody, 256<<20)
	orDefault(&c.MaxRecord, 1<<20)
	orDefault(&c.InFlight, 128<<20)
	orDefault(&c.Wait, 2*time.Second)
	orDefault(&c.ReadIdle, 30*time.Second)
	orDefault(&c.MinRate, 1<<10)
	orDefault(&c.RetryAfter, 2*time.Second)
	// One request with the largest window and the largest record must fit into
	// the half that one sensor may hold.
	need := 2 * int64(maxWindow+decoderSlack+largeBuffer(c.MaxRecord)+smallBuffer)
	c.InFlight = max(c.InFlight, 32<<20, need)
	return c
}
