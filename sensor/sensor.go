// SPDX-License-Identifier: Apache-2.0

package sensor

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// Config says what is followed and where its spool is.
type Config struct {
	Format   string
	Files    []string      // names or patterns
	State    string        // folder of the spool
	SpoolMax int64         // bytes of batches kept while the observatory is away (1 GiB)
	FromEnd  bool          // at the very first start, skip what is in the files already
	Replay   bool          // mark everything as a replay
	Batch    time.Duration // longest a line waits for others (1 s)
	Poll     time.Duration // how often files are looked at (200 ms)
	Report   time.Duration // how often the log says how it goes (1 min)
	// Rewrite changes whole lines before they are spooled, as many as there are;
	// nil leaves them.
	Rewrite func(lines []byte) []byte

	pauses pauses // between attempts to send
}

// Dependencies are what a sensor needs from outside.
type Dependencies struct {
	Door Door
	Log  *slog.Logger
}

// Sensor follows files and sends what is written to them. New is inert.
type Sensor struct {
	config   Config
	deps     Dependencies
	spool    *Spool
	follower *Follower
	sender   *Sender
	stop     context.CancelFunc
	done     sync.WaitGroup
}

// New makes a sensor.
func New(c Config, d Dependencies) *Sensor {
	if c.SpoolMax <= 0 {
		c.SpoolMax = 1 << 30
	}
	if c.Batch <= 0 {
		c.Batch = time.Second
	}
	if c.Poll <= 0 {
		c.Poll = 200 * time.Millisecond
	}
	if c.Report <= 0 {
		c.Report = time.Minute
	}
	if c.pauses == (pauses{}) {
		c.pauses = usualPauses
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	return &Sensor{config: c, deps: d}
}

// Start opens the spool and begins to follow and to send. It does not wait for
// the observatory.
func (s *Sensor) Start(ctx context.Context) error {
	if s.config.Format == "" || len(s.config.Files) == 0 || s.config.State == "" {
		return errors.New("sensor: format, files and state folder are needed")
	}
	var err error
	if s.spool, err = OpenSpool(s.config.State, s.config.SpoolMax, s.deps.Log); err != nil {
		return err
	}
	s.follower, err = NewFollower(s.config.Files, s.spool.Places(), s.config.FromEnd, s.deps.Log)
	if err != nil {
		return errors.Join(err, s.spool.Close())
	}
	s.sender = NewSender(s.spool, s.deps.Door, s.config.Replay, s.deps.Log)
	s.sender.pauses = s.config.pauses
	s.begin(ctx)
	return nil
}

func (s *Sensor) begin(ctx context.Context) {
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	s.done.Go(func() { s.collect(running) })
	s.done.Go(func() { s.sender.Run(running) })
	s.done.Go(func() { s.report(running) })
}

// Stop ends following and sending. Lines that were read are in the spool when
// it returns; what could not be sent is sent after the next start.
func (s *Sensor) Stop(ctx context.Context) error {
	s.stop()
	ended := make(chan struct{})
	go func() { s.done.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-ctx.Done():
		return ctx.Err()
	}
	s.follower.Close()
	return s.spool.Close()
}

// Status tells how the spool does.
func (s *Sensor) Status() Status { return s.spool.Status() }

// collect reads lines and makes batches durable until the context ends.
func (s *Sensor) collect(ctx context.Context) {
	var r records
	var begun time.Time // when the first line of r was read
	shedding := false
	for {
		now := time.Now()
		full := s.follower.Read(&r, batchBytes, now)
		if r.n > 0 && begun.IsZero() {
			begun = now
		}
		last := ctx.Err() != nil
		if len(r.raw) > 0 && (full || last || !begun.IsZero() && now.Sub(begun) >= s.config.Batch || begun.IsZero()) {
			shed, err := s.put(ctx, &r)
			if err != nil {
				return
			}
			if shed != shedding {
				shedding = shed
				s.tellShedding(shed)
			}
			r, begun = records{raw: r.raw[:0]}, time.Time{}
		}
		if len(r.raw) == 0 && s.follower.Moved() {
			s.mark()
		}
		if last {
			return
		}
		if !full {
			sleep(ctx, s.config.Poll)
		}
	}
}

// put makes the batch durable. While the disk does not take it, it waits: the
// lines are in the log, too.
func (s *Sensor) put(ctx context.Context, r *records) (shed bool, err error) {
	places := s.follower.Places()
	if s.config.Rewrite != nil {
		r = &records{raw: s.config.Rewrite(r.raw), n: r.n}
	}
	for tries := 0; ; tries++ {
		if shed, err = s.spool.Put(s.config.Format, r, places); err == nil {
			return shed, nil
		}
		if tries%60 == 0 {
			s.deps.Log.Error("the spool cannot be written; reading waits", "error", err.Error())
		}
		if ctx.Err() != nil {
			return false, err // read again after the next start
		}
		sleep(ctx, time.Second)
	}
}

// mark keeps where a file begins, is cut or has ended, before a line of it is
// read. If that fails, the next batch does it.
func (s *Sensor) mark() {
	if err := s.spool.Mark(s.follower.Places()); err != nil {
		s.deps.Log.Warn("the place in the logs could not be kept", "error", err.Error())
	}
}

func (s *Sensor) tellShedding(shed bool) {
	if shed {
		s.deps.Log.Error("the spool is full: new records are dropped and counted until the observatory takes batches again", "spool_max", s.config.SpoolMax)
	} else {
		s.deps.Log.Info("the spool has room again")
	}
}

func (s *Sensor) report(ctx context.Context) {
	for {
		sleep(ctx, s.config.Report)
		if ctx.Err() != nil {
			return
		}
		st := s.spool.Status()
		s.deps.Log.Info("sensor", "sent", st.Sent, "waiting_batches", st.Waiting, "waiting_bytes", st.Bytes, "shed", st.Shed, "refused", st.Refused, "files", st.Following)
	}
}
