// SPDX-License-Identifier: Apache-2.0

package cite

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// maxInteger is the largest integer that every JSON reader keeps exactly (RFC 8785
// section 3.2.2.3, RFC 7493).
const maxInteger = 1<<53 - 1

// Canonicalise writes a JSON text in the form of RFC 8785. Numbers must be integers
// that a double holds exactly: others are strings in what this package signs. No name
// may be twice in one object.
func Canonicalise(text []byte) ([]byte, error) {
	v := jsontext.Value(bytes.Clone(text))
	if err := v.Canonicalize(); err != nil {
		return nil, err
	}
	if err := integers(text); err != nil {
		return nil, err
	}
	return v, nil
}

// integers reports a number of a JSON text that is no integer, or too large.
func integers(text []byte) error {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			i = closing(text, i+1)
		case c == '-' || c-'0' < 10:
			n := bytes.IndexAny(text[i:], ",]} \t\r\n")
			if n < 0 {
				n = len(text) - i
			}
			number := text[i : i+n]
			if v, err := strconv.ParseInt(string(number), 10, 64); err != nil || v > maxInteger || v < -maxInteger {
				return numberError(number)
			}
			i += n - 1
		}
	}
	return nil
}

func numberError(number []byte) error {
	return fmt.Errorf("number %s: only integers between -2^53 and 2^53 are written as numbers", number)
}

// closing gives the place of the quote that ends a string.
func closing(text []byte, i int) int {
	for ; text[i] != '"'; i++ {
		if text[i] == '\\' {
			i++
		}
	}
	return i
}
