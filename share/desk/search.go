// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"haidang/classify"
	"haidang/event"
	"haidang/share"
)

// listed are the columns that the list of records is made of.
var listed = []string{
	"event.id", "@timestamp", "cert.rsit", "cert.stage", "cert.affected", "rule.name", "event.action", "observer.name", "cert.tlp", "cert.audience", "cert.count", "cert.excluded", "rule.id", "event.ingested",
	"source.ip", "source.port", "source.geo.country_iso_code", "destination.ip", "destination.port", "destination.geo.country_iso_code",
}

// searchBody is what the page of the search shows.
type searchBody struct {
	Q        question
	Chips    []chip
	Periods  []choice
	Ends     []choice
	Ops      []choice
	Kinds    []string
	Fields   []string
	Hidden   []chip // filters in force, for the form to keep
	Wrong    []fault
	Answered bool
	Rows     []row
	Next     string
	Count    part[counts]
	Facets   []facet
	Timeline part[timeline]
	API      string
	Decide   string // where the labels of what is found are changed
}

// choice is one entry of a list to pick from.
type choice struct {
	Value, Text string
	Picked      bool
}

// part is a part of the page that may come too late.
type part[T any] struct {
	Late, Failed bool
	Value        T
}

type counts struct{ Records, Affected int64 }

// row is one record in the list.
type row struct {
	Path                       string
	Time                       moment
	Kind, Rule, Sensor, TLP    string
	Source, Destination        string
	SourcePlace, DestinationAt string
	Count                      int64
	Excluded                   string
	Ruled                      bool // a ruling changes its label
}

func (v *view) search() {
	if to, ok := canonical(v.r.URL.Query()); ok {
		http.Redirect(v.w, v.r, v.l.path("search")+"?"+to.Encode(), http.StatusSeeOther)
		return
	}
	q := read(v.r.URL.Query(), v.now(), v.cfg.Zone)
	body := v.searchForm(&q)
	status := http.StatusOK
	if len(q.Wrong) == 0 {
		var err error
		if status, err = v.ask(&q, body); err != nil {
			v.answer(err)
			return
		}
		if status == 0 {
			return // it could not be written down, and that was said
		}
	} else {
		status, body.Wrong = http.StatusUnprocessableEntity, q.Wrong
	}
	v.show(status, "search", v.l.T("search.title"), body)
}

// searchForm fills in what the form shows, whatever the answer is.
func (v *view) searchForm(q *question) *searchBody {
	b := &searchBody{Q: *q, Chips: q.chips(), Kinds: event.RSITs.Names[1:], API: q.api()}
	b.Hidden = append(b.Hidden, b.Chips...)
	for _, p := range periods {
		b.Periods = append(b.Periods, choice{p.name, v.l.T("period." + p.name), q.Period == p.name})
	}
	b.Periods = append(b.Periods, choice{"own", v.l.T("period.own"), q.Period == "own"})
	for _, e := range ends {
		b.Ends = append(b.Ends, choice{e, v.l.T("end." + e), false})
	}
	for _, o := range opWords {
		b.Ops = append(b.Ops, choice{o, v.l.T("op." + o), false})
	}
	for _, list := range [][]event.Field{event.Fields, event.Derived} {
		for _, f := range list {
			b.Fields = append(b.Fields, f.Name)
		}
	}
	return b
}

// ask puts the question and, beside it, those of the facets; what takes longer
// than the page's patience is left out and said to be. The list is waited for.
func (v *view) ask(q *question, body *searchBody) (status int, err error) {
	ctx, cancel := context.WithTimeout(v.r.Context(), 10*v.cfg.Patience)
	defer cancel()
	beside, stop := context.WithTimeout(v.r.Context(), v.cfg.Patience)
	defer stop()
	gate, viewer := v.dep.Gate, v.asker.Viewer
	plain := q.Query
	plain.Cursor, plain.Limit = "", 0

	var wait sync.WaitGroup
	body.Facets = make([]facet, len(facets))
	for i, f := range facets {
		wait.Go(func() {
			late := facet{Field: f, Title: v.l.T("facet." + f), part: part[[]line]{Late: true}}
			body.Facets[i] = within(beside, late, func() facet { return v.facet(beside, q, plain, f) })
		})
	}
	wait.Go(func() {
		body.Timeline = within(beside, part[timeline]{Late: true}, func() part[timeline] { return v.timeline(beside, q, plain) })
	})
	wait.Go(func() {
		body.Count = within(beside, part[counts]{Late: true}, func() part[counts] { return v.counted(beside, plain) })
	})
	list := q.Query
	list.Fields = listed
	page, err := gate.Events(ctx, viewer, list)
	wait.Wait()
	var wrong *classify.QuestionError
	switch {
	case errors.As(err, &wrong):
		body.Wrong = append(body.Wrong, fault{wrong.Field, wrong.Detail})
		return http.StatusUnprocessableEntity, nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		v.fail(http.StatusServiceUnavailable, "error.slow")
		return 0, nil
	case err != nil:
		return 0, err
	}
	rows := page.Value().Rows
	ids := identifiers(rows)
	if !v.note(Act{What: "search", Kind: "event", IDs: ids, Count: int64(len(ids)), Done: true}) {
		return 0, nil
	}
	body.Answered, body.Rows = true, v.rows(page)
	selected, left := q.selectorOf(v.now())
	selected["left"] = left
	body.Decide = v.l.path("ruling") + "?" + selected.Encode()
	if next := page.Value().Next; next != "" {
		body.Next = q.page(next)
	}
	return http.StatusOK, nil
}

