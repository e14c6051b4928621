// SPDX-License-Identifier: Apache-2.0

package notice

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"haidang/vitals"
)

// atOnceSending is how many messages of one channel are under way together.
const atOnceSending = 4

// delays between attempts; the last one goes on.
var delays = []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 4 * time.Hour}

// deliver sends what a channel has to send now.
func (n *Notifier) deliver(ctx context.Context, by channel) {
	var wg sync.WaitGroup
	slots := make(chan struct{}, atOnceSending)
	for _, r := range n.outbox.due(by, n.now()) {
		if ctx.Err() != nil {
			break
		}
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			n.deliverOne(ctx, by, r)
		})
	}
	wg.Wait()
}

func (n *Notifier) deliverOne(ctx context.Context, by channel, r *record) {
	ctx = context.WithoutCancel(ctx) // what began is ended and marked; it has a time limit of its own
	switch {
	case r.unmarked:
	case by == byMail && !n.relay:
		n.wait(r)
	default:
		n.judge(r, n.send(ctx, by, r))
	}
	r.unmarked = false
	if err := n.outbox.put(ctx, r); err != nil {
		n.log.Error("marking a notice", "id", r.ID, "state", string(r.State), "error", err)
		n.outbox.hold(r)
	}
}

// send writes down that a contact is told, once, then tells it.
func (n *Notifier) send(ctx context.Context, by channel, r *record) error {
	if !r.Noted {
		if err := n.record(ctx, r.telling()); err != nil {
			return fmt.Errorf("it could not be written down: %w", err)
		}
		r.Noted = true
	}
	return n.senders[by].send(ctx, r)
}

// judge decides what becomes of a notice after an attempt.
func (n *Notifier) judge(r *record, err error) {
	now := n.now().UTC()
	r.Attempts++
	var final *permanentError
	begun := later(r.Created, r.Retried)
	switch {
	case err == nil:
		r.State, r.Done, r.Error, r.Message = Sent, now, "", message{}
		n.metrics.sent.WithLabelValues(r.Channel).Inc()
		n.log.Info("notice sent", "id", r.ID, "contact", r.Contact, "channel", r.Channel, "attempts", r.Attempts)
		n.clear(r)
	case errors.As(err, &final) || now.Sub(begun) >= n.config.GiveUp:
		r.State, r.Done, r.Error = Failed, now, clean(err.Error(), 300)
		n.metrics.failed.WithLabelValues(r.Channel).Inc()
		n.log.Error("notice given up", "id", r.ID, "contact", r.Contact, "channel", r.Channel, "attempts", r.Attempts, "error", err)
		n.warn(r, now)
	default:
		r.Next, r.Error = now.Add(delays[min(r.Attempts, len(delays))-1]), clean(err.Error(), 300)
		n.metrics.retries.WithLabelValues(r.Channel).Inc()
		n.log.Warn("notice not sent yet", "id", r.ID, "contact", r.Contact, "channel", r.Channel, "attempts", r.Attempts, "next", r.Next, "error", err)
	}
}

// wait keeps a mail that no relay takes: it says so, is noted as told to nobody, and
// is given up as late as any other.
func (n *Notifier) wait(r *record) {
	now := n.now().UTC()
	r.Next, r.Error = now.Add(waitFor), errNoRelay.Error()
	if begun := later(r.Created, r.Retried); now.Sub(begun) >= n.config.GiveUp {
		r.State, r.Done = Failed, now
		n.metrics.failed.WithLabelValues(r.Channel).Inc()
	}
	if n.board != nil {
		n.board.Raise(vitals.Warning{
			Code: noRelay, Severity: vitals.Degraded,
			Text: vitals.Text{
				VI: "Có thông báo đang chờ gửi qua thư điện tử nhưng chưa cấu hình máy chủ chuyển thư. Đặt notices.host.",
				EN: "Notices wait to be sent by mail, but no mail relay is configured. Set notices.host.",
			},
		}, now)
	}
}

// waitFor is how often it is looked whether a mail has waited for too long.
const waitFor = time.Hour

const noRelay = "notice.no-relay"

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

const unreachable = "notice.unreachable"

// warn shows that somebody who should be told cannot be.
func (n *Notifier) warn(r *record, now time.Time) {
	if n.board == nil {
		return
	}
	n.board.Raise(vitals.Warning{
		Code: unreachable, About: r.route(), Severity: vitals.Degraded,
		Text: vitals.Text{
			VI: "Không gửi được thông báo tới đầu mối này. Kiểm tra địa chỉ, hoặc gọi điện cho đơn vị, rồi gửi lại.",
			EN: "Notices do not reach this contact. Check the address, or call the organisation, and send them again.",
		},
	}, now)
}

func (n *Notifier) clear(r *record) {
	if n.board != nil {
		n.board.Clear(unreachable, r.route())
	}
}
