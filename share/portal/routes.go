// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"net/http"
	"strings"

	"haidang/share"
)

// paths of the pages: the same page in both languages.
var paths = share.Places{
	{Page: "home", VI: "/vi/", EN: "/en/"},
	{Page: "hosting", VI: "/vi/qua-may-dat-tai", EN: "/en/hosting"},
	{Page: "overview", VI: "/vi/so-lieu", EN: "/en/figures"},
	{Page: "country", VI: "/vi/quoc-gia", EN: "/en/country"},
	{Page: "kinds", VI: "/vi/loai-hinh", EN: "/en/kinds"},
	{Page: "ways", VI: "/vi/con-duong", EN: "/en/ways"},
	{Page: "hosting-period", VI: "/vi/qua-may-dat-tai/theo-ky", EN: "/en/hosting/by-period"},
	{Page: "sectors", VI: "/vi/linh-vuc", EN: "/en/sectors"},
	{Page: "compare", VI: "/vi/so-sanh", EN: "/en/compare"},
	{Page: "surges", VI: "/vi/dot-tang-vot", EN: "/en/surges"},
	{Page: "reports", VI: "/vi/bao-cao", EN: "/en/report"},
	{Page: "feed", VI: "/vi/nguon-tin.atom", EN: "/en/feed.atom"},
	{Page: "coverage", VI: "/vi/do-phu", EN: "/en/coverage"},
	{Page: "definitions", VI: "/vi/dinh-nghia", EN: "/en/definitions"},
	{Page: "docs", VI: "/vi/tai-lieu/", EN: "/en/docs/"},
	{Page: "series", VI: "/vi/chuoi-so-lieu", EN: "/en/series"}, // the cited figures' room
	{Page: "my", VI: "/vi/toi", EN: "/en/my"},                   // the members'
}

// path gives the address of a page in a language.
func (l *language) path(page string) string { return paths.Path(l.Code, page) }

// Handler answers all of the portal's addresses. Whatever else it is asked
// gets the page that says there is no such page.
func (p *Portal) Handler() share.Routed {
	mux := share.NewMux()
	mux.Handle("/assets/", p.dep.Assets)
	mux.HandleFunc("GET /{$}", p.welcome)
	for _, l := range p.langs {
		mux.HandleFunc("GET "+l.path("home")+"{$}", p.page(l, "home", p.home))
		mux.HandleFunc("GET "+l.path("hosting"), p.page(l, "hosting", p.hosting))
		mux.HandleFunc("GET "+l.path("coverage"), p.page(l, "coverage", p.coverage))
		mux.HandleFunc("GET "+l.path("definitions"), p.page(l, "definitions", p.definitions))
		mux.HandleFunc("GET "+l.path("definitions")+"/{name}", p.newest(l))
		mux.HandleFunc("GET "+l.path("definitions")+"/{name}/{version}", p.definition(l))
		mux.HandleFunc("GET "+l.path("docs"), p.docs(l))
		mux.HandleFunc("GET /"+l.Code+"/words", p.words(l))
		mux.Handle("GET /"+l.Code, http.RedirectHandler(l.path("home"), http.StatusMovedPermanently))
	}
	p.figureRoutes(mux)
	mux.HandleFunc("POST /theme", p.theme)
	mux.HandleFunc("GET /data/{file}", p.data)
	mux.HandleFunc("GET /robots.txt", robots)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { p.fail(w, r, http.StatusNotFound) })
	return share.Around(p.guard(p.readOnly(mux)), mux)
}

