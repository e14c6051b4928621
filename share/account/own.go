// SPDX-License-Identifier: Apache-2.0

package account

import (
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"haidang/identity"
	"haidang/share"
)

// freshFor is how long after signing in somebody without a passkey may change
// what outlasts the session.
const freshFor = 15 * time.Minute

// lives of a token that can be chosen, in days.
var lives = []int{30, 90, 365}

// accountBody is what somebody sees of their own.
type accountBody struct {
	Person     identity.Person
	Roles      []string
	Setup      bool // there is no way in yet that does not end
	Passkeys   []passkeyRow
	CanPasskey bool
	Subjects   []subjectRow
	Providers  []Provider
	Sessions   []sessionRow
	Tokens     []tokenRow
	Scopes     []choice
	Lives      []int
	Languages  []choice
}

type (
	choice     struct{ Value, Text string }
	passkeyRow struct {
		ID, Name      string
		Created, Used share.Moment
	}
	subjectRow struct{ Issuer, Subject, Name string }
	sessionRow struct {
		ID, Way, Agent, Whole string
		Here                  bool
		Seen                  share.Moment
	}
	tokenRow struct {
		ID, Name, State        string
		Scopes                 []string
		Good                   bool
		Created, Expires, Used share.Moment
	}
)

// showAccount shows somebody their own.
func (s *Server) showAccount(l *language) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p, ok := s.session(r)
		if !ok {
			http.Redirect(w, r, l.path("signin"), http.StatusSeeOther)
			return
		}
		person, _ := s.dep.Identity.Person(p.Person)
		b := accountBody{
			Person: person, Roles: s.roles(l, p), Setup: !person.CanSignIn(), CanPasskey: s.passkeys != nil,
			Subjects: s.subjects(person), Providers: s.offered(), Tokens: s.tokens(l, p), Lives: lives,
		}
		for _, k := range person.Passkeys {
			b.Passkeys = append(b.Passkeys, passkeyRow{encode(k.ID), k.Name, l.Minute(k.Created), l.maybe(k.Used)})
		}
		for _, x := range s.dep.Identity.Sessions(p.Person) {
			b.Sessions = append(b.Sessions, sessionRow{x.ID, l.T("way." + x.Way), agentName(x.Agent), x.Agent, x.ID == p.Session, l.Minute(x.Seen)})
		}
		for _, scope := range identity.Scopes {
			b.Scopes = append(b.Scopes, choice{scope, l.T("scope." + scope)})
		}
		for _, code := range identity.Languages {
			b.Languages = append(b.Languages, choice{code, s.coded(code).T("language.self")})
		}
		s.show(w, r, l, http.StatusOK, "account", b)
	}
}

