// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"haidang/event"
)

// PurposeNames lists the purposes that classify decides for.
var PurposeNames = []string{"own", "community", "search", "count", "figures", "block"}

type checker struct {
	file   string
	root   *yaml.Node
	pack   *Pack
	faults []fault
}

// fault is something wrong, and where.
type fault struct {
	line int
	text string
}

// err gives all faults in the order of their lines; nil without any.
func (c *checker) err() error {
	slices.SortStableFunc(c.faults, func(a, b fault) int { return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.text, b.text)) })
	var out []error
	for _, f := range c.faults {
		out = append(out, fmt.Errorf("%s: line %d: %s", c.file, f.line, f.text))
	}
	return errors.Join(out...)
}

func (c *checker) fault(path []any, format string, args ...any) {
	name := make([]string, len(path))
	for i, s := range path {
		name[i] = fmt.Sprint(s)
	}
	c.faults = append(c.faults, fault{lineOf(c.root, path...), strings.Join(name, ".") + ": " + fmt.Sprintf(format, args...)})
}

func at(path ...any) []any { return path }

func (c *checker) all() {
	p := c.pack
	if p.Name == "" {
		c.fault(at("pack"), "missing; name the pack")
	}
	if p.Version < 1 {
		c.fault(at("version"), "missing; count versions from 1")
	}
	c.date(at("date"), p.Date)
	for key, law := range p.Laws {
		c.text(at("laws", key), law)
	}
	c.tiers()
	c.axis("importance", p.Axes.Importance, event.Importances.Names[1:])
	c.axis("personal", p.Axes.Personal, event.Personals.Names[1:])
	c.axis("system", p.Axes.System, []string{"1", "2", "3", "4", "5"})
	c.axis("abroad", p.Axes.Abroad, event.Abroads.Names[1:])
	c.purposes()
	c.limits()
	c.secrets()
	c.views()
	c.partners()
}

func (c *checker) text(path []any, t Text) {
	if strings.TrimSpace(t.VI) == "" || strings.TrimSpace(t.EN) == "" {
		c.fault(path, "give the text in both languages, vi and en")
	}
}

func (c *checker) date(path []any, s string) {
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		c.fault(path, "%q is no date; write 2026-11-21", s)
	}
}

func (c *checker) entry(path []any, e *Entry) {
	c.text(append(slices.Clone(path), "name"), e.Name)
	c.basis(path, e.Basis)
	if (e.Checked.By == "") != (e.Checked.On == "") {
		c.fault(append(slices.Clone(path), "checked"), "say both by whom and on which day, or leave it out")
	}
	if e.Checked.On != "" {
		c.date(append(slices.Clone(path), "checked", "on"), e.Checked.On)
	}
}

func (c *checker) basis(path []any, basis []string) {
	for _, b := range basis {
		if _, ok := c.pack.Laws[b]; !ok {
			c.fault(append(slices.Clone(path), "basis"), "%q is not listed under laws", b)
		}
	}
}

// exactly checks that a list has each name once and no other.
func (c *checker) exactly(path []any, have, want []string) {
	for _, w := range want {
		if n := count(have, w); n != 1 {
			c.fault(path, "%q is listed %d times; list it once", w, n)
		}
	}
	for _, h := range have {
		if !slices.Contains(want, h) {
			c.fault(path, "%q is not one of %q", h, want)
		}
	}
}

func count(list []string, s string) (n int) {
	for _, x := range list {
		if x == s {
			n++
		}
	}
	return n
}

func (c *checker) tiers() {
	var have []string
	for i := range c.pack.Tiers {
		t := &c.pack.Tiers[i]
		have = append(have, t.Tier)
		c.entry(at("tiers", i), &t.Entry)
		c.text(at("tiers", i, "who"), t.Who)
		code, err := event.Tiers.Parse(t.Tier)
		if err != nil {
			continue
		}
		// The mapping to TLP is FIRST's and the code's; the pack only repeats it.
		if want := event.Tier(code).TLP().String(); t.TLP != want {
			c.fault(at("tiers", i, "tlp"), "%s is %q, not %q", t.Tier, want, t.TLP)
		}
	}
	c.exactly(at("tiers"), have, event.Tiers.Names[1:])
}

func (c *checker) axis(name string, values []Value, want []string) {
	var have []string
	for i := range values {
		have = append(have, values[i].Value)
		c.entry(at("axes", name, i), &values[i].Entry)
		if values[i].Note != (Text{}) {
			c.text(at("axes", name, i, "note"), values[i].Note)
		}
	}
	c.exactly(at("axes", name), have, want)
}

func (c *checker) purposes() {
	var have []string
	for i := range c.pack.Purposes {
		have = append(have, c.pack.Purposes[i].Purpose)
		c.entry(at("purposes", i), &c.pack.Purposes[i].Entry)
	}
	c.exactly(at("purposes"), have, PurposeNames)
}

func (c *checker) limits() {
	for i := range c.pack.Retention {
		r := &c.pack.Retention[i]
		c.entry(at("retention", i), &r.Entry)
		if r.What == "" || r.Days < 0 {
			c.fault(at("retention", i), "say what is kept, for how many days (0: for ever)")
		}
	}
	for i := range c.pack.Clocks {
		k := &c.pack.Clocks[i]
		c.entry(at("clocks", i), &k.Entry)
		if k.What == "" || (k.WorkingDays > 0) == (k.PublishedBy != "") {
			c.fault(at("clocks", i), "say what is asked for, and either working-days or published-by")
		}
	}
}

func (c *checker) secrets() {
	s := &c.pack.Secrets
	c.basis(at("secrets"), s.Basis)
	if len(s.Words) == 0 || len(s.Fields) == 0 {
		c.fault(at("secrets"), "list the words, and the fields that carry markings: state secrets must be refused")
	}
	for i, w := range s.Words {
		c.text(at("secrets", "words", i, "name"), w.Name)
		if w.Level == "" || w.Text == "" {
			c.fault(at("secrets", "words", i), "give the level and the text of the marking")
		}
	}
}
