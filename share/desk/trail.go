// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Trail is the audit log as the auditor's page reads it.
type Trail interface {
	// Entries gives entries below from (0: the newest), newest first, and where the
	// next page begins (0: at the log's beginning).
	Entries(ctx context.Context, from int64, limit int, f TrailFilter) (entries []TrailEntry, next int64, err error)
	Checkpoint() Checkpoint
	// Pseudonym gives the name under which the log knows a person's id.
	Pseudonym(id string) string
	// Actions lists what an entry can be about.
	Actions() []string
}

// TrailFilter restricts entries; empty fields do not.
type TrailFilter struct {
	Action, Actor, Object string
	From, To              time.Time
}

// TrailEntry is one entry of the log. It holds no name of a person in clear.
type TrailEntry struct {
	Index                 int64
	Time                  time.Time
	Action, Actor         string
	Roles                 []string
	Kind, Dataset         string
	IDs                   []string
	More, Count           int64
	Tier, Purpose, Result string
}

// Checkpoint is the signed word on how long the log is.
type Checkpoint struct {
	Size int64
	Root string
	Time time.Time
	Note string
}

// auditBody is what the auditor's page shows.
type auditBody struct {
	Action, Actor, Object, Person string
	Actions                       []choice
	People                        []personLine
	Looked                        bool
	Entries                       []entryLine
	Next                          string
	Checkpoint                    Checkpoint
	Signed                        moment
}

type personLine struct{ Name, Pseudonym, Link string }

type entryLine struct {
	TrailEntry
	At     moment
	What   string
	ByLink string
	Short  []string // ids, the first of many
	Rest   int64
}

// shownIDs of an entry; the others are counted.
const shownIDs = 8

func (v *view) audit() {
	values := v.r.URL.Query()
	get := func(name string) string { return strings.TrimSpace(values.Get(name)) }
	b := &auditBody{Action: get("action"), Actor: get("actor"), Object: get("object"), Person: get("person")}
	from, err := strconv.ParseInt(cmp.Or(get("before"), "0"), 10, 64)
	if err != nil || from < 0 {
		from = 0
	}
	// Reading the log is in the log, before anything of it is shown.
	if !v.note(Act{What: "audit", Kind: "audit", IDs: []string{cmp.Or(b.Action, "all")}, Done: true}) {
		return
	}
	entries, next, err := v.dep.Trail.Entries(v.r.Context(), from, 100, TrailFilter{Action: b.Action, Actor: b.Actor, Object: b.Object})
	if err != nil {
		v.answer(err)
		return
	}
	for _, a := range v.dep.Trail.Actions() {
		b.Actions = append(b.Actions, choice{a, v.l.T("action." + a), a == b.Action})
	}
	b.Checkpoint = v.dep.Trail.Checkpoint()
	b.Signed = v.l.moment(b.Checkpoint.Time)
	if b.Person != "" {
		b.Looked, b.People = true, v.persons(b.Person)
	}
	link := func(actor string, before int64) string {
		q := url.Values{}
		for name, value := range map[string]string{"action": b.Action, "actor": actor, "object": b.Object} {
			if value != "" {
				q.Set(name, value)
			}
		}
		if before > 0 {
			q.Set("before", strconv.FormatInt(before, 10))
		}
		return v.l.path("audit") + "?" + q.Encode()
	}
	for _, e := range entries {
		l := entryLine{TrailEntry: e, At: v.l.moment(e.Time), What: v.l.T("action." + e.Action), ByLink: link(e.Actor, 0), Short: e.IDs}
		if len(l.Short) > shownIDs {
			l.Short, l.Rest = l.Short[:shownIDs], int64(len(l.Short)-shownIDs)
		}
		l.Rest += e.More
		b.Entries = append(b.Entries, l)
	}
	if next > 0 {
		b.Next = link(b.Actor, next)
	}
	v.show(http.StatusOK, "audit", v.l.T("audit.title"), b)
}

// persons finds under which names the log knows somebody: by id, or by a part of
// the name.
func (v *view) persons(find string) []personLine {
	var out []personLine
	add := func(name, id string) {
		p := v.dep.Trail.Pseudonym(id)
		out = append(out, personLine{name, p, v.l.path("audit") + "?actor=" + url.QueryEscape(p)})
	}
	for _, p := range v.dep.Identity.People() {
		if p.ID == find || len(find) > 1 && strings.Contains(strings.ToLower(p.Name), strings.ToLower(find)) {
			add(p.Name, p.ID)
		}
		if len(out) == 50 {
			return out
		}
	}
	if !slices.ContainsFunc(out, func(l personLine) bool { return l.Name == find }) {
		add(find, strings.TrimPrefix(find, "person/")) // somebody who is no longer here, a token, a local user
	}
	return out
}
