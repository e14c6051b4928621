// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"haidang/identity"
)

// logoutEvent is what a logout token is about (OpenID Connect Back-Channel Logout
// 1.0, section 2.4), logoutType how it says that it is one.
const (
	logoutEvent = "http://schemas.openid.net/event/backchannel-logout"
	logoutType  = "logout+jwt"
	// logoutLife is how old a logout token may be, and how long it is remembered.
	logoutLife = 10 * time.Minute
)

// endByProvider ends sessions because the provider that they rest on says that its
// own ended. It is asked by the provider and by no browser.
func (s *Server) endByProvider(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 32<<10)
	p := s.providers[r.PathValue("provider")]
	if p == nil {
		answer(w, http.StatusNotFound, map[string]string{"error": "invalid_request"})
		return
	}
	subject, session, err := p.ended(r.Context(), r.PostFormValue("logout_token"))
	if err == nil && !s.logouts.Allow(p.cfg.ID+" "+session.token) {
		err = errors.New("the token was used before")
	}
	if err != nil {
		s.log.Info("a provider's sign-out refused", "provider", p.cfg.ID, "from", s.address(r), "error", err)
		if !s.byAddress.Allow(s.address(r)) {
			s.tooMany(w, r)
			return
		}
		answer(w, http.StatusBadRequest, map[string]string{"error": "invalid_request"})
		return
	}
	n, err := s.dep.Identity.EndProviderSessions(identity.As(r.Context(), "provider"), subject, session.name)
	if err != nil {
		panic(err)
	}
	s.log.Info("a provider ended sessions", "provider", p.cfg.ID, "sessions", n)
	w.WriteHeader(http.StatusOK)
}

// endedSession is the provider's own session that ended, if it names one, and the
// name of the token that says so.
type endedSession struct{ name, token string }

// ended checks a logout token: by signature, issuer, audience and time like any
// other, and that it is one and nothing else.
func (p *provider) ended(ctx context.Context, raw string) (identity.Subject, endedSession, error) {
	var none identity.Subject
	var typed struct {
		Type string `json:"typ"`
	}
	head, _, _ := strings.Cut(raw, ".")
	if b, err := base64.RawURLEncoding.DecodeString(head); err != nil || json.Unmarshal(b, &typed) != nil || !strings.EqualFold(typed.Type, logoutType) {
		return none, endedSession{}, errors.New("the token does not say that it is one of " + logoutType)
	}
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, p.client), 20*time.Second)
	defer cancel()
	known, err := p.discover(ctx)
	if err != nil {
		return none, endedSession{}, err
	}
	token, err := known.Verifier(&oidc.Config{ClientID: p.cfg.ClientID, Now: p.now}).Verify(ctx, raw)
	if err != nil {
		return none, endedSession{}, err
	}
	var claims struct {
		ID      string                     `json:"jti"`
		Session string                     `json:"sid"`
		Nonce   *string                    `json:"nonce"`
		Events  map[string]json.RawMessage `json:"events"`
	}
	if err := token.Claims(&claims); err != nil {
		return none, endedSession{}, err
	}
	_, about := claims.Events[logoutEvent]
	switch {
	case !about || claims.Nonce != nil:
		err = errors.New("the token is no logout token")
	case claims.ID == "" || token.Subject == "" && claims.Session == "":
		err = errors.New("the token names neither itself nor anybody")
	case p.now().Sub(token.IssuedAt).Abs() > logoutLife-clockSkew:
		err = fmt.Errorf("the token is of %s", token.IssuedAt.UTC())
	}
	return identity.Subject{Issuer: token.Issuer, Subject: token.Subject}, endedSession{claims.Session, claims.ID}, err
}
