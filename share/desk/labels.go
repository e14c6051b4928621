// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"haidang/classify"
	"haidang/event"
)

// shownDecisions is how many are listed; older ones are in the audit log too.
const shownDecisions = 500

// labelsBody is what the list of decisions shows.
type labelsBody struct {
	Lines []decisionLine
	More  int64
	Wrong string
	Act   bool // may withdraw
}

type decisionLine struct {
	ID, What, Label, Reason, Basis string
	Of                             []string
	Record                         string // its page
	Search                         string
	By, WithdrawnBy, WithdrawnWhy  string
	At, Expires, Withdrawn         moment
	State                          string // holds, expired, withdrawn
}

// labels lists the decisions about records. Auditors read it too: they see who
// decided as the audit log names them, and no pages of records.
func (v *view) labels() { v.listLabels(http.StatusOK, "") }

func (v *view) listLabels(status int, wrong string) {
	if !v.note(Act{What: "read", Kind: "ruling", IDs: []string{"all"}, Done: true}) {
		return
	}
	b := &labelsBody{Wrong: wrong, Act: v.asker.Viewer.Has(classify.Analyst)}
	all := v.dep.Rulings.Decisions()
	for i := range all[:min(len(all), shownDecisions)] {
		b.Lines = append(b.Lines, v.decisionLine(&all[i]))
	}
	b.More = int64(len(all) - len(b.Lines))
	v.show(status, "labels", v.l.T("labels.title"), b)
}

func (v *view) decisionLine(d *Decision) decisionLine {
	out := decisionLine{
		ID: d.ID, What: v.l.T("does." + d.Does.String()), Label: d.Label.String(), Reason: visible(d.Reason), Basis: visible(d.Basis),
		By: v.whoIs(d.By), At: v.l.moment(d.At), Expires: v.l.moment(d.Expires), State: "holds", Of: v.selected(&d.Of),
	}
	if d.Does == classify.Benign {
		out.Label = ""
	}
	switch {
	case !d.Withdrawn.IsZero():
		out.State, out.Withdrawn, out.WithdrawnBy, out.WithdrawnWhy = "withdrawn", v.l.moment(d.Withdrawn), v.whoIs(d.WithdrawnBy), visible(d.WithdrawnWhy)
	case !d.Holds(v.now()):
		out.State = "expired"
	}
	if !v.asker.Viewer.Has(classify.Analyst) {
		return out
	}
	if d.Of.One() {
		out.Record = v.l.path("record") + d.Of.Record.String()
	} else {
		out.Search = v.l.path("search") + "?" + selection(&d.Of).Encode()
	}
	return out
}

// selected tells a selector in words.
func (v *view) selected(s *classify.Selector) (out []string) {
	add := func(key, value string) {
		if value != "" {
			out = append(out, v.l.T("of."+key)+": "+visible(value))
		}
	}
	if s.One() {
		add("record", s.Record.String())
		add("sensor", s.Sensor)
		return out
	}
	add("sensor", s.Sensor)
	add("period", v.l.at(s.From).Text+" – "+v.l.at(s.To).Text)
	if s.Host.IsValid() {
		host := "–" // auditors read that there was a decision, not whom it concerns
		if v.asker.Viewer.Has(classify.Analyst) {
			host = s.Host.String()
		}
		add("host", host)
	}
	add("rule", s.Rule)
	add("kind", s.Kind.String())
	return out
}

// whoIs gives the name of somebody who decided; an auditor sees the pseudonym.
func (v *view) whoIs(actor string) string {
	id, person := strings.CutPrefix(actor, "person/")
	if !v.asker.Viewer.Has(classify.Analyst) {
		return v.dep.Trail.Pseudonym(id)
	}
	if p, known := v.dep.Identity.Person(id); person && known {
		return p.Name
	}
	return actor
}

// selection is a selector as parameters of the search and of the form.
func selection(s *classify.Selector) url.Values {
	q := url.Values{}
	set := func(key, value string) {
		if value != "" {
			q.Set(key, value)
		}
	}
	set("from", s.From.String())
	set("to", s.To.String())
	set("observer.name", s.Sensor)
	set("rule.id", s.Rule)
	set("cert.rsit", s.Kind.String())
	if s.Host.IsValid() {
		set("source.ip[prefix]", s.Host.String())
	}
	return q
}

