// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"path"
	"strconv"
	"sync"

	"haidang/audit"
	"haidang/classify"
	"haidang/event"
)

// reading is one request, as far as it reads.
type reading struct {
	request string
	export  bool // the answer is a file to keep

	mu     sync.Mutex
	counts map[classify.Purpose]event.Tier // noted already; counts of one page are one reading
}

type readingKey struct{}

// reads gives each request of a handler a number, under which the audit log
// knows what it read.
func (a *App) reads(next http.Handler) http.Handler {
	if ungated {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var id [8]byte
		_, _ = rand.Read(id[:]) // never fails
		rd := &reading{request: hex.EncodeToString(id[:]), counts: map[classify.Purpose]event.Tier{}}
		switch r.URL.Query().Get("format") {
		case "csv", "parquet", "ndjson":
			rd.export = true
		default:
			rd.export = path.Ext(r.URL.Path) != ""
		}
		w.Header().Set("Haidang-Request", rd.request)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), readingKey{}, rd)))
	})
}

// noted reports whether counts for a purpose were written down in this request,
// and takes them as written down.
func (r *reading) noted(s *classify.Sight) bool {
	if r == nil || s.What != classify.SeenCounts {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return s.Tier.Within(r.counts[s.Purpose])
}

func (r *reading) note(s *classify.Sight) {
	if r == nil || s.What != classify.SeenCounts {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts[s.Purpose] = r.counts[s.Purpose].Join(s.Tier)
}

// gathering adds up what is read for one answer, which is written down as a
// whole before it is given, or not given to anybody.
type gathering struct {
	mu    sync.Mutex
	sight classify.Sight
}

type gatheringKey struct{}

// gather gives a context in which what is read is added up and not yet written
// down. Whoever uses it calls noteRead before anybody sees it.
func gather(ctx context.Context) (context.Context, *gathering) {
	g := &gathering{}
	return context.WithValue(ctx, gatheringKey{}, g), g
}

func (g *gathering) add(s *classify.Sight) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s.Tier = s.Tier.Join(g.sight.Tier)
	g.sight = *s
}

// noteGathered writes down what was gathered, as one entry about n things of a
// kind that a viewer is about to see.
func (a *App) noteGathered(ctx context.Context, s classify.Sight, v classify.Viewer, kind string, n int) error {
	if s.Tier < event.T2 || n == 0 {
		return nil
	}
	s.Viewer, s.Count = v, int64(n)
	if err := a.noteRead(ctx, s, kind); err != nil {
		return fmt.Errorf("%w: %w", classify.ErrUnwitnessed, err)
	}
	return nil
}

// witness writes down what is about to be seen; without that the gate gives
// nothing.
func (a *App) witness(ctx context.Context, s classify.Sight) error {
	if g, ok := ctx.Value(gatheringKey{}).(*gathering); ok {
		g.add(&s)
		return nil
	}
	return a.noteRead(ctx, s, s.What.String())
}

func (a *App) noteRead(ctx context.Context, s classify.Sight, kind string) error {
	r, _ := ctx.Value(readingKey{}).(*reading)
	if r.noted(&s) {
		return nil
	}
	e := audit.Entry{
		Action: actionOf(&s, r), Actor: a.actor(s.Viewer), Object: audit.Object{Kind: kind}, Tier: s.Tier.String(),
		Purpose: s.Purpose.String(), Outcome: audit.Done, Count: s.Count,
	}
	if r != nil {
		e.Request = r.request
	}
	for _, role := range s.Viewer.Roles() {
		e.Roles = append(e.Roles, role.String())
	}
	for _, org := range s.Viewer.Organisations()[:min(len(s.Viewer.Organisations()), maxAuditedOrgs)] {
		e.Organisations = append(e.Organisations, strconv.FormatUint(uint64(org), 10))
	}
	if _, err := a.audit.Append(ctx, e); err != nil {
		return err
	}
	r.note(&s)
	return nil
}

// maxAuditedOrgs is how many organisations an entry names.
const maxAuditedOrgs = 64

// actor is the name under which the audit log knows a viewer.
func (a *App) actor(v classify.Viewer) audit.Actor {
	switch {
	case v.Person() != "":
		return a.audit.Pseudonym(v.Person())
	case v.Name() != "":
		return a.audit.Pseudonym(v.Name())
	}
	return audit.Nobody
}

func actionOf(s *classify.Sight, r *reading) audit.Action {
	switch {
	case s.What == classify.SeenQuarantine:
		return audit.Quarantine
	case r != nil && r.export && s.What == classify.SeenRecords, s.Purpose == classify.Block:
		return audit.Export
	case s.Purpose == classify.Search && s.What == classify.SeenRecords, s.What == classify.SeenCounts:
		return audit.Search
	}
	return audit.Read
}
