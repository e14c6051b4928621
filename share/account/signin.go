// SPDX-License-Identifier: Apache-2.0

package account

import (
	"errors"
	"net/http"
	"strings"

	"haidang/identity"
)

// signInBody is what the page for signing in shows.
type signInBody struct {
	Providers []Provider
	Passkeys  bool
	Name      string // of who is signed in already
	Left      *left  // the provider that the session rested on that just ended
}

// showSignIn shows the ways in. There is nothing to tell about any account.
func (s *Server) showSignIn(l *language) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body := signInBody{Providers: s.offered(), Passkeys: s.passkeys != nil}
		if p, ok := s.session(r); ok {
			body.Name = p.Name
		} else {
			body.Left = s.leaving(r, l)
		}
		s.show(w, r, l, http.StatusOK, "signin", body)
	}
}

// showConfirm asks for a passkey before something that needs one.
func (s *Server) showConfirm(l *language) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p, ok := s.session(r)
		if !ok {
			http.Redirect(w, r, l.path("signin"), http.StatusSeeOther)
			return
		}
		person, _ := s.dep.Identity.Person(p.Person)
		s.show(w, r, l, http.StatusOK, "confirm", s.passkeys != nil && len(person.Passkeys) > 0)
	}
}

// signOut ends the session, whatever the provider that it rests on does; the page
// that follows offers to end that one's own.
func (s *Server) signOut(w http.ResponseWriter, r *http.Request, p identity.Principal) {
	provider := s.sessionProvider(p)
	if err := s.dep.Identity.EndSession(r.Context(), p.Person, p.Session); err != nil {
		panic(err)
	}
	s.setCookie(w, sessionCookie, "", 0)
	// What pages left in the browser goes too; the choice of language and appearance
	// stays in its cookies.
	w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	to := s.spoken(r).path("signin")
	if provider != "" {
		to += "?left=" + provider
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// linkBody is what the page of a one-time link shows.
type linkBody struct {
	Secret string
	Role   string
	For    string // the organisation; empty for the national centre
	Back   bool   // it lets somebody in again
	First  bool
	Name   string // of who is signed in
}

// showOpen takes a link's secret out of the address, by script or by hand, so that it
// comes in a form.
func (s *Server) showOpen(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, s.spoken(r), http.StatusOK, "open", nil)
}

// showLink says what a link is good for; looking at it does not use it, so that
// a mail program that follows links breaks nothing.
func (s *Server) showLink(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4096)
	if !s.attempt(w, r) {
		return
	}
	secret := strings.TrimSpace(r.PostFormValue("secret"))
	if _, code, ok := strings.Cut(secret, identity.LinkPath); ok {
		secret = code // the whole address was pasted
	}
	v, err := s.dep.Identity.Invitation(secret)
	if err != nil {
		s.refuseLink(w, r, err)
		return
	}
	l := s.spoken(r)
	body := linkBody{Secret: secret, Role: l.T("role." + v.Role.Name), Back: v.Person != "", First: v.First}
	if o, ok := s.dep.Identity.Organisation(v.Role.Organisation); ok {
		body.For = o.Name.In(l.Code)
	}
	if p, ok := s.session(r); ok {
		body.Name = p.Name
	}
	s.show(w, r, l, http.StatusOK, "link", body)
}

// acceptLink uses a link: for who is signed in and says so, else for who comes.
func (s *Server) acceptLink(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4096)
	if !s.attempt(w, r) {
		return
	}
	l := s.spoken(r)
	secret := r.PostFormValue("secret")
	if !s.byAccount.Allow("link " + secret[:min(len(secret), 24)]) {
		s.tooMany(w, r)
		return
	}
	if who, ok := s.session(r); ok && r.PostFormValue("as") == "me" {
		ctx := identity.As(r.Context(), "person/"+who.Person)
		if _, err := s.dep.Identity.AcceptAs(ctx, secret, who.Person); err != nil {
			s.refuseLink(w, r, err)
			return
		}
		http.Redirect(w, r, l.path("account"), http.StatusSeeOther)
		return
	}
	ctx := identity.As(r.Context(), "link")
	p, err := s.dep.Identity.Accept(ctx, secret, identity.Newcomer{
		Name: r.PostFormValue("name"), Email: r.PostFormValue("email"), Languages: []string{l.Code},
	})
	if errors.Is(err, identity.ErrInvalid) {
		s.fail(w, r, http.StatusBadRequest, "error.form")
		return
	}
	if err == nil {
		err = s.enter(w, r, p.ID, identity.ByLink)
	}
	if err != nil {
		s.refuseLink(w, r, err)
		return
	}
	s.signins.WithLabelValues(identity.ByLink, "ok").Inc()
	http.Redirect(w, r, l.path("account"), http.StatusSeeOther)
}

// refuseLink answers links that are unknown, used or over in one way.
func (s *Server) refuseLink(w http.ResponseWriter, r *http.Request, err error) {
	s.signins.WithLabelValues(identity.ByLink, "refused").Inc()
	s.log.Info("one-time link refused", "from", s.address(r), "error", err)
	s.fail(w, r, http.StatusForbidden, "error.onetime")
}
