// SPDX-License-Identifier: Apache-2.0

package share

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"haidang/event"
)

// Ops maps the word in brackets behind a field to its comparison.
var Ops = map[string]event.Op{
	"": event.OpEqual, "not": event.OpNot, "prefix": event.OpPrefix, "exists": event.OpExists,
	"missing": event.OpMissing, "min": event.OpAtLeast, "max": event.OpAtMost, "contains": event.OpContains,
}

// Filters reads the filters out of the parameters of an address: every one that
// is not reserved is a filter on a field of the record, as source.ip=192.0.2.1 or,
// with a comparison in brackets, rule.name[prefix]=ET. A parameter given twice
// means either value. They are sorted by field.
func Filters(values url.Values, reserved []string) ([]event.Filter, error) {
	var out []event.Filter
	for key, v := range values {
		if slices.Contains(reserved, key) {
			continue
		}
		name, word := key, ""
		if i := strings.IndexByte(key, '['); i > 0 && strings.HasSuffix(key, "]") {
			name, word = key[:i], key[i+1:len(key)-1]
		}
		op, ok := Ops[word]
		if !ok {
			return nil, fmt.Errorf("%s: %q is not a comparison; there are not, prefix, exists, missing, min, max, contains", key, word)
		}
		if event.Lookup(name) == nil {
			return nil, fmt.Errorf("%q is not a field of the record%s", name, Nearest(name))
		}
		out = append(out, event.Filter{Field: name, Op: op, Values: v})
	}
	slices.SortFunc(out, func(a, b event.Filter) int {
		return cmp.Or(strings.Compare(a.Field, b.Field), cmp.Compare(a.Op, b.Op))
	})
	return out, nil
}

// Nearest suggests a field that ends or begins alike.
func Nearest(name string) string {
	last := name[strings.LastIndexByte(name, '.')+1:]
	for _, list := range [][]event.Field{event.Fields, event.Derived} {
		for _, f := range list {
			if last != "" && (strings.HasSuffix(f.Name, "."+last) || strings.HasSuffix(f.Name, last)) {
				return "; did you mean " + strconv.Quote(f.Name) + "?"
			}
		}
	}
	return "; docs/ lists them"
}
