// SPDX-License-Identifier: Apache-2.0

package my

import (
	"net/http"
	"net/url"
	"slices"

	"haidang/classify"
	"haidang/event"
	"haidang/share"
)

// paths of the pages: the same page in both languages.
var paths = share.Places{
	{Page: "my", VI: "/vi/toi", EN: "/en/my"},
	{Page: "status", VI: "/vi/toi/trang-thai", EN: "/en/my/status"},
	{Page: "community", VI: "/vi/toi/cong-dong", EN: "/en/my/community"},
	{Page: "notices", VI: "/vi/toi/thong-bao", EN: "/en/my/notices"},
	{Page: "organisation", VI: "/vi/toi/don-vi", EN: "/en/my/organisation"},
	{Page: "export", VI: "/vi/toi/xuat/", EN: "/en/my/export/"},
	// The portal's and the account's.
	{Page: "home", VI: "/vi/", EN: "/en/"},
	{Page: "signin", VI: "/vi/dang-nhap", EN: "/en/sign-in"},
	{Page: "account", VI: "/vi/tai-khoan", EN: "/en/account"},
	{Page: "confirm", VI: "/vi/tai-khoan/xac-nhan", EN: "/en/account/confirm"},
	{Page: "desk", VI: "/vi/ban-phan-tich", EN: "/en/desk"}, // the analysts'
}

func (l *language) path(page string) string { return paths.Path(l.Code, page) }

// Names of the parameters in addresses, as mails carry them.
var parameters = map[string]struct{ vi, en string }{
	"incident": {"su-co", "incident"},
	"show":     {"xem", "show"},
	"page":     {"trang", "page"},
	"saved":    {"da-luu", "saved"},
}

func (l *language) parameter(name string) string {
	if l.Code == "vi" {
		return parameters[name].vi
	}
	return parameters[name].en
}

// asked gives a parameter of an address by either language's name.
func asked(r *http.Request, name string) string {
	q := r.URL.Query()
	if v := q.Get(parameters[name].vi); v != "" {
		return v
	}
	return q.Get(parameters[name].en)
}

// to makes an address of a page with parameters, from pairs of name and value;
// empty values are left out.
func (l *language) to(page string, pairs ...string) string {
	q := url.Values{}
	for n := 0; n+1 < len(pairs); n += 2 {
		if pairs[n+1] != "" {
			q.Set(l.parameter(pairs[n]), pairs[n+1])
		}
	}
	if len(q) == 0 {
		return l.path(page)
	}
	return l.path(page) + "?" + q.Encode()
}

// incident is where one incident is shown.
func (l *language) incident(key event.Bytes16) string {
	return l.to("my", "incident", key.String())
}

// Paths lists the patterns of http.ServeMux that Handler is to be mounted at.
func Paths() []string { return []string{"/vi/toi", "/vi/toi/", "/en/my", "/en/my/"} }

// Handler answers the room's addresses.
func (s *Server) Handler() share.Routed {
	mux := share.NewMux()
	for _, l := range s.langs {
		mux.HandleFunc("GET "+l.path("my"), s.signedIn(l, s.mine))
		mux.HandleFunc("POST "+l.path("status"), s.signedIn(l, s.setStatus))
		mux.HandleFunc("GET "+l.path("community"), s.signedIn(l, s.community))
		mux.HandleFunc("GET "+l.path("notices"), s.signedIn(l, s.notices))
		mux.HandleFunc("POST "+l.path("notices"), s.signedIn(l, s.setNotices))
		mux.HandleFunc("GET "+l.path("organisation"), s.signedIn(l, s.organisation))
		mux.HandleFunc("POST "+l.path("organisation"), s.signedIn(l, s.setOrganisation))
		mux.HandleFunc("GET "+l.path("export")+"{file}", s.signedIn(l, s.export))
		mux.HandleFunc(l.path("my")+"/", func(w http.ResponseWriter, r *http.Request) { s.fail(w, r, l, http.StatusNotFound, "404") })
	}
	return share.Around(s.guard(s.dep.Protect(mux)), mux)
}

// guard sets what every answer carries, and turns a fault of ours into a page.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		share.Private(w.Header(), share.PagePolicy)
		defer share.Catch(s.log, r, func(status int) { s.fail(w, r, s.spoken(r), status, "500") })
		next.ServeHTTP(w, r)
	})
}

// visit is one request of somebody who is signed in.
type visit struct {
	w      http.ResponseWriter
	r      *http.Request
	l      *language
	viewer classify.Viewer
	orgs   []Organisation
}

// signedIn sends strangers to the page for signing in, and back afterwards;
// whoever acts for no organisation is told how to join.
func (s *Server) signedIn(l *language, answer func(*visit)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
		v, ok := s.dep.Who(r)
		if !ok {
			share.ToSignIn(w, r, l.path("signin"), l.path("my"))
			return
		}
		x := &visit{w: w, r: r, l: l, viewer: v, orgs: s.dep.Organisations(v)}
		if !slices.ContainsFunc(x.orgs, func(o Organisation) bool { return o.Acts }) {
			s.show(x, http.StatusForbidden, "join", nil)
			return
		}
		answer(x)
	}
}

// org finds one of the visitor's organisations.
func (x *visit) org(id uint32) (Organisation, bool) {
	for _, o := range x.orgs {
		if o.ID == id {
			return o, true
		}
	}
	return Organisation{}, false
}
