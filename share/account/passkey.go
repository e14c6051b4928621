// SPDX-License-Identifier: Apache-2.0

package account

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
	"github.com/go-webauthn/webauthn/webauthn"

	"haidang/identity"
)

// preparePasskeys makes the verifier and the decoy. Passkeys belong to a name,
// so there are none at an address that is a number.
func (s *Server) preparePasskeys() error {
	if net.ParseIP(s.origin.Hostname()) != nil {
		s.log.Warn("passkeys need a name and not a number as the observatory's address", "origin", s.cfg.Origin)
		return nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		return err
	}
	// COSE key (RFC 9053 section 7.1): kty EC2, alg ES256, crv P-256, x, y.
	if s.decoy, err = webauthncbor.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:65]}); err != nil {
		return err
	}
	s.passkeys, err = webauthn.New(&webauthn.Config{
		RPID: s.origin.Hostname(), RPDisplayName: "Hải Đăng", RPOrigins: []string{s.origin.Scheme + "://" + s.origin.Host},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(),
			UserVerification: protocol.VerificationRequired,
		},
	})
	return err
}

// holder is a person as the verifier wants to see them.
type holder struct {
	id   []byte
	name string
	keys []webauthn.Credential
}

func (h holder) WebAuthnID() []byte                         { return h.id }
func (h holder) WebAuthnName() string                       { return h.name }
func (h holder) WebAuthnDisplayName() string                { return h.name }
func (h holder) WebAuthnCredentials() []webauthn.Credential { return h.keys }

func holderOf(p identity.Person) (holder, error) {
	h := holder{id: []byte(p.ID), name: p.Name}
	for _, k := range p.Passkeys {
		var c webauthn.Credential
		if err := json.Unmarshal(k.Data, &c); err != nil {
			return holder{}, fmt.Errorf("passkey of person %s: %w", p.ID, err)
		}
		h.keys = append(h.keys, c)
	}
	return h, nil
}

// begun is what the browser gets to ask its authenticator with.
type begun struct {
	Flow    string `json:"flow"`
	Options any    `json:"options"`
}

// beginPasskey gives a challenge: for signing in, the same to everybody.
func (s *Server) beginPasskey(w http.ResponseWriter, r *http.Request) {
	var ask struct{ Purpose, Next string }
	if !s.readJSON(w, r, &ask) || !s.attempt(w, r) {
		return
	}
	if s.passkeys == nil {
		s.tell(w, r, http.StatusNotFound, "error.404")
		return
	}
	l := s.spoken(r)
	f := flow{purpose: ask.Purpose, lang: l.Code}
	f.next, _ = local(ask.Next)
	who, in := s.session(r)
	f.session = who.Session
	var options any
	var data *webauthn.SessionData
	var err error
	switch {
	case ask.Purpose == toSignIn:
		options, data, err = s.passkeys.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	case !in:
		s.tell(w, r, http.StatusForbidden, "error.session")
		return
	case ask.Purpose == toStepUp:
		options, data, err = s.beginStepUp(who)
	case ask.Purpose == toRegister && !s.isFresh(who):
		answer(w, http.StatusForbidden, map[string]string{"go": l.path("confirm") + "?next=" + l.path("account")})
		return
	case ask.Purpose == toRegister:
		options, data, err = s.beginRegistration(who)
	default:
		err = errors.New("no such purpose")
	}
	if err != nil {
		s.log.Info("a passkey's challenge could not be made", "purpose", ask.Purpose, "error", err)
		s.tell(w, r, http.StatusBadRequest, "error.passkey")
		return
	}
	f.browser, f.passkey = s.browser(w, r), *data
	answer(w, http.StatusOK, begun{s.flows.add(f), options})
}

func (s *Server) beginStepUp(who identity.Principal) (any, *webauthn.SessionData, error) {
	person, _ := s.dep.Identity.Person(who.Person)
	h, err := holderOf(person)
	if err != nil {
		return nil, nil, err
	}
	return s.passkeys.BeginLogin(h, webauthn.WithUserVerification(protocol.VerificationRequired))
}

func (s *Server) beginRegistration(who identity.Principal) (any, *webauthn.SessionData, error) {
	person, _ := s.dep.Identity.Person(who.Person)
	h, err := holderOf(person)
	if err != nil {
		return nil, nil, err
	}
	var have []protocol.CredentialDescriptor
	for _, k := range h.keys {
		have = append(have, k.Descriptor())
	}
	return s.passkeys.BeginRegistration(h, webauthn.WithExclusions(have))
}

// finishPasskey checks what the authenticator answered.
func (s *Server) finishPasskey(w http.ResponseWriter, r *http.Request) {
	var ask struct {
		Flow, Name string
		Credential json.RawMessage
	}
	if !s.readJSON(w, r, &ask) || !s.attempt(w, r) {
		return
	}
	f, ok := s.flows.take(ask.Flow, s.cookie(r, flowCookie))
	if !ok || s.passkeys == nil {
		s.refuse(w, r, identity.ByPasskey, errors.New("no such flow of this browser"))
		return
	}
	var err error
	switch f.purpose {
	case toSignIn:
		err = s.finishSignIn(w, r, f, ask.Credential)
	case toStepUp:
		err = s.finishStepUp(w, r, f, ask.Credential)
	case toRegister:
		err = s.finishRegistration(r, f, ask.Name, ask.Credential)
	}
	switch {
	case errors.Is(err, errTooMany):
		s.tooMany(w, r)
	case err != nil:
		s.refuse(w, r, identity.ByPasskey, err)
	default:
		s.signins.WithLabelValues(identity.ByPasskey, "ok").Inc()
		answer(w, http.StatusOK, map[string]string{"go": s.onward(f)})
	}
}

