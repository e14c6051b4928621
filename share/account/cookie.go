// SPDX-License-Identifier: Apache-2.0

package account

import (
	"net/http"
	"strings"
	"time"

	"haidang/identity"
)

// Names of cookies. Behind https they carry the prefix that binds them to this
// host and to https (RFC 6265bis, section 4.1.3.2).
const (
	sessionCookie = "haidang"
	flowCookie    = "haidang-flow"
)

func (s *Server) cookieName(name string) string {
	if s.secure() {
		return "__Host-" + name
	}
	return name
}

func (s *Server) setCookie(w http.ResponseWriter, name, value string, life time.Duration) {
	c := &http.Cookie{
		Name: s.cookieName(name), Value: value, Path: "/", MaxAge: int(life.Seconds()),
		HttpOnly: true, Secure: s.secure(), SameSite: http.SameSiteLaxMode,
	}
	if life <= 0 {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// cookie gives a cookie's value, empty when there is none or more than one.
func (s *Server) cookie(r *http.Request, name string) string {
	if all := r.CookiesNamed(s.cookieName(name)); len(all) == 1 {
		return all[0].Value
	}
	return ""
}

// Who says who asks: the holder of the session or, without one, of the bearer
// token. A person's token is checked for a scope with Principal.May.
func (s *Server) Who(r *http.Request) (identity.Principal, bool) {
	if p, ok := s.session(r); ok {
		return p, true
	}
	if scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "Bearer") {
		p, err := s.dep.Identity.Token(r.Context(), strings.TrimSpace(token))
		return p, err == nil
	}
	return identity.Principal{}, false
}

// session says whose browser it is.
func (s *Server) session(r *http.Request) (identity.Principal, bool) {
	c := s.cookie(r, sessionCookie)
	if c == "" {
		return identity.Principal{}, false
	}
	p, err := s.dep.Identity.Session(r.Context(), c)
	return p, err == nil
}

// browser gives the name under which a browser's flows are kept, and sets it
// where there is none.
func (s *Server) browser(w http.ResponseWriter, r *http.Request) string {
	b := s.cookie(r, flowCookie)
	if len(b) != 43 {
		b = random()
	}
	s.setCookie(w, flowCookie, b, flowTime)
	return b
}

// enter begins a session under a new name, ends the one that the browser had,
// and gives where to go on.
func (s *Server) enter(w http.ResponseWriter, r *http.Request, person, way string) error {
	return s.enterBy(w, r, person, way, word{})
}

// enterBy is enter on a provider's word.
func (s *Server) enterBy(w http.ResponseWriter, r *http.Request, person, way string, said word) error {
	ctx := identity.As(r.Context(), "person/"+person)
	cookie, session, err := s.dep.Identity.SignInBy(ctx, person, way, r.UserAgent(), said.Issuer, said.Session)
	if err != nil {
		return err
	}
	if old, ok := s.session(r); ok {
		if err := s.dep.Identity.EndSession(ctx, old.Person, old.Session); err != nil {
			s.log.Warn("a session that another replaced could not be ended", "error", err)
		}
	}
	s.setCookie(w, sessionCookie, cookie, session.Expires.Sub(session.Created))
	s.setCookie(w, flowCookie, "", 0)
	return nil
}

// local keeps a redirect on this host: an absolute path and nothing that a
// browser would read as another host.
func local(to string) (string, bool) {
	if len(to) > 2000 || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") {
		return "", false
	}
	for _, r := range to {
		if r <= ' ' || r == '\\' || r == 0x7f || r == 0xfffd {
			return "", false
		}
	}
	return to, true
}
