// SPDX-License-Identifier: Apache-2.0

package bulk

import (
	"cmp"
	"maps"
	"path"
	"slices"
	"strings"

	"haidang/collect"
)

// names finds the format that an index or pipeline stands for.
type names struct {
	formats collect.Formats
	aliases []alias // longest pattern first
}

type alias struct{ pattern, format string }

func newNames(f collect.Formats, own map[string]string) names {
	all := maps.Clone(DefaultAliases)
	maps.Copy(all, own)
	n := names{formats: f}
	for p, format := range all {
		n.aliases = append(n.aliases, alias{p, format})
	}
	slices.SortFunc(n.aliases, func(a, b alias) int {
		return cmp.Or(cmp.Compare(len(b.pattern), len(a.pattern)), cmp.Compare(a.pattern, b.pattern))
	})
	return n
}

// format finds the format by name: an alias, or the longest beginning of the
// name, cut at - . _ or @, that is a format. A data stream's "logs-" is no part
// of it, nor is the ".ds-" of its backing indices.
func (n names) format(name string) (string, bool) {
	for _, a := range n.aliases {
		if ok, err := path.Match(a.pattern, name); err == nil && ok && n.known(a.format) {
			return a.format, true
		}
	}
	name = strings.TrimPrefix(strings.TrimPrefix(name, ".ds-"), "logs-")
	for name != "" {
		if n.known(name) {
			return name, true
		}
		name = name[:max(0, strings.LastIndexAny(name, "-._@"))]
	}
	return "", false
}

func (n names) known(format string) bool { _, ok := n.formats.Framing(format); return ok }
