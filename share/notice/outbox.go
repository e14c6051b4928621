// SPDX-License-Identifier: Apache-2.0

package notice

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"haidang/event"
)

// Bucket keeps the outbox; what Put and Delete did is on disk when they return.
type Bucket interface {
	Put(ctx context.Context, key string, value []byte) error
	Delete(ctx context.Context, key string) error
	List(ctx context.Context) (map[string][]byte, error)
}

// State of a notice.
type State string

// States of a notice.
const (
	Queued State = "queued"
	Sent   State = "sent"
	Failed State = "failed" // refused for good, or tried for too long
)

// Notice is what can be told of a message without its content.
type Notice struct {
	ID       string    `json:"id"`
	Contact  string    `json:"contact"`
	Org      uint32    `json:"org"`
	Channel  string    `json:"channel"` // email, webhook
	Cadence  string    `json:"cadence"`
	Created  time.Time `json:"created"`
	State    State     `json:"state"`
	Attempts int       `json:"attempts"`
	Next     time.Time `json:"next"`             // of the next attempt, while queued
	Done     time.Time `json:"done"`             // when it was sent or given up
	Error    string    `json:"error,omitempty"`  // of the last attempt
	Retried  time.Time `json:"retried,omitzero"` // when somebody had it sent again
}

// record is a notice as it is kept. Content is forgotten once it is sent.
type record struct {
	Notice
	Target  string      `json:"target"`
	Told    []toldEntry `json:"told"`
	Message message     `json:"message"`
	Tier    string      `json:"tier,omitempty"`  // the strictest that it describes; none where all is withheld
	Noted   bool        `json:"noted,omitempty"` // written down as about to be sent

	unmarked bool // sent, but the bucket does not know yet
}

type toldEntry struct {
	Key      string `json:"key"`
	Relapses uint32 `json:"relapses,omitempty"`
	Severity uint8  `json:"severity"`
}

// Telling is a message that is about to be sent.
type Telling struct {
	Notice
	Tier      string   // the strictest of the incidents that it describes; empty where it only asks to sign in
	Incidents []string // keys of those that it tells of
}

func (r *record) telling() Telling {
	t := Telling{Notice: r.Notice, Tier: r.Tier}
	for _, e := range r.Told {
		t.Incidents = append(t.Incidents, e.Key)
	}
	return t
}

// route is a contact by one channel: what it was told by the other is another
// matter.
func (n *Notice) route() string { return n.Contact + "/" + n.Channel }

type toldKey struct{ route, incident string }

// outbox is everything that was or will be sent, in memory and in the bucket.
// The bucket is changed first.
type outbox struct {
	bucket Bucket

	mu      sync.Mutex
	records map[string]*record
	told    map[toldKey]told
	cursors map[Cadence]time.Time
}

const (
	noticeKey = "notice/"
	cursorKey = "cursor/"
)

