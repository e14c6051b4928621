// SPDX-License-Identifier: Apache-2.0

package cite

import (
	"crypto/sha256"
	"encoding/base32"

	"haidang/event"
)

// letters spell hashes as base32, small.
var letters = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// name is a hash that things are known by: 26 small letters and digits.
func name(data []byte) string {
	sum := sha256.Sum256(data)
	return spelledSum(sum[:])
}

func spelledSum(sum []byte) string { return letters.EncodeToString(sum[:16]) }

// ID gives the id of a canonical form: 16 bytes of its SHA-256 in base32.
func ID(canonical []byte) string { return name(canonical) }

// subject names what a figure is of: definition, table, place, period and base. Its
// citations are revisions of each other.
func subject(c *event.CitedFigure) string {
	w := draft()
	defer w.done()
	w.subject(&c.Figure)
	return name(w.text)
}

// content names what a figure says (see writer.says).
func content(c *event.CitedFigure) (string, error) {
	w, err := written(c)
	if err != nil {
		return "", err
	}
	defer w.done()
	return w.says(), nil
}
