// SPDX-License-Identifier: Apache-2.0

package notice

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"haidang/event"
	"haidang/vitals"
)

// Config of notices.
type Config struct {
	URL      string        // the portal's public address
	Every    time.Duration // between two looks for what is new; 15 s when zero
	Remind   time.Duration // an incident told so long ago and still seen is told again; 7 days when zero, never when negative
	Schedule Schedule      // of digests
	GiveUp   time.Duration // after this long a message is not tried again; 3 days when zero
	KeepFor  time.Duration // notices are remembered; 400 days when zero, at least twice Remind
	Mail     MailConfig
	Webhook  WebhookConfig
}

// Dependencies of notices.
type Dependencies struct {
	Log     *slog.Logger
	Metrics prometheus.Registerer
	Now     func() time.Time // time.Now when nil
	Board   *vitals.Board    // a contact that cannot be reached is shown there; may be nil
	Bucket  Bucket
	Source  Source
	Advise  func(lang string, kind event.RSIT) event.Advice
	// Record writes down that a contact is about to be told; while it fails nothing
	// is sent. Nothing is written down when it is nil.
	Record func(ctx context.Context, t Telling) error
	// Secret gives the key that a contact's webhook at an address is signed with;
	// ErrNoLonger where the contact has that webhook no more.
	Secret func(contact, target string) ([]byte, error)
	// Dial opens connections to the mail relay; net.Dialer's when nil.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Notifier tells contacts.
type Notifier struct {
	config   Config
	log      *slog.Logger
	now      func() time.Time
	board    *vitals.Board
	source   Source
	composer composer
	outbox   outbox
	senders  map[channel]sender
	relay    bool // there is one: mails are sent, not only kept
	record   func(ctx context.Context, t Telling) error
	metrics  *metrics
	wake     map[channel]chan struct{}

	cancel context.CancelFunc
	loops  sync.WaitGroup
	kept   time.Time // when the cursor of at-once was put on disk last
}

// sender sends by one channel. An error that is a *permanentError is final.
type sender interface {
	send(ctx context.Context, r *record) error
}

// permanentError says that trying again is of no use.
type permanentError struct{ error }

func (e *permanentError) Unwrap() error { return e.error }

// New prepares notices; Start begins to look and to send.
func New(c Config, d Dependencies) (*Notifier, error) {
	c.defaults()
	if c.Schedule.Hour < 0 || c.Schedule.Hour > 23 || c.Schedule.Weekday < 0 || c.Schedule.Weekday > 6 {
		return nil, fmt.Errorf("notice: schedule: hour %d and weekday %d; use 0 to 23 and 0 (Sunday) to 6", c.Schedule.Hour, c.Schedule.Weekday)
	}
	l, err := newLinks(c.URL)
	if err != nil {
		return nil, err
	}
	t, err := loadTexts()
	if err != nil {
		return nil, err
	}
	n := &Notifier{
		config: c, log: d.Log, now: d.Now, board: d.Board, source: d.Source,
		composer: composer{texts: t, links: l, zone: c.Schedule.Zone, advise: d.Advise},
		outbox:   outbox{bucket: d.Bucket}, senders: map[channel]sender{},
		wake: map[channel]chan struct{}{byMail: make(chan struct{}, 1), byWebhook: make(chan struct{}, 1)},
	}
	if n.log == nil {
		n.log = slog.New(slog.DiscardHandler)
	}
	if n.now == nil {
		n.now = time.Now
	}
	if n.record = d.Record; n.record == nil {
		n.record = func(context.Context, Telling) error { return nil }
	}
	if d.Secret == nil {
		d.Secret = func(string, string) ([]byte, error) { return nil, errors.New("none is known") }
	}
	mailer, err := newMailer(c.Mail, l, d.Dial)
	if err != nil {
		return nil, err
	}
	n.senders[byMail], n.relay = mailer, c.Mail.Host != ""
	n.senders[byWebhook] = newHooker(c.Webhook, d.Secret, n.now)
	n.metrics, err = newMetrics(d.Metrics, &n.outbox)
	return n, err
}

func (c *Config) defaults() {
	c.Every = cmp.Or(c.Every, 15*time.Second)
	c.Remind = cmp.Or(c.Remind, 7*24*time.Hour)
	c.GiveUp = cmp.Or(c.GiveUp, 72*time.Hour)
	c.KeepFor = max(cmp.Or(c.KeepFor, 400*24*time.Hour), 2*c.Remind, 2*c.GiveUp)
	if c.Schedule.Zone == nil {
		c.Schedule.Zone = time.FixedZone("Asia/Ho_Chi_Minh", 7*60*60)
	}
}

// Start reads the outbox and begins. What a crash left queued is sent first.
func (n *Notifier) Start(ctx context.Context) error {
	if err := n.outbox.load(ctx); err != nil {
		return err
	}
	run, cancel := context.WithCancel(context.WithoutCancel(ctx))
	n.cancel = cancel
	n.loops.Go(func() { n.every(run, nil, n.look) })
	for by := range n.senders {
		n.loops.Go(func() { n.every(run, n.wake[by], func(ctx context.Context) { n.deliver(ctx, by) }) })
	}
	return nil
}

// Stop ends looking and sending; it waits for messages under way, as long as
// ctx allows.
func (n *Notifier) Stop(ctx context.Context) error {
	if n.cancel == nil {
		return nil
	}
	n.cancel()
	done := make(chan struct{})
	go func() { n.loops.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("notice: a message is still under way: %w", ctx.Err())
	}
}

// every does something now, then again after a while or when woken.
func (n *Notifier) every(ctx context.Context, wake <-chan struct{}, do func(context.Context)) {
	t := time.NewTicker(n.config.Every)
	defer t.Stop()
	for {
		do(ctx)
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		case <-wake:
		}
	}
}

