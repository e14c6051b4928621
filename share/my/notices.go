// SPDX-License-Identifier: Apache-2.0

package my

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"haidang/event"
	"haidang/identity"
)

// noticesBody is whom the visitor's organisations want to be told, and of what.
type noticesBody struct {
	Orgs     []contactsOf
	Networks []orgRow
}

type contactsOf struct {
	ID       uint32
	Name     string
	Steward  bool
	Contacts []contactRow
	New      contactRow
}

type contactRow struct {
	Email, Name, ID string
	New             bool
	Often           []choice
	Languages       []choice
	Severities      []choice
	Stages          []choice
	Kinds           []choice
	Summary         string // in words, for those who may not change it
	Org             uint32
	Webhook         string // empty without one
	Only            bool   // no mail beside it
	Deliveries      []deliveryRow
}

type choice struct {
	Value, Text string
	Here        bool
}

// severitiesOffered as the least that is told.
var severitiesOffered = []uint8{event.SeverityUnknown, event.SeverityLow, event.SeverityMedium, event.SeverityHigh, event.SeverityCritical}

// classes are RSIT's, in its order.
func classes() (out []string) {
	for _, name := range event.RSITs.Names[1:] {
		class, _, _ := strings.Cut(name, "/")
		if !slices.Contains(out, class) && class != "test" {
			out = append(out, class)
		}
	}
	return out
}

// notices shows whom the organisations want to be told.
func (s *Server) notices(x *visit) {
	b := &noticesBody{Networks: s.watched(x)}
	for _, o := range x.orgs {
		if !o.Acts {
			continue
		}
		c := contactsOf{ID: o.ID, Name: o.Name.In(x.l.Code), Steward: o.Steward}
		for n := range o.Contacts {
			row := contactIn(x.l, o.ID, n, &o.Contacts[n])
			if o.Steward {
				row.Deliveries = s.deliveries(x.l, o.ID, row.Email)
			} else if row.Webhook != "" {
				row.Webhook = "…" // its address may hold a secret
			}
			c.Contacts = append(c.Contacts, row)
		}
		c.New = contactIn(x.l, o.ID, len(o.Contacts), &identity.Contact{Language: x.l.Code, Severity: event.SeverityLow})
		c.New.New = true
		b.Orgs = append(b.Orgs, c)
	}
	s.show(x, http.StatusOK, "notices", b)
}

func contactIn(l *language, org uint32, n int, c *identity.Contact) contactRow {
	row := contactRow{Email: c.Email, Name: c.Name, Org: org, ID: strconv.FormatUint(uint64(org), 10) + "-" + strconv.Itoa(n), Webhook: c.Webhook, Only: c.WebhookOnly}
	often := oftenOf(c)
	for _, o := range oftenOffered {
		row.Often = append(row.Often, choice{o, l.T("often." + o), o == often})
	}
	var stages []string
	for _, stage := range identity.Stages {
		here := slices.Contains(c.Stages, stage)
		row.Stages = append(row.Stages, choice{stage, l.T("stage." + stage), here})
		if here {
			stages = append(stages, l.T("stage."+stage))
		}
	}
	row.Languages = []choice{{"vi", "Tiếng Việt", c.Language == "vi"}, {"en", "English", c.Language == "en"}}
	for _, v := range severitiesOffered {
		row.Severities = append(row.Severities, choice{strconv.Itoa(int(v)), l.T("least." + strconv.Itoa(int(v))), v == leastOf(c.Severity)})
	}
	var kinds []string
	for _, class := range classes() {
		here := slices.ContainsFunc(c.Kinds, func(k string) bool { return k == class || strings.HasPrefix(k, class+"/") })
		row.Kinds = append(row.Kinds, choice{class, l.T("class." + class), here})
		if here {
			kinds = append(kinds, l.T("class."+class))
		}
	}
	what := l.T("kinds.all")
	if len(kinds) > 0 {
		what = strings.Join(kinds, ", ")
	}
	row.Summary = l.T("often."+often) + "; " + l.T("least."+strconv.Itoa(int(leastOf(c.Severity)))) + "; " + what
	if len(stages) > 0 {
		row.Summary += "; " + strings.Join(stages, ", ")
	}
	return row
}

