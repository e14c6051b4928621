// SPDX-License-Identifier: Apache-2.0

package web

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/evanw/esbuild/pkg/api"
)

// Keys of the live picture are what attackers chose: one that means something to
// JavaScript is a key like any other, and changes nothing else.
func TestKeysOfAttackersAreKeys(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not here")
	}
	src, err := filepath.Abs("src")
	if err != nil {
		t.Fatal(err)
	}
	built := api.Build(api.BuildOptions{
		AbsWorkingDir: src, Bundle: true, Format: api.FormatCommonJS,
		Stdin: &api.StdinOptions{ResolveDir: src, Loader: api.LoaderTS, Contents: `
			import { merge } from "./picture";
			const hostile = '"__proto__": {"polluted": 1}, "constructor": 7, "toString": 8';
			let p = merge(undefined, JSON.parse('{"at": 1, "as": {' + hostile + '}, "__proto__": {"polluted": 2}}'), true);
			p = merge(p, JSON.parse('{"as": {"hasOwnProperty": 9, "constructor": null, "__proto__": {"polluted": 3}}}'), false);
			const said = [
				({} as any).polluted, (p as any).polluted, (p.as as any).polluted,
				Object.keys(p.as).sort().join(" "), p.as["constructor"], p.as["toString"], p.as["valueOf"], Object.getPrototypeOf(p.as),
			];
			console.log(said.map(String).join("|"));`},
	})
	if len(built.Errors) > 0 {
		t.Fatal(built.Errors)
	}
	c := exec.CommandContext(t.Context(), node, "-")
	c.Stdin = strings.NewReader(string(built.OutputFiles[0].Contents))
	out, err := c.CombinedOutput()
	const want = "undefined|undefined|undefined|__proto__ hasOwnProperty toString|undefined|8|undefined|null"
	if got := strings.TrimSpace(string(out)); err != nil || got != want {
		t.Errorf("%v\n%s, want\n%s", err, got, want)
	}
}