// load reads everything; a record that cannot be read is an error, since what
// it told would be told again.
func (o *outbox) load(ctx context.Context) error {
	all, err := o.bucket.List(ctx)
	if err != nil {
		return fmt.Errorf("notice: reading the outbox: %w", err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.records, o.told, o.cursors = map[string]*record{}, map[toldKey]told{}, map[Cadence]time.Time{}
	for key, value := range all {
		if err := o.read(key, value); err != nil {
			return fmt.Errorf("notice: entry %s cannot be read; restore it from a backup or delete it: %w", key, err)
		}
	}
	return nil
}

func (o *outbox) read(key string, value []byte) error {
	if id, ok := strings.CutPrefix(key, noticeKey); ok {
		r := &record{}
		if err := json.Unmarshal(value, r); err != nil {
			return err
		}
		if r.ID != id || r.State != Queued && r.State != Sent && r.State != Failed {
			return errors.New("it has another id than its key, or no known state")
		}
		o.records[id] = r
		o.remember(r)
		return nil
	}
	name, _ := strings.CutPrefix(key, cursorKey)
	at := slices.Index(cadenceNames, name)
	if at < 0 {
		return errors.New("it is unknown to this version")
	}
	var t time.Time
	if err := json.Unmarshal(value, &t); err != nil {
		return err
	}
	o.cursors[Cadence(at)] = t
	return nil
}

// remember notes what a notice tells, whether it is sent already or not.
func (o *outbox) remember(r *record) {
	for _, e := range r.Told {
		k := toldKey{r.route(), e.Key}
		if last, ok := o.told[k]; !ok || r.Created.After(last.At) {
			o.told[k] = told{At: r.Created, Relapses: e.Relapses, Severity: max(e.Severity, last.Severity)}
		}
	}
}

// known gives what a route was told of an incident.
func (o *outbox) known(route string) func(event.Bytes16) (told, bool) {
	return func(key event.Bytes16) (told, bool) {
		o.mu.Lock()
		defer o.mu.Unlock()
		t, ok := o.told[toldKey{route, key.String()}]
		return t, ok
	}
}

// put writes a record to the bucket; only then is it seen.
func (o *outbox) put(ctx context.Context, r *record) error {
	value, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("notice: %w", err)
	}
	if err := o.bucket.Put(ctx, noticeKey+r.ID, value); err != nil {
		return fmt.Errorf("notice: keeping %s: %w", r.ID, err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.records[r.ID] = r
	o.remember(r)
	return nil
}

// due gives copies of what a channel must send or mark now, oldest first.
func (o *outbox) due(by channel, now time.Time) (out []*record) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, r := range o.records {
		if r.Channel == string(by) && (r.unmarked || r.State == Queued && !r.Next.After(now)) {
			c := *r
			out = append(out, &c)
		}
	}
	slices.SortFunc(out, func(a, b *record) int { return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID)) })
	return out
}

// hold keeps a record in memory that the bucket could not take: it was sent,
// and must not be sent again while the program runs.
func (o *outbox) hold(r *record) {
	o.mu.Lock()
	defer o.mu.Unlock()
	r.unmarked = true
	o.records[r.ID] = r
}

// cursor gives up to when a cadence was looked at.
func (o *outbox) cursor(c Cadence) time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.cursors[c]
}

// move sets a cursor, in memory, and on disk where keep is set: looking twice
// does no harm.
func (o *outbox) move(ctx context.Context, c Cadence, to time.Time, keep bool) error {
	if keep {
		value, err := json.Marshal(to)
		if err != nil {
			return err
		}
		if err := o.bucket.Put(ctx, cursorKey+c.String(), value); err != nil {
			return fmt.Errorf("notice: keeping the place: %w", err)
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.cursors[c] = to
	return nil
}

// prune forgets what was done before a time.
func (o *outbox) prune(ctx context.Context, before time.Time) error {
	o.mu.Lock()
	var old []*record
	for _, r := range o.records {
		if r.State != Queued && !r.unmarked && r.Done.Before(before) {
			old = append(old, r)
		}
	}
	o.mu.Unlock()
	for _, r := range old {
		if err := o.bucket.Delete(ctx, noticeKey+r.ID); err != nil {
			return fmt.Errorf("notice: forgetting %s: %w", r.ID, err)
		}
		o.mu.Lock()
		delete(o.records, r.ID)
		for _, e := range r.Told {
			if k := (toldKey{r.route(), e.Key}); o.told[k].At.Equal(r.Created) {
				delete(o.told, k)
			}
		}
		o.mu.Unlock()
	}
	return nil
}

// list gives all notices without their content, newest first.
func (o *outbox) list() (out []Notice) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, r := range o.records {
		out = append(out, r.Notice)
	}
	slices.SortFunc(out, func(a, b Notice) int { return cmp.Or(b.Created.Compare(a.Created), cmp.Compare(a.ID, b.ID)) })
	return out
}

func (o *outbox) get(id string) (record, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	r := o.records[id]
	if r == nil {
		return record{}, false
	}
	return *r, true
}
