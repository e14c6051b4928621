// SPDX-License-Identifier: Apache-2.0

package account

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"haidang/identity"
	"haidang/share"
)

// paths of the pages: the same page in both languages.
var paths = share.Places{
	{Page: "signin", VI: "/vi/dang-nhap", EN: "/en/sign-in"},
	{Page: "account", VI: "/vi/tai-khoan", EN: "/en/account"},
	{Page: "confirm", VI: "/vi/tai-khoan/xac-nhan", EN: "/en/account/confirm"},
	{Page: "home", VI: "/vi/", EN: "/en/"},    // the portal's
	{Page: "my", VI: "/vi/toi", EN: "/en/my"}, // the members', as is
	{Page: "organisation", VI: "/vi/toi/don-vi", EN: "/en/my/organisation"},
	{Page: "desk", VI: "/vi/ban-phan-tich", EN: "/en/desk"}, // the analysts', as are
	{Page: "quarantine", VI: "/vi/ban-phan-tich/cach-ly", EN: "/en/desk/quarantine"},
	{Page: "audit", VI: "/vi/nhat-ky", EN: "/en/audit"},
}

// own is how many of paths are this room's.
const own = 3

func (l *language) path(page string) string { return paths.Path(l.Code, page) }

// Paths lists the patterns of http.ServeMux that Handler is to be mounted at.
func Paths() []string {
	out := []string{"/account/"}
	for _, p := range paths[:own] {
		out = append(out, p.VI, p.EN)
	}
	return out
}

// Handler answers the room's addresses.
func (s *Server) Handler() share.Routed {
	mux := share.NewMux()
	for _, l := range s.langs {
		mux.HandleFunc("GET "+l.path("signin"), s.showSignIn(l))
		mux.HandleFunc("GET "+l.path("account"), s.showAccount(l))
		mux.HandleFunc("GET "+l.path("confirm"), s.showConfirm(l))
	}
	mux.HandleFunc("GET /account/link", s.showOpen)
	mux.HandleFunc("POST /account/link/open", s.showLink)
	mux.HandleFunc("POST /account/link", s.acceptLink)
	mux.HandleFunc("POST /account/oidc/{provider}", s.toProvider)
	mux.HandleFunc("GET /account/oidc/{provider}/callback", s.fromProvider)
	mux.HandleFunc("GET /account/oidc/{provider}/signed-out", s.fromLeaving)
	mux.HandleFunc("POST /account/passkey/begin", s.beginPasskey)
	mux.HandleFunc("POST /account/passkey/finish", s.finishPasskey)
	mux.HandleFunc("POST /account/sign-out", s.signedIn(s.signOut))
	mux.HandleFunc("POST /account/sessions/end", s.signedIn(s.endSession))
	mux.HandleFunc("POST /account/tokens/create", s.signedIn(s.fresh(s.strong(s.createToken))))
	mux.HandleFunc("POST /account/tokens/revoke", s.signedIn(s.revokeToken))
	mux.HandleFunc("POST /account/passkeys/remove", s.signedIn(s.fresh(s.removePasskey)))
	mux.HandleFunc("POST /account/subjects/remove", s.signedIn(s.fresh(s.removeSubject)))
	mux.HandleFunc("POST /account/profile", s.signedIn(s.fresh(s.changeProfile)))
	mux.HandleFunc("/account/", func(w http.ResponseWriter, r *http.Request) { s.fail(w, r, http.StatusNotFound, "error.404") })
	all := share.NewMux()
	all.HandleFunc("POST /account/oidc/{provider}/logout", s.endByProvider)
	all.Mount("/", share.Around(s.ours(mux, true), mux))
	return share.Around(s.guard(all), all)
}

// guard sets what every answer carries, and turns a fault of ours into a page.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		share.Private(h, s.policy())
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), publickey-credentials-get=(self), publickey-credentials-create=(self)")
		if s.secure() {
			h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		defer share.Catch(s.log, r, func(status int) { s.fail(w, r, status, "error.500") })
		next.ServeHTTP(w, r)
	})
}