// selectorOf makes a selector of a search, as far as the one can say what the
// other does; rest names the filters that it leaves out.
func (q *question) selectorOf(now time.Time) (s url.Values, rest []string) {
	s = url.Values{}
	s.Set("from", q.From.String())
	to := q.To
	if !to.IsSet() {
		to = event.TimeOf(now.Truncate(time.Second))
	}
	s.Set("to", to.String())
	for _, f := range q.Filters {
		one := len(f.Values) == 1
		switch {
		case one && f.Op == event.OpEqual && f.Field == "observer.name":
			s.Set("sensor", f.Values[0])
		case one && f.Op == event.OpEqual && f.Field == "rule.id":
			s.Set("rule", f.Values[0])
		case one && f.Op == event.OpEqual && f.Field == "cert.rsit":
			s.Set("kind", f.Values[0])
		case one && (f.Op == event.OpEqual || f.Op == event.OpPrefix) && (f.Field == "source.ip" || f.Field == "destination.ip") && s.Get("host") == "":
			s.Set("host", f.Values[0])
		default:
			rest = append(rest, f.Field)
		}
	}
	return s, rest
}

// rulingBody is the form of a decision and, once it was looked at, what it would do.
type rulingBody struct {
	Form    rulingForm
	Record  string // its page
	Doings  []choice
	Kinds   []choice
	Left    []string // filters of the search that a selection cannot have
	Wrong   string
	Preview *previewBody
}

// rulingForm is what was typed.
type rulingForm struct {
	Does, Record, Sensor, From, To, Host, Rule, Kind string
	Label, Reason, Basis, Expires                    string
}

type previewBody struct {
	Records, Marked int64
	More            bool
	Labels          []relabelled
	Eyes            []eyes
}

type relabelled struct {
	Before, After string
	N             int64
}

type eyes struct {
	Who                      string
	Whole, Part, WillW, Will int64
	Change                   string
}

func (v *view) readForm(values url.Values) rulingForm {
	get := func(name string) string { return strings.TrimSpace(values.Get(name)) }
	return rulingForm{
		Does: get("does"), Record: get("record"), Sensor: get("sensor"), From: get("from"), To: get("to"), Host: get("host"), Rule: get("rule"),
		Kind: get("kind"), Label: get("label"), Reason: get("reason"), Basis: get("basis"), Expires: get("expires"),
	}
}

// ruling shows the form: of a record or of what a search found.
func (v *view) ruling() {
	b := &rulingBody{Form: v.readForm(v.r.URL.Query()), Left: v.r.URL.Query()["left"]}
	v.showRuling(http.StatusOK, b)
}

func (v *view) showRuling(status int, b *rulingBody) {
	if b.Form.Record != "" {
		b.Record = v.l.path("record") + b.Form.Record
	}
	for _, d := range classify.Decided {
		b.Doings = append(b.Doings, choice{d.String(), v.l.T("does." + d.String()), d.String() == b.Form.Does})
	}
	for _, k := range event.RSITs.Names[1:] {
		b.Kinds = append(b.Kinds, choice{k, k, k == b.Form.Kind})
	}
	v.show(status, "ruling", v.l.T("ruling.title"), b)
}

// decide previews a decision, or makes it.
func (v *view) decide() {
	b := &rulingBody{Form: v.readForm(v.r.PostForm)}
	d, err := v.decision(&b.Form)
	if err == nil {
		err = d.Check()
	}
	if err != nil {
		status, text := v.refused(err)
		b.Wrong = text
		v.showRuling(status, b)
		return
	}
	if v.r.PostFormValue("step") == "decide" {
		made, err := v.dep.Rulings.Decide(v.r.Context(), v.asker, d)
		if err != nil {
			status, text := v.refused(err)
			b.Wrong = text
			v.showRuling(status, b)
			return
		}
		v.done(v.l.path("labels"), "ruled-"+made.Does.String())
		return
	}
	ctx, cancel := context.WithTimeout(v.r.Context(), 10*v.cfg.Patience)
	defer cancel()
	p, err := v.dep.Gate.Preview(ctx, v.asker.Viewer, d.Ruling)
	if err != nil {
		v.answer(err)
		return
	}
	if !v.note(Act{What: "search", Kind: "ruling", IDs: d.Of.Words(), Count: p.Value().Records, Done: true}) {
		return
	}
	b.Preview = v.preview(p)
	v.showRuling(http.StatusOK, b)
}

func (v *view) preview(p classify.Released[classify.Preview]) *previewBody {
	x := p.Value()
	out := &previewBody{Records: x.Records, Marked: x.Marked, More: x.More}
	for _, l := range x.Labels {
		out.Labels = append(out.Labels, relabelled{l.Before.String(), l.After.String(), l.Records})
	}
	for _, e := range x.Eyes {
		line := eyes{Who: v.l.T("eyes." + e.Who), Whole: e.Whole, Part: e.Part, WillW: e.WillW, Will: e.WillP}
		switch {
		case e.Gains && e.Loses:
			line.Change = v.l.T("eyes.both")
		case e.Gains:
			line.Change = v.l.T("eyes.gains")
		case e.Loses:
			line.Change = v.l.T("eyes.loses")
		}
		out.Eyes = append(out.Eyes, line)
	}
	return out
}

