// SPDX-License-Identifier: Apache-2.0

package cite

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"haidang/event"
)

// ErrNotFound says that there is no citation of that id.
var ErrNotFound = errors.New("there is no citation of this id")

// Book keeps citations. Its methods may be called by anybody at any time.
type Book struct {
	cfg    Config
	log    *slog.Logger
	now    func() time.Time
	bucket Bucket
	made   prometheus.Counter
	turned *prometheus.CounterVec

	writing sync.Mutex // held while a document or key is added
	limits  limits     // guarded by writing
	later   later

	mu    sync.RWMutex
	key   ed25519.PrivateKey
	keys  []event.FigureKey // the oldest first
	at    map[string]place
	under map[string][]string // by subject: ids, the oldest first
}

// place is what the index knows of a document.
type place struct {
	subject, content string
	n                int  // within the subject, from 1
	provisional      bool // not known of those that earlier versions kept
}

// New makes a book. Start reads its index.
func New(c Config, d Dependencies) (*Book, error) {
	c.fill()
	if d.Bucket == nil || len(d.Key) != ed25519.PrivateKeySize {
		return nil, errors.New("cite: a bucket and an Ed25519 key must be handed in")
	}
	b := &Book{
		cfg: c, log: cmp.Or(d.Log, slog.New(slog.DiscardHandler)), now: d.Now, bucket: d.Bucket, key: d.Key,
		at: map[string]place{}, under: map[string][]string{},
		made:   prometheus.NewCounter(prometheus.CounterOpts{Name: "haidang_cite_made_total", Help: "Citations that were made."}),
		turned: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "haidang_cite_refused_total", Help: "Citations that were not made, by the limit that was reached."}, []string{"limit"}),
	}
	if b.now == nil {
		b.now = time.Now
	}
	if d.Metrics != nil {
		d.Metrics.MustRegister(b.made, b.turned, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "haidang_cite_kept_count", Help: "Citations that are kept.",
		}, func() float64 { return float64(b.Kept()) }))
	}
	return b, nil
}

// Names in the bucket. All that the index needs of a document is in its name.
const (
	documentKey = "f/" // f/ID/SUBJECT/CONTENT/N, and /p where it is provisional
	publicKey   = "k/" // k/ID
)

// Start reads the index and the public keys, and adds the public half of the key
// in use where it is new.
func (b *Book) Start(ctx context.Context) error {
	names, err := b.bucket.Keys(ctx)
	if err != nil {
		return fmt.Errorf("cite: %w", err)
	}
	for _, n := range names {
		if id, ok := strings.CutPrefix(n, publicKey); ok {
			err = b.readKey(ctx, id)
		} else {
			err = b.index(n)
		}
		if err != nil {
			return fmt.Errorf("cite: entry %s: %w; restore the journal from a backup", n, err)
		}
	}
	for _, ids := range b.under {
		slices.SortFunc(ids, func(x, y string) int { return cmp.Compare(b.at[x].n, b.at[y].n) })
	}
	b.sortKeys()
	b.writing.Lock()
	defer b.writing.Unlock()
	return b.useKey(ctx, b.key)
}

// Stop waits for what is on its way to the disk.
func (b *Book) Stop(context.Context) error { return b.Flush() }

func (b *Book) index(entry string) error {
	parts := strings.Split(strings.TrimPrefix(entry, documentKey), "/")
	provisional := len(parts) == 5 && parts[4] == "p"
	if !strings.HasPrefix(entry, documentKey) || len(parts) != 4 && !provisional {
		return errors.New("its kind is unknown to this version")
	}
	n, err := strconv.Atoi(parts[3])
	if err != nil {
		return err
	}
	b.at[parts[0]] = place{parts[1], parts[2], n, provisional}
	b.under[parts[1]] = append(b.under[parts[1]], parts[0])
	return nil
}

func (p *place) key(id string) string {
	parts := []string{id, p.subject, p.content, strconv.Itoa(p.n)}
	if p.provisional {
		parts = append(parts, "p")
	}
	return documentKey + strings.Join(parts, "/")
}

// Kept says how many citations there are.
func (b *Book) Kept() int {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return len(b.at)
}

// Known gives the id under which a figure is cited already, "" where it is not.
func (b *Book) Known(c *event.CitedFigure) (string, error) {
	return b.find(subject(c), c)
}

// find looks for a figure that says the same: in its own form, the newest first and,
// since it may have been cited in them, in those before.
func (b *Book) find(subject string, c *event.CitedFigure) (string, error) {
	b.mu.RLock()
	of := b.under[subject]
	b.mu.RUnlock()
	if len(of) == 0 {
		return "", nil
	}
	for _, form := range []int{c.Form, FormOfWhole, 1} {
		then := *c
		then.Form = form
		text, err := content(&then)
		if err != nil {
			return "", err
		}
		if id := b.saying(of, text); id != "" {
			return id, nil
		}
	}
	return "", nil
}

// saying finds among citations one of some content, the newest first.
func (b *Book) saying(of []string, content string) string {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, id := range slices.Backward(of) {
		if b.at[id].content == content {
			return id
		}
	}
	return ""
}

// Cite keeps a figure, or finds it where it is kept. A visitor's address counts
// against the limits; the zero one is the observatory's own people. What cannot be
// kept for now is a LimitError.
func (b *Book) Cite(ctx context.Context, c *event.CitedFigure, from netip.Addr) (event.Citation, error) {
	id, err := b.keep(ctx, c, from, b.write)
	if _, waits := b.filed(id); waits && err == nil { // somebody else's, on its way to the disk
		err = b.Flush()
	}
	if err != nil {
		return event.Citation{}, err
	}
	return b.Get(ctx, id)
}

