// SPDX-License-Identifier: Apache-2.0

//go:build !noduckdb

package app

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"haidang/identity"
	"haidang/incident"
	"haidang/share/notice"
)

// leakContact is who is told for one of the world's organisations.
func leakContact(org int) identity.Contact {
	return identity.Contact{Email: fmt.Sprintf("zqorg%d@example.vn", org), Language: []string{"vi", "en"}[org%2]}
}

// allNews gives everything that was planted as if it had just come, once; the call
// after that says that all of it waits to be sent.
type allNews struct {
	notice.Source
	mu     sync.Mutex
	calls  int
	queued chan struct{}
}

func (s *allNews) New(ctx context.Context, c notice.Cadence, _ time.Time) ([]notice.Due, error) {
	if c != notice.AtOnce {
		return nil, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch s.calls++; s.calls {
	case 1:
		return s.Source.New(ctx, c, leakStart.Add(-time.Hour))
	case 2:
		close(s.queued)
	}
	return nil, nil
}

// keptInMemory is an outbox's bucket.
type keptInMemory struct{ sync.Map }

func (k *keptInMemory) Put(_ context.Context, key string, value []byte) error {
	k.Store(key, value)
	return nil
}

func (k *keptInMemory) Delete(_ context.Context, key string) error {
	k.Map.Delete(key)
	return nil
}

func (k *keptInMemory) List(context.Context) (map[string][]byte, error) {
	out := map[string][]byte{}
	k.Range(func(key, value any) bool {
		out[key.(string)] = value.([]byte)
		return true
	})
	return out, nil
}

// noticesTellNothing has every organisation told by mail and by webhook of all that
// was planted. A message holds what the oracle gives a member of the organisation
// without a passkey, and nothing of records that are known to be benign. It gives
// how many messages left.
func (r *leakRig) noticesTellNothing() (messages int) {
	r.t.Helper()
	office, boxes := openPostOffice(r.t), make([]*inbox, len(r.world.orgs))
	for i, org := range r.world.orgs {
		boxes[i] = openInbox(r.t)
		if _, err := r.app.identity.SetWebhook(r.t.Context(), org, leakContact(i).Email, boxes[i].URL); err != nil {
			r.t.Fatal(err)
		}
	}
	r.app.reroute()
	r.tellAll(office.port)
	for i, org := range r.world.orgs {
		allowed := r.tellable(i, org)
		for _, l := range office.received() {
			if l.to != leakContact(i).Email {
				continue
			}
			messages++
			header, _, _ := strings.Cut(l.raw, "\r\n\r\n")
			if err := nothingOf(leakAnswer{body: []byte(header + "\n" + l.subject + "\n" + l.text)}, allowed...); err != nil {
				r.t.Errorf("a letter to %s: %v", l.to, err)
			}
		}
		for _, x := range boxes[i].all() {
			messages++
			if err := nothingOf(leakAnswer{header: x.header, body: x.body}, allowed...); err != nil {
				r.t.Errorf("a webhook of organisation %d: %v", i, err)
			}
		}
	}
	return messages
}

// tellable lists the words that an organisation may be told.
func (r *leakRig) tellable(i int, org uint32) []string {
	allowed := []string{fmt.Sprintf("zqorg%d", i)}
	v := &leakViewer{roles: []string{"member"}, orgs: []uint32{org}}
	for _, rec := range r.world.records {
		if s := r.world.seen(v, "own", rec); s != nil && !rec.marked && rec.text["cert.excluded"] == "" {
			for _, text := range s.text {
				allowed = append(allowed, planted.FindAllString(text, -1)...)
			}
		}
	}
	return allowed
}

// tellAll runs the product's notices over everything until it has left.
func (r *leakRig) tellAll(relay int) {
	r.t.Helper()
	source := &allNews{Source: &newcomers{app: r.app}, queued: make(chan struct{})}
	n, err := notice.New(notice.Config{
		URL: r.app.origin(), Every: 50 * time.Millisecond, Schedule: notice.Schedule{Zone: r.app.zone},
		Mail:    notice.MailConfig{Host: "127.0.0.1", Port: relay, Security: "plain", From: "notices@haidang.example"},
		Webhook: notice.WebhookConfig{Inside: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}},
	}, notice.Dependencies{
		Log: slog.New(slog.NewJSONHandler(r.log, nil)), Now: r.app.now, Bucket: new(keptInMemory), Source: source,
		Advise: incident.Advise, Record: r.app.noteTelling, Secret: r.app.webhookSecret,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	if err := n.Start(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
	defer func() {
		if err := n.Stop(context.WithoutCancel(r.t.Context())); err != nil {
			r.t.Error(err)
		}
	}()
	deadline := time.After(5 * time.Minute)
	select {
	case <-source.queued:
	case <-deadline:
		r.t.Fatal("what is to be told is not queued")
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for slices.ContainsFunc(n.Outbox(), func(m notice.Notice) bool { return m.State == notice.Queued }) {
		select {
		case <-tick.C:
		case <-deadline:
			r.t.Fatalf("messages wait: %+v", n.Outbox())
		}
	}
	for _, m := range n.Outbox() {
		if m.State != notice.Sent || strings.Contains(m.Error, "zq") {
			r.t.Errorf("%+v", m)
		}
	}
}
