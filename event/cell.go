// SPDX-License-Identifier: Apache-2.0

package event

import "strings"

// Inert takes from a cell what a spreadsheet could run, and line breaks, which
// some programs read as another record. OWASP, "CSV Injection".
func Inert(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	if t := strings.TrimLeft(s, " \u00a0\ufeff"); t != "" && strings.ContainsRune("=+-@|%＝＋－＠", []rune(t)[0]) {
		return "'" + s
	}
	return s
}
