// SPDX-License-Identifier: Apache-2.0

package account

import (
	"cmp"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"haidang/identity"
)

// Provider is somebody whose word on who signs in is taken, by OpenID Connect.
type Provider struct {
	ID           string   // in addresses: lower-case letters, digits and dashes
	Name         string   // on the button
	Issuer       string   // "https://accounts.example.vn"
	ClientID     string   // as the provider knows us
	ClientSecret string   // empty for a public client
	Scopes       []string // beside openid
	// ACR and AMR are levels and methods of authentication of which the provider must
	// claim one; MaxAge is how long ago it may have asked, at most, when not zero.
	ACR, AMR []string
	MaxAge   time.Duration
}

type provider struct {
	cfg      Provider
	redirect string
	client   *http.Client
	now      func() time.Time

	known atomic.Pointer[oidc.Provider] // nil until the provider answered

	asking sync.Mutex // held while the provider is asked
	asked  time.Time
	failed error
}

var providerRule = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,30}$`)

func readProviders(all []Provider, redirect func(id string) string, client *http.Client, now func() time.Time) (map[string]*provider, error) {
	out := map[string]*provider{}
	for _, c := range all {
		u, err := url.Parse(c.Issuer)
		switch {
		case !providerRule.MatchString(c.ID) || out[c.ID] != nil:
			return nil, fmt.Errorf("account: provider %.40q: use 1 to 31 lower-case letters, digits and dashes, once", c.ID)
		case err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
			return nil, fmt.Errorf("account: provider %s: issuer %.200q: use an https address", c.ID, c.Issuer)
		case c.ClientID == "" || c.Name == "":
			return nil, fmt.Errorf("account: provider %s: it needs a name and a client id", c.ID)
		}
		out[c.ID] = &provider{cfg: c, redirect: redirect(c.ID), client: client, now: now}
	}
	return out, nil
}

func (s *Server) redirectURL(id string) string {
	return s.origin.Scheme + "://" + s.origin.Host + "/account/oidc/" + id + "/callback"
}

// discover asks a provider for its addresses and keys, once; one that failed is
// asked again after some seconds.
func (p *provider) discover(ctx context.Context) (*oidc.Provider, error) {
	if known := p.known.Load(); known != nil {
		return known, nil
	}
	p.asking.Lock()
	defer p.asking.Unlock()
	if known := p.known.Load(); known != nil || p.failed != nil && p.now().Sub(p.asked) < 5*time.Second {
		return known, p.failed
	}
	known, err := oidc.NewProvider(oidc.ClientContext(ctx, p.client), p.cfg.Issuer)
	p.asked, p.failed = p.now(), err
	if err != nil {
		return nil, err
	}
	p.known.Store(known)
	return known, nil
}

// origins gives where a form that leads to the provider may end.
func (p *provider) origins() []string {
	addresses := []string{p.cfg.Issuer}
	if known := p.known.Load(); known != nil {
		addresses = append(addresses, known.Endpoint().AuthURL)
	}
	var out []string
	for _, a := range addresses {
		if u, err := url.Parse(a); err == nil {
			out = append(out, u.Scheme+"://"+u.Host)
		}
	}
	return out
}

func (p *provider) oauth(known *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{
		ClientID: p.cfg.ClientID, ClientSecret: p.cfg.ClientSecret, Endpoint: known.Endpoint(),
		RedirectURL: p.redirect, Scopes: append([]string{oidc.ScopeOpenID}, p.cfg.Scopes...),
	}
}

// toProvider begins a sign-in, or the linking of an account, at a provider.
func (s *Server) toProvider(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4096)
	p := s.providers[r.PathValue("provider")]
	if p == nil {
		s.fail(w, r, http.StatusNotFound, "error.404")
		return
	}
	if !s.attempt(w, r) {
		return
	}
	f := flow{purpose: toSignIn, provider: p.cfg.ID, nonce: random(), verifier: oauth2.GenerateVerifier(), lang: s.spoken(r).Code}
	f.next, _ = local(r.PostFormValue("next"))
	if r.PostFormValue("purpose") == toLink {
		who, ok := s.session(r)
		if !ok || !s.isFresh(who) {
			http.Redirect(w, r, s.spoken(r).path("confirm"), http.StatusSeeOther)
			return
		}
		f.purpose, f.session = toLink, who.Session
	}
	known, err := p.discover(r.Context())
	if err != nil {
		s.log.Warn("a sign-in provider does not answer", "provider", p.cfg.ID, "error", err)
		s.fail(w, r, http.StatusBadGateway, "error.provider")
		return
	}
	f.browser = s.browser(w, r)
	options := append(p.cfg.demands(), oidc.Nonce(f.nonce), oauth2.S256ChallengeOption(f.verifier))
	http.Redirect(w, r, p.oauth(known).AuthCodeURL(s.flows.add(f), options...), http.StatusSeeOther)
}

// fromProvider ends what toProvider began.
func (s *Server) fromProvider(w http.ResponseWriter, r *http.Request) {
	if !s.attempt(w, r) {
		return
	}
	f, ok := s.flows.take(r.URL.Query().Get("state"), s.cookie(r, flowCookie))
	p := s.providers[r.PathValue("provider")]
	if !ok || p == nil || f.provider != p.cfg.ID {
		s.refuse(w, r, identity.ByOIDC, errors.New("no such flow of this browser"))
		return
	}
	said, err := p.word(r, f)
	if err != nil {
		s.refuse(w, r, identity.ByOIDC, err)
		return
	}
	subject := said.Subject
	if !s.byAccount.Allow("oidc " + subject.Issuer + " " + subject.Subject) {
		s.tooMany(w, r)
		return
	}
	if f.purpose == toLink {
		s.link(w, r, f, subject)
		return
	}
	person, _ := s.dep.Identity.PersonBySubject(subject)
	if err := s.enterBy(w, r, person.ID, p.cfg.way(), said); err != nil {
		s.refuse(w, r, identity.ByOIDC, err)
		return
	}
	s.signins.WithLabelValues(identity.ByOIDC, "ok").Inc()
	http.Redirect(w, r, s.onward(f), http.StatusSeeOther)
}

// onward is where a flow goes on after it ended well.
func (s *Server) onward(f flow) string {
	if f.next != "" {
		return f.next
	}
	return s.coded(f.lang).path("account")
}

// link gives who is signed in a further way in.
func (s *Server) link(w http.ResponseWriter, r *http.Request, f flow, subject identity.Subject) {
	who, ok := s.session(r)
	if !ok || who.Session != f.session {
		s.refuse(w, r, identity.ByOIDC, errors.New("the session that asked for the link is over"))
		return
	}
	ctx := identity.As(r.Context(), "person/"+who.Person)
	if err := s.dep.Identity.LinkSubject(ctx, who.Person, subject); err != nil {
		s.log.Info("an account could not be linked", "person", who.Person, "error", err)
		s.fail(w, r, http.StatusConflict, "error.link")
		return
	}
	http.Redirect(w, r, s.onward(f), http.StatusSeeOther)
}

// word exchanges the code for the provider's word on who it is, and checks
// that word (OpenID Connect Core 1.0, section 3.1.3.7; RFC 9207).
func (p *provider) word(r *http.Request, f flow) (word, error) {
	q := r.URL.Query()
	if fault := q.Get("error"); fault != "" {
		return word{}, fmt.Errorf("the provider answered %.80q", fault)
	}
	if iss := q.Get("iss"); iss != "" && iss != p.cfg.Issuer {
		return word{}, fmt.Errorf("the answer is of %.200q", iss)
	}
	ctx, cancel := context.WithTimeout(oidc.ClientContext(r.Context(), p.client), 20*time.Second)
	defer cancel()
	known, err := p.discover(ctx)
	if err != nil {
		return word{}, err
	}
	token, err := p.oauth(known).Exchange(ctx, q.Get("code"), oauth2.VerifierOption(f.verifier))
	if err != nil {
		return word{}, err
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := known.Verifier(&oidc.Config{ClientID: p.cfg.ClientID}).Verify(ctx, raw)
	if err != nil {
		return word{}, err
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(f.nonce)) != 1 {
		return word{}, errors.New("the token was made for another sign-in")
	}
	if id.AccessTokenHash != "" {
		if err := id.VerifyAccessToken(token.AccessToken); err != nil {
			return word{}, err
		}
	}
	var said word
	if err := id.Claims(&said); err != nil {
		return word{}, err
	}
	said.Subject = identity.Subject{Issuer: id.Issuer, Subject: id.Subject}
	return said, said.check(p.cfg, p.now())
}

// offered lists the providers, by name.
func (s *Server) offered() []Provider {
	var out []Provider
	for _, p := range s.providers {
		out = append(out, Provider{ID: p.cfg.ID, Name: p.cfg.Name, Issuer: p.cfg.Issuer})
	}
	slices.SortFunc(out, func(a, b Provider) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// issuedBy gives the provider of an issuer, nil where none is configured; of several,
// as one for each of two clients, that of the first id.
func (s *Server) issuedBy(issuer string) (found *provider) {
	for id, p := range s.providers {
		if p.cfg.Issuer == issuer && (found == nil || id < found.cfg.ID) {
			found = p
		}
	}
	return found
}
