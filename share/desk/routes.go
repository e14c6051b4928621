// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"net/http"
	"strconv"
	"strings"

	"haidang/classify"
	"haidang/identity"
	"haidang/share"
)

// paths of the pages: the same page in both languages. A page whose address
// ends with a slash has an id behind it.
var paths = []struct {
	share.Place
	role classify.Role
	door bool // in the desk's navigation
}{
	{share.Place{Page: "search", VI: "/vi/ban-phan-tich", EN: "/en/desk"}, classify.Analyst, true},
	{share.Place{Page: "record", VI: "/vi/ban-phan-tich/ban-ghi/", EN: "/en/desk/records/"}, classify.Analyst, false},
	{share.Place{Page: "organisations", VI: "/vi/ban-phan-tich/to-chuc", EN: "/en/desk/organisations"}, classify.Analyst, true},
	{share.Place{Page: "organisation", VI: "/vi/ban-phan-tich/to-chuc/", EN: "/en/desk/organisations/"}, classify.Analyst, false},
	{share.Place{Page: "labels", VI: "/vi/ban-phan-tich/nhan", EN: "/en/desk/labels"}, classify.Analyst, true},
	{share.Place{Page: "ruling", VI: "/vi/ban-phan-tich/nhan/moi", EN: "/en/desk/labels/new"}, classify.Analyst, false},
	{share.Place{Page: "import", VI: "/vi/ban-phan-tich/nhap", EN: "/en/desk/import"}, classify.Analyst, false},
	{share.Place{Page: "routing", VI: "/vi/ban-phan-tich/chay-thu", EN: "/en/desk/dry-run"}, classify.Analyst, true},
	{share.Place{Page: "quarantine", VI: "/vi/ban-phan-tich/cach-ly", EN: "/en/desk/quarantine"}, classify.Operator, true},
	{share.Place{Page: "audit", VI: "/vi/nhat-ky", EN: "/en/audit"}, classify.Auditor, true},
	{share.Place{Page: "release", VI: "/vi/ban-cong-bo", EN: "/en/release"}, classify.Analyst, true},                 // the release desk's
	{share.Place{Page: "home", VI: "/vi/", EN: "/en/"}, classify.Visitor, false},                                     // the portal's
	{share.Place{Page: "account", VI: "/vi/tai-khoan", EN: "/en/account"}, classify.Visitor, false},                  // the account's, as
	{share.Place{Page: "signin", VI: "/vi/dang-nhap", EN: "/en/sign-in"}, classify.Visitor, false},                   // are these
	{share.Place{Page: "confirm", VI: "/vi/tai-khoan/xac-nhan", EN: "/en/account/confirm"}, classify.Visitor, false}, //
}

func (l *language) path(page string) string {
	for _, p := range paths {
		if p.Page == page {
			return p.In(l.Code)
		}
	}
	return "/" + l.Code + "/"
}

// Mounts lists the patterns of http.ServeMux that Handler is to be mounted at.
func Mounts() []string {
	return []string{"/vi/ban-phan-tich", "/en/desk", "/vi/ban-phan-tich/", "/en/desk/", "/vi/nhat-ky", "/en/audit"}
}

// Handler answers the room's addresses. Changes are sent to the address of the
// page that they are made on.
func (s *Server) Handler() share.Routed {
	mux := share.NewMux()
	for _, l := range s.langs {
		get := func(page string, h func(*view)) {
			pattern := "GET " + l.path(page)
			if strings.HasSuffix(pattern, "/") {
				pattern += "{id}"
			}
			mux.HandleFunc(pattern, s.open(l, page, h))
		}
		post := func(page, rest string, h func(*view)) {
			mux.HandleFunc("POST "+l.path(page)+rest, s.open(l, page, steady(h)))
		}
		get("search", (*view).search)
		get("record", (*view).record)
		get("organisations", (*view).organisations)
		get("organisation", (*view).organisation)
		get("labels", (*view).labels)
		get("ruling", (*view).ruling)
		get("import", (*view).importing)
		get("routing", (*view).routing)
		get("quarantine", (*view).quarantine)
		get("audit", (*view).audit)
		post("organisations", "", (*view).createOrganisation)
		post("organisation", "{id}/contacts", (*view).changeContacts)
		post("organisation", "{id}/details", (*view).describeOrganisation)
		post("organisation", "{id}/state", (*view).switchOrganisation)
		post("organisation", "{id}/networks", (*view).changeNetwork)
		post("labels", "", (*view).withdraw)
		post("ruling", "", (*view).decide)
		post("import", "", (*view).doImport)
		post("quarantine", "", (*view).replay)
	}
	return share.Around(s.guard(s.dep.Protect(mux)), mux)
}

// open lets in who is signed in with the page's role. Strangers are sent to sign
// in; everybody else is refused alike.
func (s *Server) open(l *language, page string, h func(*view)) http.HandlerFunc {
	role := classify.Operator
	for _, p := range paths {
		if p.Page == page {
			role = p.role
		}
	}
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		asker, ok := s.dep.Who(r)
		if !ok {
			share.ToSignIn(w, r, l.path("signin"), "")
			return
		}
		v := &view{Server: s, w: w, r: r.WithContext(identity.As(r.Context(), asker.Actor)), l: l, asker: asker, here: page, id: r.PathValue("id")}
		reads := page == "labels" && r.Method != http.MethodPost && asker.Viewer.Has(classify.Auditor)
		if !asker.Viewer.Has(role) && !reads {
			v.here, v.id, v.bare = "search", "", true
			v.fail(http.StatusForbidden, "error.role", "role", l.T("role."+role.String()))
			return
		}
		h(v)
	}
}

// maxForm bounds what a form may send: an import with room for its encoding.
const maxForm = 4 << 20

// guard sets what every answer carries, and turns a fault of ours into a page.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		share.Private(w.Header(), share.PagePolicy)
		defer share.Catch(s.log, r, func(status int) { http.Error(w, strconv.Itoa(status), status) })
		next.ServeHTTP(w, r)
	})
}

// steady asks for a passkey before a change: what is changed here decides who
// reads what.
func steady(h func(*view)) func(*view) {
	return func(v *view) {
		if err := v.r.ParseForm(); err != nil {
			v.fail(http.StatusRequestEntityTooLarge, "error.form")
			return
		}
		if !v.asker.Steady {
			v.fail(http.StatusForbidden, "error.steady")
			return
		}
		h(v)
	}
}

// done goes back to a page after a change.
func (v *view) done(path, said string) {
	http.Redirect(v.w, v.r, path+"?said="+said, http.StatusSeeOther)
}
