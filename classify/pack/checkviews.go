// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"slices"
	"strings"

	"haidang/event"
)

// Always lists the fields that cannot be masked (event.Grant).
var Always = []string{"@timestamp", "event.id", "cert.count"}

func (c *checker) views() {
	for name, fields := range c.pack.Groups {
		for _, f := range fields {
			if !Maskable(f) {
				c.fault(at("groups", name), "%q is no field of the record and no part of a side, as affected.ip", f)
			}
		}
	}
	v := &c.pack.Views
	for name, view := range map[string]*View{
		"holder": &v.Holder, "named": &v.Named, "own": &v.Own, "others": &v.Others, "unaffected": &v.Unaffected,
	} {
		for part, m := range map[string]*Mask{
			"always": &view.Always, "basic": &view.Basic, "sensitive": &view.Sensitive, "unsteady": &view.Unsteady,
		} {
			c.mask(at("views", name, part), m)
		}
	}
	for _, f := range v.Counts.Keep {
		if event.FieldByName(f) == nil {
			c.fault(at("views", "counts", "keep"), "%q is no field of the record", f)
		}
	}
	c.hides("own", v.Own.Always.Mask, append(slices.Clone(event.MaskOther), "cert.residual"))
	c.hides("others", v.Others.Always.Mask, slices.Concat(event.MaskAffected, event.MaskOther, event.MaskComputed, event.MaskContent, event.MaskOrigin))
	c.hides("unaffected", v.Unaffected.Always.Mask, slices.Concat(bothEnds, event.MaskComputed, event.MaskContent, event.MaskOrigin))
}

// bothEnds hides who is at either end.
var bothEnds = []string{
	"source.ip", "source.domain", "source.as.number", "destination.ip", "destination.domain", "destination.as.number",
	"cert.orgs", "cert.sector", "cert.band",
}

func (c *checker) mask(path []any, m *Mask) {
	for _, f := range m.Mask {
		if _, group := c.pack.Groups[f]; !group && !Maskable(f) {
			c.fault(path, "%q is neither a group nor a field", f)
		}
	}
	for _, f := range m.Truncate {
		if side, part, _ := strings.Cut(f, "."); part != "ip" || !slices.Contains(sides, side) && side != "source" && side != "destination" {
			c.fault(path, "%q is no address; truncate as other.ip", f)
		}
	}
}

// hides refuses a pack whose views show more than the law of the house: a pack
// may take away more, never less.
func (c *checker) hides(view string, mask, atLeast []string) {
	have := c.pack.Expand(mask)
	for _, f := range atLeast {
		if !slices.Contains(have, f) {
			c.fault(at("views", view, "always", "mask"), "must hide %s", f)
		}
	}
}

var (
	sides = []string{"affected", "hosting", "other"}
	parts = []string{"ip", "port", "domain", "as", "country", "bytes", "org", "sector"}
)

// Maskable reports whether event.Scope can hide what the name says.
func Maskable(name string) bool {
	if slices.Contains(Always, name) {
		return false
	}
	if event.FieldByName(name) != nil {
		return true
	}
	side, part, _ := strings.Cut(name, ".")
	return slices.Contains(sides, side) && slices.Contains(parts, part) && (part != "sector" || side != "hosting")
}

func (c *checker) partners() {
	seen := map[uint32]bool{}
	for i := range c.pack.Partners {
		p := &c.pack.Partners[i]
		c.entry(at("partners", i), &p.Entry)
		if p.Org == 0 || seen[p.Org] {
			c.fault(at("partners", i, "org"), "give the number of the organisation, each once")
		}
		seen[p.Org] = true
		if code, err := event.Tiers.Parse(p.Limit); err != nil || code == 0 || event.Tier(code) == event.TX {
			c.fault(at("partners", i, "limit"), "%q is no tier that a partner may get; write one of %q", p.Limit, event.Tiers.Names[1:event.TX])
		}
		for _, purpose := range p.Purposes {
			if !slices.Contains(PurposeNames, purpose) {
				c.fault(at("partners", i, "purposes"), "%q is not one of %q", purpose, PurposeNames)
			}
		}
		c.mask(at("partners", i, "mask"), &Mask{Mask: p.Mask})
	}
}
