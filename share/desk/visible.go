// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// visible writes out characters that would be invisible or would turn the
// direction of a text, so that what an attacker wrote reads as it is. Line breaks
// and tabs stay.
func visible(s string) string {
	if strings.IndexFunc(s, hidden) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if hidden(r) {
			fmt.Fprintf(&b, `\u{%x}`, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// hidden reports characters of the categories Cc and Cf, but for line breaks and
// tabs: bidirectional controls (Unicode Technical Report 36) are among them.
func hidden(r rune) bool {
	return r != '\n' && r != '\t' && (unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r))
}

func validText(b []byte) bool { return utf8.Valid(b) && !bytes.ContainsRune(b, 0) }
