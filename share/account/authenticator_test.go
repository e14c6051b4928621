// SPDX-License-Identifier: Apache-2.0

package account

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
)

// authenticator makes passkeys as a security key does (Web Authentication Level
// 3, section 6), so that forged answers can be made too.
type authenticator struct {
	t      testing.TB
	rp     string
	origin string
	id     []byte
	handle []byte
	key    *ecdsa.PrivateKey
	count  uint32
}

func newAuthenticator(t testing.TB, origin string) *authenticator {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 32)
	_, _ = rand.Read(id)
	return &authenticator{t: t, rp: "localhost", origin: origin, id: id, key: key}
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (a *authenticator) client(kind, challenge string) []byte {
	raw, err := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": a.origin, "crossOrigin": false})
	if err != nil {
		a.t.Fatal(err)
	}
	return raw
}

// data is the authenticator data: user present and verified.
func (a *authenticator) data(flags byte, more []byte) []byte {
	a.count++
	rp := sha256.Sum256([]byte(a.rp))
	out := append(rp[:], flags|0x05)
	return append(binary.BigEndian.AppendUint32(out, a.count), more...)
}

func (a *authenticator) cbor(v any) []byte {
	raw, err := webauthncbor.Marshal(v)
	if err != nil {
		a.t.Fatal(err)
	}
	return raw
}

// create answers navigator.credentials.create.
func (a *authenticator) create(challenge string, user []byte) string {
	a.handle = user
	point, err := a.key.PublicKey.Bytes()
	if err != nil {
		a.t.Fatal(err)
	}
	more := append(make([]byte, 16), 0, byte(len(a.id)))
	more = append(more, a.id...)
	more = append(more, a.cbor(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:65]})...)
	object := a.cbor(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": a.data(0x40, more)})
	return a.answer(map[string]any{"clientDataJSON": b64(a.client("webauthn.create", challenge)), "attestationObject": b64(object)})
}

// get answers navigator.credentials.get.
func (a *authenticator) get(challenge string) string {
	client, data := a.client("webauthn.get", challenge), a.data(0, nil)
	sum := sha256.Sum256(client)
	signed := sha256.Sum256(append(append([]byte{}, data...), sum[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, a.key, signed[:])
	if err != nil {
		a.t.Fatal(err)
	}
	return a.answer(map[string]any{
		"clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signature), "userHandle": b64(a.handle),
	})
}

func (a *authenticator) answer(response map[string]any) string {
	raw, err := json.Marshal(map[string]any{
		"id": b64(a.id), "rawId": b64(a.id), "type": "public-key", "clientExtensionResults": map[string]any{}, "response": response,
	})
	if err != nil {
		a.t.Fatal(err)
	}
	return string(raw)
}

// challenge asks for a passkey's challenge.
func (b *browser) challenge(purpose, next string) (name, challenge string, user []byte) {
	b.t.Helper()
	r := b.json("/account/passkey/begin", `{"purpose":"`+purpose+`","next":"`+next+`"}`)
	var a struct {
		Flow    string
		Options struct {
			PublicKey struct {
				Challenge string
				User      struct{ ID string }
			}
		}
	}
	if err := json.Unmarshal([]byte(r.body), &a); err != nil || r.status != http.StatusOK {
		b.t.Fatal(r.status, r.body, err)
	}
	user, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(a.Options.PublicKey.User.ID, "="))
	if err != nil {
		b.t.Fatal(err)
	}
	return a.Flow, a.Options.PublicKey.Challenge, user
}

func (b *browser) finish(name, credential string) reply {
	b.t.Helper()
	return b.json("/account/passkey/finish", `{"flow":"`+name+`","name":"khóa","credential":`+credential+`}`)
}

// register adds a passkey to who is signed in.
func (b *browser) register() *authenticator {
	b.t.Helper()
	a := newAuthenticator(b.t, b.url)
	name, challenge, user := b.challenge(toRegister, "")
	if r := b.finish(name, a.create(challenge, user)); r.status != http.StatusOK {
		b.t.Fatal(r.status, r.body, b.log.String())
	}
	return a
}
