// SPDX-License-Identifier: Apache-2.0

package event

import (
	"strings"
	"testing"

	"haidang/mutant"
)

func FuzzInert(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	for _, s := range []string{"=1+1", " =1", "'", "＝1", "@x", "\t=1", "-", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := strings.TrimLeft(Inert(s), " \u00a0\ufeff")
		if out != "" && strings.ContainsRune("=+-@|%＝＋－＠", []rune(out)[0]) || strings.ContainsAny(out, "\r\n\t\x00") {
			t.Errorf("%q became %q", s, out)
		}
	})
}