// agents are the names by which people know browsers and systems, the most
// particular first.
var agents, systems = [][2]string{
	{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"coc_coc", "Cốc Cốc"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"},
}, [][2]string{
	{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"Mac OS X", "macOS"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"},
}

// agentName shortens what a browser calls itself; the unknown stays as it is.
func agentName(agent string) string {
	var out []string
	for _, list := range [][][2]string{agents, systems} {
		for _, a := range list {
			if strings.Contains(agent, a[0]) {
				out = append(out, a[1])
				break
			}
		}
	}
	if len(out) == 0 {
		return agent
	}
	return strings.Join(out, ", ")
}

func encode(id []byte) string { return base64.RawURLEncoding.EncodeToString(id) }

// roles names what somebody may do, and for whom.
func (s *Server) roles(l *language, p identity.Principal) []string {
	var out []string
	for _, role := range p.Roles {
		name := l.T("role." + role.Name)
		if o, ok := s.dep.Identity.Organisation(role.Organisation); ok {
			name += " – " + o.Name.In(l.Code)
		}
		out = append(out, name)
	}
	return out
}

func (s *Server) subjects(person identity.Person) []subjectRow {
	var out []subjectRow
	for _, x := range person.Subjects {
		row := subjectRow{x.Issuer, x.Subject, x.Issuer}
		if p := s.issuedBy(x.Issuer); p != nil {
			row.Name = p.cfg.Name
		}
		out = append(out, row)
	}
	return out
}

func (s *Server) tokens(l *language, p identity.Principal) []tokenRow {
	var out []tokenRow
	for _, a := range s.dep.Identity.AccessOf(p.Person) {
		row := tokenRow{ID: a.ID, Name: a.Name, Created: l.Minute(a.Created), Expires: l.Minute(a.Expires), Used: l.maybe(a.Used)}
		for _, scope := range a.Scopes {
			row.Scopes = append(row.Scopes, l.T("scope."+scope))
		}
		switch {
		case a.Revoked != nil:
			row.State = l.T("token.revoked")
		case !s.now().Before(a.Expires):
			row.State = l.T("token.expired")
		default:
			row.State, row.Good = l.T("token.good"), true
		}
		out = append(out, row)
	}
	return out
}

// done goes back to the account's page, or says what was wrong with the form.
func (s *Server) done(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case err == nil:
		http.Redirect(w, r, s.spoken(r).path("account"), http.StatusSeeOther)
	case errors.Is(err, identity.ErrInvalid), errors.Is(err, identity.ErrNotFound), errors.Is(err, identity.ErrExists):
		s.log.Info("a change was refused", "route", r.Pattern, "error", err)
		s.fail(w, r, http.StatusBadRequest, "error.form")
	default:
		panic(err)
	}
}

func (s *Server) endSession(w http.ResponseWriter, r *http.Request, p identity.Principal) {
	if id := r.PostFormValue("id"); id != "" {
		s.done(w, r, s.dep.Identity.EndSession(r.Context(), p.Person, id))
		return
	}
	s.done(w, r, s.dep.Identity.EndOtherSessions(r.Context(), p.Person, p.Session))
}

// createToken shows the token in its answer, the only time it can be seen.
func (s *Server) createToken(w http.ResponseWriter, r *http.Request, p identity.Principal) {
	days, err := strconv.Atoi(r.PostFormValue("days"))
	if err != nil || !slices.Contains(lives, days) {
		s.fail(w, r, http.StatusBadRequest, "error.form")
		return
	}
	token, a, err := s.dep.Identity.CreateAccess(r.Context(), p.Person, r.PostFormValue("name"), r.PostForm["scope"], s.now().AddDate(0, 0, days))
	if err != nil {
		s.done(w, r, err)
		return
	}
	l := s.spoken(r)
	s.show(w, r, l, http.StatusOK, "token", struct {
		Token, Name string
		Expires     share.Moment
	}{token, a.Name, l.Minute(a.Expires)})
}

func (s *Server) revokeToken(w http.ResponseWriter, r *http.Request, p identity.Principal) {
	s.done(w, r, s.dep.Identity.RevokeAccess(r.Context(), p.Person, r.PostFormValue("id")))
}

func (s *Server) removePasskey(w http.ResponseWriter, r *http.Request, p identity.Principal) {
	id, err := base64.RawURLEncoding.DecodeString(r.PostFormValue("id"))
	if err != nil {
		s.fail(w, r, http.StatusBadRequest, "error.form")
		return
	}
	s.done(w, r, s.dep.Identity.RemovePasskey(r.Context(), p.Person, id))
}

func (s *Server) removeSubject(w http.ResponseWriter, r *http.Request, p identity.Principal) {
	x := identity.Subject{Issuer: r.PostFormValue("issuer"), Subject: r.PostFormValue("subject")}
	s.done(w, r, s.dep.Identity.UnlinkSubject(r.Context(), p.Person, x))
}

// changeProfile keeps what somebody tells of themselves; the language chosen
// comes first, the others after it.
func (s *Server) changeProfile(w http.ResponseWriter, r *http.Request, p identity.Principal) {
	language := r.PostFormValue("language")
	s.done(w, r, s.dep.Identity.Describe(r.Context(), p.Person, identity.Newcomer{
		Name: r.PostFormValue("name"), Email: r.PostFormValue("email"), Languages: []string{language},
	}))
}