// keep gives the id under which a figure is cited, after put has its document where it
// was not.
func (b *Book) keep(ctx context.Context, c *event.CitedFigure, from netip.Addr, put func(context.Context, filed) error) (string, error) {
	s := subject(c)
	if id, err := b.find(s, c); id != "" || err != nil {
		return id, err
	}
	b.writing.Lock()
	defer b.writing.Unlock()
	if id, err := b.find(s, c); id != "" || err != nil { // somebody was faster
		return id, err
	}
	w, err := written(c)
	if err != nil {
		return "", err
	}
	defer w.done()
	now := b.now()
	id, document, err := seal(w.text, b.key, b.cfg.Software, now)
	if err != nil {
		return "", err
	}
	provisional := c.Figure.Status == event.FigureProvisional
	if err := b.room(s, provisional, len(document), from, now); err != nil {
		return "", err
	}
	p := place{s, w.says(), b.next(s), provisional}
	if err := put(ctx, filed{id, p, document}); err != nil {
		return "", err
	}
	b.add(id, p)
	if from.IsValid() {
		b.limits.count(from)
	}
	b.made.Inc()
	return id, nil
}

// next is called with writing held.
func (b *Book) next(subject string) int {
	b.mu.RLock()
	defer b.mu.RUnlock()
	n := 1
	for _, id := range b.under[subject] {
		n = max(n, b.at[id].n+1)
	}
	return n
}

func (b *Book) add(id string, p place) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.at[id] = p
	b.under[p.subject] = append(slices.Clone(b.under[p.subject]), id) // readers may hold the old one
}

// room looks whether one more document may be kept. What was cited while it changed
// does not keep what is final out.
func (b *Book) room(subject string, provisional bool, size int, from netip.Addr, now time.Time) (err error) {
	b.mu.RLock()
	kept, of := len(b.at), 0
	for _, id := range b.under[subject] {
		if b.at[id].provisional == provisional {
			of++
		}
	}
	b.mu.RUnlock()
	limit := ""
	switch {
	case size > b.cfg.MaxBytes:
		limit, err = "size", &LimitError{Detail: fmt.Sprintf("the table is too long to be cited as one figure (%d bytes of at most %d); ask for fewer dimensions", size, b.cfg.MaxBytes)}
	case of >= b.cfg.OfOne:
		limit, err = "of-one", &LimitError{Detail: fmt.Sprintf("this table and period was cited %d times while it changed; the operator can allow more (citations.of_one)", of)}
	case kept >= b.cfg.Most:
		limit, err = "kept", &LimitError{Detail: "the book of citations is full; the operator can raise its size (citations.kept)"}
	case from.IsValid():
		limit, err = "often", b.limits.allow(&b.cfg, from, now)
	}
	if err != nil {
		b.turned.WithLabelValues(limit).Inc()
	}
	return err
}

// Get gives a citation, with what is known of it since. What is provisional is not
// revised by what is provisional too: it was said that it may change.
func (b *Book) Get(ctx context.Context, id string) (event.Citation, error) {
	b.mu.RLock()
	p, ok := b.at[id]
	ids := slices.DeleteFunc(slices.Clone(b.under[p.subject]), func(other string) bool {
		x := b.at[other]
		return other != id && x.provisional && (p.provisional || x.n > p.n)
	})
	b.mu.RUnlock()
	if !ok {
		return event.Citation{}, ErrNotFound
	}
	c, err := b.open(ctx, id, p)
	if err != nil {
		return c, err
	}
	if i := slices.Index(ids, id); i > 0 {
		c.Revises = ids[i-1]
	}
	newest := ids[len(ids)-1]
	if newest == id {
		return c, nil
	}
	b.mu.RLock()
	p = b.at[newest]
	b.mu.RUnlock()
	n, err := b.open(ctx, newest, p)
	if err != nil {
		return c, err
	}
	c.RevisedBy, c.Differences = newest, Differ(&c.CitedFigure, &n.CitedFigure)
	return c, nil
}

func (b *Book) open(ctx context.Context, id string, p place) (event.Citation, error) {
	document, ok := b.filed(id)
	if !ok {
		var err error
		if document, err = b.bucket.Get(ctx, p.key(id)); err != nil {
			return event.Citation{}, fmt.Errorf("cite: %s: %w", id, err)
		}
	}
	c, err := Open(document)
	if err == nil && c.ID != id {
		err = errors.New("what is kept under this id is another figure")
	}
	if err != nil {
		return c, fmt.Errorf("cite: %s: %w; restore the journal from a backup", id, err)
	}
	return c, nil
}

// IDs gives the ids of all citations, in no order.
func (b *Book) IDs() []string {
	b.mu.RLock()
	defer b.mu.RUnlock()
	out := make([]string, 0, len(b.at))
	for id := range b.at {
		out = append(out, id)
	}
	return out
}

func (b *Book) readKey(ctx context.Context, id string) error {
	text, err := b.bucket.Get(ctx, publicKey+id)
	if err != nil {
		return err
	}
	var l keyLine
	if err := json.Unmarshal(text, &l); err != nil {
		return err
	}
	k, err := l.key()
	b.keys = append(b.keys, k)
	return err
}