// oftenOffered are the cadences, as the form names them.
var oftenOffered = []string{"now", "daily", "weekly"}

func oftenOf(c *identity.Contact) string {
	switch {
	case c.Weekly:
		return "weekly"
	case c.Digest:
		return "daily"
	}
	return "now"
}

// leastOf gives the offered severity that tells no less than a contact's.
func leastOf(v uint8) (out uint8) {
	for _, offered := range severitiesOffered {
		if offered <= v {
			out = offered
		}
	}
	return out
}

// setNotices changes, adds or removes one contact of an organisation. A new
// address gets mail about weaknesses, so that a passkey is asked for first.
func (s *Server) setNotices(x *visit) {
	id, _ := strconv.ParseUint(x.r.PostFormValue("organisation"), 10, 32)
	o, ok := x.org(uint32(id))
	if !ok || !o.Acts || !o.Steward {
		s.fail(x.w, x.r, x.l, http.StatusForbidden, "forbidden")
		return
	}
	email := strings.TrimSpace(x.r.PostFormValue("email"))
	at := slices.IndexFunc(o.Contacts, func(c identity.Contact) bool { return c.Email == email })
	list := slices.Clone(o.Contacts)
	switch x.r.PostFormValue("do") {
	case "hook", "unhook":
		if at < 0 {
			s.fail(x.w, x.r, x.l, http.StatusBadRequest, "form")
			return
		}
		s.setWebhook(x, &o, email)
		return
	case "remove":
		if at < 0 {
			s.fail(x.w, x.r, x.l, http.StatusBadRequest, "form")
			return
		}
		list = slices.Delete(list, at, at+1)
	case "add":
		if at >= 0 {
			s.fail(x.w, x.r, x.l, http.StatusBadRequest, "form")
			return
		}
		if s.askPasskey(x, "notices") {
			return
		}
		list = append(list, identity.Contact{Email: email, Name: strings.TrimSpace(x.r.PostFormValue("name"))})
		at = len(list) - 1
		fallthrough
	default:
		if at < 0 || !wanted(x.r.PostForm, &list[at]) {
			s.fail(x.w, x.r, x.l, http.StatusBadRequest, "form")
			return
		}
	}
	if s.refused(x, s.dep.SetContacts(x.r.Context(), x.viewer, o.ID, list)) {
		return
	}
	http.Redirect(x.w, x.r, x.l.to("notices", "saved", "1"), http.StatusSeeOther)
}

// wanted reads from the form what a contact wants to be told; false where it is
// no form of ours. Single types that were chosen elsewhere stay as long as their
// class does.
func wanted(form url.Values, c *identity.Contact) bool {
	severity, err := strconv.ParseUint(form.Get("severity"), 10, 8)
	if err != nil || !slices.Contains(severitiesOffered, uint8(severity)) || !slices.Contains(identity.Languages, form.Get("language")) {
		return false
	}
	often := form.Get("often")
	c.Severity, c.Language, c.Digest, c.Weekly = uint8(severity), form.Get("language"), often == "daily" || often == "weekly", often == "weekly"
	c.WebhookOnly = form.Get("only") != ""
	if c.Stages = form["stage"]; slices.ContainsFunc(c.Stages, func(s string) bool { return !slices.Contains(identity.Stages, s) }) {
		return false
	}
	var kinds []string
	for _, class := range form["kind"] {
		if !slices.Contains(classes(), class) {
			return false
		}
		types := slices.DeleteFunc(slices.Clone(c.Kinds), func(k string) bool { return !strings.HasPrefix(k, class+"/") })
		if slices.Contains(c.Kinds, class) || len(types) == 0 {
			types = []string{class}
		}
		kinds = append(kinds, types...)
	}
	c.Kinds = kinds
	return true
}
