// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Prefixes make tokens recognisable, to people and to programs that look for
// secrets in the wrong places.
const (
	SensorPrefix   = "hds_"
	OperatorPrefix = "hdo_"
	AccessPrefix   = "hdt_" // a person's own
	LinkPrefix     = "hdl_" // good once
	SessionPrefix  = "hdk_" // a browser's
	WebhookPrefix  = "hdw_" // what a contact's webhook is signed with
)

const (
	tokenBytes = 25 // 200 bits, 40 characters
	tokenChars = 40
)

// digest is what is kept of a token.
type digest [sha256.Size]byte

func (d digest) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(d[:])), nil }

func (d *digest) UnmarshalText(b []byte) error {
	if len(b) != 2*len(d) {
		return fmt.Errorf("a token's hash has %d characters, not %d", len(b), 2*len(d))
	}
	_, err := hex.Decode(d[:], b)
	return err
}

func newToken(prefix string) (string, digest) {
	var b [tokenBytes]byte
	_, _ = rand.Read(b[:]) // never fails: the runtime ends the program instead
	t := prefix + strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
	return t, sha256.Sum256([]byte(t))
}

// hash gives what is kept of a token of one kind; ok is false for what cannot
// be one.
func hash(prefix, token string) (d digest, ok bool) {
	if len(token) != len(prefix)+tokenChars || !strings.HasPrefix(token, prefix) {
		return digest{}, false
	}
	return sha256.Sum256([]byte(token)), true
}

// newSecret makes what people and browsers hold: 256 bits, of which only the hash is
// kept.
func newSecret(prefix string) (string, digest) {
	var b [32]byte
	_, _ = rand.Read(b[:])
	s := prefix + base64.RawURLEncoding.EncodeToString(b[:])
	return s, sha256.Sum256([]byte(s))
}

// hashSecret gives what is kept of a secret; ok is false for what cannot be one.
func hashSecret(prefix, secret string) (d digest, ok bool) {
	if len(secret) != len(prefix)+43 || !strings.HasPrefix(secret, prefix) {
		return digest{}, false
	}
	return sha256.Sum256([]byte(secret)), true
}

// id names a record by its hash, of which it tells less than half.
func (d digest) id() string { return hex.EncodeToString(d[:12]) }

// newID makes a name that says nothing: 128 random bits.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

var nameRule = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}$`)

func checkName(name string) error {
	if !nameRule.MatchString(name) {
		return fmt.Errorf("%w: name %.80q: use 1 to 63 lower-case letters, digits, dots, dashes and underscores, beginning with a letter or digit", ErrInvalid, name)
	}
	return nil
}

// bucketKey makes a bucket's key of a name: a dot has a meaning there.
func bucketKey(kind, name string) string { return kind + "/" + strings.ReplaceAll(name, ".", "=") }

func over(end *time.Time, now time.Time) bool { return end != nil && !now.Before(*end) }
