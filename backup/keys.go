// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"filippo.io/age"
)

// Recipients reads public keys (age1…), and those of a file, one a line.
func Recipients(keys []string, file string) (out []age.Recipient, err error) {
	for _, k := range keys {
		r, err := age.ParseRecipients(strings.NewReader(k))
		if err != nil {
			return nil, fmt.Errorf("backup: recipient %q: %w", k, err)
		}
		out = append(out, r...)
	}
	if file != "" {
		f, err := os.Open(file)
		if err != nil {
			return nil, fmt.Errorf("backup: recipients: %w", err)
		}
		r, err := age.ParseRecipients(f)
		if err := errors.Join(err, f.Close()); err != nil {
			return nil, fmt.Errorf("backup: recipients in %s: %w", file, err)
		}
		out = append(out, r...)
	}
	if len(out) == 0 {
		return nil, ErrNoRecipient
	}
	return out, nil
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
