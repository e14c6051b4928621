// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"haidang/classify"
	"haidang/event"
	"haidang/share"
)

// groups are the parts in which a record's fields are shown, by what their names
// begin with; what none of them takes is shown last.
var groups = []struct {
	name     string
	prefixes []string
}{
	{"when", []string{"@timestamp", "event.created", "event.ingested", "event.start", "event.end", "cert.expires"}},
	{"what", []string{"event.", "cert.rsit", "cert.stage", "cert.way", "cert.lure", "cert.confidence", "cert.count", "cert.excluded", "rule.", "threat.", "vulnerability."}},
	{"who", []string{"source.", "destination.", "network.", "cert.affected", "hosting.", "cert.orgs", "cert.sector", "cert.band"}},
	{"wire", []string{"url.", "dns.", "file.", "user", "http.", "process.", "email."}},
	{"label", []string{"cert.tlp", "cert.pap", "cert.audience"}},
	{"rest", []string{""}},
}

// recordBody is what the page of one record shows.
type recordBody struct {
	ID      string
	Title   string
	Time    moment
	Groups  []group
	Why     why
	Raw     raw
	Related []related
	Decide  string         // where its label is changed
	Rulings []decisionLine // that are about it
}

type group struct {
	Title string
	Facts []fact
}

// fact is one field; its link searches for the same value.
type fact struct{ Name, Text, Link string }

// why is the label and the reasons in words.
type why struct {
	Tier, TierName, TierWho string
	TLP, PAP, Personal      string
	Outcome                 string
	Reasons                 []string
	Taken                   []string // fields taken away
}

type raw struct {
	Shown  bool
	Text   string
	Format string
	Hex    bool // not UTF-8: shown in hexadecimal
	Said   string
}

type related struct {
	Text string
	Link string
}

func (v *view) record() {
	id, ok := parseID(v.id)
	if !ok {
		v.fail(http.StatusNotFound, "error.404")
		return
	}
	ctx, viewer := v.r.Context(), v.asker.Viewer
	page, err := v.dep.Gate.Events(ctx, viewer, event.Query{
		From: event.TimeUnset, To: event.TimeUnset, Limit: 1, Filters: []event.Filter{{Field: "event.id", Values: []string{id.String()}}},
	})
	if err != nil {
		v.answer(err)
		return
	}
	explained, err := v.dep.Gate.Why(ctx, viewer, classify.Search, id)
	if err != nil {
		v.answer(err)
		return
	}
	act := Act{What: "read", Kind: "event", IDs: []string{id.String()}, Done: true}
	if rowsOf(page.Value().Rows) == 0 || explained.Value().Outcome == classify.Nothing {
		act.Done = false
		if v.note(act) {
			v.fail(http.StatusNotFound, "error.record")
		}
		return
	}
	act.Count = 1
	if t := explained.Value().Tier; t != nil {
		act.Tier = t.Tier
	}
	unread, err := v.dep.Gate.Raw(ctx, viewer, id)
	if err != nil && !errors.Is(err, classify.ErrNotFound) {
		v.log.Warn("desk: reading a raw record", "record", id, "error", err)
	}
	if !v.note(act) {
		return
	}
	v.show(http.StatusOK, "record", v.l.T("record.title"), v.recordBody(id, page, explained, unread, err))
}

func (v *view) recordBody(id event.Bytes16, page classify.Released[classify.Page], explained classify.Released[classify.Explanation],
	unread classify.Released[classify.RawRecord], rawErr error,
) *recordBody {
	rows := page.Value().Rows
	b := &recordBody{Decide: v.l.path("ruling") + "?record=" + id.String(), Rulings: v.rulingsOn(rows, 0), ID: id.String(), Time: v.l.at(rows.Time[0]), Why: v.why(explained), Raw: v.raw(unread, rawErr), Related: v.related(page)}
	for i := range groups {
		b.Groups = append(b.Groups, group{Title: v.l.T("group." + groups[i].name)})
	}
	for i := range event.Fields {
		f := &event.Fields[i]
		text := share.Text(f, rows, 0)
		if text == "" {
			continue
		}
		at := slices.IndexFunc(groups, func(g struct {
			name     string
			prefixes []string
		}) bool {
			return slices.ContainsFunc(g.prefixes, func(p string) bool { return strings.HasPrefix(f.Name, p) })
		})
		if f.Name == "rule.name" {
			b.Title = visible(text)
		}
		b.Groups[at].Facts = append(b.Groups[at].Facts, v.fact(f, rows, text))
	}
	if b.Title == "" {
		b.Title = share.Text(event.FieldByName("event.dataset"), rows, 0)
	}
	b.Groups = slices.DeleteFunc(b.Groups, func(g group) bool { return len(g.Facts) == 0 })
	return b
}

