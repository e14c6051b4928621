// SPDX-License-Identifier: Apache-2.0

package sensor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"time"

	"haidang/sensor/door"
)

// Sender sends a spool's batches in order, each until the observatory has it or
// will never take it.
type Sender struct {
	spool  *Spool
	door   Door
	replay bool
	log    *slog.Logger
	pauses pauses
	last   atomic.Pointer[string]
}

// pauses between attempts.
type pauses struct {
	first  time.Duration // after the first failure; doubled up to most
	most   time.Duration
	denied time.Duration // while the token is refused
}

var usualPauses = pauses{500 * time.Millisecond, time.Minute, 30 * time.Second}

// NewSender makes a sender with the usual pauses.
func NewSender(s *Spool, d Door, replay bool, log *slog.Logger) *Sender {
	return &Sender{spool: s, door: d, replay: replay, log: log, pauses: usualPauses}
}

// Run sends until the context ends.
func (s *Sender) Run(ctx context.Context) {
	for ctx.Err() == nil {
		h, body, ok, err := s.spool.First()
		if err == nil && ok {
			err = s.deliver(ctx, h, body)
		}
		if err != nil && ctx.Err() == nil {
			s.log.Error("the spool cannot be used; trying again", "error", err.Error())
			sleep(ctx, s.pauses.first*4)
			continue
		}
		if !ok {
			select {
			case <-ctx.Done():
			case <-s.spool.ready:
			}
		}
	}
}

// deliver sends one batch until it is settled. An error is the spool's.
func (s *Sender) deliver(ctx context.Context, h head, body []byte) error {
	renewed := false
	for tries := 0; ctx.Err() == nil; tries++ {
		b := door.Batch{Format: h.Format, Body: body, Spool: h.Spool, Seq: h.Seq, Shed: h.Shed, Replay: s.replay}
		r, err := s.door.Send(ctx, b)
		if err == nil {
			s.settled(tries, r, h)
			return s.spool.Sent(h)
		}
		if ctx.Err() != nil {
			return nil
		}
		verdict, after := door.VerdictOf(err)
		var e *door.Error
		if verdict == door.Never && errors.As(err, &e) && e.Status == http.StatusUnprocessableEntity && !renewed {
			s.log.Warn("the observatory knows this spool with other batches; beginning a new one", "error", err.Error())
			if err := s.spool.Renew(); err != nil {
				return err
			}
			renewed = true
			h.Spool = s.spool.Status().Spool
			continue
		}
		if verdict == door.Never {
			s.log.Error("a batch was refused for good and put aside", "seq", h.Seq, "records", h.Records, "error", err.Error())
			return s.spool.Refused(h, fmt.Sprintf("%s batch of %d records: %v", h.Format, h.Records, err))
		}
		s.tell(verdict, tries, err)
		sleep(ctx, s.pause(verdict, tries, after))
	}
	return nil
}

func (s *Sender) settled(tries int, r door.Receipt, h head) {
	if tries > 0 {
		s.log.Info("the observatory takes batches again", "after_attempts", tries)
	}
	s.last.Store(nil)
	if !r.Duplicate && r.Records != int64(h.Records) {
		s.log.Warn("the observatory counted otherwise", "seq", h.Seq, "sent", h.Records, "counted", r.Records)
	}
}

// tell logs a failure when it is new, and now and then while it lasts.
func (s *Sender) tell(v door.Verdict, tries int, err error) {
	text := err.Error()
	if was := s.last.Load(); was != nil && *was == text && tries%20 != 0 {
		return
	}
	s.last.Store(&text)
	if v == door.Denied {
		s.log.Error("the token is refused; batches are kept. Enrol the sensor or rotate its token, and give it the new one", "error", text)
		return
	}
	s.log.Warn("a batch could not be sent; it is kept and sent again", "error", text)
}

// pause is how long to wait: longer each time, and never less than the
// observatory asked for; both spread by chance, so that a thousand sensors do
// not come back in the same second.
func (s *Sender) pause(v door.Verdict, tries int, after time.Duration) time.Duration {
	wait := s.pauses.most
	if v == door.Denied {
		wait = s.pauses.denied
	} else if tries < 16 {
		wait = min(s.pauses.most, s.pauses.first<<tries)
	}
	return max(wait/2+rand.N(wait/2+1), after+rand.N(after/4+1))
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
