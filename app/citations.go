// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"haidang/app/admin"
	"haidang/audit"
	"haidang/cite"
	"haidang/classify"
	"haidang/event"
	"haidang/measure"
	"haidang/share"
	sharecite "haidang/share/cite"
	"haidang/vitals"
	"haidang/web"
)

// Names of secrets in the folder of keys: what citations are signed with, and what
// sets of sensors are told apart by.
const (
	figureSignKey = "figure-sign"
	sensorSetKey  = "sensor-set"
)

// citations puts what app knows around figures and keeps them in the book.
type citations struct {
	app      *App
	book     *cite.Book
	setKey   []byte
	coverage *share.Answers[event.Coverage]
	replays  sync.Mutex // held while one is worked out again
}

// coverageFor is how long what a period rests on is remembered.
const coverageFor = time.Minute

func (a *App) startCitations(ctx context.Context) error {
	bucket, err := a.journal.Bucket(ctx, "citations")
	if err != nil {
		return err
	}
	seed, err1 := a.folder.secret(figureSignKey, ed25519.SeedSize)
	set, err2 := a.folder.secret(sensorSetKey, 32)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	limits := a.cfg.Citations
	book, err := cite.New(cite.Config{
		Software: vitals.Version, Most: limits.Kept, OfOne: limits.OfOne, Daily: limits.Daily, PerAddress: limits.PerVisitor, MaxBytes: int(limits.MaxSize),
	}, cite.Dependencies{
		Log: a.log, Metrics: a.metrics, Now: a.now, Bucket: bucket, Key: ed25519.NewKeyFromSeed(seed),
	})
	if err != nil {
		return err
	}
	if err := book.Start(ctx); err != nil {
		return err
	}
	a.life.add("citations", book.Stop)
	a.citations = &citations{app: a, book: book, setKey: set, coverage: share.NewAnswers[event.Coverage](coverageFor, 1000, a.now)}
	a.gate.WithCitations(a.citations)
	return nil
}

// cited puts around a figure what its canonical form says beside it.
func (c *citations) cited(f event.Figure) (*event.CitedFigure, error) {
	cover, err := c.covered(f.Period.From, f.Period.To)
	if err != nil {
		return nil, err
	}
	return &event.CitedFigure{Figure: f, Position: c.app.store.Position(), Coverage: cover, Snapshots: c.app.snapshots()}, nil
}

// snapshots names the tables in use.
func (a *App) snapshots() (out []event.Snapshot) {
	for _, f := range a.enricher.Snapshot() {
		out = append(out, event.Snapshot{Kind: f.Kind, ID: cmp.Or(f.SHA256, f.Version, f.Date, f.Source)})
	}
	return out
}

func (c *citations) covered(from, to event.Time) (event.Coverage, error) {
	return c.coverage.Get(fmt.Sprint(from, to), func() (event.Coverage, error) {
		return c.app.coverageOf(c.app.measure, from, to, c.setKey)
	})
}

// coverageOf says which sensors a period rests on, by event time.
func (a *App) coverageOf(m *measure.Measure, from, to event.Time, key []byte) (out event.Coverage, err error) {
	q := measure.Query{By: []measure.Dim{measure.DimSensor}, From: from, To: to}
	q.Cube, _ = measure.CubeWith(measure.DimSensor)
	all, err := m.Query(q)
	if err != nil {
		return out, err
	}
	heard := map[string]bool{}
	for _, r := range all.Rows {
		heard[r.Group[0]] = true
	}
	n, whole, err := m.SensorHours(from, to)
	if err != nil {
		return out, err
	}
	if whole {
		out.Hours = &n
	}
	var names []string
	for name := range heard {
		names = append(names, name)
	}
	slices.Sort(names)
	mac := hmac.New(sha256.New, key)
	for _, n := range names {
		fmt.Fprintln(mac, n)
	}
	out.Sensors, out.Set = len(names), hex.EncodeToString(mac.Sum(nil)[:16])
	for _, e := range a.identity.List() {
		enrolled := e.Created.Before(to.Std()) && (e.Revoked == nil || e.Revoked.After(from.Std()))
		if enrolled && !heard[e.Name] {
			out.Silent++
		}
	}
	return out, nil
}

// Cite implements classify.Citations.
func (c *citations) Cite(ctx context.Context, f event.Figure, from netip.Addr) (event.Citation, error) {
	x, err := c.cited(f)
	if err != nil {
		return event.Citation{}, err
	}
	out, err := c.book.Cite(ctx, x, from)
	return out, limited(err)
}