// fact shows a field; what can be searched for links to its search.
func (v *view) fact(f *event.Field, b *event.Batch, text string) fact {
	out := fact{Name: f.Name, Text: visible(text)}
	switch f.Type {
	case event.TypeJSON:
		var nice bytes.Buffer
		if json.Indent(&nice, []byte(text), "", "  ") == nil {
			out.Text = visible(nice.String())
		}
	case event.TypeTime:
		if t := (*f.Column(b).(*[]event.Time))[0]; t.IsSet() {
			m := v.l.at(t)
			out.Text = m.Text + " (" + m.UTC + ")"
		}
	case event.TypeOrgSet:
		var names []string
		for _, m := range b.Orgs.At(0) {
			side := v.l.T("side." + m.Side.String())
			names = append(names, v.organisationName(strconv.FormatUint(uint64(m.Org), 10))+" ("+side+", "+event.MatchReasons.Text(uint8(m.Reason))+")")
		}
		out.Text = strings.Join(names, "; ")
	case event.TypeAddr, event.TypeDict, event.TypeEnum, event.TypeCountry, event.TypeBytes32, event.TypeU32:
		if f.Name != "cert.count" && len(text) <= 500 {
			out.Link = v.searchFor(time.Time{}, f.Name, text)
		}
	}
	return out
}

// searchFor gives the address of a search for fields' values; a time bounds it
// to an hour on either side, without one it is the last 24 hours.
func (v *view) searchFor(around time.Time, pairs ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	if !around.IsZero() {
		q.Set("from", around.Add(-time.Hour).UTC().Format(time.RFC3339))
		q.Set("to", around.Add(time.Hour+time.Second).UTC().Format(time.RFC3339))
	}
	return v.l.path("search") + "?" + q.Encode()
}

// related are searches within an hour for what shares an end, a rule or a file.
func (v *view) related(page classify.Released[classify.Page]) []related {
	b := page.Value().Rows
	at := b.Time[0].Std()
	var out []related
	for _, f := range []struct{ key, field string }{
		{"same.source", "source.ip"}, {"same.destination", "destination.ip"}, {"same.rule", "rule.name"}, {"same.file", "file.hash.sha256"},
		{"same.software", "threat.software.name"}, {"same.sensor", "observer.name"},
	} {
		if text := share.Text(event.FieldByName(f.field), b, 0); text != "" && len(text) <= 500 {
			out = append(out, related{Text: v.l.T(f.key, "value", visible(text)), Link: v.searchFor(at, f.field, text)})
		}
	}
	source, destination := share.Text(event.FieldByName("source.ip"), b, 0), share.Text(event.FieldByName("destination.ip"), b, 0)
	if source != "" && destination != "" {
		out = append(out, related{v.l.T("same.pair"), v.searchFor(at, "source.ip", source, "destination.ip", destination)})
	}
	return out
}

// why puts an explanation into words.
func (v *view) why(r classify.Released[classify.Explanation]) why {
	e := r.Value()
	out := why{PAP: e.PAP.String(), Personal: v.l.T("personal." + e.Personal.String()), Outcome: v.l.T("outcome." + e.Outcome.String())}
	if e.Tier != nil {
		out.Tier, out.TierName, out.TierWho, out.TLP = e.Tier.Tier, v.l.either(e.Tier.Name), v.l.either(e.Tier.Who), e.Tier.TLP
	}
	for _, reason := range e.Reasons {
		out.Reasons = append(out.Reasons, v.l.either(reason.Text()))
	}
	out.Taken = append(slices.Clone(e.Mask), e.Truncate...)
	return out
}

// maxRaw is how much of a raw record the page shows.
const maxRaw = 64 << 10

// raw makes the raw record readable, or says why it is not there.
func (v *view) raw(r classify.Released[classify.RawRecord], err error) raw {
	record := r.Value()
	switch {
	case errors.Is(err, classify.ErrNotFound):
		return raw{Said: v.l.T("raw.redacted")}
	case err != nil:
		return raw{Said: v.l.T("raw.failed")}
	case !record.Kept && record.Since.IsSet():
		return raw{Said: v.l.T("raw.gone", "time", v.l.at(record.Since).Text)}
	case !record.Kept:
		return raw{Said: v.l.T("raw.none")}
	}
	data := record.Data
	out := raw{Shown: true, Format: record.Format}
	if len(data) > maxRaw {
		data, out.Said = data[:maxRaw], v.l.T("raw.cut", "n", v.l.Number(int64(len(record.Data))))
	}
	out.Text, out.Hex = readable(data)
	return out
}

// readable gives bytes as text in which nothing is invisible: JSON is indented,
// control and formatting characters are written out, and what is no UTF-8 is
// written in hexadecimal.
func readable(data []byte) (text string, inHex bool) {
	if !validText(data) {
		return hex.Dump(data), true
	}
	var nice bytes.Buffer
	if json.Indent(&nice, data, "", "  ") == nil {
		data = nice.Bytes()
	}
	return visible(string(data)), false
}
