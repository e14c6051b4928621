// SPDX-License-Identifier: Apache-2.0

package cite

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"haidang/event"
)

// Document is a citation as verifiers get it. Whatever else a document holds is
// not signed.
type Document struct {
	Figure   json.RawMessage `json:"figure"` // the canonical form, however it is spaced
	Envelope Envelope        `json:"envelope"`
}

// Envelope is what lies around the canonical form. The signature covers all of it.
type Envelope struct {
	ID        string `json:"id"`
	Computed  string `json:"computed"` // RFC 3339, UTC
	Software  string `json:"software"`
	Key       string `json:"key"`
	Signature []byte `json:"signature"` // base64
}

// message appends what is signed. No part of it can hold a line break: the canonical
// form writes them as \n, and seal refuses others.
func (e *Envelope) message(to, canonical []byte) []byte {
	to = append(to, "haidang figure citation 1\n"+e.Computed+"\n"+e.Software+"\n"+e.Key+"\n"...)
	return append(to, canonical...)
}

// KeyID names a public key.
func KeyID(public ed25519.PublicKey) string { return name(public) }

// seal signs a canonical form. The document is as json.Marshal would write it.
func seal(canonical []byte, key ed25519.PrivateKey, software string, at time.Time) (id string, document []byte, err error) {
	for _, r := range software {
		if r < ' ' {
			return "", nil, fmt.Errorf("cite: software version %q is not one line", software)
		}
	}
	e := Envelope{
		ID: ID(canonical), Computed: at.UTC().Format(time.RFC3339Nano), Software: software,
		Key: KeyID(key.Public().(ed25519.PublicKey)),
	}
	m := draft()
	defer m.done()
	m.text = e.message(m.text, canonical)
	e.Signature = ed25519.Sign(key, m.text)
	envelope, err := json.Marshal(&e)
	if err != nil {
		return "", nil, err
	}
	out := bytes.NewBuffer(make([]byte, 0, len(canonical)+len(envelope)+len(`{"figure":,"envelope":}`)))
	out.WriteString(`{"figure":`)
	json.HTMLEscape(out, canonical)
	out.WriteString(`,"envelope":`)
	out.Write(envelope)
	out.WriteByte('}')
	return e.ID, out.Bytes(), nil
}

// Errors of Verify.
var (
	ErrDocument   = errors.New("not a citation")
	ErrUnknownKey = errors.New("signed with a key that is not among those named")
	ErrSignature  = errors.New("the signature does not hold: the document is not as it was signed")
)

// Verify checks a document with the keys that the verifier trusts. What it gives
// is as it was signed, but for what only the book knows (Revises, RevisedBy).
func Verify(document []byte, keys []event.FigureKey) (event.Citation, error) {
	c, err := Open(document)
	if err != nil {
		return c, err
	}
	for _, k := range keys {
		if k.ID != c.Key {
			continue
		}
		if KeyID(k.Public) != k.ID || len(k.Public) != ed25519.PublicKeySize {
			return c, fmt.Errorf("key %s: its id is not that of the key", k.ID)
		}
		e := Envelope{Computed: spelled(c.Computed), Software: c.Software, Key: c.Key}
		if !ed25519.Verify(k.Public, e.message(nil, c.Canonical), c.Signature) {
			return c, ErrSignature
		}
		if c.Computed < k.Since || k.Until.IsSet() && c.Computed > k.Until {
			return c, fmt.Errorf("%w: it names a time at which key %s was not in use", ErrSignature, k.ID)
		}
		return c, nil
	}
	return c, fmt.Errorf("%w (%s)", ErrUnknownKey, c.Key)
}

func spelled(t event.Time) string { return t.Std().Format(time.RFC3339Nano) }

// Open reads a document without looking at its signature.
func Open(document []byte) (c event.Citation, err error) {
	var d Document
	if err := json.Unmarshal(document, &d); err != nil {
		return c, fmt.Errorf("%w: %w", ErrDocument, err)
	}
	if len(d.Figure) == 0 || d.Envelope.Key == "" {
		return c, fmt.Errorf("%w: it has no figure or no envelope", ErrDocument)
	}
	if c.Canonical, err = Canonicalise(d.Figure); err != nil {
		return c, fmt.Errorf("%w: %w", ErrDocument, err)
	}
	if c.CitedFigure, err = Parse(c.Canonical); err != nil {
		return c, err
	}
	e := &d.Envelope
	at, err := time.Parse(time.RFC3339Nano, e.Computed)
	if err != nil || spelled(event.TimeOf(at)) != e.Computed {
		return c, fmt.Errorf("%w: computed %q is no time as it is signed", ErrDocument, e.Computed)
	}
	c.ID, c.Computed, c.Software, c.Key, c.Signature = ID(c.Canonical), event.TimeOf(at), e.Software, e.Key, e.Signature
	if e.ID != c.ID {
		return c, fmt.Errorf("%w: it calls itself %s, but the figure in it is %s", ErrSignature, e.ID, c.ID)
	}
	c.Document = document
	return c, nil
}

// keyFile is the list of keys as it is served.
type keyFile struct {
	Keys []keyLine `json:"keys"`
}

type keyLine struct {
	ID        string `json:"id"`
	Algorithm string `json:"algorithm"`
	Public    string `json:"public"` // base64
	Since     string `json:"since"`
	Until     string `json:"until,omitempty"`
}

const algorithm = "Ed25519"

// EncodeKeys writes the list of keys for everybody.
func EncodeKeys(keys []event.FigureKey) ([]byte, error) {
	out := keyFile{Keys: []keyLine{}}
	for i := range keys {
		out.Keys = append(out.Keys, lineOf(&keys[i]))
	}
	return json.MarshalIndent(out, "", "  ")
}

func lineOf(k *event.FigureKey) keyLine {
	return keyLine{k.ID, algorithm, base64.StdEncoding.EncodeToString(k.Public), k.Since.String(), k.Until.String()}
}

// ParseKeys reads a list of keys as EncodeKeys writes it.
func ParseKeys(text []byte) ([]event.FigureKey, error) {
	var f keyFile
	if err := json.Unmarshal(text, &f); err != nil {
		return nil, fmt.Errorf("no list of keys: %w; /.well-known/haidang/figures.json is one", err)
	}
	var out []event.FigureKey
	for i, l := range f.Keys {
		k, err := l.key()
		if err != nil {
			return nil, fmt.Errorf("key %d (%s): %w", i+1, l.ID, err)
		}
		out = append(out, k)
	}
	if len(out) == 0 {
		return nil, errors.New("the list of keys is empty; /.well-known/haidang/figures.json is one")
	}
	return out, nil
}

func (l *keyLine) key() (k event.FigureKey, err error) {
	k = event.FigureKey{ID: l.ID, Since: event.TimeUnset, Until: event.TimeUnset}
	if l.Algorithm != algorithm {
		return k, fmt.Errorf("algorithm %q, want %s", l.Algorithm, algorithm)
	}
	if k.Public, err = base64.StdEncoding.DecodeString(l.Public); err != nil {
		return k, fmt.Errorf("public: %w", err)
	}
	if len(k.Public) != ed25519.PublicKeySize || KeyID(k.Public) != l.ID {
		return k, errors.New("public: it is not the key of this id")
	}
	for text, to := range map[string]*event.Time{l.Since: &k.Since, l.Until: &k.Until} {
		if text == "" {
			continue
		}
		t, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			return k, err
		}
		*to = event.TimeOf(t)
	}
	return k, nil
}
