// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"filippo.io/age"
)

// RecipientKeys gathers public keys (age1…) and those of a file, one a line, and
// checks them.
func RecipientKeys(keys []string, file string) ([]string, error) {
	out := append([]string(nil), keys...)
	if file != "" {
		raw, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("backup: recipients: %w", err)
		}
		for line := range strings.Lines(string(raw)) {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
				out = append(out, line)
			}
		}
	}
	_, err := Recipients(out)
	return out, err
}

// Recipients reads public keys (age1…).
func Recipients(keys []string) (out []age.Recipient, err error) {
	for _, k := range keys {
		r, err := age.ParseRecipients(strings.NewReader(k))
		if err != nil {
			return nil, fmt.Errorf("backup: recipient %q is no age public key: %w", k, err)
		}
		out = append(out, r...)
	}
	if len(out) == 0 {
		return nil, ErrNoRecipient
	}
	return out, nil
}

// NewIdentity makes a key pair: the secret key goes into a file that must not
// exist, the public one is given back.
func NewIdentity(file string) (public string, err error) {
	i, err := age.GenerateX25519Identity()
	if err != nil {
		return "", fmt.Errorf("backup: %w", err)
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", fmt.Errorf("backup: %w", err)
	}
	_, err = fmt.Fprintf(f, "# public key: %s\n%s\n", i.Recipient(), i)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", fmt.Errorf("backup: %w", err)
	}
	return i.Recipient().String(), nil
}

// Identities reads secret keys (AGE-SECRET-KEY-1…) from a file, one a line. The
// error never quotes the file.
func Identities(file string) ([]age.Identity, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("backup: identity: %w", err)
	}
	out, err := age.ParseIdentities(f)
	if cerr := f.Close(); cerr != nil {
		return nil, fmt.Errorf("backup: identity: %w", cerr)
	}
	if err != nil {
		return nil, fmt.Errorf("backup: %s holds no age identity; it has lines as AGE-SECRET-KEY-1…", file)
	}
	return out, nil
}