var errTooMany = errors.New("too many attempts")

func (s *Server) finishSignIn(w http.ResponseWriter, r *http.Request, f flow, raw []byte) error {
	got, err := protocol.ParseCredentialRequestResponseBytes(raw)
	if err != nil {
		return err
	}
	handle := string(got.Response.UserHandle)
	if !s.byAccount.Allow("passkey " + handle[:min(len(handle), 64)]) {
		return errTooMany
	}
	find := func(_, handle []byte) (webauthn.User, error) { return s.holderOrDecoy(got, handle), nil }
	_, key, err := s.passkeys.ValidatePasskeyLogin(find, f.passkey, got)
	if err != nil {
		return err
	}
	if err := s.keepUse(r, handle, key); err != nil {
		return err
	}
	return s.enter(w, r, handle, identity.ByPasskey)
}

// holderOrDecoy gives the person of a handle or, where there is none with that
// passkey, somebody whose signature nobody can make: so much the same work is
// done for an account that is not there.
func (s *Server) holderOrDecoy(got *protocol.ParsedCredentialAssertionData, handle []byte) webauthn.User {
	person, _ := s.dep.Identity.Person(string(handle))
	if h, err := holderOf(person); err == nil {
		for _, k := range h.keys {
			if bytes.Equal(k.ID, got.RawID) {
				return h
			}
		}
	}
	flags := got.Response.AuthenticatorData.Flags
	return holder{id: handle, name: "-", keys: []webauthn.Credential{{
		ID: got.RawID, PublicKey: s.decoy,
		Flags: webauthn.CredentialFlags{
			UserPresent: true, UserVerified: true,
			BackupEligible: flags.HasBackupEligible(), BackupState: flags.HasBackupState(),
		},
	}}}
}

// keepUse keeps a passkey's counter, and refuses one whose counter went back: it
// may have been copied.
func (s *Server) keepUse(r *http.Request, person string, key *webauthn.Credential) error {
	if key.Authenticator.CloneWarning {
		s.log.Warn("a passkey's counter went back; it may have been copied", "person", person)
		return errors.New("the passkey's counter went back")
	}
	data, err := json.Marshal(key)
	if err != nil {
		return err
	}
	return s.dep.Identity.UsePasskey(r.Context(), person, key.ID, data)
}

func (s *Server) finishStepUp(w http.ResponseWriter, r *http.Request, f flow, raw []byte) error {
	who, ok := s.session(r)
	if !ok || who.Session != f.session {
		return errors.New("the session that asked is over")
	}
	if !s.byAccount.Allow("passkey " + who.Person) {
		return errTooMany
	}
	got, err := protocol.ParseCredentialRequestResponseBytes(raw)
	if err != nil {
		return err
	}
	person, _ := s.dep.Identity.Person(who.Person)
	h, err := holderOf(person)
	if err != nil {
		return err
	}
	key, err := s.passkeys.ValidateLogin(h, f.passkey, got)
	if err != nil {
		return err
	}
	if err := s.keepUse(r, who.Person, key); err != nil {
		return err
	}
	cookie, session, err := s.dep.Identity.StepUp(identity.As(r.Context(), "person/"+who.Person), s.cookie(r, sessionCookie))
	if err != nil {
		return err
	}
	s.setCookie(w, sessionCookie, cookie, session.Expires.Sub(s.now()))
	return nil
}

func (s *Server) finishRegistration(r *http.Request, f flow, name string, raw []byte) error {
	who, ok := s.session(r)
	if !ok || who.Session != f.session || !s.isFresh(who) {
		return errors.New("the session that asked is over")
	}
	got, err := protocol.ParseCredentialCreationResponseBytes(raw)
	if err != nil {
		return err
	}
	person, _ := s.dep.Identity.Person(who.Person)
	h, err := holderOf(person)
	if err != nil {
		return err
	}
	key, err := s.passkeys.CreateCredential(h, f.passkey, got)
	if err != nil {
		return err
	}
	data, err := json.Marshal(key)
	if err != nil {
		return err
	}
	if name = strings.TrimSpace(name); name == "" {
		name = s.coded(f.lang).T("passkey.unnamed")
	}
	ctx := identity.As(r.Context(), "person/"+who.Person)
	return s.dep.Identity.AddPasskey(ctx, who.Person, identity.Passkey{ID: key.ID, Name: name, Data: data})
}

// readJSON reads a small JSON object; only our own script sends one.
func (s *Server) readJSON(w http.ResponseWriter, r *http.Request, into any) bool {
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if kind != "application/json" {
		s.tell(w, r, http.StatusUnsupportedMediaType, "error.passkey")
		return false
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10))
	if err == nil {
		err = json.Unmarshal(raw, into)
	}
	if err != nil {
		s.tell(w, r, http.StatusBadRequest, "error.passkey")
		return false
	}
	return true
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// tell answers a script in the reader's language.
func (s *Server) tell(w http.ResponseWriter, r *http.Request, status int, key string) {
	answer(w, status, map[string]string{"error": s.spoken(r).T(key)})
}