// figureRoutes are the pages of figures, their blocks and their data.
func (p *Portal) figureRoutes(mux *share.Mux) {
	for _, l := range p.langs {
		mux.HandleFunc("GET "+l.path("overview"), p.figures(l, "overview", "figures", (*Portal).overview))
		mux.HandleFunc("GET "+l.path("country"), p.homeCountry(l))
		mux.HandleFunc("GET "+l.path("country")+"/{code}", p.figures(l, "country", "figures", (*Portal).country))
		mux.HandleFunc("GET "+l.path("kinds"), p.figures(l, "kinds", "figures", all(kindAxis)))
		mux.HandleFunc("GET "+l.path("kinds")+"/{class}/{type}", p.figures(l, "kinds", "figures", one(kindAxis)))
		mux.HandleFunc("GET "+l.path("ways"), p.figures(l, "ways", "figures", all(wayAxis)))
		mux.HandleFunc("GET "+l.path("ways")+"/{class}", p.figures(l, "ways", "figures", one(wayAxis)))
		mux.HandleFunc("GET "+l.path("hosting-period"), p.figures(l, "hosting-period", "figures", (*Portal).hostingByPeriod))
		mux.HandleFunc("GET "+l.path("sectors"), p.figures(l, "sectors", "figures", (*Portal).sectors))
		mux.HandleFunc("GET "+l.path("compare"), p.figures(l, "compare", "figures", (*Portal).compare))
		mux.HandleFunc("GET "+l.path("surges"), p.figures(l, "surges", "figures", (*Portal).surgesPage))
		mux.HandleFunc("GET "+l.path("reports"), p.figures(l, "reports", "figures", (*Portal).reports))
		mux.HandleFunc("GET "+l.path("reports")+"/{period}", p.figures(l, "reports", "report", (*Portal).report))
		mux.HandleFunc("GET "+l.path("feed"), p.news(l))
		mux.HandleFunc("GET /embed/"+l.Code+"/{form}/{figure}", p.embed(l))
		mux.HandleFunc("GET /chart/"+l.Code+"/{form}/{figure}", p.chartFile(l))
		mux.HandleFunc("GET /embed/"+l.Code+"/losses", p.lossFrame(l))
		mux.HandleFunc("GET /chart/"+l.Code+"/losses", p.lossChart(l))
	}
	mux.HandleFunc("GET /data/figures/{form}/{figure}", p.figureData)
}

// guard sets what every answer carries and turns a fault of ours into a page.
func (p *Portal) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		share.Public(w.Header())
		defer share.Catch(p.dep.Log, r, func(status int) { p.fail(w, r, status) })
		next.ServeHTTP(w, r)
	})
}

// readOnly turns away everything but reading, the theme form excepted.
func (p *Portal) readOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reading := r.Method == http.MethodGet || r.Method == http.MethodHead
		form := r.Method == http.MethodPost && r.URL.Path == "/theme"
		if !reading && !form {
			w.Header().Set("Allow", "GET, HEAD")
			p.fail(w, r, http.StatusMethodNotAllowed)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// welcome sends a visitor to the language they chose before, else to the one
// their browser prefers.
func (p *Portal) welcome(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Vary", "Accept-Language, Cookie")
	w.Header().Set("Cache-Control", "no-cache")
	http.Redirect(w, r, p.preferred(r).path("home"), http.StatusFound)
}

func (p *Portal) preferred(r *http.Request) *language { return share.PreferredOf(p.langs, r) }

// spoken finds the language of an address, for pages that are not there.
func (p *Portal) spoken(r *http.Request) *language {
	if l, ok := share.InAddress(p.langs, r.URL.Path); ok {
		return l
	}
	return p.preferred(r)
}

// theme keeps the choice of light or dark in a cookie and goes back.
func (p *Portal) theme(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4096)
	c := &http.Cookie{Name: "theme", Value: r.FormValue("theme"), Path: "/", MaxAge: 365 * 24 * 3600,
		SameSite: http.SameSiteLaxMode, HttpOnly: true}
	if c.Value != "light" && c.Value != "dark" {
		c.Value, c.MaxAge = "", -1
	}
	http.SetCookie(w, c)
	http.Redirect(w, r, local(r.FormValue("back")), http.StatusSeeOther)
}

// local keeps a redirect on this host.
func local(to string) string {
	if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n\t") {
		return "/"
	}
	return to
}

func robots(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("User-agent: *\nDisallow: /live\nDisallow: /data/\n"))
}
