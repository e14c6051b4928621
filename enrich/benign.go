// SPDX-License-Identifier: Apache-2.0

package enrich

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"haidang/enrich/tables"
	"haidang/event"
)

// benign is one known-benign origin or rule: research scanners, own scans.
type benign struct {
	prefix   netip.Prefix // not valid: any origin
	rule     string       // empty: any rule
	from, to event.Time   // by @timestamp; from included, to not; unset: open
	reason   string
}

func (e *benign) covers(t event.Time, rule string) bool {
	return (e.rule == "" || e.rule == rule) &&
		(!e.from.IsSet() || t >= e.from) && (!e.to.IsSet() || t < e.to)
}

// benignList finds why a record is known-benign. The built-in list is empty: a
// mark changes figures, so each one is the operator's decision.
type benignList struct {
	entries  []benign
	byPrefix *tables.Index
	places   []int // entry of each prefix in the index
	parent   []int // next shorter prefix, or -1
	byRule   map[string][]int
	file     DataFile
}

// reason gives why a record is known-benign; empty for ordinary records.
func (l *benignList) reason(origin *event.Addr, t event.Time, rule string) string {
	if l.byPrefix != nil {
		for at := int(l.byPrefix.Find(origin)) - 1; at >= 0; at = l.parent[at] {
			if e := &l.entries[l.places[at]]; e.covers(t, rule) {
				return e.reason
			}
		}
	}
	if rule != "" {
		for _, i := range l.byRule[rule] {
			if e := &l.entries[i]; e.covers(t, rule) {
				return e.reason
			}
		}
	}
	return ""
}

func (l *benignList) index() {
	var list []netip.Prefix
	l.byRule = map[string][]int{}
	for i, e := range l.entries {
		if e.prefix.IsValid() {
			list = append(list, e.prefix)
			l.places = append(l.places, i)
		} else {
			l.byRule[e.rule] = append(l.byRule[e.rule], i)
		}
	}
	if len(list) > 0 {
		l.byPrefix, l.parent = tables.IndexPrefixes(list)
	}
}

type benignEntry struct {
	Prefix at[string] `yaml:"prefix"`
	Rule   at[string] `yaml:"rule"`
	From   at[string] `yaml:"from"`
	To     at[string] `yaml:"to"`
	Reason at[string] `yaml:"reason"`
}

func readBenign(path string) (*benignList, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("known-benign list: %w", err)
	}
	l, err := parseBenign(filepath.Base(path), data)
	if err != nil {
		return nil, fmt.Errorf("known-benign list:\n%w", err)
	}
	return l, nil
}

func parseBenign(name string, data []byte) (*benignList, error) {
	var doc struct {
		Benign []benignEntry `yaml:"benign"`
	}
	if strings.TrimSpace(string(data)) != "" {
		if err := yaml.Load(data, &doc, yaml.WithKnownFields()); err != nil {
			return nil, yamlError(name, err)
		}
	}
	l := &benignList{file: DataFile{Kind: "benign", Source: name, SHA256: digest(data)}}
	c := &checker{file: name}
	for i := range doc.Benign {
		l.entries = append(l.entries, c.benign(&doc.Benign[i]))
	}
	if len(c.faults) > 0 {
		return nil, errors.Join(c.faults...)
	}
	l.index()
	return l, nil
}

func (c *checker) benign(e *benignEntry) benign {
	out := benign{rule: e.Rule.V, reason: e.Reason.V}
	line := max(e.Prefix.Line, e.Rule.Line, e.Reason.Line, 1)
	if e.Reason.V == "" {
		c.fault(line, "reason", "missing; say why these records are known to be benign, it is shown beside the figures")
	}
	switch {
	case e.Prefix.V != "":
		var o Org
		c.prefixes = map[netip.Prefix]place{}
		c.prefix(e.Prefix, &o)
		if len(o.Prefixes) == 1 {
			out.prefix = o.Prefixes[0]
		}
	case e.Rule.V == "":
		c.fault(line, "prefix", "missing; give a prefix, a rule, or both")
	}
	out.from, out.to = c.moment("from", e.From), c.moment("to", e.To)
	if out.from.IsSet() && out.to.IsSet() && out.to <= out.from {
		c.fault(e.To.Line, "to", "%s is not after %s", e.To.V, e.From.V)
	}
	return out
}

func (c *checker) moment(field string, v at[string]) event.Time {
	if v.V == "" {
		return event.TimeUnset
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, v.V); err == nil {
			return event.TimeOf(t)
		}
	}
	c.fault(v.Line, field, "%q is no time; write 2026-11-21 or 2026-11-21T08:00:00+07:00", v.V)
	return event.TimeUnset
}
