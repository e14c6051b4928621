// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// Filter restricts what Entries gives; empty fields do not restrict.
type Filter struct {
	Action       Action
	Actor        Actor
	Organisation string
	Object       string // a dataset or one of the ids
	Request      string
	Outcome      Outcome
	From, To     time.Time // To exclusive
}

func (f *Filter) match(e *Entry) bool {
	return (f.Action == "" || e.Action == f.Action) &&
		(f.Actor == "" || e.Actor == f.Actor) &&
		(f.Organisation == "" || slices.Contains(e.Organisations, f.Organisation)) &&
		(f.Object == "" || e.Object.Dataset == f.Object || slices.Contains(e.Object.IDs, f.Object)) &&
		(f.Request == "" || e.Request == f.Request) &&
		(f.Outcome == "" || e.Outcome == f.Outcome) &&
		(f.From.IsZero() || !e.Time.Before(f.From)) &&
		(f.To.IsZero() || e.Time.Before(f.To))
}

// Page is one answer of Entries, newest first.
type Page struct {
	Entries []Entry
	Next    int64 // from of the next page; 0 when everything was looked at
}

// Bounds of one answer.
const (
	defaultPage = 100
	maxPage     = 1000
	window      = 256     // entries read at a time
	lookedAt    = 200_000 // entries looked at for one answer
)

// Entries gives entries below from, newest first; from the newest on when from
// is 0. A rare filter may give a page that is not full and still has a Next.
// Only what a signed checkpoint covers is given.
func (l *Log) Entries(ctx context.Context, from int64, limit int, f Filter) (Page, error) {
	if limit <= 0 {
		limit = defaultPage
	}
	limit = min(limit, maxPage)
	l.state.RLock()
	size := l.state.checkpoint.Size
	segments := slices.Clone(l.state.segments)
	l.state.RUnlock()
	if from <= 0 || from > size {
		from = size
	}
	f.Object, f.Request = seal(l.dep.Pseudonyms, f.Object), seal(l.dep.Pseudonyms, f.Request)
	f.Organisation = seal(l.dep.Pseudonyms, f.Organisation)
	var p Page
	for end, least := from, from-lookedAt; end > 0; {
		if err := ctx.Err(); err != nil {
			return Page{}, err
		}
		start := max(0, end-window)
		entries, err := readEntries(l.cfg.Dir, segments, start, end)
		if err != nil {
			return Page{}, err
		}
		for _, e := range slices.Backward(entries) {
			if f.match(&e) {
				p.Entries = append(p.Entries, e)
			}
			if len(p.Entries) == limit {
				p.Next = e.Index
				return p, nil
			}
		}
		if end = start; end <= least {
			p.Next = max(0, end)
			return p, nil
		}
	}
	return p, nil
}

// Entry gives one entry with its line, the leaf of the tree.
func (l *Log) Entry(index int64) (Entry, error) {
	l.state.RLock()
	size := l.state.checkpoint.Size
	segments := slices.Clone(l.state.segments)
	l.state.RUnlock()
	if index < 0 || index >= size {
		return Entry{}, ErrNotFound
	}
	e, err := readEntries(l.cfg.Dir, segments, index, index+1)
	if err != nil {
		return Entry{}, err
	}
	return e[0], nil
}

// readEntries reads entries from start to end, exclusive.
func readEntries(dir string, segments []segment, start, end int64) ([]Entry, error) {
	s, err := scanFrom(dir, segments, start)
	if err != nil {
		return nil, err
	}
	defer s.close()
	out := make([]Entry, 0, end-start)
	for n := start; n < end; n++ {
		raw, at, err := s.line()
		var e Entry
		if err == nil {
			e, err = Parse(raw)
		}
		if err == nil && e.Index != n {
			err = fmt.Errorf("entry %d stands where entry %d belongs", e.Index, n)
		}
		if errors.Is(err, io.EOF) {
			err = errTorn
		}
		if err != nil {
			return nil, fmt.Errorf("%w: entry %d, %s at byte %d: %w; run `haidang audit verify`", ErrTampered, n, at.file, at.offset, err)
		}
		out = append(out, e)
	}
	return out, nil
}