// policy lets pages load what they bring and send forms to us or, by way of us,
// to the providers.
func (s *Server) policy() string {
	to := []string{"'self'"}
	for _, p := range s.providers {
		to = append(to, p.origins()...)
	}
	slices.Sort(to)
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
		"base-uri 'none'; frame-ancestors 'none'; form-action " + strings.Join(slices.Compact(to), " ")
}

// Protect turns away changes that another site's page asks for in the name of
// who is signed in here. Other rooms put it around what they change by cookie.
func (s *Server) Protect(next http.Handler) http.Handler { return s.ours(next, false) }

// Enough reports whether what somebody signed in with opens what is for them.
func (s *Server) Enough(p identity.Principal) bool { return s.cfg.OneFactor || p.Factors() }

// Factors sends whoever came in by one factor alone, a link or a provider that was not
// made to ask for more, to show a passkey first. Other rooms put it around what is
// for who is signed in.
func (s *Server) Factors(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, ok := s.session(r)
		switch {
		case !ok || s.Enough(p) || r.Header.Get("Authorization") != "":
			next.ServeHTTP(w, r)
		case r.Method == http.MethodGet || r.Method == http.MethodHead:
			http.Redirect(w, r, s.spoken(r).path("confirm")+"?next="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
		default:
			s.fail(w, r, http.StatusForbidden, "error.session")
		}
	})
}

// ours turns away changes from other sites' pages. Where strict, or with a
// session's cookie, whoever does not say where they come from is turned away too;
// every browser says so.
func (s *Server) ours(next http.Handler, strict bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodOptions {
			from, site := r.Header.Get("Origin"), r.Header.Get("Sec-Fetch-Site")
			silent := from == "" && site == ""
			if s.cross.Check(r) != nil || from != "" && from != s.origin.Scheme+"://"+s.origin.Host ||
				site != "" && site != "same-origin" && site != "none" || silent && (strict || s.cookie(r, sessionCookie) != "") {
				s.fail(w, r, http.StatusForbidden, "error.cross")
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// handler answers somebody who is signed in.
type handler func(w http.ResponseWriter, r *http.Request, p identity.Principal)

// signedIn sends everybody else to the page for signing in.
func (s *Server) signedIn(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
		p, ok := s.session(r)
		if !ok {
			http.Redirect(w, r, s.spoken(r).path("signin"), http.StatusSeeOther)
			return
		}
		h(w, r.WithContext(identity.As(r.Context(), "person/"+p.Person)), p)
	}
}

// fresh asks for a passkey before a change that outlasts the session.
func (s *Server) fresh(h handler) handler {
	return func(w http.ResponseWriter, r *http.Request, p identity.Principal) {
		if s.isFresh(p) {
			h(w, r, p)
			return
		}
		l := s.spoken(r)
		http.Redirect(w, r, l.path("confirm")+"?next="+l.path("account"), http.StatusSeeOther)
	}
}

// strong asks for a second factor before something that carries rights away.
func (s *Server) strong(h handler) handler {
	return func(w http.ResponseWriter, r *http.Request, p identity.Principal) {
		if p.Factors() {
			h(w, r, p)
			return
		}
		l := s.spoken(r)
		http.Redirect(w, r, l.path("confirm")+"?next="+l.path("account"), http.StatusSeeOther)
	}
}

// isFresh reports whether a passkey confirmed the session a short time ago. Whoever
// has none, or lost it and was given a link, must have come a short time ago.
func (s *Server) isFresh(p identity.Principal) bool {
	person, _ := s.dep.Identity.Person(p.Person)
	if len(person.Passkeys) > 0 && p.Way != identity.ByLink {
		return p.SteppedUp(s.now())
	}
	return p.SteppedUp(s.now()) || s.now().Sub(p.SignedIn) < freshFor
}
