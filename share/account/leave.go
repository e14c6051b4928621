// SPDX-License-Identifier: Apache-2.0

package account

import (
	"net/http"
	"net/url"
	"slices"

	"haidang/identity"
)

// left is whether and where a provider's own session can be ended, for whoever
// just signed out here.
type left struct{ Name, Address string }

// sessionProvider gives the id of the provider that a session rests on; empty where
// it rests on none, or on one that is no longer configured.
func (s *Server) sessionProvider(p identity.Principal) string {
	all := s.dep.Identity.Sessions(p.Person)
	at := slices.IndexFunc(all, func(x identity.Session) bool { return x.ID == p.Session })
	if at < 0 || all[at].Provider == "" {
		return ""
	}
	if p := s.issuedBy(all[at].Provider); p != nil {
		return p.cfg.ID
	}
	return ""
}

// leaving says where the provider of the request's question lets its session be
// ended; nil where it is unknown or does not.
func (s *Server) leaving(r *http.Request, l *language) *left {
	p := s.providers[r.URL.Query().Get("left")]
	if p == nil {
		return nil
	}
	address := p.endSession(s.leftURL(p.cfg.ID), l.Code)
	if address == "" {
		return nil
	}
	return &left{Name: p.cfg.Name, Address: address}
}

func (s *Server) leftURL(id string) string {
	return s.origin.Scheme + "://" + s.origin.Host + "/account/oidc/" + id + "/signed-out"
}

// endSession is the address at which a browser's session at the provider is ended
// (OpenID Connect RP-Initiated Logout 1.0, section 2); empty where the provider
// announces none. We are named by client_id: an ID token to hint with would have to
// be kept, and would stand in addresses. The provider therefore asks before it ends
// anything.
func (p *provider) endSession(back, language string) string {
	known := p.known.Load()
	if known == nil {
		return ""
	}
	var announced struct {
		Address string `json:"end_session_endpoint"`
	}
	if err := known.Claims(&announced); err != nil || announced.Address == "" {
		return ""
	}
	u, err := url.Parse(announced.Address)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return ""
	}
	q := u.Query()
	q.Set("client_id", p.cfg.ClientID)
	q.Set("post_logout_redirect_uri", back)
	q.Set("ui_locales", language)
	u.RawQuery, u.Fragment = q.Encode(), ""
	return u.String()
}

// fromLeaving is where the provider sends the browser back to, whose session here
// ended before.
func (s *Server) fromLeaving(w http.ResponseWriter, r *http.Request) {
	if s.providers[r.PathValue("provider")] == nil {
		s.fail(w, r, http.StatusNotFound, "error.404")
		return
	}
	http.Redirect(w, r, s.spoken(r).path("signin"), http.StatusSeeOther)
}