// Later implements classify.Citations.
func (c *citations) Later(ctx context.Context, f event.Figure, from netip.Addr) (string, error) {
	x, err := c.cited(f)
	if err != nil {
		return "", err
	}
	id, err := c.book.Later(ctx, x, from)
	return id, limited(err)
}

// Flush implements classify.Citations.
func (c *citations) Flush() error { return c.book.Flush() }

// limited puts a limit of the book into classify's words.
func limited(err error) error {
	var limit *cite.LimitError
	if errors.As(err, &limit) {
		return &classify.LimitError{Detail: limit.Detail, Retry: limit.Retry}
	}
	return err
}

// Known implements classify.Citations.
func (c *citations) Known(_ context.Context, f event.Figure) (string, error) {
	x, err := c.cited(f)
	if err != nil {
		return "", err
	}
	return c.book.Known(x)
}

// Citation implements classify.Citations.
func (c *citations) Citation(ctx context.Context, id string) (event.Citation, error) {
	out, err := c.book.Get(ctx, id)
	if errors.Is(err, cite.ErrNotFound) {
		err = classify.ErrNotFound
	}
	return out, err
}

// Replay implements classify.Citations. One at a time: each reads many records.
func (c *citations) Replay(ctx context.Context, id string) (out event.Replayed, err error) {
	if !c.replays.TryLock() {
		return out, &classify.LimitError{Detail: "another figure is being worked out again; try again in a minute", Retry: time.Minute}
	}
	defer c.replays.Unlock()
	cited, err := c.Citation(ctx, id)
	if err != nil {
		return out, err
	}
	r, err := c.app.replayFigure(ctx, admin.Canonical{Canonical: cited.Canonical})
	if err != nil {
		return out, err
	}
	out = event.Replayed{Same: r.Same, FromRecords: r.FromRecords, Records: r.Records, At: r.At, Gone: r.Gone, RevisedBy: r.RevisedBy}
	for _, d := range r.Differences {
		out.Differences = append(out.Differences, event.FigureDifference(d))
	}
	return out, nil
}

// Keys implements classify.Citations.
func (c *citations) Keys() []event.FigureKey { return c.book.Keys() }

// rotateFigureKey makes another key to sign citations with. The public half of the
// one before is kept; its secret half is gone.
func (a *App) rotateFigureKey(ctx context.Context, _ admin.None) (admin.FigureKey, error) {
	if err := a.folder.mayChange(figureSignKey); err != nil {
		return admin.FigureKey{}, err
	}
	public, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return admin.FigureKey{}, err
	}
	object := audit.Object{Kind: "key", IDs: []string{"figures", cite.KeyID(public)}}
	if _, err := a.audit.Append(ctx, audit.Entry{Action: audit.Key, Actor: audit.System, Outcome: audit.Done, Object: object}); err != nil {
		return admin.FigureKey{}, err
	}
	// The secret first: a start after a crash in between adds its public half.
	if err := writeSynced(a.folder.join("keys", figureSignKey), key.Seed()); err != nil {
		return admin.FigureKey{}, err
	}
	if err := a.citations.book.Rotate(ctx, key); err != nil {
		return admin.FigureKey{}, err
	}
	return admin.FigureKey{ID: cite.KeyID(public)}, nil
}

// mountCitations adds permalinks, the keys that they are signed with, and the series
// of others. The keys are for everybody: who holds a document may check it.
func (a *App) mountCitations(mux *share.Mux) error {
	assets, err := web.New()
	if err != nil {
		return err
	}
	s, err := sharecite.New(sharecite.Config{Zone: a.zone, Origin: a.origin(), Version: vitals.Version, Replay: a.cfg.Portal.Replay}, sharecite.Dependencies{
		Gate: a.gate, EncodeKeys: cite.EncodeKeys, Address: a.citedFrom, Viewer: a.who, Assets: assets, Log: a.log,
	})
	if err != nil {
		return err
	}
	h := s.Handler()
	for _, pattern := range []string{"/f/", "/vi/chuoi-so-lieu", "/vi/chuoi-so-lieu/", "/en/series", "/en/series/"} {
		mux.Mount(pattern, share.Around(a.guard(h), h))
	}
	mux.Mount("/.well-known/haidang/figures.json", h)
	return nil
}

// citedFrom says from where a citation is asked for: the zero address for those who
// are signed in, whom nothing limits but the size of the book.
func (a *App) citedFrom(r *http.Request) netip.Addr {
	if v, err := a.who(r); err == nil && v.Role() != classify.Visitor && v.Role() != classify.Sender {
		return netip.Addr{}
	}
	if from := a.askedFrom(r); from.IsValid() {
		return from
	}
	return netip.IPv6Unspecified()
}
