// SPDX-License-Identifier: Apache-2.0

package release

import (
	"fmt"
	"regexp"
	"strings"
)

// Block names something that is shown: "live/kinds", "figure/attacks/kind,way",
// "series/vendor-a", "report". A rule on "figure/attacks" holds for all its tables
// that have none of their own, and one on All for everything.
type Block string

// All is every block.
const All Block = "all"

// Live is every section of the live pages, Sections in their order there.
const Live Block = "live"

// Sections of the live pages.
var Sections = []string{"now", "minutes", "map", "hosting", "systems", "kinds", "ways", "sectors", "affected", "coverage"}

// Section gives the block of a section of the live pages.
func Section(name string) Block { return Live + "/" + Block(name) }

// Figure gives the block of a table of figures: a definition's name without its
// version, and the dimensions it is by.
func Figure(name string, by []string) Block {
	name, _, _ = strings.Cut(name, "/")
	b := "figure/" + name
	if len(by) > 0 {
		b += "/" + strings.Join(by, ",")
	}
	return Block(b)
}

var blockPattern = regexp.MustCompile(`^(all|live|figure|series|report)(/[a-z0-9][a-z0-9_,.-]{0,99}){0,2}$`)

// ParseBlock reads a block's name.
func ParseBlock(s string) (Block, error) {
	if !blockPattern.MatchString(s) || strings.HasPrefix(s, "all/") {
		return "", fmt.Errorf("%w: block %q: there are all, live, live/…, figure/…, series/… and report", ErrInvalid, s)
	}
	return Block(s), nil
}

// within lists the block and those that it lies in, the nearest first.
func (b Block) within() []Block {
	out := []Block{b}
	for s := string(b); ; {
		i := strings.LastIndexByte(s, '/')
		if i < 0 {
			break
		}
		s = s[:i]
		out = append(out, Block(s))
	}
	if b != All {
		out = append(out, All)
	}
	return out
}