// decision reads the form. A record is looked up, so that the ruling says whose
// it is; somebody who may not read it gets the same answer as for none.
func (v *view) decision(f *rulingForm) (d Decision, err error) {
	wrong := func(field, text string) error { return &classify.QuestionError{Field: field, Detail: text} }
	does, err := classify.Doings.Parse(f.Does)
	if err != nil {
		return d, wrong("do", f.Does)
	}
	d.Does, d.Reason, d.Basis, d.At = classify.Does(does), f.Reason, f.Basis, v.now()
	if d.Does != classify.Benign {
		if d.Label, err = event.ParseLabel(f.Label); err != nil {
			return d, wrong("label", err.Error())
		}
	}
	if f.Expires != "" {
		if d.Expires, err = time.ParseInLocation(localTime, f.Expires, v.cfg.Zone); err != nil {
			return d, wrong("expires", f.Expires)
		}
	}
	s := &d.Of
	s.Received = event.TimeUnset
	if d.Does == classify.Release {
		s.Received = event.TimeOf(v.now())
	}
	if f.Record != "" {
		return d, v.theRecord(f.Record, s)
	}
	var q question
	s.Sensor, s.Rule = f.Sensor, f.Rule
	s.From, s.To = q.time("from", f.From, v.cfg.Zone), q.time("to", f.To, v.cfg.Zone)
	if len(q.Wrong) > 0 {
		return d, wrong(q.Wrong[0].Field, q.Wrong[0].Detail)
	}
	kind, err := event.RSITs.Parse(f.Kind)
	if err != nil {
		return d, wrong("kind", f.Kind)
	}
	s.Kind = event.RSIT(kind)
	if f.Host != "" {
		if s.Host, err = parseHost(f.Host); err != nil {
			return d, wrong("host", f.Host)
		}
	}
	return d, nil
}

func parseHost(text string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		return netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	return p.Masked(), err
}

// theRecord fills in one record that the viewer may read.
func (v *view) theRecord(text string, s *classify.Selector) error {
	id, ok := parseID(text)
	if !ok {
		return classify.ErrNotFound
	}
	page, err := v.dep.Gate.Events(v.r.Context(), v.asker.Viewer, event.Query{
		From: event.TimeUnset, To: event.TimeUnset, Limit: 1, Filters: []event.Filter{{Field: "event.id", Values: []string{id.String()}}},
	})
	if err != nil {
		return err
	}
	rows := page.Value().Rows
	if rowsOf(rows) == 0 {
		return classify.ErrNotFound
	}
	s.Record, s.Sensor, s.From, s.To = id, rows.Observer.At(0), rows.Time[0], rows.Time[0]+1
	if s.Sensor == "" {
		return classify.ErrForbidden // not seen whole
	}
	return nil
}

// withdraw ends a decision before its time.
func (v *view) withdraw() {
	why := strings.TrimSpace(v.r.PostFormValue("why"))
	err := v.dep.Rulings.Withdraw(v.r.Context(), v.asker, v.r.PostFormValue("id"), why)
	if err != nil {
		v.listLabels(v.refused(err))
		return
	}
	v.done(v.l.path("labels"), "withdrawn")
}

// refused says what is wrong with a decision; what is a fault of ours is logged.
func (v *view) refused(err error) (status int, text string) {
	var q *classify.QuestionError
	switch {
	case errors.As(err, &q):
		return http.StatusUnprocessableEntity, v.l.T("ruling.wrong", "field", q.Field, "detail", q.Detail)
	case errors.Is(err, classify.ErrRuling):
		return http.StatusUnprocessableEntity, err.Error()
	case errors.Is(err, classify.ErrNotFound):
		return http.StatusNotFound, v.l.T("error.record")
	case errors.Is(err, classify.ErrForbidden):
		return http.StatusForbidden, v.l.T("error.forbidden")
	case errors.Is(err, classify.ErrUnwitnessed):
		return http.StatusServiceUnavailable, v.l.T("error.audit")
	}
	return v.refusal(err)
}

// inForce lists the decisions that hold.
func (v *view) inForce() (out []Decision) {
	for _, d := range v.dep.Rulings.Decisions() {
		if d.Holds(v.now()) {
			out = append(out, d)
		}
	}
	return out
}

// about lists those of the decisions that are about a row, as far as what is shown
// of it tells.
func (v *view) about(all []Decision, b *event.Batch, row int) (out []Decision) {
	for i := range all {
		if all[i].Of.CoversRow(b, row) {
			out = append(out, all[i])
		}
	}
	return out
}

func (v *view) rulingsOn(b *event.Batch, row int) (out []decisionLine) {
	for _, d := range v.about(v.inForce(), b, row) {
		out = append(out, v.decisionLine(&d))
	}
	return out
}
