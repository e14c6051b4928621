// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"haidang/event"
)

// Config says what is played and how fast.
type Config struct {
	To        string        // address of the observatory, http://localhost:8080
	Rate      float64       // records a second; 0: as recorded
	Speed     float64       // multiple of the recorded speed when Rate is 0; 1 when 0
	Duration  time.Duration // 0: one pass over the recording, unless Loop
	Loop      bool          // again and again until stopped
	Seed      uint64
	Yesterday bool // first a pass with the times of yesterday, as fast as it goes
}

// Dependencies are what a replay needs from outside. Enrol makes a sensor known
// to the observatory and gives its token.
type Dependencies struct {
	Enrol     func(context.Context, event.Sensor) (token string, err error)
	Log       *slog.Logger
	Transport http.RoundTripper // one of its own for each sensor when nil
	Now       func() time.Time  // time.Now when nil
}

// Summary is what was sent.
type Summary struct {
	Records int64         `json:"records"`
	Bytes   int64         `json:"bytes"`
	Retries int64         `json:"retries"`
	Sensors int           `json:"sensors"`
	Took    time.Duration `json:"took_nanoseconds"`
}

// Replay is one replay. New does nothing yet; Run plays.
type Replay struct {
	Dependencies
	config  Config
	mailers map[*site]*mailer
	order   []*mailer
	records atomic.Int64
	bytes   atomic.Int64
	retries atomic.Int64
}

// flushAfter is how long lines of a sensor wait for company.
const flushAfter = 200 * time.Millisecond

// fullBatch is when a batch is sent at once.
const fullBatch = 512 << 10

// Yesterday is played by so many passes, numbered far from all others: one pass
// alone has so few attackers that a sector's figures hang on two or three.
const (
	yesterdayPass   = 1 << 40
	yesterdayPasses = 2
)

// New makes a replay.
func New(c Config, d Dependencies) *Replay {
	c.To = strings.TrimSuffix(c.To, "/")
	if c.Speed <= 0 {
		c.Speed = 1
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	return &Replay{config: c, Dependencies: d, mailers: map[*site]*mailer{}}
}

// Run enrols the sensors, plays until the end, and gives what was sent. A
// context that ends is no error: what was under way may or may not have arrived.
func (r *Replay) Run(ctx context.Context) (Summary, error) {
	began := r.Now()
	world, err := newWorld()
	if err != nil {
		return Summary{}, err
	}
	script, err := readScript()
	if err != nil {
		return Summary{}, err
	}
	if err := r.enrol(ctx, world); err != nil {
		return Summary{}, err
	}
	group, inner := errgroup.WithContext(ctx)
	for _, m := range r.order {
		group.Go(func() error { return m.run(inner) })
	}
	group.Go(func() error {
		defer r.close()
		return r.play(inner, newPlayer(script, world, r.config.Seed))
	})
	err = group.Wait()
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		err = nil
	}
	return Summary{r.records.Load(), r.bytes.Load(), r.retries.Load(), len(r.order), r.Now().Sub(began)}, err
}

func (r *Replay) enrol(ctx context.Context, w *world) error {
	var id [8]byte
	_, _ = rand.Read(id[:]) // never fails, see crypto/rand
	for _, s := range w.sites {
		token, err := r.Enrol(ctx, s.Sensor)
		if err != nil {
			return fmt.Errorf("enrolling sensor %s: %w", s.Name, err)
		}
		transport := r.Transport
		if transport == nil {
			transport = http.DefaultTransport.(*http.Transport).Clone()
		}
		m, err := newMailer(s, token, r.config.To, "replay-"+hex.EncodeToString(id[:]), transport)
		if err != nil {
			return err
		}
		m.sent = func(records, bytes int) {
			r.records.Add(int64(records))
			r.bytes.Add(int64(bytes))
		}
		m.retry = func(err error) {
			if r.retries.Add(1)%50 == 1 {
				r.Log.Warn("sending again", "sensor", s.Name, "error", err.Error())
			}
		}
		r.mailers[s] = m
		r.order = append(r.order, m)
	}
	return nil
}