// within waits for an answer until ctx ends, whatever the one who is asked makes
// of that.
func within[T any](ctx context.Context, late T, ask func() T) T {
	answer := make(chan T, 1)
	go func() { answer <- ask() }()
	select {
	case a := <-answer:
		return a
	case <-ctx.Done():
		return late
	}
}

// counted counts all that the question matches.
func (v *view) counted(ctx context.Context, plain event.Query) (out part[counts]) {
	r, err := v.dep.Gate.CountFor(ctx, v.asker.Viewer, classify.Search, plain, []event.Metric{event.MetricRecords, event.MetricAffected})
	out.Late, out.Failed = v.problem(err)
	if n := r.Value(); err == nil && len(n) == 2 {
		out.Value = counts{n[0], n[1]}
	}
	return out
}

// problem tells late from failed; what failed is logged.
func (v *view) problem(err error) (late, failed bool) {
	if err == nil {
		return false, false
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return true, false
	}
	var wrong *classify.QuestionError
	if !errors.As(err, &wrong) { // the list says the same
		v.log.Error("desk: a part of the search", "error", err)
	}
	return false, true
}

func identifiers(b *event.Batch) []string {
	var out []string
	for i := range rowsOf(b) {
		out = append(out, b.ID[i].String())
	}
	return out
}

func rowsOf(b *event.Batch) int {
	if b == nil {
		return 0
	}
	return b.Rows()
}

// rows makes the list of what was released.
func (v *view) rows(page classify.Released[classify.Page]) []row {
	b := page.Value().Rows
	decisions := v.inForce()
	var out []row
	for i := range rowsOf(b) {
		text := func(name string) string { return visible(share.Text(event.FieldByName(name), b, i)) }
		end := func(side string) (string, string) {
			s := text(side + ".ip")
			if p := text(side + ".port"); s != "" && p != "" {
				if strings.Contains(s, ":") {
					s = "[" + s + "]"
				}
				s += ":" + p
			}
			return s, text(side + ".geo.country_iso_code")
		}
		r := row{
			Path: v.l.path("record") + b.ID[i].String(), Time: v.l.at(b.Time[i]), Kind: text("cert.rsit"), Rule: text("rule.name"),
			Sensor: text("observer.name"), TLP: text("cert.tlp"), Count: int64(b.Count[i]), Excluded: text("cert.excluded"),
		}
		if r.Rule == "" {
			r.Rule = text("event.action")
		}
		for _, d := range v.about(decisions, b, i) {
			if d.Does != classify.Benign {
				r.Ruled = true
			} else if r.Excluded == "" {
				r.Excluded = visible(d.Reason)
			}
		}
		r.Source, r.SourcePlace = end("source")
		r.Destination, r.DestinationAt = end("destination")
		out = append(out, r)
	}
	return out
}

// parseID reads an event.id, with or without dashes.
func parseID(s string) (id event.Bytes16, ok bool) {
	raw, err := hex.DecodeString(strings.ReplaceAll(s, "-", ""))
	if err != nil || len(raw) != len(id) {
		return id, false
	}
	return event.Bytes16(raw), true
}

// facetTime is how long a bucket of the timeline lasts, by the period's length.
func stepOf(long time.Duration) (by string, step time.Duration) {
	switch {
	case long <= 2*time.Hour:
		return "minute", time.Minute
	case long <= 72*time.Hour:
		return "hour", time.Hour
	}
	return "day", 24 * time.Hour
}