// look asks the source for what is new, for every cadence whose time has come.
func (n *Notifier) look(ctx context.Context) {
	now := n.now()
	for c := AtOnce; c <= Weekly; c++ {
		if err := n.lookFor(ctx, c, now); err != nil && ctx.Err() == nil {
			n.metrics.lookFailures.Inc()
			n.log.Error("looking for what to tell", "cadence", c.String(), "error", err)
		}
	}
	if err := n.outbox.prune(ctx, now.Add(-n.config.KeepFor)); err != nil && ctx.Err() == nil {
		n.log.Error("forgetting old notices", "error", err)
	}
}

func (n *Notifier) lookFor(ctx context.Context, c Cadence, now time.Time) error {
	since, to := n.outbox.cursor(c), now
	if c != AtOnce {
		to = n.config.Schedule.slot(c, now)
	}
	if since.IsZero() { // the first start: nothing of the past is told
		return n.outbox.move(ctx, c, to, true)
	}
	if !to.After(since) {
		return nil
	}
	list, err := n.source.New(ctx, c, since)
	if err != nil {
		return err
	}
	queued := 0
	var faults []error // one contact's does not keep others from being told
	for i := range list {
		k, err := n.queue(ctx, &list[i], c, now)
		queued += k
		faults = append(faults, err)
	}
	if err := errors.Join(faults...); err != nil {
		return err
	}
	keep := c != AtOnce || queued > 0 || now.Sub(n.kept) > 10*time.Minute
	if keep && c == AtOnce {
		n.kept = now
	}
	return n.outbox.move(ctx, c, to, keep)
}

// queue composes what is new for a contact and puts it into the outbox.
func (n *Notifier) queue(ctx context.Context, d *Due, c Cadence, now time.Time) (queued int, err error) {
	for _, by := range d.Contact.channels() {
		route := (&Notice{Contact: d.Contact.ID, Channel: string(by)}).route()
		items := decide(d.Contact.Org, d.Incidents.Value(), now, n.config.Remind, n.outbox.known(route))
		for len(items) > 0 {
			part := items[:min(len(items), perNotice)]
			items = items[len(part):]
			if err := n.queueOne(ctx, d, by, identify(route, part), part, c, now); err != nil {
				return queued, err
			}
			queued++
		}
		select {
		case n.wake[by] <- struct{}{}:
		default:
		}
	}
	return queued, nil
}

func (n *Notifier) queueOne(ctx context.Context, d *Due, by channel, id string, part []item, c Cadence, now time.Time) (err error) {
	r := &record{
		Notice: Notice{
			ID: id, Contact: d.Contact.ID, Org: d.Contact.Org, Channel: string(by), Cadence: c.String(),
			Created: now.UTC(), State: Queued, Next: now.UTC(),
		},
		Target: d.Contact.target(by),
	}
	open, _ := split(part)
	r.Tier = strictest(open).String()
	for _, i := range part {
		r.Told = append(r.Told, toldEntry{i.incident.Key.String(), i.incident.Relapses, i.incident.Severity})
	}
	if by == byWebhook {
		r.Message, err = n.composer.webhook(id, d, part, c, now)
	} else {
		r.Message, err = n.composer.email(d, part, c, now)
	}
	if err != nil {
		return err
	}
	return n.outbox.put(ctx, r)
}

// Outbox lists what was, is and will be sent, newest first, without content.
func (n *Notifier) Outbox() []Notice { return n.outbox.list() }

// ErrNotFailed is answered to a retry of what did not fail.
var ErrNotFailed = errors.New("there is no failed notice of that id")

// Retry queues a failed notice again.
func (n *Notifier) Retry(ctx context.Context, id string) error {
	r, ok := n.outbox.get(id)
	if !ok || r.State != Failed {
		return ErrNotFailed
	}
	now := n.now().UTC()
	r.State, r.Attempts, r.Next, r.Done, r.Retried = Queued, 0, now, time.Time{}, now
	if err := n.outbox.put(ctx, &r); err != nil {
		return err
	}
	select {
	case n.wake[channel(r.Channel)] <- struct{}{}:
	default:
	}
	return nil
}
