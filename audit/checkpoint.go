// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"bytes"
	"crypto"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Checkpoint is the signed word that the log had Size entries whose tree has
// this root. As a note (golang.org/x/mod/sumdb/note, c2sp.org/tlog-checkpoint):
//
//	origin
//	size in decimal
//	root hash (RFC 6962) in base64
//	time RFC 3339 time of signing
//	keys verifier keys, the old and the new, in notes of a rotation only
type Checkpoint struct {
	Origin string
	Size   int64
	Root   tlog.Hash
	Time   time.Time
	OldKey string // verifier keys of a rotation
	NewKey string
	Note   []byte // the signed note, whole
}

const (
	timeLine = "time "
	keyLine  = "keys "
	// checkpointTime is the precision of a checkpoint's time.
	checkpointTime = "2006-01-02T15:04:05Z"
)

func (c *Checkpoint) text() string {
	s := fmt.Sprintf("%s\n%d\n%s\n%s%s\n", c.Origin, c.Size, base64.StdEncoding.EncodeToString(c.Root[:]),
		timeLine, c.Time.UTC().Format(checkpointTime))
	if c.NewKey != "" {
		s += keyLine + c.OldKey + " " + c.NewKey + "\n"
	}
	return s
}

// sign fills Note. The signature is Ed25519 and so the same for the same text.
func (c *Checkpoint) sign(signers ...note.Signer) (err error) {
	c.Note, err = note.Sign(&note.Note{Text: c.text()}, signers...)
	if err != nil {
		return fmt.Errorf("audit: signing the checkpoint: %w", err)
	}
	return nil
}

// ParseCheckpoint opens a note that at least one of the keys (verifier keys of
// package note) must have signed. Signatures of others, as of witnesses, are let
// be; everything else must be exactly as this program writes it.
func ParseCheckpoint(data []byte, keys ...string) (Checkpoint, error) {
	verifiers, err := verifierList(keys)
	if err != nil {
		return Checkpoint{}, err
	}
	n, err := note.Open(data, verifiers)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("audit: checkpoint: %w", err)
	}
	c, err := parseText(n.Text)
	if err != nil {
		return Checkpoint{}, err
	}
	if !bytes.Equal(data, rendered(data, n.Text)) {
		return Checkpoint{}, errors.New("audit: checkpoint: a signature is not written canonically")
	}
	c.Note = bytes.Clone(data)
	return c, nil
}

// ownCheckpoint is ParseCheckpoint for a file of the log itself, which bears
// exactly n signatures, all known.
func ownCheckpoint(data []byte, n int, keys ...string) (Checkpoint, error) {
	c, err := ParseCheckpoint(data, keys...)
	if err != nil {
		return c, err
	}
	verifiers, err := verifierList(keys)
	if err != nil {
		return c, err
	}
	opened, err := note.Open(data, verifiers)
	if err != nil {
		return c, err
	}
	if got := strings.Count(string(data[len(opened.Text):]), "\n") - 1; len(opened.Sigs) != n || got != n {
		return c, fmt.Errorf("audit: checkpoint: %d of %d signatures are by known keys, want exactly %d", len(opened.Sigs), got, n)
	}
	return c, nil
}

// rendered writes the signatures again: base64 has spare bits that a decoder
// does not look at.
func rendered(data []byte, text string) []byte {
	out := []byte(text + "\n")
	for l := range strings.Lines(string(data[len(text)+1:])) {
		name, sig, _ := strings.Cut(strings.TrimPrefix(strings.TrimSuffix(l, "\n"), "— "), " ")
		raw, err := base64.StdEncoding.DecodeString(sig)
		if err != nil {
			return nil
		}
		out = fmt.Appendf(out, "— %s %s\n", name, base64.StdEncoding.EncodeToString(raw))
	}
	return out
}

func parseText(text string) (c Checkpoint, err error) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) < 4 || len(lines) > 5 {
		return c, fmt.Errorf("audit: checkpoint: %d lines, want 4 or 5", len(lines))
	}
	c.Origin = lines[0]
	if c.Size, err = strconv.ParseInt(lines[1], 10, 64); err != nil || c.Size < 0 {
		return c, fmt.Errorf("audit: checkpoint: line 2: %q is no size", lines[1])
	}
	if c.Root, err = tlog.ParseHash(lines[2]); err != nil {
		return c, fmt.Errorf("audit: checkpoint: line 3: %w", err)
	}
	at, ok := strings.CutPrefix(lines[3], timeLine)
	if c.Time, err = time.Parse(checkpointTime, at); err != nil || !ok {
		return c, fmt.Errorf("audit: checkpoint: line 4: %q is no time", lines[3])
	}
	if len(lines) == 5 {
		keys, ok := strings.CutPrefix(lines[4], keyLine)
		if c.OldKey, c.NewKey, _ = strings.Cut(keys, " "); !ok || c.NewKey == "" {
			return c, fmt.Errorf("audit: checkpoint: line 5: %q does not name two keys", lines[4])
		}
	}
	if c.text() != text {
		return c, errors.New("audit: checkpoint: not written as this program writes it")
	}
	return c, nil
}

// originOf reads the log's name out of a note that nobody has verified yet.
func originOf(data []byte) string {
	first, _, _ := bytes.Cut(data, []byte("\n"))
	return string(first)
}

func verifierList(keys []string) (note.Verifiers, error) {
	list := make([]note.Verifier, 0, len(keys))
	for _, k := range keys {
		v, err := note.NewVerifier(k)
		if err != nil {
			return nil, fmt.Errorf("audit: %q is no verifier key; it reads name+hash+key", k)
		}
		list = append(list, v)
	}
	return note.VerifierList(list...), nil
}

// signer is a note.Signer over any holder of an Ed25519 key.
type signer struct {
	note.Verifier
	key crypto.Signer
}

func (s signer) Sign(msg []byte) ([]byte, error) { return s.key.Sign(nil, msg, crypto.Hash(0)) }

// VerifierKey gives the public key as verifiers hold it: origin+hash+key.
func VerifierKey(origin string, key crypto.Signer) (string, error) {
	public, ok := publicKey(key)
	if !ok {
		return "", errors.New("audit: the key is not Ed25519")
	}
	return note.NewEd25519VerifierKey(origin, public)
}

func newSigner(origin string, key crypto.Signer) (signer, string, error) {
	text, err := VerifierKey(origin, key)
	if err != nil {
		return signer{}, "", err
	}
	v, err := note.NewVerifier(text)
	return signer{v, key}, text, err
}