func (r *Replay) play(ctx context.Context, p *player) error {
	if r.config.Yesterday {
		if err := r.playYesterday(ctx, p); err != nil {
			return err
		}
	}
	return r.playNow(ctx, p)
}

// playYesterday plays some passes, each spread over the local day before today.
func (r *Replay) playYesterday(ctx context.Context, p *player) error {
	day := dayBefore(r.Now())
	sent := 0
	for pass := range uint64(yesterdayPasses) {
		p.begin(yesterdayPass + pass)
		n := p.left()
		for i := range n {
			if err := r.line(ctx, p, spread(day, i, n)); err != nil {
				return err
			}
		}
		sent += n
	}
	for _, m := range r.order {
		if err := r.flush(ctx, m); err != nil {
			return err
		}
	}
	r.Log.Info("yesterday is sent", "day", day.Format(time.DateOnly), "records", sent)
	p.begin(0)
	return nil
}

// playNow plays at the rate, or as recorded, with the times of now.
func (r *Replay) playNow(ctx context.Context, p *player) error {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	pace := pace{rate: r.config.Rate, fast: r.config.Speed, seed: p.seed}
	began := time.Now()
	passBegan, lastLog := began, began
	for ticks := 0; ; ticks++ {
		elapsed := time.Since(began)
		if r.config.Duration > 0 && elapsed >= r.config.Duration {
			break
		}
		// As many steps as time has passed, so that the mean holds on a busy machine.
		n := 0
		for time.Duration(pace.step)*tick <= elapsed && r.config.Rate > 0 {
			n += pace.due(elapsed)
		}
		for r.config.Rate == 0 && p.left() > n && float64(p.script.lines[p.next+n].due) <= float64(time.Since(passBegan).Microseconds())*pace.fast {
			n++
		}
		for ; n > 0; n-- {
			if err := r.line(ctx, p, r.Now()); err != nil {
				return err
			}
			if p.left() > 0 {
				continue
			}
			if !r.config.Loop && r.config.Duration == 0 {
				return r.flushAll(ctx)
			}
			p.begin(p.pass + 1)
			passBegan = time.Now()
		}
		if err := r.flushSome(ctx, ticks); err != nil {
			return err
		}
		if time.Since(lastLog) >= 10*time.Second {
			lastLog = time.Now()
			r.Log.Info("replaying", "records", r.records.Load(), "pass", p.pass+1, "retries", r.retries.Load())
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
	return r.flushAll(ctx)
}

// line plays the next line and sends its sensor's batch when it is full.
func (r *Replay) line(ctx context.Context, p *player, at time.Time) error {
	s, data := p.play(at.UnixMicro(), func(s *site) []byte { return r.mailers[s].filled.data })
	m := r.mailers[s]
	m.filled.data = data
	m.filled.records++
	if len(data) >= fullBatch {
		return r.flush(ctx, m)
	}
	return nil
}

// flushSome flushes every mailer once in flushAfter, each at its own tick.
func (r *Replay) flushSome(ctx context.Context, ticks int) error {
	turns := int(flushAfter / tick)
	for i, m := range r.order {
		if i%turns == ticks%turns {
			if err := r.flush(ctx, m); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *Replay) flushAll(ctx context.Context) error {
	for _, m := range r.order {
		if err := r.flush(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

// flush hands a sensor's lines to its mailer, waiting while that is behind.
func (r *Replay) flush(ctx context.Context, m *mailer) error {
	if m.filled.records == 0 {
		return nil
	}
	select {
	case m.queue <- m.filled:
	case <-ctx.Done():
		return ctx.Err()
	}
	m.filled = batch{}
	select {
	case m.filled.data = <-m.empty:
	default:
	}
	return nil
}

func (r *Replay) close() {
	for _, m := range r.order {
		close(m.queue)
	}
}
